"""Chains rehearsed on the incidents of a history: who would have been told what when, and who would have answered."""

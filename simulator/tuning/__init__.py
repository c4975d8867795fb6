"""Tuning: parameters of a rule swept over their values in one pass through a history."""

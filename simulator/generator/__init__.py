"""Synthetic order histories with a seed: how orders ordinarily go, and injected faults with their ground truth."""

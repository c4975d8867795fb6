"""Tests that authors write inside their rules: read, run on the engine, compared, counted and written."""

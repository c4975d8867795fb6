"""Benchmarks against peers, each run by one command, with results as JSON and as a table."""

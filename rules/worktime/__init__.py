"""Durations, and calendars of working time."""

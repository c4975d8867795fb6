"""Incidents and what becomes of them: grouping, chains, schedules, silences, `advance` and the outbox states."""

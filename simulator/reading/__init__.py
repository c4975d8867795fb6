"""Files of histories to events in columns, accepting and refusing what the readers of rows do."""

"""The JSON API: events in, incidents out, what providers call back."""

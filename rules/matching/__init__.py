"""Who says which conditions hold: durable-rules behind its guards, and the compiled reference."""

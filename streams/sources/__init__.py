"""Where events come from: one file a connector."""

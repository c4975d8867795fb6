"""Lead times learned from a history: how long the way from node to node takes, and how far one can rely on that."""

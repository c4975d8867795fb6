"""One file per channel with its limits and error classes, the message templates, and the registry of channels."""

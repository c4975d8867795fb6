"""The commands, the configuration, metrics and logs, and the only place where the parts are put together."""

"""The commands of `tocsin`, one file a command."""

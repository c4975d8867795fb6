"""What the pages show, as plain values made from incidents, events and files."""

"""The SQL tables, their migrations, and the SQL implementation of the ports that streams and escalation declare."""

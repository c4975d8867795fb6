"""Rule versions beside each other on one history, and against what became of the orders."""

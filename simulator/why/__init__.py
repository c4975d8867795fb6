"""What a set of incidents has in common that other orders have not."""

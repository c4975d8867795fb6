"""`tocsin map`: a mapping proposed from the columns of a table, and what it would make of the table."""

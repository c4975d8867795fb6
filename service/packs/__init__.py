"""Rule packs: one for each row of the exception catalogue, for `tocsin init --packs`."""

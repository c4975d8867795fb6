"""The columnar evaluator: whole histories at once, with the same incidents as the live engine."""

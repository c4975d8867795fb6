"""Files that change while the service runs: watched, read, taken up between two batches, entities brought along."""

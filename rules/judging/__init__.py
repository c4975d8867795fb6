"""Snapshots to firings: what each rule says of an entity, step by step."""

"""Doubts about valid rules."""

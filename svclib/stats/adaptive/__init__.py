"""Adaptive tests: the next item for what is known of a candidate, and studies of how that works out."""

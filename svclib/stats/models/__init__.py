"""Regressions: generalised linear and ordinal models."""

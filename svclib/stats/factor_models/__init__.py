"""Confirmatory factor models: fit, tests, invariance between groups, scores."""

"""Scales: satisfaction, loyalty, effort, reliability, SERVQUAL, ACSI."""

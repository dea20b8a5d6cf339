"""Linking of calibrations and equating of scores: what a score on a new form means on the old one."""

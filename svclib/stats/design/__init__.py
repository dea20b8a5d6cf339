"""Designs, and the means and shares of a sample or a design."""

"""Which drivers matter for an outcome, where to improve first, and how sure that is."""

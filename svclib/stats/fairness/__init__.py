"""Do items treat groups alike? Candidates of equal ability are compared, item by item."""

"""How long it takes until something happens, with the cases that are still open."""

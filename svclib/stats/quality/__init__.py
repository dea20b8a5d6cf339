"""Response quality: careless answers, answers that staff filled in, selective invitation, modes; flags, never drops."""

"""Money that follows from events."""

"""Coverage: markets, where they serve, when, and within which limits."""

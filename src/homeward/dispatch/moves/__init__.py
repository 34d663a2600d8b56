"""Moving deliveries by hand: what it would do to every promise, and then doing it."""

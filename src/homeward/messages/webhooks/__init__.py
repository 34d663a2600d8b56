"""Every state change, signed, at least once, in order per delivery, to each endpoint that asked for it."""

"""Schema changes, run by `homeward migrate` and at the start of `homeward up`."""

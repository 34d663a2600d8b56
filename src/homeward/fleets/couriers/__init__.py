"""Couriers: who they are, signing in by one-time code, duty, and where they are."""

"""A merchant's people: who is asked to join, and joins by a link."""

"""Homeward: an open, self-hosted, white-label delivery network."""

__version__ = "0.1.0"

"""The merchants' portal."""

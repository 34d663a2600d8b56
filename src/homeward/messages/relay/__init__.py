"""Calls that are put through by a code: whom they reach, and what is said before."""

"""Factory cargo of the ICAPS 2021 competition: trucks loaded last in, first out, and too few docks."""

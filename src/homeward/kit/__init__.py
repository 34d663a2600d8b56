"""Vocabulary without opinions: ids, money, units, places, windows, clock, problems, paging. Imports nothing of ours."""

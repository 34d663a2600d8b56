"""The courier's own record: every offer, every trip, every unit of pay, theirs to read and to take along."""

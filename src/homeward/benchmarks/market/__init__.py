"""`homeward bench market`: live snapshots drawn from a seed, planned from scratch and warm, by the clock."""

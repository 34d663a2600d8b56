"""Static pickup and delivery with time windows: the public sets of Li & Lim (2003) and Sartori & Buriol (2020)."""

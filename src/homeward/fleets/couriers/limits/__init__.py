"""What a courier does not want to be asked about, and breaks."""

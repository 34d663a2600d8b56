"""What shoppers thought of a delivery."""

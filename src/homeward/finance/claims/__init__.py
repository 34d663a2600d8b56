"""What merchants want back for deliveries that went wrong."""

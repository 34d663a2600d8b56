"""One PDF that proves a delivery, in the merchant's name."""

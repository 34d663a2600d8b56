"""What couriers did, leg by leg, as the event log tells it."""

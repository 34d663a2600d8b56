"""Test mode: every delivery booked with a test key is carried by a robot."""

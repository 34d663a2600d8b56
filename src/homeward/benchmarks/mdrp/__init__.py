"""Meal delivery as it happens (Reyes et al. 2018): orders are revealed one by one, couriers come and go."""

"""Ways that somebody makes anyway, on which they take parcels along."""

"""Fleets that keep the fleet contract: machines of other makers as vehicles of the plan."""

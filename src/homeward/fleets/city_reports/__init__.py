"""What fleets recorded, told to cities in the Mobility Data Specification's words."""

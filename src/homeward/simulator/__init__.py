"""A town in a box: roads, shops, shoppers, couriers, robots, weather, faults."""

"""A town in a box: roads, shops, shoppers, couriers and their faults, all through the platform's public doors."""

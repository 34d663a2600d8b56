"""Roads: travel times, routes, addresses and map tiles."""

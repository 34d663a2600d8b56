"""Everything that carries: our own couriers, and whoever else moves a parcel."""

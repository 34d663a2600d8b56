"""Other delivery APIs, spoken by us. One folder for each dialect; it translates, and decides nothing."""

"""Merchants: the clients of the network, their stores, people, keys and brands. The boundary of their data."""

"""The client API that merchants of a retailer's delivery network know: same paths, same bodies, our network behind it.

A pure translator over quotes and deliveries: it has no states and no rules of its own. Every name and code of the
dialect is data (names.toml), marked as stated, inferred or chosen.
"""

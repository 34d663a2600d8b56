"""The DoorDash Drive v2 API, spoken by us: a merchant's programme changes host and keys and goes on as before.

Facts: their API description 2.1.59 (2026-09), the descriptions of their refunds (0.0.3) and redelivery (0.0.1) APIs,
and what `@doordash/sdk` 0.6.13 puts on the wire. The names are theirs and serve to say what this is compatible with;
the words and the code are ours. It decides nothing: it translates to quotes and deliveries, and back.
"""

"""The Uber Direct API, spoken by us: a merchant's programme changes host and keys and goes on as before.

Facts: their API description and pages (2026-09), and what the published library `uber-direct` 0.1.8 puts on the wire.
The names are theirs and serve to say what this is compatible with; the words and the code are ours. It decides
nothing: it translates to quotes and deliveries, and back.
"""

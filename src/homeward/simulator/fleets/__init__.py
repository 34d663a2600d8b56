"""Reference fleets: they keep the whole fleet contract in memory, and can be told to break it by one named fault each.

`kinds` (four fleets as data), `rules` (which limits say no; pure), `records` and `journal` (what is known and what was
told), `life` (one second of a vehicle), `promises`, `acts`, `trouble` (what comes from outside), `engine` (the contract
over all of these), `faults`, `serve`. They speak the published wire form only; nothing else of the house knows them.
"""

"""A faster lane for the classic problem: like vehicles from one hub, hard windows, fewest vehicles first, then metres.

It is the same search as in `kernels`, on routes that need so little to be known that an insertion is weighed in some
ten nanoseconds a position. `recognise` tells whether a problem is of this kind; every other one takes the general way.

`tables` and `state` say what the arrays mean; `route` changes routes and takes changes back; `insertion` finds the
best place for one request; `ruin`, `recreate` and `anneal` lower the metres, with a `toll` on requests that are left
over on the way; `absence` and `ejection` save vehicles.
"""

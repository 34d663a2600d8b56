"""The engine's inner loops, compiled by Numba.

Every function here works on two bundles of arrays: `Tables`, the question, which never changes, and `State`, the
routes as they are now. The functions are plain Python too: without the compiler they give the same answers, slowly.

`tables` and `state` say what the arrays mean; `route` walks one route; `insertion` finds the best place for one
request in one route; `ruin`, `recreate` and `anneal` are the search; `fleet` is its phase for fewer vehicles.
"""

"""The fleet contract: what everything that carries tells us and does for us, as types and as a wire form.

`words` (states, modes, limits), `facts` (what a fleet is and where it may go), `legs` (asking, promising, acting),
`news` (the numbered log), `server` (the wire form as routes). The reasons are in decision 0019.
"""

from typing import Final

VERSION: Final = "2026-11"
"""Dated. Members are added within a version; whoever reads passes over what it does not know."""

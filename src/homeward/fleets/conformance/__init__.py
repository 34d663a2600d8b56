"""Whether a fleet keeps the contract: clauses, the scenarios that try them in its sandbox, and a score.

`judging` (what a clause is, and how it fails), `exchanges` (what was said, without secrets), `orders` (legs that a fact
sheet allows and forbids), `trial` (one fleet under trial), `stories` (lives of legs, told once and judged by many),
`clauses_*` (what is demanded), `report` (the score). Needs an address and a token, and nothing else of ours.
"""

"""Prints the rules that judge claims as the page that merchants read."""

from homeward.finance.claims import policy
from homeward.finance.claims.policy import RULES, Rule

_INTRO = f"""# How claims are judged

<!-- Written by `make docs` from the code; a test compares this page with it. -->

A merchant asks for a refund (`POST /v1/deliveries/{{id}}/claims`) and is answered at once. The table is read from top
to bottom, and the first rule that fits the reason and the facts decides; its name stands in the verdict as `rule`.
Where facts cannot tell, the outcome is `review`: a person decides. The facts are kept with the claim, so that the
verdict can be reached again.

- A claim can be made from the end of a delivery on, or {policy.OVERDUE.seconds // 60} minutes after its promise, \
for {policy.CLAIM_WITHIN.days} days.
- Nobody is late within {policy.LATE_AT_ALL.seconds // 60} minutes of the promise; from \
{policy.LATE_FOR_ALL.seconds // 60} minutes on the whole fee is given back.
- A delivery is refunded once. Items claimed may not be worth more than the order was said to be.
- The courier carries a closed parcel: what the store packed is between the store and its shopper.
- Amounts are recorded. Paying them out is not built yet.

| rule | for | outcome | code | whose doing | gives back |
| --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    return _INTRO + "".join(_line(rule) for rule in RULES)


def _line(rule: Rule) -> str:
    reasons = ", ".join(f"`{reason}`" for reason in sorted(rule.reasons))
    names = ("goods", "delivery fee", "tip")
    given = [f"{name} {share // 10} %" for name, share in zip(names, rule.gives, strict=True) if share]
    said = ", ".join(given) or "nothing"
    return f"| `{rule.name}` | {reasons} | {rule.outcome} | `{rule.code}` | {rule.fault} | {said} |\n"

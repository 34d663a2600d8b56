"""The reference page of states, from the transition tables; `make docs` writes it."""

from collections.abc import Iterable, Sequence
from typing import Final

from homeward.deliveries.custody_policy import PROBLEM_EFFECTS
from homeward.deliveries.policy import BLOCKING_ATTENTION
from homeward.deliveries.states import CHANGEABLE_IN, LEG_TRANSITIONS, TERMINAL, TRANSITIONS, Act, LegState, State

_INTRODUCTION: Final = """# States of deliveries and legs

<!-- Written by `make docs` from the code; a test compares this page with it. -->

A *delivery* is what the merchant bought; a *leg* is one carrying of it by one courier. Every command and every report
is checked against the two tables below and nothing else (`src/homeward/deliveries/states.py`).

- A command that the table does not allow is refused with `act-not-possible`, which lists what is possible now.
- A courier's report that does not fit any more (late, repeated, out of turn) is kept as the event
  `delivery.late_report` with its evidence, and changes nothing. The very same report sent twice is one report.
- Reports may jump over soft steps that a phone lost (heading, arriving), never over pick-up.
- Terminal states never change: {terminal}.

```mermaid
stateDiagram-v2
    direction LR
    [*] --> scheduled
    [*] --> searching
{edges}
```
"""


def page() -> str:
    """The whole page."""
    parts = [
        _INTRODUCTION.format(terminal=_words(_in_order(TERMINAL)), edges="\n".join(_edges())),
        "## Deliveries\n",
        _table(
            ("act", "who may", "from", "to"),
            [
                (f"`{act}`", ", ".join(sorted(rule.who)), _words(_in_order(rule.sources)), f"`{rule.target}`")
                for act, rule in TRANSITIONS.items()
            ],
        ),
        (
            "`cancel` costs what the tariff says: before assignment, before pick-up, at the store. After pick-up it is "
            "refused with `picked-up-already`; `turn_back` (POST …/return) is the way.\n"
        ),
        "## Legs\n",
        _table(
            ("act", "from", "to"),
            [
                (f"`{act}`", _words(s for s in LegState if s in rule.sources), f"`{rule.target}`")
                for act, rule in LEG_TRANSITIONS.items()
            ],
        ),
        (
            "A leg is born `committed` with the courier's yes; a leg of kind `return` is born `returning` when a "
            "delivery turns back, and the way there ends as `stopped`.\n"
        ),
        "## Problems that a courier reports\n",
        _table(("reason", "while", "what follows", "attention"), _problem_rows()),
        (
            "`turn_back` after `nobody_there` becomes a photo at the door where the merchant chose "
            "`undeliverable: leave_at_door`, and `fail` where it chose `dispose`.\n"
        ),
        "While one of these flags stands, no courier is asked: " + _words(sorted(BLOCKING_ATTENTION)) + ".\n",
        "## What a merchant may change, and when\n",
        _table(
            ("field", "may change while"),
            [(f"`{name}`", _words(_in_order(states))) for name, states in CHANGEABLE_IN.items()],
        ),
        (
            "Anything else is refused with `fields-locked`, which lists what may still change. A new door must lie "
            "about as far by road as the one that was priced, and a later `ready_at` must leave the promise intact; "
            "otherwise the answer is `new-quote-needed`.\n"
        ),
    ]
    return "\n".join(parts)


def _problem_rows() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for reason, effects in PROBLEM_EFFECTS.items():
        for effect in effects:
            follows = f"`{effect.act}`" if effect.act else "a person must look"
            rows.append((f"`{reason}`", _words(_in_order(effect.sources)), follows, effect.attention or ""))
    return rows


def _edges() -> list[str]:
    # The diagram shows the usual ways; `fail` would draw an arrow from everywhere.
    drawn = [(act, rule) for act, rule in TRANSITIONS.items() if act is not Act.FAIL]
    arrows = [f"    {source} --> {rule.target}: {act}" for act, rule in drawn for source in _in_order(rule.sources)]
    return arrows + [f"    {state} --> [*]" for state in _in_order(TERMINAL - {State.FAILED})]


def _in_order(states: Iterable[State]) -> list[State]:
    wanted = set(states)
    return [state for state in State if state in wanted]


def _words(states: Iterable[str]) -> str:
    return ", ".join(f"`{state}`" for state in states)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

"""Clauses about what opens a compartment."""

from datetime import timedelta
from typing import Final

from homeward.fleets.conformance import stories
from homeward.fleets.conformance.judging import Section, clause, must, offered
from homeward.fleets.conformance.trial import Story, Trial, said
from homeward.fleets.contract.legs import AskSecret, Holder, Secret
from homeward.fleets.contract.sandbox import PersonAct
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import Action, ActionOutcome, EventKind, LegState, Limit

_SECTION: Final = Section.SECRETS
_SHORT_S: Final = 60
_SLACK: Final = timedelta(seconds=15)


async def _at_the_store(trial: Trial) -> Story:
    offered(Action.OPEN in trial.facts.actions, "open is not offered")
    locking = any(room.locked for model in trial.facts.models for room in model.compartments)
    offered(locking, "no compartment locks")
    story = await stories.to_pickup(trial)
    if not story.room.locked:
        await trial.let_go(story.leg.id)
        offered(False, "the compartment that was promised does not lock")
    return story


async def _stays_shut(trial: Trial, story: Story, secret: str | None, *limits: Limit) -> None:
    before = stories.openings(trial, story)
    answer = await trial.act(story, Action.OPEN, compartment_id=story.room.id, secret=secret)
    await trial.advance(10)
    await trial.news()
    came = said(answer.refusal) if answer.refusal else answer.outcome
    named = answer.refusal is not None and answer.refusal.limit in limits
    must(answer.outcome is ActionOutcome.REFUSED and named, f"refused, by {' or '.join(limits)}", came)
    opened = stories.openings(trial, story) - before
    must(opened == 0, "a compartment that stays shut", f"{opened} compartment.opened in the log")


@clause("unlock.needs-secret", "A compartment that locks opens for nobody without a secret.", _SECTION, 3)
async def needs_secret(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        await _stays_shut(trial, story, None, Limit.SECRET)
    finally:
        await trial.let_go(story.leg.id)


@clause("secret.wrong", "A secret that you never gave out opens nothing.", _SECTION, 3)
async def wrong(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        made = await stories.secret_for(trial, story, Holder.STORE)
        await _stays_shut(trial, story, made.secret[::-1] + "x", Limit.SECRET)
    finally:
        await trial.let_go(story.leg.id)


@clause("secret.single-use", "A secret opens once; the second time it is refused.", _SECTION, 3)
async def single_use(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        await stories.opened(trial, story, Holder.STORE)
        await stories.handled(trial, story, PersonAct.CLOSE_EMPTY, LegState.AT_PICKUP)
        await _stays_shut(trial, story, story.secrets[-1].secret, Limit.SECRET)
    finally:
        await trial.let_go(story.leg.id)


@clause("secret.expires", "After valid_until a secret opens nothing.", _SECTION, 3)
async def expires(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        made = await stories.secret_for(trial, story, Holder.STORE, _short_s(trial))
        left_s = int((made.valid_until - trial.now).total_seconds())
        must(left_s <= _short_s(trial) + _SLACK.seconds, f"valid for {_short_s(trial)} s at most", f"{left_s} s")
        await trial.advance(left_s + 5)
        await _stays_shut(trial, story, made.secret, Limit.SECRET)
    finally:
        await trial.let_go(story.leg.id)


def _short_s(trial: Trial) -> int:
    return min(_SHORT_S, trial.facts.secret_valid_s, max(5, trial.facts.waits.at_pickup_s // 4))


@clause("secret.short-lived", "No secret is valid for longer than the fact sheet says, whatever is asked.", _SECTION, 2)
async def short_lived(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        made = await stories.secret_for(trial, story, Holder.STORE, 3_600)
        most = trial.now + timedelta(seconds=trial.facts.secret_valid_s) + _SLACK
        must(made.valid_until <= most, f"valid_until {most} at the latest", made.valid_until)
        must(made.compartment_id == story.room.id, story.room.id, made.compartment_id)
    finally:
        await trial.let_go(story.leg.id)


@clause("secret.revoked", "A revoked secret opens nothing; revoking it twice is fine.", _SECTION, 3)
async def revoked(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        made = await stories.secret_for(trial, story, Holder.STORE)
        for _ in range(2):
            await trial.fleet.revoke(story.leg.id, made.id)
        await _stays_shut(trial, story, made.secret, Limit.SECRET)
    finally:
        await trial.let_go(story.leg.id)


@clause("secret.idempotent", "The same key again gets the same secret, not another one that opens, too.", _SECTION, 2)
async def idempotent(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        asked, key = AskSecret(holder=Holder.STORE, valid_s=_SHORT_S), trial.key()
        first = await trial.fleet.secret(story.leg.id, asked, key)
        again = await trial.fleet.secret(story.leg.id, asked, key)
        for each in (first, again):
            trial.recorder.keep_secret(each.secret)
        must(again.id == first.id, f"secret {first.id} again", again.id)
    finally:
        await trial.let_go(story.leg.id)


@clause(
    "unlock.once-per-key",
    "To open again under the same key is answered as before, and opens nothing more.",
    _SECTION,
    2,
)
async def once_per_key(trial: Trial) -> None:
    story = await _at_the_store(trial)
    try:
        made, key = await stories.secret_for(trial, story, Holder.STORE), trial.key()
        first = await _open(trial, story, made, key)
        again = await _open(trial, story, made, key)
        await trial.advance(10)
        await trial.news()
        must(again == first, f"{first} again under the same key", again)
        must(stories.openings(trial, story) > 0, "compartment.opened", "none")
        mine = [e for e in trial.events_of(story.leg.id) if e.kind is EventKind.OPENED]
        must(len(mine) <= 1, "compartment.opened once", len(mine))
    finally:
        await stories.shut(trial, story)
        await trial.let_go(story.leg.id)


async def _open(trial: Trial, story: Story, made: Secret, key: str) -> ActionOutcome:
    answer = await trial.act(story, Action.OPEN, key, compartment_id=made.compartment_id, secret=made.secret)
    return answer.outcome


@clause("unlock.only-at-a-stop", "Under way nothing opens, not even with a good secret.", _SECTION, 3)
async def only_at_a_stop(trial: Trial) -> None:
    story = await _at_the_store(trial)
    await stories.load(trial, story)
    try:
        refusal = None
        try:
            made = await stories.secret_for(trial, story, Holder.SHOPPER)
        except Refused as refused:
            refusal = refused.refusal
        if refusal is None:
            await _stays_shut(trial, story, made.secret, Limit.STATE, Limit.SECRET)
    finally:
        await stories.hand_over(trial, story)


@clause(
    "secret.told-once",
    "A secret stands in the answer that gives it out, and in no event and no other answer.",
    _SECTION,
    3,
)
async def told_once(trial: Trial) -> None:
    story = await trial.told(stories.delivered)
    offered(bool(story.secrets), "nothing was opened with a secret")
    await trial.fleet.vehicles()
    await trial.fleet.leg(story.leg.id)
    await trial.reread()
    must(not trial.recorder.leaks, "no secret in any other answer", "; ".join(trial.recorder.leaks[:5]))


@clause("log.who-opened", "Every opening is told with for whom, and by which secret's id.", _SECTION, 2)
async def who_opened(trial: Trial) -> None:
    story = await trial.told(stories.delivered)
    offered(bool(story.secrets), "nothing was opened with a secret")
    told = {e.secret_id: e for e in trial.log if e.kind is EventKind.OPENED}
    holders = (Holder.STORE, Holder.SHOPPER)
    for made, holder in zip(story.secrets, holders, strict=False):
        must(made.id in told, f"compartment.opened with secret_id {made.id}", sorted(filter(None, told)))
        must(told[made.id].opened_for is holder, f"opened_for {holder}", told[made.id].opened_for)

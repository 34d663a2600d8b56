"""The running text of the published fleet contract; `fleet_contract_page` fills in what `<<name>>` stands for."""

from typing import Final

PARTS: Final = """# The fleet contract

<!-- Written by `make docs` from the code; change it there. -->

Version `<<version>>`. Whoever serves these calls can carry for a network: pavement robots, road vehicles, drones,
people with bags, another company. You build the server, the network is your client. Every member of every body is in
[fleet-openapi.json](fleet-openapi.json); this page says what the members cannot.
[Join with a fleet](../howto/join-with-a-fleet.md) is the way from here to a score.

## In short

1. You say once what you are: `GET /facts`.
2. The client asks for a leg: `POST /feasible`, `POST /quotes`, `POST /reservations`, `POST /legs`. Each promises more.
3. Your vehicle lives through the leg. The client reads your log, `GET /events`, about once a second.
4. The client may act: open, pause, divert, call off. You carry it out and answer for it.
5. Your sandbox does all of this without a street, on call, so that both sides can try it.

## Calls

- Every call carries `Authorization: Bearer …`, a token that you gave out. Without a good one: 401, before all else.
- Every call that makes something carries an `Idempotency-Key`: quotes, reservations, legs, actions, secrets. The same
  key again gets the first answer again, a yes or a no, and makes nothing. Without a key: 422. Keys are the client's own
  and never come twice for two wishes, on whatever path; should one come with another body all the same, answer as
  before, or with a no, and make nothing. Keep an answer as long as its leg lasts.
- A no is 409 with a refusal. An id that you never gave out is 404 with a refusal whose limit is `unknown`, be it in the
  path, or the `quote_id`, `reservation_id` or `vehicle_id` of a body. A body that is none is 422: so is an action or a
  holder that is not in the list. When you are busy, answer 429 or 503: the client comes again, with the same key.
- One thing is looked at after the other: the token (401); key and body (422); the same key (the first answer); whether
  there is such a thing (404); whether it may be (409).
- Your clock is right to the second. The network compares `seen_at` with its own, and tells its operator where they
  differ. Each of its calls says in `Client-Time` what time it is there (RFC 3339); a demo town, whose time begins
  anywhere and may pass ten times as fast, is followed by that.
- Moments are RFC 3339 with an offset, places WGS 84, money whole minor units. Units stand in the names.
- Members that you do not know are passed over, never refused: that is how the contract grows within a version.

A refusal. `retry_after` null means: this leg will never do. What passes, as weather does, has a moment.

<<example_refusal>>

Limits: <<limits>>.

## Facts

`GET /facts` is your fact sheet: models with their compartments, ways of hand-over (<<handoffs>>), the domain of each
model (areas, no-go areas, hours, weather, light), the actions that you carry out, and how long things are held. It is
static. When it changes, `revision` grows, and an event `facts.changed` tells the new one. Nobody asks what kind of
thing your vehicle is: all that matters is in these values. What you do not list is never demanded.

A domain's `hours` have a time zone (IANA) and a week: `{"time_zone": "Europe/Zurich", "weekly": {"0": [["07:00",
"22:00"]]}}`. Day 0 is Monday; a missing day is closed; a span that ends at or before its begin closes after midnight;
`["00:00", "00:00"]` is the whole day. `exceptions` by date (`{"2026-12-24": []}`) take a day's place. Outside of them a
leg is refused as `closed`.

A `locked` compartment opens only with a secret. A bag is not locked.

A compartment is in one state at a time, and the first that fits counts: `jammed`, `open`, `loaded`, `reserved` (by a
reservation, or by a leg whose goods are not on board yet), `free`. `leg_id` stands beside it from the commit to the
end.

`GET /vehicles` is every vehicle as it is now, with every compartment of its model. `seen_at` is when it was last heard
of: a vehicle in contact is heard of at least every `heartbeat_s`, also while it stands idle. Under way it has a place.

<<example_vehicles>>

## The promise

`POST /feasible`: could any vehicle carry this, free or not? A no names **every** limit that says so. Where you have
several models, one that can is a yes; a no then names the limits of all of them, each limit once.

<<example_order>>

<<example_no>>

An order whose `latest` does not come after `ready_at` and `earliest`, or in which two parcels have one id, is none
(422). All parcels of a leg go into one compartment. A model is open for a leg if it is so from the pickup to the door.

`POST /quotes` takes the same body. Price and times hold until `held_until`, at least `quote_held_s` from now, if a
vehicle is free then. A no here is 409 with the first limit. `dropoff_latest` is kept nine times in ten. Nothing is
handed over before `earliest`.

<<example_quote>>

A marked `spot` is where the goods change hands, and lies inside your area; what cannot stand on one says `unsafe_spot`.
`purpose` may be a return, a rescue or a transfer: custody passes as in a delivery. What you do not serve is refused as
`unsupported`. A pickup and a door more than `farthest_m` apart on your ways are refused by `range`.

`POST /reservations` keeps one compartment of one vehicle for `reservation_held_s`. No compartment is promised twice. A
quote that is held may be reserved again under another key: that is another compartment.

<<example_ask_reservation>>

<<example_reservation>>

`DELETE /reservations/{id}` gives it back: 204, also for one that is not held any more. A leg that came of it goes on:
what is committed is called off by `cancel`.

`POST /legs` commits. A reservation becomes one leg, however often and with whatever key it is asked for.

<<example_ask_leg>>

<<example_leg>>

`GET /legs/{id}` and `GET /legs?reference=…` answer the leg as it is now. What it says is what the log told last. The
client gives every leg a reference of its own; should one come twice, both are legs, and the newest answers.

What is over is refused as `expired`, at each step.

## The life of a leg

```mermaid
stateDiagram-v2
    direction LR
<<diagram>>
```

<<states>>

- **The state says where the goods are; a hold says why nothing moves.** Holds: <<holds>>. A leg that is held goes on
  from the state where it stands. It has one hold at a time; another one that takes its place is told by another
  `leg.held`, and `leg.freed` when nothing holds it any more. Waits do not run on while a leg is held.
- The weather limits of a domain keep a vehicle from setting out, to the store or to the door. What is under way goes on
  to its stop, and the way back to the store is always open.
- At a stop the vehicle waits: `waits.at_pickup_s` for somebody to load (then `refused`), `waits.at_dropoff_s` for
  somebody to come (then `returning`). The leg says `why`. While a lid stands open the wait does not end; a lid that
  nobody shuts, you shut after a while, and go on with what lies in it. Waiting begins no sooner than `ready_at` at the
  store and `earliest` at the door. Nobody there for a return is a mishap: `rescue_needed`.
- Where the hand-over is `hatch` or `hand`, people load and take out. With `doorstep`, `tether`, `pad` and `station` the
  vehicle sets down by itself, and nobody has to come.
- In the order of the log: loading is `compartment.opened`, `goods.in`, `compartment.closed`, then `leg.moved` to
  `loaded`. Handing over is `compartment.opened`, `goods.out`, `compartment.closed`, then `leg.moved` to `done`. The
  move to `loading` or `handing_over` stands beside the opening.
- On the way back no state stands for the open lid: at `at_return` it opens for the store, `goods.out` is told, and
  with the lid shut the leg is `returned`.
- Closing a lid with nothing put in leads from `loading` back to `at_pickup`; with nothing taken out from `handing_over`
  back to `at_dropoff`.
- Which limit stands in `why`: `too_late` where nobody came, `operator` where it was asked to return or cannot go on.
- In which order a vehicle with several legs makes its stops is yours.
- Custody passes twice: `goods.in` once, before the vehicle sets out, and `goods.out` once, to the shopper, the store or
  the rescuer. Both name every parcel.

## Actions

`POST /legs/{id}/actions`: <<actions>>. The answer's `outcome` is `accepted` (an event will tell when), `done`, or
`refused` with a refusal. A no is an answer here, with status 200.

<<example_open>>

<<example_answer>>

| action | when | what follows |
| --- | --- | --- |
| `open` | at a stop, with a secret where the compartment locks | `compartment.opened`; `loading` or `handing_over` |
| `close` | a compartment stands open | `compartment.closed`; a lid that falls shut by itself needs none |
| `pause` | between stops or at one, nothing standing open | `leg.held` with `paused`, at the next good place |
| `safe_stop` | at any time before `rescue_needed` | `leg.held` with `stopped`, at once |
| `resume` | paused or stopped | `leg.freed`; it goes on |
| `divert` | goods on board, before the hand-over | another door, `place`; a new arrival time, the same price |
| `return` | goods on board | `returning` |
| `cancel` | goods not on board | `cancelled`. With goods on board it is refused, by `state` |
| `hand_to_rescue` | `rescue_needed`, with the rescuer's `secret` where it locks | `goods.out` as at a door, `rescued` |

An action that the fact sheet does not list is refused as `unsupported`; one that does not fit where the leg stands, as
`state`. A leg that has ended lets nothing be done to it.

## Secrets

`POST /legs/{id}/secrets` makes what opens the leg's compartment: once, for one holder, until `valid_until`, which is
never later than `secret_valid_s` from now. The form is yours: digits for a keypad, a code for a telephone.

<<example_ask_secret>>

<<example_secret>>

- A `store` opens at `at_pickup` and `at_return`, a `shopper` at `at_dropoff`, a `rescuer` at `rescue_needed`. Secrets
  may be made from the commit on, several at once, also for one holder; each opens once, and all end with the leg.
- It stands in this answer (and in the same answer to the same key) and nowhere else: no event, no other call.
- A wrong, spent, revoked or late one is refused by `secret`, and the compartment stays shut. So is none at all.
- Under way nothing opens, not even with a good one.
- `DELETE /legs/{id}/secrets/{secret_id}` revokes it: 204, also twice.
- `compartment.opened` says for whom, and by which secret's **id**. Without one it was your own hand.

## The log

`GET /events?after=N&limit=M`: what happened since, in order of number, at most `limit`; `last` is the newest number.
Numbers begin at one and have no gap. Nothing is taken out or changed later: any page may be asked for again.

<<example_events>>

<<events>>

- The first `leg.moved` of a leg has `previous` `committed`; each next one has the state before it.
- `at` is the vehicle's own time, `recorded_at` the fleet's. Numbers grow with `recorded_at`.
- A vehicle without contact tells late: its events get numbers when they come, with their own `at`, in the order in
  which they happened. They are never squeezed in between. Meanwhile, from `heartbeat_s` after the last sign of life
  on, the vehicle is `unknown`, its legs are held as `contact_lost`, and actions are refused as `state` with a
  `retry_after`. When it is heard of again, `leg.freed` comes first, and then what was kept back.
- A compartment that was opened is told as closed before its vehicle sets out.

## Mishaps

An `incident` tells what went wrong: <<incidents>>. Then either it passes (`leg.held` with `held`, later `leg.freed`),
or, with goods on board, the leg becomes `rescue_needed`; before that it is `refused`. A vehicle that finds itself able
to go on after all moves its leg from `rescue_needed` to `to_dropoff` or `returning`, and the rescuer is let go; goods
that are lost make it `written_off`. Both are the fleet's own doing: nobody asks for them.

Whoever comes gets a secret for `rescuer`, and the goods by `hand_to_rescue`.

## The sandbox

A fleet with `sandbox: true` in its fact sheet moves nothing in the street and answers these as well, each with 204:

| call | body | does |
| --- | --- | --- |
| `POST /sandbox/advance` | `seconds` | lets its own time go on; everything that falls due happens, in order |
| `POST /sandbox/person` | `leg_id`, `act` | what the person at the stop does: <<persons>> |
| `POST /sandbox/mishap` | `vehicle_id`, `kind`, `ends_after_s` | something goes wrong, for good without an end |
| `POST /sandbox/contact` | `vehicle_id`, `seconds` | the vehicle goes on and cannot tell |
| `POST /sandbox/weather` | `weather` | everywhere, until it is set again |
| `POST /sandbox/repair` | `vehicle_id` | it is whole, charged, empty, free and at home; without one: all are |
| `POST /sandbox/hours` | `model`, `hours` | when the model is open from now on: the fact sheet changes |

The sandbox's time is told by `seen_at` of vehicles in contact and by `recorded_at`. `person` needs the compartment to
stand open where it locks; putting in and taking out also shut the lid. Where nothing locks, the person hands in and
takes from the hand. A `person` that does not fit is refused by `state`, or as `unsupported` where nobody is needed.

A repair ends what the vehicle was doing: what it had on board is `written_off`, what it had not loaded is `refused`,
and what was reserved in it is let go. Weather and hours stay as they were set. The kit begins with one of all
vehicles, so that each run finds the same sandbox. One vehicle of each model is enough. Let time stand still between
two `advance`: the kit looks at moments to the second.

<<example_advance>>

<<example_person>>

<<example_mishap>>

<<example_contact>>

<<example_weather>>

<<example_repair>>

<<example_hours>>

## Clauses

`homeward conformance URL` tries these and gives a score by weight. 3 is where goods or people would come to harm.

<<clauses>>
"""

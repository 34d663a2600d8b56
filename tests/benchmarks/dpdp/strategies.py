"""Days drawn at random in the small world: enough orders that trucks run full, queue and come late."""

from hypothesis import strategies as st

from homeward.benchmarks.dpdp.model import Instance, Order
from tests.benchmarks.dpdp.world import A, B, C, an_instance, an_order


@st.composite
def any_order(draw: st.DrawFn) -> Order:
    pickup, dropoff = draw(st.sampled_from([(A, B), (A, C), (B, A), (B, C), (C, A), (C, B)]))
    created_at = draw(st.integers(0, 20_000))
    return an_order(pickup, dropoff, draw(st.integers(1, 9)), created_at, created_at + draw(st.integers(3_000, 14_400)))


@st.composite
def any_day(draw: st.DrawFn) -> Instance:
    orders = draw(st.lists(any_order(), min_size=1, max_size=12))
    starts = draw(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3))
    return an_instance(*orders, starts=starts, docks=draw(st.integers(1, 2)), pallets=6)

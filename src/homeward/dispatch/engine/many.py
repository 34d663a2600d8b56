"""`candidates` for many requests at once: what is the same for all of them is worked out once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from homeward.dispatch.engine.construct import start_from
from homeward.dispatch.engine.plan import Candidate
from homeward.dispatch.engine.problem import Problem, StopKey
from homeward.dispatch.engine.refusals import candidates_of
from homeward.dispatch.engine.search import Search
from homeward.dispatch.engine.tables import compile_tables


def candidates_of_each(
    problem: Problem, requests: Sequence[int], routes: Sequence[Sequence[StopKey]]
) -> dict[int, tuple[Candidate, ...]]:
    """For each of some free requests what `candidates` answers, asked against the same routes.

    Parameters
    ----------
    problem
        The moment to ask about.
    requests
        Indices of requests that are not pledged.
    routes
        What the vehicles do otherwise, one per vehicle; each request is taken out of them before it is asked.

    Raises
    ------
    ValueError
        If a request is pledged, or there is not one route per vehicle.
    """
    if len(routes) != len(problem.vehicles):
        raise ValueError(f"{len(routes)} routes for {len(problem.vehicles)} vehicles")
    if any(request in problem.pledged_to for request in requests):
        raise ValueError("a pledged request has only one candidate; ask `candidates`")
    search = Search(compile_tables(problem))
    start_from(search, routes)
    if requests:
        # One scan of each route learns all requests together. Only a request's own route is another without it.
        search.added(np.array(requests, dtype=np.int64))
    answers: dict[int, tuple[Candidate, ...]] = {}
    for request in requests:
        before = search.save()
        search.remove([request])
        answers[request] = tuple(sorted(candidates_of(search, request), key=_dearness))
        search.restore(before)
    return answers


def _dearness(candidate: Candidate) -> tuple[bool, int]:
    return candidate.insertion is None, candidate.insertion.added.total if candidate.insertion else 0

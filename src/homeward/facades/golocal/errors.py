"""Refusals as this dialect tells them: all that is wrong at once, each with code, field, description and hint. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from homeward.facades.golocal.names import NAMES
from homeward.kit.problems import MalformedRequest, Problem

_GENERAL: Final = {400: "not_feasible", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 413: "too_large"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong; `code` is our name of it, `field` the path as the client wrote it, or empty."""

    code: str
    field: str = ""
    description: str = ""
    info: str = ""


class Refused(Exception):
    """Whatever the dialect itself finds wrong with a request, all of it at once."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"{wrong.field}: {wrong.description}" for wrong in wrongs))
        self.wrongs = wrongs


def refuse(code: str, field: str = "", description: str = "", info: str = "") -> Refused:
    """One thing is wrong; `field` is our name of it."""
    return Refused([Wrong(code, wire_name(field), description, info)])


def wire_name(field: str) -> str:
    """The path of a field of ours, as the dialect's errors name it: by its last part but for the nested ones."""
    return NAMES.fields[field].wire if field else ""


def wrongs_of(problem: Problem) -> Sequence[Wrong]:
    """A refusal of the network in the dialect's words."""
    if isinstance(problem, MalformedRequest):
        return [
            Wrong("malformed", error.pointer.strip("/").replace("/", "."), error.message, problem.title)
            for error in problem.errors
        ]
    told = NAMES.refusals.get(problem.slug)
    code = told.code if told else _general(problem.status)
    field = wire_name(told.field) if told else ""
    return [Wrong(code, field, problem.title, problem.detail() or problem.title)]


def status_of(wrongs: Sequence[Wrong]) -> int:
    """The codes begin with it; the first entry decides."""
    return int(NAMES.codes[wrongs[0].code].split(".", maxsplit=1)[0])


def envelope(wrongs: Sequence[Wrong]) -> dict[str, Any]:
    return {"errors": [_entry(wrong) for wrong in wrongs]}


def _entry(wrong: Wrong) -> dict[str, str]:
    words = NAMES.errors
    return {
        "code": NAMES.codes[wrong.code],
        "field": words["field_prefix"] + wrong.field if wrong.field else "",
        "description": wrong.description,
        "info": wrong.info or wrong.description,
        "severity": words["severity"],
        "category": words["category"],
    }


def _general(status: int) -> str:
    if status >= 500:
        return "unavailable" if status in (502, 503) else "internal"
    return _GENERAL.get(status, "not_feasible")

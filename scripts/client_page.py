"""The page that lists every call of the Python client, from the description that the client itself is written from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from scripts.write_client import Method, iterator_suffix, methods


def page(api: Mapping[str, Any], written_by: str) -> str:
    lines = ["# Calls of the Python client", "", written_by]
    lines += [
        "How to use them: [the guide](../howto/use-the-python-client.md). What is after `*` is given by name. Every"
    ]
    lines += [
        "`body` is a plain dict; its form is in `homeward_client.answers` and, by route, in the [HTTP API](api.md)."
    ]
    lines += ["`AsyncHomeward` has the same calls.", ""]
    for resource, own in groupby(methods(api), key=lambda method: method.resource):
        lines += [f"## {resource}", "", "| Call | Route | Answer |", "| --- | --- | --- |"]
        lines += [row for method in own for row in rows(method)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def rows(method: Method) -> list[str]:
    """Of one route: its call, and those that walk its pages."""
    route = f"`{method.http.upper()} {method.path}`"
    answer = "nothing" if method.answer == "None" else f"`{method.answer}`"
    listed = [f"| {call(method, method.name)} | {route} | {answer} |"]
    if method.pages_by:
        listed.append(f"| {call(method, f'each{iterator_suffix(method)}')} | all its pages | each item |")
    if method.pages_by == "after":
        listed.append(f"| {call(method, 'follow', 'every_s')} | new pages, for ever | each page |")
    return listed


def call(method: Method, name: str, *more: str) -> str:
    given = [parameter.name for parameter in method.ids] + (["body"] if method.body else [])
    named = [parameter.name for parameter in method.query] + (["idempotency_key"] if method.http == "post" else [])
    named += more
    return f"`api.{method.resource}.{name}({', '.join(given + (['*', *named] if named else []))})`"

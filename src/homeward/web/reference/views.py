"""The API reference as pages: operations by subject, and every refusal. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from homeward.kit.problems import Problem
from homeward.web.reference import schema as schemas
from homeward.web.reference.schema import Row, Schema

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_ORDER: Final = ("quotes", "deliveries", "addresses", "stores", "merchants", "webhooks", "courier", "operator")
_LAST: Final = ("courier", "operator")
_HIDDEN: Final = frozenset({"demo"})
_CODE: Final = re.compile(r"`([a-z0-9-]+)`: ([^·]+)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line of an operation's errors."""

    code: str
    status: int
    title: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    description: str
    rows: tuple[Row, ...]
    example: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    title: str
    text: str
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    curl: str
    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Group:
    anchor: str
    title: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ReferenceView:
    title: str
    version: str
    intro: str
    base_url: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """A refusal: what it means and what to do. `used_by` are anchors of the operations that may answer with it."""

    slug: str
    status: int
    title: str
    text: str
    retryable: bool
    members: tuple[Member, ...]
    used_by: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ProblemsView:
    problems: tuple[ProblemPage, ...]


def reference(document: Mapping[str, Any], base_url: str) -> ReferenceView:
    """From the app's OpenAPI document."""
    by_tag: dict[str, list[Operation]] = {}
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                tag = str((item[method].get("tags") or ["Other"])[0])
                by_tag.setdefault(tag, []).append(_operation(method, path, item[method], document, base_url))
    shown = sorted((tag for tag in by_tag if tag.lower() not in _HIDDEN), key=_place)
    groups = tuple(Group(_anchor(tag), tag[:1].upper() + tag[1:], tuple(by_tag[tag])) for tag in shown)
    info = document.get("info", {})
    return ReferenceView(
        str(info.get("title", "")), str(info.get("version", "")), str(info.get("description", "")).strip(), base_url,
        groups,
    )  # fmt: skip


def problem_pages(kinds: Sequence[type[Problem]], groups: Sequence[Group]) -> tuple[ProblemPage, ...]:
    """One page for each refusal, by its slug."""
    operations = [operation for group in groups for operation in group.operations]
    return tuple(
        ProblemPage(
            slug=kind.slug,
            status=kind.status,
            title=kind.title,
            text=_words_of(kind),
            retryable=kind.retryable,
            members=tuple(_members(kind)),
            used_by=tuple(one for one in operations if any(refusal.code == kind.slug for refusal in one.refusals)),
        )
        for kind in kinds
    )


def kinds_of_problem(base: type[Problem] = Problem) -> list[type[Problem]]:
    """All refusals that the loaded code knows, by slug; a base without a slug of its own is none."""
    found: dict[str, type[Problem]] = {}
    for kind in _below(base):
        if kind.slug != Problem.slug:
            found.setdefault(kind.slug, kind)
    return [found[slug] for slug in sorted(found)]


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _members(kind: type[Problem]) -> Iterator[Member]:
    if is_dataclass(kind):
        for one in fields(kind):
            named = one.type if isinstance(one.type, str) else getattr(one.type, "__name__", str(one.type))
            yield Member(one.name, re.sub(r"\b\w+\.", "", str(named)))


def _words_of(kind: type[Problem]) -> str:
    words = (kind.__doc__ or "").strip() if "__doc__" in vars(kind) else ""
    # Python writes a signature where a dataclass has no words of its own.
    return "" if words.startswith(f"{kind.__name__}(") else words


# ── operations ──


def _operation(method: str, path: str, operation: Schema, document: Mapping[str, Any], base_url: str) -> Operation:
    components: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    media, body = _body(operation)
    parameters = tuple(_parameter(one, components) for one in operation.get("parameters", ()))
    good, bad = _split(operation.get("responses", {}))
    return Operation(
        anchor=_anchor(f"{method}-{path}"),
        method=method.upper(),
        path=path,
        title=str(operation.get("summary", "")).capitalize(),
        text=str(operation.get("description", "")),
        parameters=parameters,
        body=tuple(schemas.rows(body, components)) if body else (),
        curl=_curl(method, path, operation, media, body, components, base_url),
        answers=tuple(_answer(status, answer, components) for status, answer in good),
        refusals=tuple(refusal for status, answer in bad for refusal in _refusals(status, answer)),
    )


def _body(operation: Schema) -> tuple[str, Schema | None]:
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        return media, content.get("schema", {})
    return "", None


def _parameter(parameter: Schema, components: Mapping[str, Schema]) -> Row:
    schema = parameter.get("schema", {})
    real = schemas.resolved(schema, components)
    where = {"path": "in the path", "query": "in the query", "header": "header", "cookie": "cookie"}
    return Row(
        name=str(parameter["name"]),
        depth=0,
        type=f"{schemas.type_of(schema, components)}, {where.get(str(parameter.get('in')), '')}",
        required=bool(parameter.get("required")),
        description=str(parameter.get("description") or real.get("description", "")),
        limits=schemas.limits(real),
        values=tuple(str(value) for value in real.get("enum", ())),
    )


def _split(responses: Mapping[str, Any]) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    numbered = [(int(status), answer) for status, answer in responses.items() if str(status).isdecimal()]
    return [one for one in numbered if one[0] < 400], [one for one in numbered if one[0] >= 400]


def _answer(status: int, answer: Schema, components: Mapping[str, Schema]) -> Answer:
    for media, content in answer.get("content", {}).items():
        schema = content.get("schema", {})
        shown = schemas.example(schema, components)
        text = json.dumps(shown, indent=2, ensure_ascii=False) if "json" in media and shown not in (None, {}) else ""
        return Answer(status, _said(answer), tuple(schemas.rows(schema, components)), text, media)
    return Answer(status, _said(answer), (), "", "")


def _said(answer: Schema) -> str:
    said = str(answer.get("description", ""))
    return "" if said == "Successful Response" else said


def _refusals(status: int, answer: Schema) -> list[Refusal]:
    found = [Refusal(code, status, title.strip()) for code, title in _CODE.findall(str(answer.get("description", "")))]
    if not found and status == 422:
        return [Refusal("malformed-request", 422, "The request does not have the documented form.")]
    return found


def _curl(
    method: str, path: str, operation: Schema, media: str, body: Schema | None, components: Mapping[str, Schema],
    base_url: str,
) -> str:  # fmt: skip
    shown = re.sub(r"\{(\w+)\}", lambda match: "$" + match.group(1).upper(), path)
    lines = [f'curl {"" if method == "get" else f"-X {method.upper()} "}"{base_url}{shown}"']
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", ())):
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if body is not None and "json" in media:
        lines.append('-H "Content-Type: application/json"')
        sent = json.dumps(schemas.example(body, components, short=True), indent=2, ensure_ascii=False)
        lines.append(f"-d '{sent.replace(chr(39), chr(8217))}'")
    return " \\\n  ".join(lines)


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _place(tag: str) -> tuple[int, int, str]:
    low = tag.lower()
    return low in _LAST, _ORDER.index(low) if low in _ORDER else len(_ORDER), low

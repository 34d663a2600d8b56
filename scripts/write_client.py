"""Write what follows from the API's description in the Python client: types, calls, resources, errors.

Started by `make docs`. Every merchant's route becomes one function that makes a `Call`, and from it one method of the
plain and one of the asynchronous client; so a new route is in the client as soon as its description is written again.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeward.kit.problems import Problem
from scripts.client_types import aliases_first, camel, class_name, declaration, reached, type_of

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "clients" / "python" / "src" / "homeward_client"
FIRST_LINE = "# Written by `make docs` from the API's description; change it there.\n"
METHODS = ("get", "post", "put", "patch", "delete")
NOT_FOR_MERCHANTS = ("/v1/operator", "/v1/courier")
# Refusals of these are never answered to a merchant's key.
OTHER_DOORS = {"benchmarks", "connectors", "dispatch", "facades", "fleets", "simulator", "web"}
# POSTs without a key that change nothing, so that they may be asked again.
CHANGES_NOTHING = {"/v1/quotes", "/v1/eligibility", "/v1/addresses/search"}
# What a method need not repeat, because its resource says it: `deliveries.book`, not `deliveries.book_delivery`.
NOUNS = {
    "addresses": (),
    "api_keys": ("key", "keys"),
    "credentials": ("credential", "credentials"),
    "webhook_endpoints": ("endpoint", "endpoints"),
}


@dataclass(frozen=True)
class Parameter:
    name: str
    annotation: str
    told: str = ""


@dataclass(frozen=True)
class Method:
    """One route, as a method of a resource."""

    resource: str
    name: str
    http: str
    path: str
    told: str
    ids: list[Parameter]
    query: list[Parameter]
    body: str | None
    answer: str
    keyed: bool

    @property
    def function(self) -> str:
        return f"to_{self.resource}_{self.name}".rstrip("_")

    @property
    def repeatable(self) -> bool:
        return self.http != "post" or self.keyed or self.path in CHANGES_NOTHING

    @property
    def pages_by(self) -> str | None:
        """The parameter that takes a list's `next_cursor`, if it is a list in pages."""
        names = {parameter.name for parameter in self.query}
        return next((name for name in ("cursor", "after") if name in names), None)

    def signature(self) -> str:
        """All parameters, without `self`."""
        parts = [f"{parameter.name}: str" for parameter in self.ids]
        if self.body:
            parts.append(f"body: {self.body}" + (" = None" if self.body.endswith("| None") else ""))
        named = [
            f"{parameter.name}: {parameter.annotation}" + ("" if "None" not in parameter.annotation else " = None")
            for parameter in self.query
        ]
        if self.http == "post":
            named.append("idempotency_key: str | None = None")
        return ", ".join(parts + (["*", *named] if named else []))

    def passed_on(self) -> str:
        names = [parameter.name for parameter in self.ids] + (["body"] if self.body else [])
        named = [parameter.name for parameter in self.query] + (["idempotency_key"] if self.http == "post" else [])
        return ", ".join(names + [f"{name}={name}" for name in named])


def methods(api: Mapping[str, Any]) -> list[Method]:
    """Every route that a merchant's key opens, by resource and name."""
    found = [
        method_of(http, path, item[http])
        for path, item in api["paths"].items()
        if path.startswith("/v1/") and not path.startswith(NOT_FOR_MERCHANTS)
        for http in METHODS
        if http in item
    ]
    return sorted(found, key=lambda method: (method.resource, method.name))


def method_of(http: str, path: str, route: Mapping[str, Any]) -> Method:
    resource = path.split("/")[2].replace("-", "_")
    given = route.get("parameters", [])
    return Method(
        resource=resource,
        name=method_name(resource, path, route["operationId"]),
        http=http,
        path=path,
        told=(route.get("description") or route.get("summary") or "").strip(),
        ids=[Parameter(one["name"], "str") for one in given if one["in"] == "path"],
        query=[query_parameter(one) for one in given if one["in"] == "query"],
        body=body_type(route),
        answer=answer_type(route),
        keyed=any(one["name"] == "Idempotency-Key" for one in given),
    )


def method_name(resource: str, path: str, operation: str) -> str:
    """The route's own function, without its path and without its resource."""
    suffix = re.sub(r"\W", "_", path)
    name = operation[: operation.index(suffix)].rstrip("_")
    own = NOUNS.get(resource, (resource, resource.removesuffix("s"), re.sub("ies$", "y", resource)))
    first, _, rest = name.partition("_")
    if rest in own:
        name = first
    name = name.removesuffix("_of")
    for noun in own:
        name = name.removeprefix(f"{noun}_")
    return f"{name}_" if keyword.iskeyword(name) else name


def query_parameter(given: Mapping[str, Any]) -> Parameter:
    # In a class that has a method `list`, `list[…]` would name the method.
    annotation = type_of(given["schema"]).replace("list[", "Sequence[")
    if not given.get("required") and not annotation.endswith("None"):
        annotation += " | None"
    return Parameter(given["name"], annotation, given.get("description", ""))


def body_type(route: Mapping[str, Any]) -> str | None:
    asked = route.get("requestBody")
    if not asked:
        return None
    annotation = type_of(asked["content"]["application/json"]["schema"])
    return annotation if asked.get("required") else f"{annotation} | None"


def answer_type(route: Mapping[str, Any]) -> str:
    """Of the first success: JSON by its schema, a file as bytes, 204 as None."""
    code, answer = next((code, said) for code, said in sorted(route["responses"].items()) if code.startswith("2"))
    if code == "204":
        return "None"
    content = answer.get("content", {})
    return type_of(content["application/json"]["schema"]) if "application/json" in content else "bytes"


# -- the files ------------------------------------------------------------------------------------------------------


def answers_file(api: Mapping[str, Any], listed: list[Method]) -> str:
    schemas = api["components"]["schemas"]
    routes = [api["paths"][method.path][method.http] for method in listed]
    names = aliases_first(reached(routes, schemas), schemas)
    body = "\n\n\n".join(declaration(name, schemas[name]) for name in names)
    head = [
        '"""The form of every request and answer. Moments are RFC 3339 texts, money is whole minor units.',
        "",
        'Expect new members in answers and new values where `Literal` lists some, and ignore those you do not know."""',
        "",
        "from __future__ import annotations",
        "",
        imported("typing", ("Any", "Literal", "NotRequired", "TypedDict"), body),
    ]
    return "\n".join([*head, "", body, ""])


def imported(module: str, names: Iterable[str], body: str) -> str:
    """The import of those names that are used."""
    used = sorted(name for name in names if re.search(rf"\b{name}\b", body))
    return f"from {module} import {', '.join(used)}" if used else ""


def errors_file(problems: Iterable[type[Problem]]) -> str:
    """One class for each code; two of our refusals may share one code, as one meaning."""
    by_code: dict[str, type[Problem]] = {}
    for problem in sorted(problems, key=lambda one: one.__module__):
        top, feature = problem.__module__.split(".")[:2]
        if top == "homeward" and problem.slug != Problem.slug and feature not in OTHER_DOORS:
            by_code.setdefault(problem.slug, problem)
    lines = ['"""Every refusal by its code. What each one means: docs/reference/refusals.md."""', ""]
    lines += ["from __future__ import annotations", "", "from typing import Final", ""]
    lines += ["from homeward_client._refusal import HomewardError", ""]
    for code, problem in sorted(by_code.items()):
        lines += [f"class {camel(code)}(HomewardError):", f'    """{problem.status}: {problem.title}"""', "", ""]
    lines.append("BY_CODE: Final[dict[str, type[HomewardError]]] = {")
    lines += [f'    "{code}": {camel(code)},' for code in sorted(by_code)]
    return "\n".join([*lines, "}", ""])


def requests_file(listed: list[Method], types: list[str]) -> str:
    body = "\n\n".join(request_function(method) for method in listed)
    head = ['"""Every call of the API as a value, for both clients."""', "", "from __future__ import annotations", ""]
    head += [imported("collections.abc", ("Sequence",), body), imported("typing", ("Any", "Literal"), body)]
    head += [imported("homeward_client._answers", types, body)]
    head += ["from homeward_client._calls import Call, a_key, path_part", ""]
    return "\n".join([*head, body])


def request_function(method: Method) -> str:
    path = re.sub(r"\{(\w+)\}", r"{path_part(\1)}", method.path)
    quoted = f'f"{path}"' if method.ids else f'"{path}"'
    parts = [f'"{method.http.upper()}"', quoted]
    if method.query:
        parts.append("query={" + ", ".join(f'"{one.name}": {one.name}' for one in method.query) + "}")
    if method.body:
        parts.append("body=body")
    if method.http == "post":
        parts.append("idempotency_key=idempotency_key or a_key()")
    if not method.repeatable:
        parts.append("repeatable=False")
    return (
        f"def {method.function}({method.signature()}) -> Call[{method.answer}]:\n    return Call({', '.join(parts)})\n"
    )


def resources_file(listed: list[Method], types: list[str], page_items: Mapping[str, str]) -> str:
    """Both families of classes, and the two bases that hold one of each resource."""
    resources = sorted({method.resource for method in listed})
    parts = []
    for asynchronous in (False, True):
        for resource in resources:
            own = [method for method in listed if method.resource == resource]
            parts.append(resource_class(resource, own, page_items, asynchronous=asynchronous))
        parts.append(base_class(resources, asynchronous=asynchronous))
    body = "\n\n".join(parts)
    head = ['"""The calls by resource, for the plain and for the asynchronous client."""', ""]
    head += ["from __future__ import annotations", ""]
    head += [imported("collections.abc", ("AsyncIterator", "Iterator", "Sequence"), body)]
    head += [imported("typing", ("Any", "Literal"), body), "", "from homeward_client import _requests"]
    head += [imported("homeward_client._answers", types, body)]
    head += ["from homeward_client._running import AsyncRunner, Runner", "from homeward_client._talk import Pages", ""]
    return "\n".join([*head, body])


def resource_class(resource: str, own: list[Method], page_items: Mapping[str, str], *, asynchronous: bool) -> str:
    prefix = "Async" if asynchronous else ""
    lines = [f"class {prefix}{camel(resource)}:", f"    def __init__(self, runner: {prefix}Runner) -> None:"]
    lines += ["        self._runner = runner", ""]
    for method in own:
        lines += method_lines(method, asynchronous=asynchronous)
        if method.pages_by:
            lines += iterator_lines(method, page_items[method.answer], asynchronous=asynchronous)
    return "\n".join(lines)


def method_lines(method: Method, *, asynchronous: bool) -> list[str]:
    start, wait = ("async def", "await ") if asynchronous else ("def", "")
    call = f"_requests.{method.function}({method.passed_on()})"
    # What returns nothing still runs; only its value is not passed on.
    returned = "" if method.answer == "None" else "return "
    return [
        f"    {start} {method.name}(self, {method.signature()}) -> {method.answer}:",
        *docstring(method.told),
        f"        {returned}{wait}self._runner.run({call})",
        "",
    ]


def iterator_lines(method: Method, item: str, *, asynchronous: bool) -> list[str]:
    """`deliveries.each(…)`: the items instead of the pages; of the event log also `follow`, which does not end."""
    kind = "AsyncIterator" if asynchronous else "Iterator"
    pages = f'Pages(_requests.{method.function}({method.passed_on()}), "{method.pages_by}")'
    lines = [
        f"    def each{iterator_suffix(method)}(self, {method.signature()}) -> {kind}[{item}]:",
        '        """As the list, but every item of all its pages."""',
        f"        return self._runner.walk({pages})",
        "",
    ]
    if method.pages_by == "after":
        lines += [
            f"    def follow(self, {method.signature()}, every_s: float = 5.0) -> {kind}[{method.answer}]:",
            '        """Every page with something new, for ever. Keep its `next_cursor` when you have done with it."""',
            f"        return self._runner.poll({pages}, every_s)",
            "",
        ]
    return lines


def iterator_suffix(method: Method) -> str:
    return "" if method.name in {"list", "read"} else f"_{method.name}"


def docstring(told: str) -> list[str]:
    lines = [line.rstrip() for line in told.replace("\\", "\\\\").splitlines()]
    if not lines:
        return []
    if len(lines) == 1:
        return [f'        """{lines[0]}"""']
    return [f'        """{lines[0]}', *(f"        {line}".rstrip() for line in lines[1:]), '        """']


def base_class(resources: list[str], *, asynchronous: bool) -> str:
    prefix = "Async" if asynchronous else ""
    lines = [f"class {prefix}Resources:", f"    def __init__(self, runner: {prefix}Runner) -> None:"]
    lines += [f"        self.{resource} = {prefix}{camel(resource)}(runner)" for resource in resources]
    return "\n".join([*lines, ""])


def items_of_pages(api: Mapping[str, Any], listed: list[Method]) -> dict[str, str]:
    """What the items of each list in pages are: `{"DeliveryList": "DeliveryOut"}`."""
    schemas = {class_name(name): schema for name, schema in api["components"]["schemas"].items()}
    paged = {method.answer for method in listed if method.pages_by}
    return {name: type_of(schemas[name]["properties"]["items"]["items"]) for name in paged}


def client_files(api: Mapping[str, Any], problems: Iterable[type[Problem]]) -> dict[str, str]:
    """The generated files by name, in the house format."""
    listed = methods(api)
    schemas = reached([api["paths"][method.path][method.http] for method in listed], api["components"]["schemas"])
    types = [class_name(name) for name in schemas]
    assert len(set(types)) == len(types), "two schemas would share one name"
    written = {
        "_answers.py": answers_file(api, listed),
        "_errors.py": errors_file(problems),
        "_requests.py": requests_file(listed, types),
        "_resources.py": resources_file(listed, types, items_of_pages(api, listed)),
    }
    return {name: in_house_format(name, FIRST_LINE + text) for name, text in written.items()}


def in_house_format(name: str, text: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    where = str(PACKAGE / name)
    for command in ("check --fix --quiet --select I", "format --quiet"):
        whole = [ruff, *command.split(), "--stdin-filename", where, "-"]
        done = subprocess.run(whole, input=text, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        text = done.stdout
    return text


def write(api: Mapping[str, Any], problems: Iterable[type[Problem]]) -> None:
    for name, text in client_files(api, problems).items():
        (PACKAGE / name).write_text(text)
        print(f"  {(PACKAGE / name).relative_to(ROOT)}")

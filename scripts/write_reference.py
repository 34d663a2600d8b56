"""Write the reference pages that follow from the code: the HTTP API, the refusals, the settings, the states,
the fleet contract.

The Python client follows from the same description (`write_client.py`). Started by `make docs`.
Nothing here needs a database: the app is built, asked for its description, and thrown away.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import homeward
from homeward.app import create_app
from homeward.bootstrap import build
from homeward.infra.db import Database
from homeward.infra.settings import Settings
from homeward.kit.clock import SystemClock
from homeward.kit.problems import Problem
from scripts import claims_page, client_page, fleet_contract_page, states_page, write_client

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
WRITTEN_BY = "<!-- Written by `make docs` from the code; change it there. -->\n"
METHODS = ("get", "post", "put", "patch", "delete")


def api_description() -> dict[str, Any]:
    """The OpenAPI document of the whole app, the demo's mailbox included."""
    settings = Settings(demo=True)
    platform = build(settings, Database("postgresql://localhost/unused"), SystemClock())
    return create_app(platform).openapi()


def api_page(api: dict[str, Any]) -> str:
    lines = ["# HTTP API", "", WRITTEN_BY, api["info"]["description"].strip(), ""]
    lines += [
        "The full description, with every field, is in [openapi.json](openapi.json); a running installation shows"
    ]
    lines += ["it under `/docs`.", ""]
    for group, routes in grouped(api).items():
        lines += [f"## {group}", "", "| Call | What it does | Refusals |", "| --- | --- | --- |"]
        lines += [f"| `{method} {path}` | {summary} | {refused} |" for method, path, summary, refused in routes]
        lines.append("")
    return "\n".join(lines)


def grouped(api: dict[str, Any]) -> dict[str, list[tuple[str, str, str, str]]]:
    groups: dict[str, list[tuple[str, str, str, str]]] = {}
    for path, item in api["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            call = item[method]
            told = (call.get("description") or call.get("summary") or "").strip().split("\n\n")[0].replace("\n", " ")
            refused = ", ".join(sorted(code for code in call["responses"] if code.startswith(("4", "5"))))
            group = (call.get("tags") or [path.split("/")[2] if path.startswith("/v1/") else "other"])[0]
            groups.setdefault(group, []).append((method.upper(), path, told, refused))
    return dict(sorted(groups.items()))


def all_problems() -> list[type[Problem]]:
    """Every refusal that any module defines, by its slug."""
    for module in pkgutil.walk_packages(homeward.__path__, "homeward."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return sorted(
        set(subclasses(Problem)), key=lambda problem: (problem.slug, problem.__module__, problem.__qualname__)
    )


def subclasses(parent: type[Problem]) -> Iterator[type[Problem]]:
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def problems_page() -> str:
    lines = ["# Refusals", "", WRITTEN_BY]
    lines += [
        "A refusal is an `application/problem+json` body after RFC 9457. `code` is the name below and stays the same;"
    ]
    lines += ["`title` says what to do next. The members listed are added to the standard ones.", ""]
    for problem in all_problems():
        if problem.slug == Problem.slug:
            continue  # a base of others
        lines += [f"## {problem.slug}", "", f"Status {problem.status}. {problem.title}", ""]
        # A dataclass writes its own signature where nobody wrote a docstring.
        told = inspect.cleandoc(problem.__doc__ or "")
        if told and not told.startswith(f"{problem.__name__}("):
            lines += [told, ""]
        members = [field.name for field in fields(problem)]
        if members:
            lines += ["Members: " + ", ".join(f"`{name}`" for name in members) + ".", ""]
        if problem.retryable:
            lines += ["The same request may work later.", ""]
    return "\n".join(lines)


def settings_page() -> str:
    lines = ["# Settings", "", WRITTEN_BY, "Read once, from variables of the environment. No secret has a default."]
    lines += ["", "| Variable | Default | Meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`" if str(field.default) else "empty"
        lines.append(f"| `HOMEWARD_{name.upper()}` | {default} | {field.description or name.replace('_', ' ')} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """All reference pages by file name."""
    api = api_description()
    return {
        "openapi.json": json.dumps(api, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
        "api.md": api_page(api).rstrip() + "\n",
        "refusals.md": problems_page().rstrip() + "\n",
        "settings.md": settings_page(),
        "states.md": states_page.page(),
        "claims.md": claims_page.page(),
        "python-client.md": client_page.page(api, WRITTEN_BY),
        "fleet-contract.md": fleet_contract_page.page(),
        "fleet-openapi.json": json.dumps(fleet_contract_page.description(), indent=1, sort_keys=True) + "\n",
    }


def main() -> None:
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text)
        print(f"  docs/reference/{name}")
    write_client.write(api_description(), all_problems())


if __name__ == "__main__":
    main()

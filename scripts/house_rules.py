"""Rules of the house that no ready-made checker knows. Each says why, in the message itself.

A rule looks at one parsed file and yields what it finds; `tests/scripts/test_house_rules.py` shows every rule at work.
To grow: write a function that takes a `Source`, add it to `RULES`, add its two tests.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
US = "homeward"

PURE_NAMES = {"model", "policy", "errors"}
SHELL_NAMES = {"service", "repository", "api", "jobs"}
# What would bring the outside world into a decision.
OUTSIDE = {
    "aiohttp", "asyncio", "fastapi", "httpx", "logging", "multiprocessing", "os", "procrastinate", "psycopg",
    "psycopg_pool", "random", "requests", "secrets", "shutil", "socket", "sqlalchemy", "starlette", "structlog",
    "subprocess", "tempfile", "threading", "time", "urllib.request", "uvicorn",
}  # fmt: skip
CLOCKS_AND_CHANCE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid.uuid1", "uuid.uuid4", "uuid4", "open",
    "print", "input",
}  # fmt: skip
READ_SETTINGS_IN = {"infra.settings", "bootstrap", "cli", "launcher"}
# Calls that fail by themselves: pytest.raises, helpers named for what they check.
CHECKS = re.compile(r"raises|warns|fail|assert|check|expect|must|eventually|validate|as_test")
# Nobody edits such a file, so nobody has to keep it in the head.
WRITTEN_BY_US = "# Written by `make docs`"
FILE_LINES_AT_MOST = 500
FUNCTION_LINES_AT_MOST = 60


@dataclass(frozen=True)
class Finding:
    path: PurePosixPath
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} [{self.rule}]"


@dataclass(frozen=True)
class Source:
    """One file: its path from the root of the repository, and its text."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def module(self) -> str:
        """Dotted name under `homeward`, empty for files of other trees: `deliveries.policy`."""
        parts = self.path.with_suffix("").parts
        if parts[:2] != ("src", US):
            return ""
        named = parts[2:-1] if parts[-1] == "__init__" else parts[2:]
        return ".".join(named)

    @property
    def feature(self) -> str:
        """The folder under `homeward` it lies in: `deliveries`, `fleets.couriers`."""
        return self.module.rpartition(".")[0]

    def found(self, line: int, rule: str, message: str) -> Finding:
        return Finding(self.path, line, rule, message)


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Every imported module with its line; `from a import b` gives `a.b` too, for b may be a module."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"


def our_imports(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in imports(source):
        if name.startswith(f"{US}."):
            yield line, name.removeprefix(f"{US}.")


def calls(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def is_pure(module: str) -> bool:
    """Whether a module must be a function of its arguments: by its name, or as part of the optimiser."""
    return module.rpartition(".")[2] in PURE_NAMES or module.startswith("dispatch.engine")


# -- the rules ------------------------------------------------------------------------------------------------------


def pure_files_stay_pure(source: Source) -> Iterator[Finding]:
    if not is_pure(source.module):
        return
    why = "the same decision runs in the API, a worker, the simulator and a notebook; hand it in as an argument"
    rule = "pure"
    for line, name in imports(source):
        if name in OUTSIDE or name.split(".")[0] in OUTSIDE:
            yield source.found(line, rule, f"a pure file imports {name}: {why}")
    for line, name in our_imports(source):
        parts = name.split(".")
        if parts[0] in {"infra", "bootstrap", "cli", "launcher"} or SHELL_NAMES & set(parts):
            yield source.found(line, rule, f"a pure file imports {US}.{name}, which is shell: {why}")
    for line, name in calls(source):
        if name in CLOCKS_AND_CHANCE or name.startswith(("time.", "random.")):
            yield source.found(line, rule, f"a pure file calls {name}(): {why}")
    declared = {method for node in ast.walk(source.tree) if is_protocol(node) for method in ast.walk(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef) and node not in declared:
            yield source.found(node.lineno, rule, f"a pure file waits in `async def {node.name}`: {why}")


def is_protocol(node: ast.AST) -> bool:
    """A seam that is only declared here; what waits lies elsewhere."""
    return isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)


def engine_knows_only_the_kit(source: Source) -> Iterator[Finding]:
    if not source.module.startswith("dispatch.engine"):
        return
    for line, name in our_imports(source):
        inside = name == "dispatch.engine" or name.startswith(("kit.", "dispatch.engine."))
        if name not in {"kit", "dispatch"} and not inside:
            message = (
                f"the engine imports {US}.{name}: it takes numbers and gives a plan, so that others can use it alone"
            )
            yield source.found(line, "engine", message)


def repositories_are_private(source: Source) -> Iterator[Finding]:
    """Only the feature itself, and those that put everything together at the top, may know a repository."""
    if "." not in source.module:
        return
    for line, name in our_imports(source):
        feature, found, _ = name.partition(".repository")
        if found and feature != source.feature and not source.module.startswith(f"{feature}."):
            message = f"imports the repository of {feature}: ask its service, or the rule it keeps is bypassed"
            yield source.found(line, "repository", message)


def simulator_uses_public_doors(source: Source) -> Iterator[Finding]:
    if not source.module.startswith("simulator"):
        return
    allowed = {"kit", "simulator"}
    for line, name in our_imports(source):
        # The contract is published: whoever joins with a fleet builds on nothing else.
        if name.split(".")[0] not in allowed and not f"{name}.".startswith("fleets.contract."):
            message = (
                f"the simulator imports {US}.{name}: it knocks at the public doors, or it proves nothing about them"
            )
            yield source.found(line, "simulator", message)


def settings_are_read_once(source: Source) -> Iterator[Finding]:
    if not source.module or source.module in READ_SETTINGS_IN:
        return
    for line, name in calls(source):
        if name in {"os.getenv", "os.environ.get", "environ.get", "getenv"}:
            message = f"{name}(): settings are read once in infra/settings.py and passed on as values"
            yield source.found(line, "settings", message)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) in {"os.environ", "environ"}:
            message = "os.environ[…]: settings are read once in infra/settings.py and passed on as values"
            yield source.found(node.lineno, "settings", message)


def fakes_come_through_the_front_door(source: Source) -> Iterator[Finding]:
    if "tests" not in source.path.parts:
        return
    why = "if a test must patch our own code, the code needs a seam"
    for line, name in imports(source):
        if name in {"unittest.mock", "mock", "pytest_mock"}:
            yield source.found(line, "no-mock", f"imports {name}: {why}")
    for line, name in calls(source):
        if name in {"monkeypatch.setattr", "monkeypatch.setitem", "monkeypatch.delattr", "mocker.patch"}:
            yield source.found(line, "no-mock", f"{name}(): {why}")


def tests_can_fail(source: Source) -> Iterator[Finding]:
    """A test without an assertion, an expected exception or a helper that asserts passes whatever happens."""
    if "tests" not in source.path.parts:
        return
    functions = [node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    helpers = {function.name for function in functions if asserts(function)}
    for function in functions:
        if not function.name.startswith("test_") or asserts(function):
            continue
        called = [ast.unparse(part.func) for part in ast.walk(function) if isinstance(part, ast.Call)]
        if not any(CHECKS.search(name) or name.rpartition(".")[2] in helpers for name in called):
            yield source.found(function.lineno, "can-fail", f"{function.name} asserts nothing, so it cannot fail")


def asserts(function: ast.AST) -> bool:
    return any(isinstance(part, ast.Assert) for part in ast.walk(function))


def files_and_functions_fit_the_head(source: Source) -> Iterator[Finding]:
    if source.text.startswith(WRITTEN_BY_US):
        return
    if (lines := len(source.text.splitlines())) > FILE_LINES_AT_MOST:
        message = f"{lines} lines, at most {FILE_LINES_AT_MOST}: two subjects in one file; give the second its own"
        yield source.found(1, "size", message)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = own_lines(node)
            if length > FUNCTION_LINES_AT_MOST:
                message = f"{node.name} has {length} lines, at most {FUNCTION_LINES_AT_MOST}: name its parts"
                yield source.found(node.lineno, "size", message)


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of its body, without its docstring and without the functions inside, which are counted for themselves.

    So a factory of routes may be long, as long as each route is short.
    """
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    whole = (function.end_lineno or 0) - body[0].lineno + 1
    inside = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return whole - sum((node.end_lineno or 0) - node.lineno + 1 for node in inside)


def nothing_is_left_for_later(source: Source) -> Iterator[Finding]:
    marks = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    for number, line in enumerate(source.text.splitlines(), start=1):
        if marks.search(line):
            yield source.found(number, "later", "a mark for later: do it, or open an issue and say here why not now")


def one_word_for_one_thing(source: Source) -> Iterator[Finding]:
    """Names of ours only; a partner's words stay in its adapter."""
    if not source.module or source.feature.split(".")[0] in {"facades", "connectors"}:
        return
    ours = {"tenant": "merchant", "depot": "hub", "rider": "courier", "driver_id": "courier_id"}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.arg):
            name = node.arg if isinstance(node, ast.arg) else node.name
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            for theirs, instead in ours.items():
                if re.search(rf"(^|_){theirs}s?($|_)", words):
                    message = f"{name}: we say {instead}, not {theirs} (docs/glossary.md)"
                    yield source.found(node.lineno, "words", message)


Rule = Callable[[Source], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    pure_files_stay_pure,
    engine_knows_only_the_kit,
    repositories_are_private,
    simulator_uses_public_doors,
    settings_are_read_once,
    fakes_come_through_the_front_door,
    tests_can_fail,
    files_and_functions_fit_the_head,
    nothing_is_left_for_later,
    one_word_for_one_thing,
)


def findings(source: Source) -> Iterator[Finding]:
    """What the rules find, a line named at most once by each rule."""
    named: set[tuple[int, str]] = set()
    for rule in RULES:
        for finding in rule(source):
            if (finding.line, finding.rule) not in named:
                named.add((finding.line, finding.rule))
                yield finding


def our_python_files() -> list[PurePosixPath]:
    """What git tracks or would track, so that scratch files which git ignores do not count."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [PurePosixPath(name) for name in sorted(set(listed.stdout.splitlines())) if (ROOT / name).exists()]


def main() -> int:
    wrong = [
        finding for path in our_python_files() for finding in findings(Source(path, (ROOT / path).read_text("utf-8")))
    ]
    for finding in wrong:
        print(finding)
    print(f"House rules: {len(wrong)} broken." if wrong else "House rules: all kept.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

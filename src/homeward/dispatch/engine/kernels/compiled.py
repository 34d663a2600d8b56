"""How the inner loops are compiled, and where the result is kept."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import numba
from numba.core import config as numba_config

P = ParamSpec("P")
R = TypeVar("R")


def _digest() -> str:
    """Of all kernels together: Numba itself only looks at the file of the function it compiles, so that a change
    in a function that is called from another file would go unnoticed."""
    total = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    engine = Path(__file__).parent.parent
    # `problem.py` is no kernel, but some of its constants are compiled into them.
    for source in [*sorted(engine.glob("*/*.py")), engine / "problem.py"]:
        total.update(source.name.encode() + b"\0" + source.read_bytes())
    return total.hexdigest()[:16]


def _keep_results() -> None:
    """Beside the environment that runs us, else in the user's cache; else Numba finds a place of its own."""
    for folder in (
        Path(sys.prefix) / "share" / "homeward" / "kernels",
        Path.home() / ".cache" / "homeward" / "kernels",
    ):
        kept = folder / _digest()
        try:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / "writable").touch()
        except OSError:
            continue
        numba_config.CACHE_DIR = str(kept)  # type: ignore[attr-defined]
        return


if not numba_config.CACHE_DIR:  # type: ignore[attr-defined]
    _keep_results()


# `numpy` errors: a division by zero is a bug of ours that tests find, not a branch in every division.
_OPTIONS: Final = {"cache": True, "nogil": True, "error_model": "numpy"}
_compile: Callable[..., Any] = numba.njit  # its types leave out `_nrt`


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function when it is first called, or load what an earlier process compiled.

    Such a function makes no arrays (`allocating_kernel` may). So Numba need not count references to those it is
    given: with some thirty arrays in `Tables` and `State`, counting at every call took 19 of 20 seconds.
    """
    compiled: Callable[P, R] = _compile(**_OPTIONS, _nrt=False)(function)
    return compiled


def allocating_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Like `kernel`, for the few functions that make arrays of their own."""
    # Said aloud, for the setting is handed down from whoever calls.
    compiled: Callable[P, R] = _compile(**_OPTIONS, _nrt=True)(function)
    return compiled

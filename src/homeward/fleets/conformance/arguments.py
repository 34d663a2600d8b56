"""The command's arguments, apart from what carries it out, so that no other command pays for loading that."""

import argparse
from collections.abc import Callable
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser, token: str, new_file: Callable[[str], Path]) -> None:
    """`token` is the one that counts unless another is given."""
    parser.add_argument("url", help="where the fleet's sandbox answers, for instance http://localhost:8090")
    parser.add_argument("--token", default=token, help="default: $HOMEWARD_FLEET_TOKEN")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="this clause; may be repeated")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write everything that was found")

"""`clients/node/redirect.cjs` as merchants use it: from a folder of their own, with a programme of their own."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.facades.npm.library import node
from tests.facades.npm.running import REDIRECT

CALLS = """
const fetched = await (await fetch(process.argv[2])).text()
const asked = await new Promise((done) =>
  request({ hostname: new URL(process.argv[2]).hostname, path: '/asked' }, (answer) => {
    answer.on('data', (text) => done(String(text)))
  }).on('error', (error) => done(error.code)).end())
console.log(JSON.stringify([fetched, asked]))
"""
COMMON_JS = "const { request } = require('node:https')\n;(async () => {" + CALLS + "})()\n"
MODULE = "import { request } from 'node:https'\n" + CALLS


class Installation(BaseHTTPRequestHandler):
    """Answers with the host and the path that it was asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.headers['Host']}{self.path}".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def installation() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Installation)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(program: Path, *given: str, base: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"NODE_OPTIONS": f"--require {REDIRECT}"} | ({"PEER_BASE": base} if base is not None else {})
    return subprocess.run(
        [node(), str(program), *given],
        env=environment,
        cwd=program.parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(("name", "text"), [("shop.cjs", COMMON_JS), ("shop.mjs", MODULE)])
def test_calls_of_the_known_hosts_come_here(tmp_path: Path, installation: str, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    done = run(tmp_path / name, "https://api.uber.com/fetched?a=1", base=f"http://{installation}")
    assert json.loads(done.stdout) == [f"{installation}/fetched?a=1", f"{installation}/asked"], done.stderr


def test_other_hosts_are_left_alone(tmp_path: Path, installation: str) -> None:
    elsewhere = installation.replace("127.0.0.1", "localhost")
    (tmp_path / "shop.mjs").write_text(MODULE)
    done = run(tmp_path / "shop.mjs", f"http://{installation}/own", base=f"http://{elsewhere}")
    assert json.loads(done.stdout) == [f"{installation}/own", "ECONNREFUSED"], done.stderr


@pytest.mark.parametrize("base", [None, "", "delivery.example"])
def test_without_an_address_the_programme_does_not_start(tmp_path: Path, base: str | None) -> None:
    (tmp_path / "shop.cjs").write_text("console.log('started')")
    done = run(tmp_path / "shop.cjs", base=base)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "set PEER_BASE" in done.stderr

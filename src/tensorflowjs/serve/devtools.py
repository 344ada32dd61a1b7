"""A page in a browser without a window, which runs JavaScript for Python."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

from tensorflowjs.errors import MissingExtraError, RuntimeFailure
from tensorflowjs.serve import chromium
from tensorflowjs.serve.websocket import WebSocket

FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--enable-unsafe-swiftshader",  # webgl also where there is no graphics processor; the results say so
    "--enable-unsafe-webgpu",
    "--mute-audio",
)
_START_TIMEOUT = 60.0
_LISTENING = re.compile(r"DevTools listening on ws://([^/]+)/")


class Page:
    """One tab. `evaluate` waits for promises and returns what JSON can hold."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._calls = 0

    def open(self, address: str, timeout: float = _START_TIMEOUT) -> None:
        self._call("Page.navigate", timeout, url=address)
        end = time.monotonic() + timeout
        loaded = f"document.readyState === 'complete' && location.href.startsWith({json.dumps(address)})"
        while not self.evaluate(loaded, timeout):
            if time.monotonic() > end:
                raise RuntimeFailure(f"The browser did not open {address} within {timeout:g} s.")
            time.sleep(0.02)

    def evaluate(self, expression: str, timeout: float) -> Any:
        options = {"awaitPromise": True, "returnByValue": True}
        answer = self._call("Runtime.evaluate", timeout, expression=expression, **options)
        if details := answer.get("exceptionDetails"):
            said = details.get("exception", {}).get("description") or details.get("text", "an error without words")
            raise RuntimeFailure(f"In the browser: {said.partition(chr(10))[0]}")
        return answer["result"].get("value")

    def _call(self, method: str, timeout: float, **parameters: object) -> dict[str, Any]:
        self._calls += 1
        end = time.monotonic() + timeout
        try:
            self._connection.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
            while True:
                message = json.loads(self._connection.receive(max(0.01, end - time.monotonic())))
                if message.get("id") == self._calls:
                    break
        except TimeoutError:
            raise RuntimeFailure(f"The browser did not answer within {timeout:g} s.") from None
        except OSError as error:
            raise RuntimeFailure(f"The browser ended unexpectedly ({error}).") from error
        if "error" in message:
            raise RuntimeFailure(f"The browser refused {method}: {message['error'].get('message')}")
        result: dict[str, Any] = message["result"]
        return result


@contextlib.contextmanager
def headless_page() -> Iterator[Page]:
    """A blank page in a browser of its own, with nothing of the user's in it."""
    program = chromium.find()
    if program is None:
        raise MissingExtraError("There is no Chromium or Chrome here.", hint=chromium.HOW_TO_INSTALL)
    profile = tempfile.mkdtemp(prefix="tensorflowjs-")
    try:
        with _started(program, profile) as place, WebSocket(_new_tab(place), _START_TIMEOUT) as connection:
            yield Page(connection)
    finally:
        shutil.rmtree(profile, ignore_errors=True)


@contextlib.contextmanager
def _started(program: Path, profile: str) -> Iterator[str]:
    """Start the browser; where its debugger listens, as "host:port"."""
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # it refuses to start otherwise
    command = [str(program), *FLAGS, *root, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    lines: Queue[str] = Queue()
    assert process.stderr is not None
    threading.Thread(target=_listen, args=(process.stderr, lines), daemon=True).start()
    try:
        yield _place(lines)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listen(stream: IO[bytes], lines: Queue[str]) -> None:
    """Pass on what the browser says, and go on reading so that it never waits for us."""
    with stream:
        for line in stream:
            lines.put(line.decode(errors="replace"))
    lines.put("")


def _place(lines: Queue[str]) -> str:
    said = []
    with contextlib.suppress(Empty):
        while line := lines.get(timeout=_START_TIMEOUT):
            if found := _LISTENING.search(line):
                return found[1]
            said.append(line.strip())
    raise RuntimeFailure("The browser did not start.", hint="\n".join(said[-5:]) or None)


def _new_tab(place: str) -> str:
    """Where the debugger of the blank page is."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is on this computer
    end = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < end:
        with opener.open(f"http://{place}/json/list", timeout=_START_TIMEOUT) as answer:
            pages = [target for target in json.load(answer) if target["type"] == "page"]
        if pages:
            return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise RuntimeFailure("The browser opened no page.")

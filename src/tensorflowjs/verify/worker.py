"""One Node process that answers one request at a time, and is replaced when it hangs or dies."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.verify import wire

_SCRIPT = Path(__file__).with_name("runner.cjs")
_START_TIMEOUT = 60.0
Encoded = Sequence[tuple[wire.Header, bytes]]


@dataclass(frozen=True)
class Reply:
    """What a command gave, and what TF.js wrote to the console meanwhile."""

    result: dict[str, Any]
    names: list[str] = field(default_factory=list)
    arrays: list[wire.Array] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


class Worker:
    """`request` starts the process when there is none. `generation` says which process it is by now: what was
    loaded into one is not in the next."""

    def __init__(self, node: Path, arguments: Sequence[str]) -> None:
        self._command = [str(node), str(_SCRIPT), *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._replies: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._requests = 0
        self.generation = 0
        self.versions: dict[str, str] = {}

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process unless it runs."""
        if self.alive:
            return
        self.stop()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={key: value for key, value in os.environ.items() if key != "NODE_OPTIONS"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._replies = queue.SimpleQueue()
        assert self._process.stdout is not None
        threading.Thread(target=_read_replies, args=(self._process.stdout, self._replies), daemon=True).start()
        self.generation += 1
        self.versions = self._receive("start TF.js", 0, _START_TIMEOUT).result

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdin is not None
            with contextlib.suppress(OSError):  # bytes it never read
                process.stdin.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def request(self, doing: str, command: str, tensors: Encoded = (), *, timeout: float, **arguments: object) -> Reply:
        """Send a command and wait for its reply; `doing` names the work in error messages."""
        self.start()
        self._requests += 1
        headers = [header for header, _ in tensors]
        line = json.dumps({"id": self._requests, "command": command, "tensors": headers, **arguments})
        self._send(doing, [line.encode(), b"\n", *(data for _, data in tensors)])
        return self._receive(doing, self._requests, timeout)

    def _send(self, doing: str, parts: Sequence[bytes]) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            for part in parts:
                self._process.stdin.write(part)
            self._process.stdin.flush()
        except OSError:
            raise self._death(doing) from None

    def _receive(self, doing: str, number: int, timeout: float) -> Reply:
        try:
            message = self._replies.get(timeout=timeout)
        except queue.Empty:
            self.stop()
            raise RuntimeFailure(
                f"TF.js could not {doing}: no answer within {timeout:g} s.",
                hint="It loops for ever on some malformed models; a large model may need a longer timeout.",
            ) from None
        if message is None:
            raise self._death(doing)
        return self._unpack(doing, number, *message)

    def _unpack(self, doing: str, number: int, message: dict[str, Any], payload: bytes) -> Reply:
        assert message["id"] == number, "replies come in the order of requests"
        if message["ok"]:
            headers = message["tensors"]
            arrays = wire.split(headers, payload)
            return Reply(message["result"], [header["name"] for header in headers], arrays, message["console"])
        if message["fatal"]:
            self.stop()
        console = message["console"]
        hint = "TF.js also said: " + "\n".join(console) if console else None
        raise RuntimeFailure(f"TF.js could not {doing}: {message['error']}", hint=hint)

    def _death(self, doing: str) -> RuntimeFailure:
        last_words = ""
        if self._stderr is not None:
            self._stderr.seek(0)
            # A crash prints the source line it happened in, which in a minified bundle is all of it.
            lines = self._stderr.read().decode(errors="replace").splitlines()
            last_words = "\n".join(line for line in lines if line.strip() and len(line) < 500)[-2000:]
        self.stop()
        return RuntimeFailure(f"TF.js could not {doing}: Node ended unexpectedly.", hint=last_words or None)


def _read_replies(stdout: IO[bytes], replies: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None]) -> None:
    with stdout:
        for line in stdout:
            message = json.loads(line)
            size = sum(header["bytes"] for header in message["tensors"])
            payload = stdout.read(size)
            if len(payload) < size:
                break
            replies.put((message, payload))
    replies.put(None)

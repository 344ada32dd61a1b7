"""Serves a folder until told to stop.

serve("models", ready=lambda address: print(address))        # until Ctrl-C
with running("models") as address: ...                       # in a thread
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tensorflowjs.errors import MissingExtraError, MissingInputError, OutputError, UsageError
from tensorflowjs.verify.node import find_tfjs

if TYPE_CHECKING:
    import uvicorn

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8000
LARGEST_HEAD = 32 * 1024  # bytes of request line and headers
_PATIENCE = 1  # seconds that downloads get to end when the server stops
_PATH = str | os.PathLike[str]


def serve(
    folder: _PATH, *, host: str = LOOPBACK, port: int | None = None, ready: Callable[[str], None] | None = None
) -> None:
    """Serve the models below `folder` and the page that shows them, until Ctrl-C; `ready` hears the address.

    Port 0 is any free one; so is no port where the usual one is taken.
    """
    root, listening = _prepare(folder, host, port)
    server = _server(root)
    with listening, _ended_by_signals(server):
        if ready is not None:
            ready(address_of(listening, host))
        server.run(sockets=[listening])


@contextmanager
def running(folder: _PATH, *, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """The same in a thread, for as long as the block takes."""
    root, listening = _prepare(folder, host, port)
    with listening:
        server = _server(root)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while thread.is_alive() and not server.started:
                time.sleep(0.005)
            yield address_of(listening, host)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """End the server when asked to, from before anybody hears of it until after it is gone.

    uvicorn listens to signals only while it runs: one a moment earlier would be an exception in the middle of things.
    """
    if threading.current_thread() is not threading.main_thread():  # which alone hears signals
        yield
        return

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _prepare(folder: _PATH, host: str, port: int | None) -> tuple[Path, socket.socket]:
    """What can go wrong, before anything is started."""
    _require_packages()
    find_tfjs()
    root = _resolve(folder)
    return root, _listen(host, port)


def _require_packages() -> None:
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"To serve models, {' and '.join(missing)} must be installed.",
            hint='Install what is needed with: pip install "tensorflowjs[serve]"',
        )


def _resolve(folder: _PATH) -> Path:
    path = Path(folder)
    if path.name == "model.json" and path.is_file():
        path = path.parent
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "does not exist"
        raise MissingInputError(f"{path} {what}.", hint="Give the folder that holds your models.")
    return path.resolve()


def _listen(host: str, port: int | None) -> socket.socket:
    if port is not None and not 0 <= port <= 65535:
        raise UsageError(f"{port} is not a port; they go from 0 (any free one) to 65535.")
    if port is None:
        with suppress(OutputError):
            return _bind(host, USUAL_PORT)
    return _bind(host, port or 0)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"There is no address {host!r} to serve at ({error.strerror or error}).") from error
    try:
        if os.name != "nt":  # there it would let two servers have the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        hint = "Something else uses this port, perhaps. Try another one; 0 is any that is free."
        raise OutputError(f"Cannot serve at {host}, port {port}: {error.strerror or error}.", hint=hint) from error
    return listening


def address_of(listening: socket.socket, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}/"


def _server(root: Path) -> uvicorn.Server:
    import uvicorn

    from tensorflowjs.serve.app import Site

    config = uvicorn.Config(
        Site(root, find_tfjs()).app(),
        http="h11",  # which bounds how large a request may be
        h11_max_incomplete_event_size=LARGEST_HEAD,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",  # clients that hang up or talk nonsense are no news
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE,
    )
    return uvicorn.Server(config)

"""Talking to a browser: what can go wrong on the way, without one."""

from __future__ import annotations

import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tensorflowjs.errors import MissingExtraError, RuntimeFailure
from tensorflowjs.serve import chromium, devtools
from tensorflowjs.serve.websocket import WebSocket

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def frame(data: bytes, opcode: int = TEXT, last: bool = True) -> bytes:
    """As a server sends it, without a mask."""
    size = len(data)
    length = bytes([size]) if size < 126 else struct.pack("!BH", 126, size) if size < 1 << 16 else b""
    return bytes([0x80 * last | opcode]) + (length or struct.pack("!BQ", 127, size)) + data


def read_frame(stream: socket.SocketIO) -> tuple[int, bytes]:
    """As a client has to send it, masked."""
    first, size = stream.read(2)
    assert size & 0x80
    size &= 0x7F
    if size >= 126:
        size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
    mask = stream.read(4)
    data = stream.read(size)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


@contextmanager
def server(answer: Callable[[socket.SocketIO], None], status: bytes = b"101 Switching Protocols") -> Iterator[str]:
    """Says hello to one client, then does what `answer` does with the stream."""

    def talk() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb") as stream:
            while stream.readline().strip():
                pass
            stream.write(b"HTTP/1.1 " + status + b"\r\nUpgrade: websocket\r\n\r\n")
            stream.flush()
            answer(stream)
            stream.flush()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/devtools/page/1"
        thread.join(10)


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65535, 65536, 300_000])
def test_texts_of_any_length_go_and_come_back(size: int) -> None:
    def echo(stream: socket.SocketIO) -> None:
        opcode, data = read_frame(stream)
        stream.write(frame(data, opcode))

    text = "ä" * (size // 2) + "x" * (size % 2)
    with server(echo) as url, WebSocket(url, 10) as connection:
        connection.send(text)
        assert connection.receive(10) == text


def test_pieces_are_joined_and_pings_answered() -> None:
    heard = []

    def talk(stream: socket.SocketIO) -> None:
        stream.write(frame(b"one ", TEXT, last=False) + frame(b"are you there", PING) + frame(b"two", 0))
        stream.flush()
        heard.append(read_frame(stream))

    with server(talk) as url, WebSocket(url, 10) as connection:
        assert connection.receive(10) == "one two"
    assert heard == [(PONG, b"are you there")]


@pytest.mark.parametrize("last_words", [frame(b"", CLOSE), b"", frame(b"cut off")[:4]], ids=["close", "end", "cut"])
def test_the_end_of_a_connection_is_an_error(last_words: bytes) -> None:
    with (
        server(lambda stream: stream.write(last_words) and None) as url,
        WebSocket(url, 10) as connection,
        pytest.raises(ConnectionError),
    ):
        connection.receive(10)


def test_waiting_has_an_end() -> None:
    done = threading.Event()
    with server(lambda stream: done.wait(10) and None) as url, WebSocket(url, 10) as connection:
        page = devtools.Page(connection)
        with pytest.raises(RuntimeFailure, match=r"did not answer within 0\.2 s"):
            page.evaluate("1", timeout=0.2)
        done.set()


def test_what_is_no_websocket() -> None:
    with (
        server(lambda stream: None, b"404 Not Found") as url,
        pytest.raises(ConnectionError, match="no WebSocket"),
        WebSocket(url, 10),
    ):
        pass


# ------------------------------------------------------------------------------------ browsers


def test_without_a_browser_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(MissingExtraError, match="no Chromium") as caught, devtools.headless_page():
        pass
    assert "apt install chromium" in str(caught.value)
    assert "CHROMIUM" in str(caught.value)


def test_a_browser_that_does_not_start_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "import sys; sys.stderr.write('no display\\n')"
    program = tmp_path / "program.py"
    program.write_text(said)
    monkeypatch.setattr(chromium, "find", lambda: Path(sys.executable))
    monkeypatch.setattr(devtools, "FLAGS", (str(program),))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(RuntimeFailure, match="did not start") as caught, devtools.headless_page():
        pass
    assert "no display" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["program.py"]

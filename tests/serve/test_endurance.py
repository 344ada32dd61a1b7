"""A server that runs for days: many clients, rude ones, and an end when it is asked to."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from tensorflowjs.errors import MissingExtraError, MissingInputError, OutputError, UsageError
from tensorflowjs.serve import server
from tests.serve.client import ask, connect

MIB = 1024 * 1024
RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    address: str

    @property
    def handles(self) -> int:
        status = psutil.Process(self.process.pid)
        return status.num_handles() if os.name == "nt" else status.num_fds()

    @property
    def memory(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)


@contextlib.contextmanager
def command(folder: Path, *flags: str) -> Iterator[Running]:
    words = [sys.executable, "-m", "tensorflowjs.cli.main", "serve", str(folder), "--port", "0", *flags]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(f"Serving {folder} at http://127.0.0.1:"), line
            yield Running(process, next(word for word in line.split() if word.startswith("http:")))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return np.random.default_rng(5).bytes(24 * MIB)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, large: bytes) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("models")
    (folder / "large.bin").write_bytes(large)
    (folder / "small.bin").write_bytes(large[:1000])
    with command(folder) as running:
        ask(running.address, "/small.bin")
        yield running


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_many_clients_at_once_get_every_byte(running: Running, large: bytes) -> None:
    before = running.handles
    with ThreadPoolExecutor(64) as pool:
        small = list(pool.map(lambda _: ask(running.address, "/small.bin").body == large[:1000], range(400)))
    with ThreadPoolExecutor(6) as pool:
        whole = list(pool.map(lambda _: ask(running.address, "/large.bin").body == large, range(6)))
    assert all(small) and all(whole)
    assert eventually(lambda: running.handles <= before)


def test_aborted_downloads_leave_nothing_behind(running: Running) -> None:
    request = b"GET /large.bin HTTP/1.1\r\nhost: test\r\n\r\n"
    before, memory = running.handles, running.memory
    for _ in range(4):
        rude = [connect(running.address) for _ in range(25)]
        for connection in rude:
            connection.sendall(request)
            assert connection.recv(1000)
        for connection in rude:
            # Reset rather than closed: the server cannot send what is left.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()
    assert eventually(lambda: running.handles <= before), f"{running.handles} handles, {before} before"
    assert running.memory - memory < 40 * MIB
    assert ask(running.address, "/small.bin").status == 200


def test_a_client_that_does_not_read_holds_a_chunk_and_nobody_up(running: Running) -> None:
    memory = running.memory
    slow = [connect(running.address) for _ in range(20)]
    for connection in slow:
        connection.sendall(b"GET /large.bin HTTP/1.1\r\nhost: test\r\n\r\n")
    time.sleep(0.3)
    assert ask(running.address, "/small.bin").status == 200
    assert running.memory - memory < 60 * MIB  # of the 480 MiB they have asked for
    for connection in slow:
        connection.close()


def test_one_connection_serves_many_requests(running: Running, large: bytes) -> None:
    request = b"GET /small.bin HTTP/1.1\r\nhost: test\r\n\r\n"
    with connect(running.address) as connection:
        connection.sendall(request * 50)
        received = b""
        while received.count(large[:1000]) < 50:
            chunk = connection.recv(1 << 16)
            assert chunk
            received += chunk


def test_a_file_cut_short_while_it_is_sent_ends_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "shrinking.bin"
    file.write_bytes(bytes(32 * MIB))
    with server.running(tmp_path) as address:
        with connect(address) as connection:
            connection.sendall(b"GET /shrinking.bin HTTP/1.1\r\nhost: test\r\n\r\n")
            received = len(connection.recv(1000))
            os.truncate(file, 100)
            while chunk := connection.recv(1 << 20):
                received += len(chunk)
        assert received < 32 * MIB
        assert ask(address, "/shrinking.bin").body == bytes(100)


# ------------------------------------------------------------------------------------ start and stop


@pytest.mark.skipif(os.name == "nt", reason="processes cannot be sent signals there")
@pytest.mark.parametrize("download", [False, True], ids=["idle", "in the middle of a download"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_ends_quietly(tmp_path: Path, name: str, download: bool) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(32 * MIB))
    with command(tmp_path) as running:
        connection = connect(running.address)
        if download:
            connection.sendall(b"GET /large.bin HTTP/1.1\r\nhost: test\r\n\r\n")
            assert connection.recv(100)
        running.process.send_signal(getattr(signal, name))
        out, error = running.process.communicate(timeout=15)
        connection.close()
    assert running.process.returncode == 0
    assert (out.strip(), error) == ("", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_asked_to_end_before_it_has_begun(tmp_path: Path, name: str) -> None:
    heard = []

    def ready(address: str) -> None:
        signal.raise_signal(getattr(signal, name))
        heard.append(address)  # no exception came between

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    server.serve(tmp_path, port=0, ready=ready)
    assert len(heard) == 1
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_in_a_thread_it_is_gone_with_the_block(tmp_path: Path) -> None:
    threads = threading.active_count()
    with server.running(tmp_path) as address:
        assert ask(address, "/nothing").status == 404
    with pytest.raises(ConnectionError):
        connect(address)
    assert eventually(lambda: threading.active_count() <= threads)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OutputError, match=f"port {port}") as caught, server.running(tmp_path, port=port):
            pass
        assert "Try another one" in str(caught.value)


def test_without_a_port_a_usual_one_that_is_taken_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(server, "USUAL_PORT", other.getsockname()[1])
        listening = server._listen("127.0.0.1", None)
        assert listening.getsockname()[1] not in (0, server.USUAL_PORT)
        listening.close()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("127.0.0.1", -1), ("no such host.invalid", 0)])
def test_addresses_that_make_no_sense(tmp_path: Path, host: str, port: int) -> None:
    with pytest.raises(UsageError), server.running(tmp_path, host=host, port=port):
        pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, what in (("nothing", "does not exist"), ("file", "is a file, not a folder")):
        with pytest.raises(MissingInputError, match=what), server.running(tmp_path / name):
            pass


def test_a_model_json_stands_for_its_folder(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    with server.running(tmp_path / "model.json") as address:
        assert ask(address, "/model.json").body == b"{}"


def test_without_its_packages_it_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None if name == "uvicorn" else object())
    with pytest.raises(MissingExtraError, match=r"uvicorn") as caught, server.running(tmp_path):
        pass
    assert 'pip install "tensorflowjs[serve]"' in str(caught.value)


def test_without_tfjs_a_checkout_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorflowjs.verify import node

    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").touch()
    monkeypatch.delenv(node.WEB_VARIABLE, raising=False)
    monkeypatch.setattr(node, "_PROJECT", tmp_path)
    monkeypatch.setattr(node, "_PACKAGE", tmp_path)
    with pytest.raises(MissingExtraError, match=r"python tools/bootstrap\.py demo"), server.running(tmp_path):
        pass

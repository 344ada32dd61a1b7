"""Asks a server over a plain socket, which lets a test say what no HTTP library would."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def connect(address: str) -> socket.socket:
    place = urlsplit(address)
    assert place.hostname is not None and place.port is not None
    return socket.create_connection((place.hostname, place.port), timeout=20)


def ask(address: str, target: str, method: str = "GET", **headers: str) -> Answer:
    """One request, with underscores in `headers` standing for dashes."""
    lines = [f"{method} {target} HTTP/1.1", "host: test", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return exchange(address, ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"))


def exchange(address: str, request: bytes) -> Answer:
    with connect(address) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) if ": " in line else (line, "") for line in rest)
    return Answer(int(first.split()[1]), headers, body)

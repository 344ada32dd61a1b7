"""As much of a WebSocket client (RFC 6455) as talking to a browser's debugger takes."""

from __future__ import annotations

import base64
import os
import socket
import struct
from types import TracebackType
from urllib.parse import urlsplit

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_LAST = 0x80
_MASKED = 0x80


class WebSocket:
    """Sends and receives texts. Whatever goes wrong is an OSError."""

    def __init__(self, url: str, timeout: float) -> None:
        place = urlsplit(url)
        assert place.hostname is not None and place.port is not None
        self._socket = socket.create_connection((place.hostname, place.port), timeout)
        self._received = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        if b" 101 " not in self._received.readline():
            raise ConnectionError(f"{url} is no WebSocket")
        while self._received.readline().strip():
            pass

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._received.close()
        self._socket.close()

    def send(self, text: str) -> None:
        self._send(_TEXT, text.encode())

    def receive(self, timeout: float) -> str:
        self._socket.settimeout(timeout)
        parts = []
        while True:
            opcode, last, data = self._receive_frame()
            if opcode == _CLOSE:
                raise ConnectionError("the other side hung up")
            if opcode == _PING:
                self._send(_PONG, data)
            elif opcode != _PONG:
                parts.append(data)
                if last:
                    return b"".join(parts).decode()

    def _send(self, opcode: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", _LAST | opcode, _MASKED | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", _LAST | opcode, _MASKED | 126, size)
        else:
            head = struct.pack("!BBQ", _LAST | opcode, _MASKED | 127, size)
        # Clients must mask what they send; a mask of zeros changes nothing.
        self._socket.sendall(head + bytes(4) + data)

    def _receive_frame(self) -> tuple[int, bool, bytes]:
        first, size = self._read(2)
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        return first & 0x0F, bool(first & _LAST), self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._received.read(size)
        if len(data) < size:
            raise ConnectionError("the other side hung up")
        return data

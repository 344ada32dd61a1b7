"""A file, or a part of it, as a response: never more than a chunk in memory, and over as soon as nobody listens."""

from __future__ import annotations

from collections.abc import Mapping
from io import FileIO

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tensorflowjs.serve.conditions import Part

CHUNK_BYTES = 256 * 1024


class FileResponse(Response):
    """Sends `part` of `file`, and closes it whatever happens."""

    def __init__(self, file: FileIO, part: Part, status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(status_code=status_code, headers={**headers, "content-length": str(part.size)})
        self._file = file
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
                return
            async with anyio.create_task_group() as group:
                group.start_soon(_end_with_listener, receive, group.cancel_scope)
                await self._stream(send)
                group.cancel_scope.cancel()

    async def _stream(self, send: Send) -> None:
        rest = self._part.size
        self._file.seek(self._part.first)
        while rest:
            chunk = await anyio.to_thread.run_sync(self._file.read, min(rest, CHUNK_BYTES))
            if not chunk:
                raise EOFError("the file has become shorter while it was sent")  # ends the connection
            rest -= len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})


async def _end_with_listener(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()

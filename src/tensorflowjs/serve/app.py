"""Which URL gets which answer.

    /                     the page
    /-/models.json        what there is to show
    /-/page/...           the page's scripts and styles
    /-/tfjs/<hash>/...    TF.js
    /<anything else>      the folder's files, for any web site to load

Every answer may be read by pages of other origins, as models are meant to be.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tensorflowjs.serve.conditions import Part, UnsatisfiableRange, is_known, requested_part
from tensorflowjs.serve.folder import Folder, Found
from tensorflowjs.serve.models import list_models
from tensorflowjs.serve.streaming import FileResponse
from tensorflowjs.verify.node import TfjsFiles
from tensorflowjs.version import version

PAGE = Path(__file__).resolve().parent / "page"
METHODS = "GET, HEAD, OPTIONS"
ALWAYS = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"  # kept, but never used without asking whether it still holds

EVERYWHERE = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Content-Length, Content-Range, Content-Encoding",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
}
PREFLIGHT = {
    "allow": METHODS,
    "access-control-allow-methods": METHODS,
    "access-control-allow-headers": "*",
    "access-control-allow-private-network": "true",
    "access-control-max-age": "86400",
}
# The browser itself sees to it that the page speaks with nobody else. TF.js compiles WebAssembly. Isolated from
# other origins, a page gets clocks that are exact to microseconds.
OF_THE_PAGE = {
    "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self)",
}


@dataclass(frozen=True)
class Bundle:
    """The files of TF.js for the page, under a URL that changes with them."""

    files: TfjsFiles

    @cached_property
    def paths(self) -> dict[str, Path]:
        wasm = self.files.wasm
        bundles = (self.files.tf, wasm, self.files.webgpu)
        named = {path.name: path for path in bundles if path is not None}
        return named | ({path.name: path for path in wasm.parent.glob("*.wasm")} if wasm else {})

    @cached_property
    def base(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self.paths):
            digest.update(name.encode() + b"\0" + self.paths[name].read_bytes())
        return f"/-/tfjs/{digest.hexdigest()[:16]}/"

    def description(self) -> dict[str, Any]:
        parts = {"tf": self.files.tf, "wasm": self.files.wasm, "webgpu": self.files.webgpu}
        return {"base": self.base, **{name: path.name if path else None for name, path in parts.items()}}


class Site:
    """The answers for one folder."""

    def __init__(self, root: Path, tfjs: TfjsFiles) -> None:
        self._name = root.name or str(root)
        self._folder = Folder(root)
        self._page = Folder(PAGE)
        self._bundle = Bundle(tfjs)
        self._bundle_folders = {path.parent: Folder(path.parent.resolve()) for path in self._bundle.paths.values()}

    def app(self) -> ASGIApp:
        routes = [
            Route("/", self.page),
            Route("/-/models.json", self.models),
            Route("/-/page/{path:path}", self.part_of_page),
            Route(f"{self._bundle.base}{{name}}", self.part_of_tfjs),
            Route("/-/{path:path}", nothing),
            Route("/{path:path}", self.file),
        ]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return _Doorman(app)

    async def page(self, request: Request) -> Response:
        return await answer(request, self._page, "index.html", headers=OF_THE_PAGE)

    async def part_of_page(self, request: Request) -> Response:
        return await answer(request, self._page, request.path_params["path"])

    async def part_of_tfjs(self, request: Request) -> Response:
        path = self._bundle.paths.get(request.path_params["name"])
        if path is None:
            return await nothing(request)
        return await answer(request, self._bundle_folders[path.parent], path.name, immutable=True)

    async def file(self, request: Request) -> Response:
        return await answer(request, self._folder, request.path_params["path"])

    async def models(self, request: Request) -> Response:
        found = await anyio.to_thread.run_sync(list_models, self._folder)
        about = {"folder": self._name, "version": version, "tfjs": self._bundle.description()}
        return JSONResponse({**about, **found}, headers={"cache-control": "no-store"})


async def nothing(request: Request) -> Response:
    return PlainTextResponse("There is nothing here.\n", 404, {"cache-control": ASK_AGAIN})


async def answer(
    request: Request, folder: Folder, path: str, *, immutable: bool = False, headers: dict[str, str] | None = None
) -> Response:
    """The file, a part of it, or the news that what the browser has is still right."""
    found = await anyio.to_thread.run_sync(folder.open, path, _accepted(request))
    if found is None:
        return await nothing(request)
    try:
        return _respond(request, found, {**_headers(found, immutable), **(headers or {})})
    except BaseException:
        found.file.close()
        raise


def _accepted(request: Request) -> str:
    """Ranges are of the bytes as they are on disk, so they come without encoding."""
    return "" if "range" in request.headers else ",".join(request.headers.getlist("accept-encoding"))


def _headers(found: Found, immutable: bool) -> dict[str, str]:
    headers = {
        "content-type": found.media_type,
        "etag": found.etag,
        "cache-control": ALWAYS if immutable or found.immutable else ASK_AGAIN,
        "accept-ranges": "bytes",
    }
    if found.varies:
        headers["vary"] = "accept-encoding"
    if found.encoding:
        headers["content-encoding"] = found.encoding
    return headers


def _respond(request: Request, found: Found, headers: dict[str, str]) -> Response:
    if is_known(",".join(request.headers.getlist("if-none-match")), found.etag):
        found.file.close()
        return Response(status_code=304, headers=headers)
    try:
        part = _part(request, found)
    except UnsatisfiableRange:
        found.file.close()
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{found.size}"})
    if part is None:
        return FileResponse(found.file, Part(0, found.size - 1), 200, headers)
    content_range = f"bytes {part.first}-{part.last}/{found.size}"
    return FileResponse(found.file, part, 206, {**headers, "content-range": content_range})


def _part(request: Request, found: Found) -> Part | None:
    wanted = request.headers.get("range")
    if wanted is None or request.headers.get("if-range", found.etag) != found.etag:
        return None
    return requested_part(wanted, found.size)


class _Doorman:
    """Turns away what is not reading, adds the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers={**EVERYWHERE, **PREFLIGHT})(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            refusal = PlainTextResponse("Only GET, HEAD and OPTIONS.\n", 405, {**EVERYWHERE, "allow": METHODS})
            await refusal(scope, receive, send)
        else:
            await self._read(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_encoded(EVERYWHERE)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except OSError as error:
            if started:
                raise
            busy = error.errno in (errno.EMFILE, errno.ENFILE)
            text = "Too much at once; try again.\n" if busy else "This file cannot be read.\n"
            refusal = PlainTextResponse(text, 503 if busy else 500, EVERYWHERE)
            await refusal(scope, receive, send)


def _encoded(headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    return ((name.encode(), value.encode()) for name, value in headers.items())

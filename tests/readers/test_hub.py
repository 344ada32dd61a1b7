"""TensorFlow Hub modules: folders, archives, and the protocol of the hub against a server of our own."""

from __future__ import annotations

import hashlib
import io
import shutil
import ssl
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import (
    ConversionError,
    CorruptInputError,
    InputError,
    MissingExtraError,
    MissingInputError,
    UnsupportedError,
    UsageError,
)
from tensorflowjs.formats import hub_cache
from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.readers import hub
from tests.readers.in_tensorflow import run

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tensorflow"
TLS = FIXTURES.parent / "tls"
MODULE_1 = FIXTURES / "tf-1.13" / "hub"
MODULE_2 = FIXTURES / "tf-2.19" / "module"

pytestmark = pytest.mark.oracle


def read(path: Path | str, **options: Any) -> GraphModel:
    with ExitStack() as stack:
        return hub.read(path, stack, **options)


def archive(folder: Path, inside: str = ".") -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        tar.add(folder, inside)
    return data.getvalue()


def with_member(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, "/etc/passwd", 3 if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(b"abc"))
    return data.getvalue()


@pytest.mark.parametrize("release", ["tf-1.8", "tf-1.13", "tf-1.15"])
def test_version_1_from_a_folder(release: str) -> None:
    with np.load(FIXTURES / release / "hub.npz") as arrays:
        model = read(FIXTURES / release / "hub")
        assert [port.key for port in model.signature.inputs] == ["default"]
        got = run(model, {"default": arrays["in:default"]})
        np.testing.assert_allclose(got["default"], arrays["out:default"], rtol=1e-5)


def test_version_1_of_another_signature_and_tags() -> None:
    assert [port.key for port in read(MODULE_1, signature_name="doubled").signature.outputs] == ["twice"]
    assert "Mul" not in [node.op for node in read(MODULE_1).graph.nodes.values()]
    trained = read(MODULE_1, saved_model_tags="train")
    assert "Mul" in [node.op for node in trained.graph.nodes.values()]


def test_version_1_that_needs_what_we_lack(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(MODULE_1, folder)
    (folder / "tfhub_module.pb").write_bytes(b"\x08\x03\x12\x06future")
    with pytest.raises(UnsupportedError, match="'future'"):
        read(folder)


@pytest.mark.parametrize("inside", [".", "module"])
def test_an_archive(tmp_path: Path, inside: str) -> None:
    path = tmp_path / "module.tar.gz"
    path.write_bytes(archive(MODULE_2, inside))
    with ExitStack() as stack:
        model = hub.read(path, stack)
        with np.load(MODULE_2.with_name("module.npz")) as arrays:
            words = arrays["in:words"].astype(object)
            got = run(model, {"x": arrays["in:x"], "words": words})
            np.testing.assert_allclose(got["y"], arrays["out:y"], rtol=1e-5)
            assert got["ids"].tolist() == arrays["out:ids"].tolist()


# ---------------------------------------------------------------------------- fetching


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Starts a server that answers every request so; `requests` of the function are the paths asked for."""
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers: list[ThreadingHTTPServer] = []
    requests: list[str] = []

    def start(body: bytes, code: int = 200, headers: dict[str, str] | None = None, scheme: str = "http") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                moved = code == 302 and "moved" in self.path
                self.send_response(200 if moved else code)
                for key, value in ({} if moved else headers or {}).items():
                    self.send_header(key, value)
                if "Content-Length" not in (headers or {}) or moved:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        servers.append(server)
        return f"{scheme}://127.0.0.1:{server.server_port}"

    start.requests = requests  # type: ignore[attr-defined]
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_an_address_is_fetched_once(serve: Any, tmp_path: Path) -> None:
    address = serve(archive(MODULE_2)) + "/google/module/1?a=b"
    first = read(address, signature_name="double")
    second = read(address, signature_name="double")
    assert serve.requests == ["/google/module/1?a=b&tf-hub-format=compressed"]
    assert [port.key for port in first.signature.inputs] == [port.key for port in second.signature.inputs]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_the_cache_of_tensorflow_hub_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    name = "https://example.org/m/1"
    shutil.copytree(MODULE_2, tmp_path / hashlib.sha1(name.encode()).hexdigest())
    assert read(name).producer


def test_redirects_are_followed_on_safe_ways_only(serve: Any) -> None:
    good = serve(archive(MODULE_2), 302, {"Location": "/moved"})
    assert read(good + "/m/1").producer
    bad = serve(b"", 302, {"Location": "http://example.org/m.tar.gz"})
    with pytest.raises(UsageError, match="https:// addresses only"):
        read(bad + "/m/2")


@pytest.mark.parametrize(
    ("body", "code", "headers", "error", "message"),
    [
        (b"", 404, {}, MissingInputError, "404"),
        (b"", 503, {}, InputError, "503"),
        (b"<!doctype html>", 200, {}, ConversionError, "not a .tar.gz archive but a web page"),
        (b"\x1f\x8b damaged", 200, {}, CorruptInputError, "damaged or cut off"),
        (b"\x1f\x8b", 200, {"Content-Length": "100"}, InputError, "ended after"),
    ],
    ids=["not-found", "unavailable", "web-page", "damaged", "cut-off"],
)
def test_what_a_server_can_do_wrong(
    serve: Any, tmp_path: Path, body: bytes, code: int, headers: dict[str, str], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        read(serve(body, code, headers) + "/m/1")
    assert list((tmp_path / "cache").iterdir()) == []  # nothing half done stays


def test_nobody_listens(serve: Any) -> None:
    with pytest.raises(InputError, match="cannot be downloaded"):
        read("http://127.0.0.1:9/m/1")


def test_an_encrypted_address(serve: Any, tmp_path: Path) -> None:
    address = serve(archive(MODULE_2), scheme="https")
    tensorflowjs.convert(f"{address}/google/module/1", tmp_path / "web", signature_name="double")
    assert serve.requests == ["/google/module/1?tf-hub-format=compressed"]
    assert (tmp_path / "web" / "model.json").is_file()


def test_a_certificate_that_nobody_vouches_for(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = serve(archive(MODULE_2), scheme="https")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(InputError, match=r"cannot be downloaded .*certificate"):
        read(address + "/m/1")
    assert serve.requests == []


# ---------------------------------------------------------------------------- Kaggle


@pytest.fixture
def kaggle(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A stand-in for the package kagglehub; the list is what it has been asked for."""
    asked: list[str] = []

    def download(handle: str) -> str:
        asked.append(handle)
        if "nothing" in handle:
            raise RuntimeError("404 Client Error")
        return str(MODULE_2)

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(model_download=download))
    return asked


@pytest.mark.parametrize(
    ("page", "handle"),
    [
        ("google/movenet/tensorFlow2/lightning", "google/movenet/tensorFlow2/lightning"),
        ("google/movenet/tensorFlow2/lightning/4", "google/movenet/tensorFlow2/lightning/4"),
        ("google/m.1-x/TensorFlow1/a-b/12/", "google/m.1-x/tensorFlow1/a-b/12"),
        ("g/m/frameworks/TensorFlow2/variations/v", "g/m/tensorFlow2/v"),
        ("g/m/frameworks/TensorFlow2/variations/v/versions/3?tfhub-redirect=true", "g/m/tensorFlow2/v/3"),
    ],
)
def test_pages_of_kaggle(page: str, handle: str, kaggle: list[str]) -> None:
    assert read(f"https://www.kaggle.com/models/{page}", signature_name="double").producer
    assert kaggle == [handle]


def test_an_address_that_leads_to_kaggle(serve: Any, kaggle: list[str], tmp_path: Path) -> None:
    page = "https://www.kaggle.com/models/google/movenet/tensorFlow2/lightning/4?tf-hub-format=compressed"
    address = serve(b"", 301, {"Location": page}, scheme="https")
    tensorflowjs.convert(f"{address}/google/movenet/4", tmp_path / "web", signature_name="double")
    assert kaggle == ["google/movenet/tensorFlow2/lightning/4"]
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    "page",
    [
        "g/m/frameworks/TensorFlow2",
        "google/movenet",
        "google/movenet/tensorFlow2",
        "a/b/c/d/newest",
        "a/b/c/d/1/e",
        "/",
    ],
)
def test_pages_of_kaggle_that_name_no_variation(page: str, kaggle: list[str]) -> None:
    with pytest.raises(UsageError, match="which variation of the model"):
        read(f"https://www.kaggle.com/models/{page}")
    assert kaggle == []


def test_what_kagglehub_cannot_fetch(kaggle: list[str]) -> None:
    with pytest.raises(InputError, match=r"kagglehub cannot fetch g/nothing/keras/v \(404 Client Error\)"):
        read("https://kaggle.com/models/g/nothing/Keras/v")


def test_without_kagglehub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(MissingExtraError, match=r'not installed\.\nInstall it with: pip install "tensorflowjs\[hub\]"'):
        tensorflowjs.convert("https://www.kaggle.com/models/g/m/tensorFlow2/v/1", tmp_path / "web")
    assert not (tmp_path / "web").exists()


@pytest.mark.parametrize("address", ["http://example.org/m/1", "ftp://example.org/m", "gs://bucket/m"])
def test_other_kinds_of_addresses(address: str) -> None:
    with pytest.raises(UsageError, match="https:// addresses only"):
        read(address)


# ---------------------------------------------------------------------------- archives made to mislead


@pytest.mark.parametrize(
    "data",
    [
        with_member("../outside"),
        with_member("/outside"),
        with_member("a/../../outside"),
        with_member("c:\\outside"),
        with_member("link", tarfile.SYMTYPE),
        with_member("link", tarfile.LNKTYPE),
        with_member("pipe", tarfile.FIFOTYPE),
        archive(MODULE_2)[:1000],
    ],
    ids=["parent", "absolute", "parent-inside", "drive", "symlink", "hardlink", "pipe", "truncated"],
)
def test_archives_that_mislead(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "in" / "module.tar.gz"
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(CorruptInputError):
        read(path)
    assert list(tmp_path.iterdir()) == [path.parent]


def test_no_such_path(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        read(tmp_path / "nothing")
    assert hub_cache.is_address("https://tfhub.dev/x")

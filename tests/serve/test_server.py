"""What the server answers: to browsers, to other sites, to those who mean no good."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorflowjs.formats import tfjs
from tensorflowjs.formats.shards import content_hash
from tensorflowjs.serve.server import running
from tensorflowjs.tensors import ArrayTensor
from tests.serve.client import Answer, ask, exchange
from tests.written_models import random_dense

SECRET = b"not for anybody"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `models` with everything in it, and secrets around it."""
    place = tmp_path_factory.mktemp("a place")
    models = place / "models"
    models.mkdir()
    (place / "secret.txt").write_bytes(SECRET)
    (place / "models-of-others").mkdir()
    (place / "models-of-others" / "model.json").write_bytes(SECRET)
    kernel, bias = random_dense(3, 4, 2)
    groups = [[("d/kernel", ArrayTensor(kernel)), ("d/bias", ArrayTensor(bias))]]
    document = {"format": "layers-model", "modelTopology": {"class_name": "Sequential", "config": {"layers": []}}}
    tfjs.write_model(models / "plain", document, groups)
    tfjs.write_model(models / "a b" / "hashed", document, groups, hash_shards=True)
    (models / "letters.txt").write_bytes(bytes(range(256)))
    (models / "empty.bin").touch()
    (models / ".env").write_bytes(SECRET)
    (models / ".git").mkdir()
    (models / ".git" / "config").write_bytes(SECRET)
    return place


@pytest.fixture(scope="module")
def site(place: Path) -> Iterator[str]:
    with running(place / "models") as address:
        yield address


def shard_of(model: Path) -> Path:
    (path,) = model.glob("*.bin")
    return path


# ------------------------------------------------------------------------------------ for everybody


def test_files_come_with_their_type_and_may_be_read_by_all_sites(site: str, place: Path) -> None:
    answer = ask(site, "/plain/model.json", origin="http://elsewhere.example")
    assert answer.status == 200
    assert answer.body == (place / "models" / "plain" / "model.json").read_bytes()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers


def test_a_preflight_is_answered(site: str) -> None:
    for target in ("/plain/model.json", "/", "/nothing"):
        answer = ask(site, target, "OPTIONS", origin="http://a.example", access_control_request_method="GET")
        assert answer.status == 204
        assert answer.headers["access-control-allow-methods"] == "get, head, options"
        assert answer.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GETX", "get"])
def test_other_methods_are_refused(site: str, place: Path, method: str) -> None:
    before = sorted(place.rglob("*"))
    answer = ask(site, "/plain/model.json", method)
    assert answer.status == 405
    assert answer.headers["allow"] == "get, head, options"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert sorted(place.rglob("*")) == before


def test_head_is_get_without_the_body(site: str) -> None:
    full, head = ask(site, "/letters.txt"), ask(site, "/letters.txt", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert without_date(head) == without_date(full)


def without_date(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def test_an_empty_file_is_an_empty_answer(site: str) -> None:
    answer = ask(site, "/empty.bin")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


# ------------------------------------------------------------------------------------ caching


def test_what_the_browser_has_is_not_sent_again(site: str, place: Path) -> None:
    file = place / "models" / "changing.bin"
    file.write_bytes(b"before")
    first = ask(site, "/changing.bin")
    assert first.headers["cache-control"] == "no-cache"
    again = ask(site, "/changing.bin", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    os.utime(file, ns=(1, 1))  # the same size, and a time that cannot be the same
    file.write_bytes(b"after!")
    changed = ask(site, "/changing.bin", if_none_match=first.headers["etag"])
    assert (changed.status, changed.body) == (200, b"after!")


def test_hashed_shards_are_for_ever_if_the_hash_is_right(site: str, place: Path) -> None:
    shard = shard_of(place / "models" / "a b" / "hashed")
    answer = ask(site, f"/a%20b/hashed/{shard.name}")
    assert answer.body == shard.read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert content_hash(shard) in shard.name
    assert ask(site, "/a%20b/hashed/model.json").headers["cache-control"] == "no-cache"
    assert ask(site, f"/plain/{shard_of(place / 'models' / 'plain').name}").headers["cache-control"] == "no-cache"
    lying = place / "models" / shard.name
    lying.write_bytes(b"other bytes")
    assert ask(site, f"/{shard.name}").headers["cache-control"] == "no-cache"


def test_a_part_of_a_file(site: str) -> None:
    answer = ask(site, "/letters.txt", range="bytes=10-19")
    assert (answer.status, answer.body) == (206, bytes(range(10, 20)))
    assert answer.headers["content-range"] == "bytes 10-19/256"
    assert answer.headers["content-length"] == "10"
    same = ask(site, "/letters.txt", range="bytes=-1", if_range=answer.headers["etag"])
    assert (same.status, same.body) == (206, b"\xff")
    other = ask(site, "/letters.txt", range="bytes=-1", if_range='"another"')
    assert (other.status, len(other.body)) == (200, 256)
    behind = ask(site, "/letters.txt", range="bytes=256-")
    assert (behind.status, behind.body, behind.headers["content-range"]) == (416, b"", "bytes */256")


def test_compressed_siblings_are_used_unless_they_are_older(site: str, place: Path) -> None:
    file = place / "models" / "text.json"
    file.write_bytes(b'{"plain": true}')
    file.with_name("text.json.gz").write_bytes(gzip.compress(b'{"gzip": true}'))
    file.with_name("text.json.br").write_bytes(b"brotli, as far as the server knows")
    for accepted, encoding in (("gzip", "gzip"), ("gzip, br", "br"), ("", None), ("br;q=0", None)):
        answer = ask(site, "/text.json", accept_encoding=accepted)
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["vary"] == "accept-encoding"
        assert answer.headers["content-type"] == "application/json"
    assert gzip.decompress(ask(site, "/text.json", accept_encoding="gzip").body) == b'{"gzip": true}'
    assert len({ask(site, "/text.json", accept_encoding=name).headers["etag"] for name in ("gzip", "br", "")}) == 3
    part = ask(site, "/text.json", accept_encoding="gzip", range="bytes=0-0")
    assert (part.status, part.body, part.headers.get("content-encoding")) == (206, b"{", None)
    for suffix in (".gz", ".br"):
        os.utime(file.with_name(f"text.json{suffix}"), ns=(1, 1))
    stale = ask(site, "/text.json", accept_encoding="gzip, br")
    assert (stale.body, stale.headers.get("content-encoding")) == (b'{"plain": true}', None)


# ------------------------------------------------------------------------------------ the page and its list


def test_the_page_may_speak_with_nobody_else(site: str) -> None:
    answer = ask(site, "/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert ask(site, "/-/page/style.css").headers["content-type"] == "text/css; charset=utf-8"


def test_the_list_of_models(tmp_path: Path) -> None:
    kernel, bias = random_dense(3, 4, 2)
    groups = [[("d/kernel", ArrayTensor(kernel)), ("d/bias", ArrayTensor(bias))]]
    tfjs.write_model(tmp_path / "b" / "layers", {"modelTopology": {"class_name": "Sequential"}}, groups)
    tfjs.write_model(tmp_path / "a", {"format": "graph-model", "modelTopology": {"node": []}}, groups)
    tfjs.write_model(tmp_path / "weights", {}, groups)
    tfjs.write_model(tmp_path / "torn", {"modelTopology": {}}, groups)
    shard_of(tmp_path / "torn").unlink()
    tfjs.write_model(tmp_path / ".hidden", {"modelTopology": {}}, groups)
    for name, text in (("no json", "{"), ("deep", "[" * 100_000), ("list", "[]"), ("odd", '{"weightsManifest": [1]}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(text)
    (tmp_path / "leading").mkdir()
    outside = {"modelTopology": {}, "weightsManifest": [{"paths": ["../../secret.txt"]}]}
    (tmp_path / "leading" / "model.json").write_text(json.dumps(outside))
    with running(tmp_path) as address:
        answer = ask(address, "/-/models.json")
    listed = json.loads(answer.body)
    assert answer.headers["cache-control"] == "no-store"
    assert listed["complete"] is True
    assert listed["folder"] == tmp_path.name
    rows = {row["path"].removesuffix("/model.json"): row for row in listed["models"]}
    assert [row["path"] for row in listed["models"]] == sorted(row["path"] for row in listed["models"])
    good = {"path": "b/layers/model.json", "format": "layers-model", "weightBytes": 40}
    assert rows["b/layers"] == good
    assert (rows["a"]["format"], rows["a"]["weightBytes"]) == ("graph-model", 40)
    assert {name: row["problem"] for name, row in rows.items() if "problem" in row} == {
        "weights": "it holds weights but no model",
        "torn": "its weight file group1-shard1of1.bin is missing",
        "no json": "the file is not JSON",
        "deep": "this is not the model.json of a TF.js model",
        "list": "the file is not a JSON object",
        "odd": "it holds weights but no model",
        "leading": "its weight file ../../secret.txt is missing",
    }
    tfjs_files = listed["tfjs"]
    assert tfjs_files["base"].startswith("/-/tfjs/")


def test_tfjs_is_there_under_a_name_that_holds_for_ever(site: str) -> None:
    about = json.loads(ask(site, "/-/models.json").body)["tfjs"]
    for name in (about["tf"], about["wasm"], about["webgpu"], "tfjs-backend-wasm-simd.wasm"):
        answer = ask(site, about["base"] + name, "HEAD")
        assert answer.status == 200
        assert int(answer.headers["content-length"]) > 100_000
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(site, about["base"] + "package.json").status == 404
    assert ask(site, "/-/tfjs/0123456789abcdef/" + about["tf"]).status == 404


# ------------------------------------------------------------------------------------ nothing leaks

OUTSIDE = [
    "/../secret.txt",
    "/plain/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/%2E%2E%2Fsecret.txt",
    "/plain/..%2f..%2fsecret.txt",
    "/%252e%252e/secret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/../models-of-others/model.json",
    "/..%2fmodels-of-others/model.json",
    "//etc/passwd",
    "/%2fetc/passwd",
    "/etc/passwd",
    "/C:/Windows/win.ini",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/plain/../.env",
    "/letters.txt%00.json",
    "/letters.txt/",
    "/letters.txt/x",
    "/plain",
    "/plain/",
    "/-/page/../app.py",
    "/-/page/%2e%2e/app.py",
    "/-/app.py",
    "/-/",
    "/" + "a" * 5000,
    "/" + "a/" * 2000,
    "/%",
    "/%zz",
    "/%ff%fe",
    "/nothing?../../secret.txt",
]


@pytest.mark.parametrize("target", OUTSIDE, ids=lambda target: target[:40])
def test_nothing_outside_and_nothing_hidden(site: str, target: str) -> None:
    answer = ask(site, target)
    assert answer.status == 404
    assert SECRET not in answer.body
    assert b"root:" not in answer.body


def test_an_absolute_address_is_no_way_out(site: str) -> None:
    answer = ask(site, "http://test/../secret.txt")
    assert answer.status == 404


@pytest.mark.skipif(os.name == "nt", reason="needs a privilege there")
def test_links_lead_no_further_than_the_folder(place: Path) -> None:
    models = place / "linked"
    (models / "real").mkdir(parents=True)
    (models / "real" / "file.txt").write_bytes(b"fine")
    (models / "inside.txt").symlink_to("real/file.txt")
    (models / "outside.txt").symlink_to(place / "secret.txt")
    (models / "up").symlink_to("..")
    (models / "others").symlink_to(place / "models-of-others")
    (models / "loop").symlink_to("loop")
    (models / "file.json").write_bytes(b"{}")
    (models / "file.json.gz").symlink_to(place / "secret.txt")
    os.mkfifo(models / "pipe.bin")
    with running(models) as address:
        assert ask(address, "/inside.txt").body == b"fine"
        for target in ("/outside.txt", "/up/secret.txt", "/others/model.json", "/loop", "/pipe.bin", "/file.json.gz"):
            assert ask(address, target).status == 404, target
        answer = ask(address, "/file.json", accept_encoding="gzip")
        assert (answer.status, answer.body) == (200, b"{}")
        assert b"others" not in ask(address, "/-/models.json").body


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nhost: test\r\n" + b"x: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: test\r\n" + b"x: y\r\n" * 100_000 + b"\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nhost: test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: test\r\nconnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: test\r\ncontent-length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["long header", "many headers", "long path", "TLS", "nonsense", "no host", "version", "length", "chunks"],
)
def test_huge_and_broken_requests_are_turned_away(site: str, request_bytes: bytes) -> None:
    try:
        answer = exchange(site, request_bytes)
    except (ConnectionError, IndexError):  # hung up on, perhaps in the middle of what was sent
        pass
    else:
        assert answer.status in ((400,) if len(request_bytes) > 100_000 else (200, 400, 404, 505))
    assert ask(site, "/letters.txt").status == 200

"""Graph models in a page of Chromium, on the shaders of WebGL, which it computes by itself where there is no GPU."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.serve.devtools import Page, headless_page
from tensorflowjs.verify.node import find_tfjs

TIMEOUT = 240.0
DTYPES = {"float32": "<f4", "int32": "<i4", "bool": "|b1", "complex64": "<c8"}
PAGE = """<!doctype html><meta charset="utf-8"><title>Test</title><script src="/tf.min.js"></script><script>
const bytes = text => Uint8Array.from(atob(text), each => each.charCodeAt(0));
const typed = {float32: Float32Array, int32: Int32Array, bool: Uint8Array, complex64: Float32Array};
const text = array => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    return btoa(Array.from(bytes, each => String.fromCharCode(each)).join(""));
};
const tensor = ({values, shape, dtype}) => {
    if (dtype === "string") return tf.tensor(values, shape, dtype);
    const array = new typed[dtype](bytes(values).buffer);
    if (dtype !== "complex64") return tf.tensor(array, shape, dtype);
    const part = odd => tf.tensor(array.filter((_, at) => at % 2 === odd), shape, "float32");
    return tf.complex(part(0), part(1));
};
const start = async () => { await tf.setBackend("webgl"); await tf.ready(); return tf.getBackend(); };
const run = async (model, feed) => {
    try {
        return model.execute(feed);
    } catch (error) {
        if (!/executeAsync/.test(error.message)) throw error;
        return await model.executeAsync(feed);
    }
};
const predict = async (path, inputs) => {
    const model = await tf.loadGraphModel(path);
    const feed = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensor(value)]));
    try {
        const results = [await run(model, feed)].flat();
        return await Promise.all(results.map(async each => {
            const data = await each.data();
            const values = each.dtype === "string" ? Array.from(data) : text(typed[each.dtype].from(data));
            return {shape: each.shape, dtype: each.dtype, values};
        }));
    } finally {
        model.dispose();
    }
};
</script>"""


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class WebglPage:
    def __init__(self, page: Page, address: str, root: Path) -> None:
        self._page = page
        self._address = address
        self.root = root
        self.start()

    def start(self) -> None:
        """A page without what an earlier model has left."""
        self._page.open(f"{self._address}?{np.random.default_rng().integers(1 << 30)}")
        assert self._page.evaluate("start()", TIMEOUT) == "webgl"

    def predict(self, folder: Path, inputs: Mapping[str, Any]) -> list[Any]:
        """The results of the model in `folder`, which is below `root`, in their order."""
        path = f"/{folder.relative_to(self.root).as_posix()}/model.json"
        sent = {name: _sent(np.asarray(value)) for name, value in inputs.items()}
        found = self._page.evaluate(f"predict({json.dumps(path)}, {json.dumps(sent)})", TIMEOUT)
        return [_received(each) for each in found]


def _sent(value: Any) -> dict[str, Any]:
    shape = list(value.shape)
    for dtype, storage in DTYPES.items():
        if value.dtype == np.dtype(storage):
            return {"dtype": dtype, "shape": shape, "values": base64.b64encode(value.tobytes()).decode()}
    return {"dtype": "string", "shape": shape, "values": [each.decode() for each in value.reshape(-1).tolist()]}


def _received(each: Mapping[str, Any]) -> Any:
    shape: Sequence[int] = each["shape"]
    if each["dtype"] == "string":
        words = np.empty(len(each["values"]), object)
        words[:] = [word.encode() for word in each["values"]]
        return words.reshape(shape)
    return np.frombuffer(base64.b64decode(each["values"]), DTYPES[each["dtype"]]).reshape(shape)


@contextmanager
def webgl_page(root: Path) -> Iterator[WebglPage]:
    """A browser of its own that gets its models from below `root`."""
    root.joinpath("index.html").write_text(PAGE, encoding="utf-8")
    root.joinpath("tf.min.js").write_bytes(find_tfjs().tf.with_name("tf.min.js").read_bytes())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with headless_page() as page:
                yield WebglPage(page, f"http://127.0.0.1:{server.server_port}/index.html", root)
        finally:
            server.shutdown()
            thread.join()

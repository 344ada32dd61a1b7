"""The table of what TF.js runs is that of the npm package."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tensorflowjs.catalog.ops import tensorflow_ops, tfjs_ops
from tensorflowjs.verify.node import WEB_VARIABLE, find_node

_NODE_MODULES = Path(os.environ.get(WEB_VARIABLE) or Path(__file__).parents[2] / "web" / "node_modules")
_ADD_ONS = {"tfdf"}  # run by another package
_BROKEN = {"BitwiseAnd"}  # its inputs have other names where it is run than where they are read

# The lists of ops, which of them the mapper registers, and the cases of what runs them.
_SCRIPT = """
const {readFileSync, readdirSync} = require('fs');
const {join} = require('path');
const folder = join(process.argv[1], '@tensorflow', 'tfjs-converter', 'dist', 'operations');
const read = (path) => import('data:text/javascript;base64,' + readFileSync(join(folder, path)).toString('base64'));
const without_map = (text) => text.split('//# sourceMappingURL')[0];
(async () => {
  const lists = {};
  for (const file of readdirSync(join(folder, 'op_list')).filter((name) => /^[a-z_]+[.]js$/.test(name))) {
    const list = (await read(join('op_list', file))).json;
    for (const row of list || []) lists[row.tfOpName] = {...row, category: row.category || file.slice(0, -3)};
  }
  const mapper = without_map(readFileSync(join(folder, 'operation_mapper.js'), 'utf8'));
  const registered = [...mapper.matchAll(/from '[.][/]op_list[/]([a-z_]+)'/g)].map((found) => found[1]);
  const cases = [];
  for (const file of readdirSync(join(folder, 'executors')).filter((name) => /_executor[.]js$/.test(name))) {
    const text = without_map(readFileSync(join(folder, 'executors', file), 'utf8'));
    cases.push(...[...text.matchAll(/case '([A-Za-z0-9_]+)'/g)].map((found) => found[1]));
  }
  console.log(JSON.stringify({lists, registered, cases}));
})();
"""


@cache
def package() -> dict[str, Any]:
    command = [find_node(), "-e", _SCRIPT, str(_NODE_MODULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_ops_are_those_of_the_package() -> None:
    assert set(tfjs_ops()) == set(package()["lists"])


def test_their_inputs_and_attributes_are_read_as_it_says() -> None:
    for name, row in package()["lists"].items():
        ours = tfjs_ops()[name]
        inputs = [(each["name"], each["type"], each["start"], each.get("end")) for each in row.get("inputs") or []]
        attrs = {each.get("tfName", each["name"]) for each in row.get("attrs") or [] if not each.get("notSupported")}
        assert list(ours.inputs) == inputs, name
        assert ours.category in _ADD_ONS or set(ours.attrs) <= attrs, name
        assert ours.category == row["category"], name


def test_what_runs_is_registered_and_has_a_case() -> None:
    lists, registered, cases = (package()[key] for key in ("lists", "registered", "cases"))
    from_files = {name for name, row in lists.items() if row["category"] in registered}
    runs = {name for name in from_files if name in cases and lists[name]["category"] not in _ADD_ONS} - _BROKEN
    assert {name for name, row in tfjs_ops().items() if row.runs} == runs


def test_what_is_no_op_of_tensorflow_is_a_name_of_tfjs() -> None:
    unknown = {name for name, row in tfjs_ops().items() if row.runs and name not in tensorflow_ops()}
    assert unknown <= {"Conv1D", "DepthwiseConv2d", "FusedDepthwiseConv2dNative", "Ones", "Prelu", "Zeros"}

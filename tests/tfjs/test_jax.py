"""Every primitive of JAX that is converted computes in the real TF.js what it does in JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from tensorflowjs.converters import convert_jax
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.tfjs import jax_quickly  # noqa: F401
from tests.tfjs.jax_cases import GROUPS
from tests.tfjs.jax_cases.batches import BATCHES
from tests.tfjs.jax_cases.case import Case, floats, ints

# What a limit that is a number makes of what is not a number, on this backend; docs/jax.md says so.
NOT_ON_WASM = ("edges of clamp", "edges of relu6")
STORAGE = {"b": "?", "i": "<i4", "u": "<i4", "f": "<f4", "V": "<f4"}


def all_of(cases: Sequence[Case]) -> Callable[..., Any]:
    """The functions of all cases as one."""

    def function(params: Any, *values: Any) -> list[Any]:
        waiting = iter(values)
        return [jax.tree.leaves(case.function(*(next(waiting) for _ in case.inputs))) for case in cases]

    return function


def test_batches_of_any_size(tfjs: TfjsRunner, tmp_path: Path) -> None:
    def function(params: Any, x: Any, i: Any) -> list[Any]:
        return [jax.tree.leaves(each(x, i)) for each in BATCHES.values()]

    signatures = [((None, 4, 5), np.float32), ((None, 2), np.int32)]
    convert_jax(function, {}, input_signatures=signatures, model_dir=tmp_path)
    wrong = []
    for size in (3, 1):
        values = [floats(size, 4, 5), ints(size, 2, low=0, high=4)]
        wanted = jax.jit(function)({}, *values)
        for backend in ("cpu", "wasm"):
            results = iter(predicted(tfjs, tmp_path, backend, values))  # type: ignore[arg-type]
            for name, expected in zip(BATCHES, wanted, strict=True):
                case = Case(f"{name} of {size}", BATCHES[name], ())
                wrong += [f"{backend}: {each}" for each in differences(case, expected, results)]
    assert not wrong, "\n".join(wrong)


def test_control_flow_of_version_2(tfjs: TfjsRunner, tmp_path: Path) -> None:
    cases = GROUPS["control"]
    values = [value for case in cases for value in case.inputs]
    signatures = [(value.shape, value.dtype) for value in values]
    convert_jax(all_of(cases), {}, input_signatures=signatures, model_dir=tmp_path, control_flow_v2=True)
    results = iter(predicted(tfjs, tmp_path, "cpu", values))
    wanted = jax.jit(all_of(cases))({}, *values)
    wrong = [
        each for case, expected in zip(cases, wanted, strict=True) for each in differences(case, expected, results)
    ]
    assert not wrong, "\n".join(wrong)


def narrow(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(STORAGE[array.dtype.kind])


@pytest.mark.parametrize("name", GROUPS)
def test_same_results(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    cases = GROUPS[name]
    values = [value for case in cases for value in case.inputs]
    signatures = [(value.shape, value.dtype) for value in values]
    convert_jax(all_of(cases), {}, input_signatures=signatures, model_dir=tmp_path)
    wanted = jax.jit(all_of(cases))({}, *values)
    wrong = []
    for backend in ("cpu", "wasm"):
        results = iter(predicted(tfjs, tmp_path, backend, values))  # type: ignore[arg-type]
        for case, expected in zip(cases, wanted, strict=True):
            said = list(differences(case, expected, results))
            if backend == "wasm" and case.name in NOT_ON_WASM:
                wrong += [] if said else [f"wasm: {case.name}: no difference any more"]
            else:
                wrong += [f"{backend}: {each}" for each in said]
    assert not wrong, "\n".join(wrong)


def predicted(tfjs: TfjsRunner, folder: Path, backend: Backend, values: Sequence[Any]) -> list[Any]:
    with closing(tfjs.load(folder, kind="graph", backend=backend)) as loaded:
        return loaded.predict({f"xs_{at}": narrow(value) for at, value in enumerate(values)})


def differences(case: Case, wanted: Sequence[Any], results: Iterator[Any]) -> Iterator[str]:
    """What is wrong with the results of one case, which are the next of all; integers have to be equal."""
    for index, value in enumerate(wanted):
        one, other = narrow(value), next(results)
        tolerance = case.tolerance if one.dtype.kind == "f" else 0
        where = f"{case.name}, result {index}"
        if one.dtype != other.dtype or one.shape != other.shape:
            yield f"{where}: {other.dtype}{other.shape} for {one.dtype}{one.shape}"
        elif not np.allclose(other, one, rtol=tolerance, atol=tolerance, equal_nan=True):
            far = ~np.isclose(other, one, rtol=tolerance, atol=tolerance, equal_nan=True)
            yield f"{where}: {other[far][:4]} for {one[far][:4]}"

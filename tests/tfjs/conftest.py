"""Fixtures that run converted models in the real TF.js, in one Node process for each test process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.node import WEB_VARIABLE

if TYPE_CHECKING:
    from tests.tfjs.parity import AssertParity

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
OLDER = ("tfjs-3.0", "tfjs-3.21")
_NODE_MODULES = os.environ.get(WEB_VARIABLE) or Path(__file__).parents[2] / "web" / "node_modules"


@pytest.fixture(scope="session")
def tfjs() -> Iterator[TfjsRunner]:
    """TF.js in Node, kept alive between tests."""
    with TfjsRunner(timeout=120) as runner:
        yield runner


@pytest.fixture(scope="session")
def assert_parity(tfjs: TfjsRunner) -> AssertParity:
    """`tests.tfjs.parity.assert_parity` with the runner in place."""
    from tests.tfjs import parity

    return partial(parity.assert_parity, tfjs)


@pytest.fixture(scope="session", params=OLDER)
def older_tfjs(request: pytest.FixtureRequest) -> Iterator[TfjsRunner]:
    """Each of the older releases that must load conversions too; they come without wasm."""
    with TfjsRunner(web=Path(_NODE_MODULES, request.param), timeout=120) as runner:
        yield runner

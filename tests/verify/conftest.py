from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tensorflowjs.verify import TfjsRunner


@pytest.fixture(scope="module")
def tfjs() -> Iterator[TfjsRunner]:
    with TfjsRunner(timeout=60) as runner:
        yield runner


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20240229)

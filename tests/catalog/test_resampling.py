"""The matrices that resize an axis do what TensorFlow does."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from tensorflowjs.catalog.resampling import CURVES, SIMPLE, matrix

SIZES = [(4, 4), (4, 8), (4, 7), (9, 3), (9, 4), (7, 3), (5, 13), (1, 5), (6, 1), (33, 10), (224, 97), (97, 224)]


@pytest.mark.oracle
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("method", sorted({*SIMPLE, *CURVES}))
def test_equals_tensorflow(method: str, antialias: bool) -> None:
    tf = importlib.import_module("tensorflow")
    for old, new in SIZES:
        columns = np.eye(old, dtype="float32").reshape(1, old, old, 1)
        resized = tf.image.resize(columns, [new, old + 1], method=method, antialias=antialias)
        widened = tf.image.resize(columns, [old, old + 1], method=method, antialias=antialias)
        # `old + 1` keeps TensorFlow from leaving out the work where the size stays the same.
        width = matrix(old, old + 1, method, antialias)
        np.testing.assert_allclose(widened[0, ..., 0], matrix(old, old, method, antialias).T @ width, atol=2e-6)
        np.testing.assert_allclose(resized[0, ..., 0], matrix(old, new, method, antialias).T @ width, atol=2e-6)


@pytest.mark.parametrize("method", sorted({*SIMPLE, *CURVES}))
def test_leaves_an_even_surface_even(method: str) -> None:
    for old, new in SIZES:
        np.testing.assert_allclose(matrix(old, new, method).sum(axis=0), 1, rtol=1e-4)

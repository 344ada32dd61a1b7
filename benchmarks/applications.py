"""Makes a model of tf_keras.applications with random weights, in the environment of the reference converter.

python applications.py MobileNetV2 FILE.h5
"""

from __future__ import annotations

import sys

import numpy as np
import tf_keras

name, path = sys.argv[1:]
model = getattr(tf_keras.applications, name)(weights=None)
random = np.random.default_rng(1)
# Absolute values, since variances are among them.
model.set_weights([np.abs(random.normal(0.05, 0.02, value.shape)).astype(value.dtype) for value in model.get_weights()])
model.save(path)

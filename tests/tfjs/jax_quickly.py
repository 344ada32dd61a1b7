"""JAX without optimisations, which take longer here than what they optimise. Import it before JAX computes anything."""

from __future__ import annotations

import jax

jax.config.update("jax_disable_most_optimizations", True)

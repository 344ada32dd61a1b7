"""Primitives that TF.js has nothing for, and why."""

from __future__ import annotations

from tensorflowjs.lowering.jax.walking import Refusal, Write

_RANDOM = Refusal(
    "random numbers: TF.js has other generators, which give other numbers",
    "convert the function for inference (deterministic, without dropout), or pass the numbers in as an input",
)
_PYTHON = Refusal("it calls back into Python, which the model cannot take along")
_MATRICES = Refusal("TF.js has no decompositions of matrices")
_SPECIAL = Refusal("TF.js has no such function, and nothing that gives it exactly")
_DEVICES = Refusal("it is for several devices", "convert the function of one device")
_COMPLEX = Refusal("complex numbers and Fourier transforms are not converted")
_KERNEL = Refusal("a kernel for other hardware, not a function of primitives", "use the plain form of the function")

PRIMITIVES: dict[str, Write] = {
    **dict.fromkeys(
        ("random_bits", "random_seed", "random_split", "random_fold_in", "random_wrap", "random_unwrap", "random_clone",
         "random_gamma", "threefry2x32", "rng_bit_generator", "rng_uniform"),
        _RANDOM,
    ),
    **dict.fromkeys(("pure_callback", "io_callback", "debug_callback", "outside_call"), _PYTHON),
    **dict.fromkeys(
        ("cholesky", "cholesky_update", "eig", "eigh", "hessenberg", "householder_product", "lu",
         "lu_pivots_to_permutation", "qr", "geqrf", "schur", "svd", "triangular_solve", "tridiagonal",
         "tridiagonal_solve", "custom_linear_solve"),
        _MATRICES,
    ),
    **dict.fromkeys(
        ("bessel_i0e", "bessel_i1e", "digamma", "erf_inv", "igamma", "igamma_grad_a", "igammac", "lgamma", "polygamma",
         "random_gamma_grad", "regularized_incomplete_beta", "zeta"),
        _SPECIAL,
    ),
    **dict.fromkeys(
        ("all_gather", "all_to_all", "axis_index", "pmax", "pmin", "ppermute", "psum", "psum_invariant",
         "reduce_scatter", "shard_map", "xla_pmap"),
        _DEVICES,
    ),
    **dict.fromkeys(("complex", "conj", "fft", "imag", "real"), _COMPLEX),
    **dict.fromkeys(
        ("pallas_call", "tpu_custom_call", "custom_call", "dot_product_attention_fwd_wrapper", "ffi_call"), _KERNEL
    ),
    "ragged_dot_general": Refusal("TF.js multiplies no matrices in groups of different sizes"),
    "scaled_matmul": Refusal("TF.js has no products of scaled numbers of few bits"),
    "approx_top_k": Refusal("an approximation that gives other results everywhere", "use jax.lax.top_k"),
    "conv_general_dilated_local": Refusal("TF.js has no convolution with a kernel for each place"),
}  # fmt: skip

"""The error function, accurate to about one unit in the last place. NumPy does not provide it.

The method follows W. J. Cody, "Rational Chebyshev approximations for the error function" (Math. Comp. 23, 1969,
631-637), with two pieces instead of three, so that most elements of a normalised input need only the first piece:

    |x| <= 1    erf(x) = x + x * R(x**2)
    otherwise   erf(x) = sign(x) * (1 - exp(-x**2) * R(|x|)), and 1 for |x| at which this rounds to 1

The coefficients were computed for this library: minimax fits by the Remez exchange algorithm in 45-digit arithmetic.
The fit of the first piece minimises the relative error of erf, the fit of the second its absolute error. The fit errors
are 7e-19 and 1.2e-18 for float64, and 1.2e-9 and 1.1e-8 for float32 (in erf, the
second error is multiplied by exp(-x**2), which is at most 0.37 there).

The derivative is in `elementary.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .record import Array

BLOCK = 65536  # elements per pass, few enough that these and all temporaries stay in the cache


class _Fit(NamedTuple):
    """Coefficients of (numerator, denominator) of both pieces, constant term first."""

    near: tuple[list[Array], list[Array]]
    far: tuple[list[Array], list[Array]]
    end: Array  # for |x| at or above this, erf rounds to 1


def _fit(dtype: Any, *coefficients: tuple[float, ...], end: float) -> _Fit:
    p, q, r, s = ([np.asarray(c, dtype) for c in cs] for cs in coefficients)
    return _Fit((p, q), (r, s), np.asarray(end, dtype))


_FITS = {
    np.dtype(np.float64): _fit(
        np.float64,
        (1.2837916709551259e-01, -3.1700613574064984e-01, -4.8329465024641458e-02,
         -8.8156694341876077e-03, -4.9561368458062602e-04, -2.0732549282385988e-05),
        (1.0, 4.6051282796688575e-01, 9.3813082171369494e-02,
         1.0693081731241085e-02, 6.9249846451698602e-04, 2.0810268724750140e-05),
        (9.9999988698764952e-01, 1.3905901704609851e00, 9.4953623496803508e-01,
         3.7360829833746634e-01, 8.4351691950195748e-02, 8.9307208435974606e-03),
        (1.0, 2.5189681469943719e00, 2.7918933956029450e00, 1.7571881272448731e00,
         6.7017762890465404e-01, 1.4950557605320197e-01, 1.5829413010306978e-02),
        end=6.0,
    ),
    np.dtype(np.float32): _fit(
        np.float32,
        (1.28379166e-01, -3.76126258e-01, 1.12835851e-01, -2.68538119e-02,
         5.18832766e-03, -8.01019345e-04, 7.85386078e-05),
        (),
        (9.93506993e-01, 4.13269871e-01, 3.34506079e-03),
        (1.0, 1.50638206e00, 7.91504254e-01),
        end=4.0,
    ),
}  # fmt: skip


def erf(x: Array) -> Array:
    """Return erf(x) for each element of a float32 or float64 array; NaN stays NaN."""
    flat = np.ascontiguousarray(x).reshape(-1)
    y = np.empty_like(flat)
    for start in range(0, flat.size, BLOCK):
        _erf_block(flat[start : start + BLOCK], y[start : start + BLOCK])
    return y.reshape(x.shape)


def _erf_block(x: Array, y: Array) -> None:
    fit = _FITS[x.dtype]
    one = np.ones((), x.dtype)
    inside = np.clip(x, -one, one)
    _ratio(fit.near, inside * inside, y)
    y *= inside
    y += inside
    outside = np.flatnonzero(np.abs(x) > one)
    if outside.size:
        signed = x[outside]
        a = np.minimum(np.abs(signed), fit.end)
        complement = np.exp(-a * a)
        complement *= _ratio(fit.far, a, np.empty_like(a))
        y[outside] = np.copysign(one - complement, signed)


def _ratio(coefficients: tuple[list[Array], list[Array]], z: Array, out: Array) -> Array:
    """Write P(z) / Q(z), or P(z) if Q has no coefficients, into `out` by Horner's rule."""
    numerator, denominator = coefficients
    _polynomial(numerator, z, out)
    if denominator:
        out /= _polynomial(denominator, z, np.empty_like(z))
    return out


def _polynomial(coefficients: list[Array], z: Array, out: Array) -> Array:
    np.multiply(z, coefficients[-1], out)
    for c in coefficients[-2:0:-1]:
        out += c
        out *= z
    out += coefficients[0]
    return out

"""Sizes that are not known before the model runs, but known to be equal, or multiples of each other.

Symbol     one number that is not known: the size of an axis of a value, or an entry of an integer value
Product    a factor times symbols: what the first two axes of [B, T, 8] make when they become one, say
Term       a number or a Product
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from tensorflowjs.ir.graph import Value


@dataclass(frozen=True, eq=False)
class Symbol:
    """The size of axis `at` of `value`; or what `value` holds at `at`, which may be negative."""

    value: Value
    at: int
    is_size: bool
    number: int  # in the order of their making


@dataclass(frozen=True)
class Product:
    factor: int
    symbols: tuple[Symbol, ...]  # at least one, in the order of their numbers


Term = int | Product
Terms = tuple[Term, ...]


def times(terms: Terms) -> Term:
    """All of `terms` multiplied."""
    factor = prod(term if isinstance(term, int) else term.factor for term in terms)
    symbols = [symbol for term in terms if isinstance(term, Product) for symbol in term.symbols]
    if not symbols or not factor:
        return factor
    return Product(factor, tuple(sorted(symbols, key=lambda symbol: symbol.number)))


def divided(whole: Term, part: Term) -> Term | None:
    """`whole` through `part`, if that is known to leave no rest whatever the symbols are."""
    factor, symbols = (whole, ()) if isinstance(whole, int) else (whole.factor, whole.symbols)
    divisor, others = (part, ()) if isinstance(part, int) else (part.factor, part.symbols)
    if not divisor or factor % divisor:
        return None
    rest = list(symbols)
    for symbol in others:
        if symbol not in rest:
            return None
        rest.remove(symbol)
    quotient = factor // divisor
    return Product(quotient, tuple(rest)) if rest and quotient else quotient


def symbol_of(term: Term) -> Symbol | None:
    """The symbol that `term` is, by itself."""
    if isinstance(term, Product) and term.factor == 1 and len(term.symbols) == 1:
        return term.symbols[0]
    return None


def is_size(term: Term) -> bool:
    """Whether `term` cannot be negative, as entries of integer values may be: -1 stands for other sizes."""
    return term >= 0 if isinstance(term, int) else all(symbol.is_size for symbol in term.symbols)


def broadcast_terms(terms: list[Term]) -> Term | None:
    """The size that axes of those sizes take together; None if that is not known."""
    others = [term for term in terms if term != 1]
    if not others:
        return 1
    return others[0] if all(term == others[0] for term in others) else None

"""Arithmetic in which every difference can be divided by: finite fields, and products of them.

``Ring(n)`` numbers ``n`` elements from 0. Those below `Ring.units` differ from each other by what
can be divided by, which is all that the designs of `palier.program.strangers` hang on.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product


class Ring:
    """The product of the finite fields whose orders are the prime powers of ``order``."""

    def __init__(self, order: int) -> None:
        self.order = order
        self._fields = tuple(_Field(prime, power) for prime, power in prime_powers(order))
        #: So many elements, the first ones, have differences that can be divided by.
        self.units = min((one.order for one in self._fields), default=1)

    def unit(self, number: int) -> tuple[int, ...]:
        """Return one of the elements whose differences can be divided by."""
        return (number,) * len(self._fields)

    def elements(self) -> list[tuple[int, ...]]:
        """Return all elements, in order; an element's place is its number."""
        return list(product(*(range(one.order) for one in self._fields)))

    def add(self, one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
        """Return a sum."""
        return tuple(
            field.add(*pair) for field, *pair in zip(self._fields, one, other, strict=True)
        )

    def multiply(self, one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
        """Return a product."""
        return tuple(
            field.multiply(*pair) for field, *pair in zip(self._fields, one, other, strict=True)
        )


class _Field:
    """The field of ``prime ** power`` elements: polynomials, as digits to the base ``prime``."""

    def __init__(self, prime: int, power: int) -> None:
        self.order = prime**power
        self._prime = prime
        self._power = power
        self._modulus = _irreducible(prime, power)

    def add(self, one: int, other: int) -> int:
        pairs = zip(self._digits(one), self._digits(other), strict=True)
        return _number([left + right for left, right in pairs], self._prime)

    def multiply(self, one: int, other: int) -> int:
        found = [0] * (2 * self._power - 1)
        for at, left in enumerate(self._digits(one)):
            for place, right in enumerate(self._digits(other)):
                found[at + place] += left * right
        return _number(_remainder(found, self._modulus, self._prime), self._prime)

    def _digits(self, number: int) -> list[int]:
        return _digits(number, self._prime, self._power)


def prime_powers(number: int) -> list[tuple[int, int]]:
    """Return the primes of a number, each with its power, the smallest first."""
    found = []
    prime = 2
    while number > 1:
        power = 0
        while number % prime == 0:
            number //= prime
            power += 1
        if power:
            found.append((prime, power))
        prime += 1
    return found


@lru_cache(maxsize=64)
def _irreducible(prime: int, power: int) -> tuple[int, ...]:
    """Return a polynomial of this degree that no other divides, its lowest digit first."""
    for low in range(prime**power):
        candidate = (*_digits(low, prime, power), 1)
        if power == 1 or all(
            any(_remainder(candidate, (*_digits(one, prime, degree), 1), prime))
            for degree in range(1, power // 2 + 1)
            for one in range(prime**degree)
        ):
            return candidate
    raise AssertionError(f"there is a field of {prime}**{power}")  # pragma: no cover - proven


def _remainder(
    polynomial: list[int] | tuple[int, ...], by: tuple[int, ...], prime: int
) -> list[int]:
    left = [one % prime for one in polynomial]
    degree = len(by) - 1
    while len(left) > degree:
        factor = left.pop()
        for place in range(degree):
            at = len(left) - degree + place
            left[at] = (left[at] - factor * by[place]) % prime
    return left


def _digits(number: int, base: int, count: int) -> list[int]:
    return [number // base**place % base for place in range(count)]


def _number(digits: list[int], base: int) -> int:
    return sum(one % base * base**place for place, one in enumerate(digits))

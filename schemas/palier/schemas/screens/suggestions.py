"""What may have been meant: the nearest of the names that there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: So many names are listed where none is near, and beside one that is.
_MANY, _FEW = 12, 5


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return which of the names is most like this one; None when none is."""
    by_folded = {one.casefold().replace("_", "-"): one for one in known}
    found = get_close_matches(name.casefold().replace("_", "-"), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def suggestion(name: str, known: Iterable[str], *, written: str = "{}") -> str:
    """Return a hint: what may be meant, and what there is where that is not much."""
    names = sorted(set(known))
    close = nearest(name, names)
    meant = f"Do you mean {written.format(close)}?" if close else ""
    if not names or len(names) > (_FEW if close else _MANY) or (close and len(names) == 1):
        return meant
    *others, last = (written.format(one) for one in names)
    there = f"There are {', '.join(others)} and {last}." if others else f"There is {last}."
    return f"{meant} {there}" if meant else there

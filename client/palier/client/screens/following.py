"""A stream as it grows: each post is looked at once, however often it is asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from palier.schemas.events import PostedValue


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The posts that have come; ``anew``: what was known before is not there any more."""

    posts: tuple[PostedValue, ...] = ()
    anew: bool = False

    def __bool__(self) -> bool:
        return bool(self.posts) or self.anew


class Follower:
    """Reads one stream out of all that was posted in a stage."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._last: PostedValue | None = None
        self._read = 0

    def take(self, posts: Sequence[PostedValue]) -> News:
        """Return what is new since the last time."""
        anew = not self._goes_on(posts)
        fresh = posts if anew else posts[self._read :]
        self._read, self._last = len(posts), posts[-1] if posts else None
        return News(posts=tuple(one for one in fresh if one.stream == self._stream), anew=anew)

    def _goes_on(self, posts: Sequence[PostedValue]) -> bool:
        """Whether these are the posts that were read, and perhaps some more."""
        if self._last is None:
            return True
        return len(posts) >= self._read and posts[self._read - 1].number == self._last.number

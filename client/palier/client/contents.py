"""What a seat's stages show, known by hash: fetched before it is wanted, and verified.

A stage names its screen by hash. The screens of a program and their pictures are here before their
stages open, if at all possible, so that a stage change is one small message.
"""

from __future__ import annotations

import asyncio
import binascii
import logging
import time
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from palier.client.errors import Rejected
from palier.client.shelf import Kept, Shelf
from palier.client.unanswered import Unanswered
from palier.client.view import Shown
from palier.client.voice import Spawn
from palier.schemas.bundle import MEDIA as BUNDLE
from palier.schemas.commands import GetContent
from palier.schemas.events import ScreenChanged
from palier.schemas.message import Message
from palier.schemas.replies import Content, Media
from palier.schemas.screens.screen import MEDIA as SCREEN
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.screen import digest as digest_of

_log = logging.getLogger(__name__)

#: So many are fetched at a time.
_AT_ONCE = 3

#: Seconds after which what was refused or came damaged is asked for again: at first, and at most.
_SOON, _LATEST = 1.0, 30.0


class Contents:
    """The contents that one seat needs; in one event loop, its disk in threads.

    ``changed`` is called whenever something has come, or could not be had.
    """

    def __init__(
        self,
        shelf: Shelf,
        unanswered: Unanswered,
        *,
        spawn: Spawn,
        changed: Callable[[], None],
    ) -> None:
        self._shelf = shelf
        self._unanswered = unanswered
        self._spawn = spawn
        self._changed = changed
        self._session = ""
        self._open: str | None = None
        self._wanted: tuple[str, ...] = ()
        self._screens: dict[str, ScreenSpec] = {}
        self._images: dict[str, Path] = {}
        #: Here, and not to be shown: screens for newer clients, pictures that no disk takes.
        self._unreadable: set[str] = set()
        self._undrawn: set[str] = set()
        #: The bundle that is wanted, and what it is once it is here.
        self._bundle: str | None = None
        self._bundles: dict[str, bytes] = {}
        self._underway: set[str] = set()
        #: One is looked for after the other, so that the most urgent is asked for first.
        self._looking = asyncio.Lock()
        #: How often something was asked for in vain, and when it is asked for again.
        self._vain: dict[str, tuple[int, float]] = {}
        #: What an author has saved since: the newest screen for each that it came from, what is
        #: shown for it until the newest is here, and what has to be mended in the newest.
        self._newest: dict[str, str] = {}
        self._instead: dict[str, str] = {}
        self._problems: dict[str, str] = {}

    # -- what is told -----------------------------------------------------------------------------

    def want(self, session: str, digests: Iterable[str], *, bundle: str | None = None) -> None:
        """Fetch these for a session, and forget what is wanted no more."""
        self._session = session
        self._wanted = tuple(dict.fromkeys(digests))
        self._bundle = bundle
        self._bundles = {one: it for one, it in self._bundles.items() if one == bundle}
        useful = set(self._order())
        self._screens = {one: it for one, it in self._screens.items() if one in useful}
        self._images = {one: it for one, it in self._images.items() if one in useful}
        self._vain = {one: it for one, it in self._vain.items() if one in useful}
        self._unreadable &= useful
        self._undrawn &= useful
        self.fetch()

    def open(self, screen: str | None) -> None:
        """Fetch the screen of the open stage before anything else."""
        if screen == self._open:
            return
        self._open = screen
        if screen is not None:
            self._spawn(self._look_after(self._newest.get(screen, screen)))
        self.fetch()

    def leave(self, session: str) -> None:
        """Go to another session; what the last one showed stays on the shelf."""
        self._open = None
        self._newest, self._instead, self._problems = {}, {}, {}
        self.want(session, ())

    def change(self, changed: ScreenChanged) -> None:
        """Take an author's new screen: what is shown stays until it is here."""
        before, after = changed.before, changed.after
        self._problems.pop(before, None)
        if changed.problem:
            self._problems[before] = changed.problem
        elif after is not None and after != before:
            for origin in {before, *(one for one, it in self._newest.items() if it == before)}:
                if (shown := self._shows(origin)) is not None:
                    self._instead[origin] = shown
                self._newest[origin] = after
        self.fetch()
        self._changed()

    # -- what is shown ----------------------------------------------------------------------------

    def shown(self, screen: str | None) -> Shown:
        """Return what there is to show of a stage's screen."""
        if screen is None:
            return Shown()
        digest = self._shows(screen)
        problem = self._problems.get(self._newest.get(screen, screen), "")
        if digest is None:
            return Shown(awaited=True, problem=problem)
        spec = self._screens[digest]
        bundle = None if self._bundle is None else self._bundles.get(self._bundle)
        if spec.controller and self._bundle is not None and bundle is None:
            # its controller may be in there: it is on its way
            return Shown(awaited=True, problem=problem)
        images = {
            name: self._images[one] for name, one in spec.images.items() if one in self._images
        }
        return Shown(spec=spec, images=images, problem=problem, bundle=bundle)

    @property
    def outdated(self) -> bool:
        """Whether a screen has come that only a newer client can read."""
        return bool(self._unreadable)

    def _shows(self, origin: str) -> str | None:
        """Return which screen is shown for one: the newest that is here."""
        candidates = (self._newest.get(origin), self._instead.get(origin), origin)
        return next((one for one in candidates if one is not None and one in self._screens), None)

    # -- fetching ---------------------------------------------------------------------------------

    def _order(self) -> Iterator[str]:
        """Yield what is needed, the most urgent first; some of it more than once."""
        if self._open is not None:
            urgent = (self._newest.get(self._open, self._open), self._instead.get(self._open))
            for one in (*urgent, self._open):
                if one is not None:
                    yield one
                    yield from self._images_of(one)
        if self._bundle is not None:
            yield self._bundle
        for one in self._wanted:
            newest = self._newest.get(one, one)
            yield newest
            yield from self._images_of(newest)

    def _images_of(self, screen: str) -> Iterable[str]:
        spec = self._screens.get(screen)
        return () if spec is None else spec.images.values()

    def fetch(self) -> None:
        """Fetch the next few; called now and then, for what is to be tried again."""
        now = time.monotonic()
        here = self._screens.keys() | self._images.keys() | self._unreadable | self._undrawn
        here |= self._bundles.keys()
        for digest in dict.fromkeys(self._order()):
            if len(self._underway) >= _AT_ONCE:
                return
            _, again = self._vain.get(digest, (0, 0.0))
            if digest not in here and digest not in self._underway and again <= now:
                self._underway.add(digest)
                self._spawn(self._get(digest))

    async def _get(self, digest: str) -> None:
        try:
            async with self._looking:
                kept = await asyncio.to_thread(self._shelf.find, digest)
            if kept is None:
                question = GetContent(session=self._session, digest=digest)
                content = await self._unanswered.ask(question)
                media, data = _verified(content, digest)
                kept = await asyncio.to_thread(self._shelf.put, digest, media, data)
        except (Rejected, _Wrong) as error:
            tries, _ = self._vain.get(digest, (0, 0.0))
            pause = min(_SOON * 2.0 ** min(tries, 10), _LATEST)
            self._vain[digest] = (tries + 1, time.monotonic() + pause)
            _log.warning("Content %s is asked for again in %g s: %s", digest, pause, error)
        else:
            self._vain.pop(digest, None)
            self._take(digest, kept)
        finally:
            self._underway.discard(digest)
        self.fetch()
        self._changed()

    def _take(self, digest: str, kept: Kept) -> None:
        if kept.media == BUNDLE:
            self._bundles[digest] = kept.data
            return
        if kept.media != SCREEN:
            if kept.path is None:
                self._undrawn.add(digest)
            else:
                self._images[digest] = kept.path
            return
        try:
            self._screens[digest] = ScreenSpec.model_validate_json(kept.data)
        except ValidationError as error:
            self._unreadable.add(digest)
            _log.error(
                "This client is too old for screen %s, or the screen is damaged: %s", digest, error
            )
            return
        if self._open is not None and digest == self._newest.get(self._open, self._open):
            # its pictures may have come before it, and be gone again
            self._spawn(self._look_after(digest))

    async def _look_after(self, screen: str) -> None:
        """Fetch again which pictures of a screen others have removed from the shelf."""
        images = {one: self._images[one] for one in self._images_of(screen) if one in self._images}

        def missing() -> list[str]:
            return [one for one, path in images.items() if not path.exists()]

        for one in await asyncio.to_thread(missing):
            self._images.pop(one, None)
        self.fetch()


class _Wrong(Exception):
    """What came is not what was asked for."""


def _verified(reply: Message, digest: str) -> tuple[Media, bytes]:
    if not isinstance(reply, Content):
        raise _Wrong(f"the worker said {reply.kind}.")
    try:
        data = b64decode(reply.data, validate=True)
    except binascii.Error as error:
        raise _Wrong(f"its bytes came damaged ({error}).") from None
    if (found := digest_of(data)) != digest:
        raise _Wrong(f"what came is another content, {found}.")
    return reply.media, data

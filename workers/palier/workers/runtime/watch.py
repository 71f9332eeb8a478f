"""Watching the screens of programs while their author edits them.

What is saved is shown from then on, also where it is shown already. A file with mistakes changes
nothing: what was shown stays, and desks are told what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from palier.broker.errors import TransportError
from palier.broker.transport import Connection
from palier.schemas.addresses import to_all
from palier.schemas.errors import PalierError
from palier.schemas.events import ScreenChanged
from palier.schemas.screens.errors import BadScreen, Mistake
from palier.schemas.screens.folder import ScreenFile, ScreenFolder, read_folder
from palier.workers.domain.scope import Generation
from palier.workers.domain.screens import Screens, told
from palier.workers.errors import DatabaseUnavailable
from palier.workers.runtime.batch import BatchHandler
from palier.workers.runtime.catalogue import SCREENS, Catalogue, Loaded
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)

#: Seconds between two looks.
_LOOK = 0.5

#: Name, time and size of each file of a folder: what a save changes.
_Looks = tuple[tuple[str, int, int], ...]

#: The hash of a screen until now, and from now on; what is wrong with its file.
_Change = tuple[str, str | None, str]

_Mistakes = dict[str, list[Mistake]]


class Watch:
    """Looks at the files of the programs of a catalogue; used by its thread. Blocking.

    ``handlers`` are those of all partitions: what a screen must fit is what is open there.
    """

    def __init__(self, catalogue: Catalogue, handlers: Sequence[BatchHandler]) -> None:
        self._catalogue = catalogue
        self._handlers = handlers
        self._began = False
        self._seen: dict[str, _Looks] = {}
        #: What desks were told of last: the hash of each screen, by program.
        self._shown: dict[str, dict[str, str]] = {}
        #: What was found wrong at the last look: it is told once it is the same at the next one,
        #: since a file may be in the middle of being written.
        self._doubted: dict[str, _Looks] = {}
        #: The screens of whose mistakes desks were told.
        self._broken: defaultdict[str, set[str]] = defaultdict(set)

    def look(self) -> list[ScreenChanged]:
        """Return what is to be told to each session; raises `DatabaseUnavailable`."""
        if not self._began:
            self._begin()
        changes = {
            name: found
            for name, one in self._catalogue.loaded().items()
            if one.folder is not None and (found := list(self._changes(name, one, one.folder)))
        }
        if not changes:
            return []
        sessions = self._handlers[0].programs()
        return [
            ScreenChanged(session=session, before=before, after=after, problem=problem)
            for program, found in changes.items()
            for session in sessions.get(program, ())
            for before, after, problem in found
        ]

    def _begin(self) -> None:
        """Have the programs of all sessions read, of which nothing may have been asked yet."""
        for program in self._handlers[0].programs():
            try:
                self._catalogue.program(program)
            except PalierError as error:
                _log.warning("%s is not watched: %s", program, error)
        self._began = True

    def _changes(self, program: str, loaded: Loaded, where: Path) -> Iterator[_Change]:
        folder, screens = where / SCREENS, loaded.screens
        looks = _looks(folder)
        shown = self._shown.setdefault(program, dict(screens.digests))
        if self._seen.get(program) == looks and shown == screens.digests:
            return
        fresh, mistakes = self._read(program, folder, screens)
        if mistakes and self._doubted.get(program) != looks:
            self._doubted[program] = looks
            return
        self._seen[program] = looks
        if fresh is None or mistakes:
            yield from self._wrong(program, shown, mistakes)
            return
        screens.change(fresh)
        self._shown[program] = dict(screens.digests)
        mended = self._broken.pop(program, set())
        for name, before in shown.items():
            now = screens.digest(name)
            if now is None:
                yield before, None, f"{folder / name}.xml is gone."
            elif now != before or name in mended:
                yield before, now, ""

    def _wrong(self, program: str, shown: dict[str, str], mistakes: _Mistakes) -> Iterator[_Change]:
        for name, found in mistakes.items():
            problem = told(found)
            _log.warning("A screen of %s has mistakes.\n%s", program, problem)
            if name in shown:
                self._broken[program].add(name)
                yield shown[name], None, problem

    def _read(
        self, program: str, folder: Path, screens: Screens
    ) -> tuple[ScreenFolder | None, _Mistakes]:
        """Return what the files have, if they can be read, and the mistakes of each."""
        mistakes: defaultdict[str, list[Mistake]] = defaultdict(list)
        try:
            fresh = read_folder(folder)
        except BadScreen as error:
            for one in error.mistakes:
                mistakes[Path(one.file).stem].append(one)
            return None, mistakes
        for generation in self._open(program):
            file = fresh.screens.get(generation.screen)
            if file is not None and file.spec.digest != screens.digest(generation.screen):
                found = mistakes[generation.screen]
                found += (one for one in _misfits(file, generation) if one not in found)
        return fresh, {name: found for name, found in mistakes.items() if found}

    def _open(self, program: str) -> Iterator[Generation]:
        """Yield the stages of a program that are open, as far as this worker has them in mind."""
        for handler in self._handlers:
            for session in handler.in_mind():
                if session.opening.program == program:
                    yield from (one for _, one in session.open_scopes())


def _misfits(file: ScreenFile, generation: Generation) -> Iterator[Mistake]:
    """Yield what is wrong with a screen for an open stage, once for data of the same keys."""
    seen = set()
    for seat in generation.barrier.parties:
        data = generation.shown_to(seat).data
        if (keys := frozenset(data)) not in seen:
            seen.add(keys)
            yield from file.check(generation.stage.form, data, generation.stage.actions)


def _looks(folder: Path) -> _Looks:
    try:
        found = [(one.name, one.stat()) for one in folder.iterdir()]
    except OSError:
        # it is not there, or a file has just gone: the next look sees it as it is
        return ()
    return tuple(sorted((name, one.st_mtime_ns, one.st_size) for name, one in found))


async def watch(
    look: Callable[[], Awaitable[list[ScreenChanged]]],
    *,
    teller: Teller,
    publishing: Callable[[], Connection | None],
) -> None:
    """Look until cancelled, and tell the desks of what has changed.

    ``look`` may raise `DatabaseUnavailable`. What nobody could be told is no loss: a snapshot has
    it.
    """
    while True:
        await asyncio.sleep(_LOOK)
        try:
            found = await look()
            connection = publishing()
            if found and connection is not None:
                await connection.publish(
                    [
                        teller.publication(one, routing_key=to_all(one.session, one.verb()))
                        for one in found
                    ]
                )
        except (TransportError, DatabaseUnavailable) as error:
            _log.info("Nobody was told of changed screens: %s", error)

"""The screens of a program, as its files are now.

What a stage shows is looked up when it is told, and never recorded but by name: a screen that is
mended or changed disturbs no replay.
"""

from __future__ import annotations

from base64 import b64encode
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from pydantic import JsonValue, PrivateAttr

from palier.program.requests import StageRequest
from palier.schemas.forms import describe
from palier.schemas.replies import Content
from palier.schemas.screens.errors import Mistake
from palier.schemas.screens.folder import ScreenFile, ScreenFolder, StoredContent
from palier.schemas.screens.screen import digest
from palier.workers.errors import ProgramFailed

#: Mistakes that are told at once: an author mends them from the first on.
TOLD = 5

#: Contents that were replaced and are still had, for whoever has only just heard of them.
_EARLIER = 100

#: Contents that are kept as they are told.
_KEPT = 16

#: Stages that are known to fit their screens, and the records of a list that are looked at.
_FITTING, _SAMPLE = 1000, 50

#: The folder of a program that has no screens.
NOTHING = ScreenFolder(screens={}, contents={})


class _Told(Content):
    """A content that is put into words once, however many are told of it."""

    _body: bytes = PrivateAttr(default=b"")

    def encode(self) -> bytes:
        """Return the body, the same bytes each time."""
        if not self._body:
            self._body = super().encode()
        return self._body


class Screens:
    """What the stages of one program show; all its sessions share it.

    Used by one thread. `replace` gives it other files, and every session shows those from then on.
    """

    def __init__(
        self, folder: ScreenFolder = NOTHING, *, bundle: StoredContent | None = None
    ) -> None:
        self._files: Mapping[str, ScreenFile] = {}
        self._digests: dict[str, str] = {}
        self._streams: dict[str, frozenset[str]] = {}
        self._contents: dict[str, StoredContent] = {}
        #: Those that were asked for last, as they are told; many ask for the same at once.
        self._told: OrderedDict[tuple[str, str], _Told] = OrderedDict()
        #: The hash of the author's signed controllers, where there are any.
        self.bundle: str | None = None
        #: The hashes of all that a desk may want to have before it is wanted.
        self.contents: tuple[str, ...] = ()
        self._bundle: StoredContent | None = None
        self._fitting: set[Hashable] = set()
        self.replace(folder, bundle=bundle)

    def replace(self, folder: ScreenFolder, *, bundle: StoredContent | None = None) -> None:
        """Show what is in this folder from now on; what was shown can be had for a while still."""
        found = dict(folder.contents)
        self.contents = tuple(sorted(found))
        self._bundle, self.bundle = bundle, None
        if bundle is not None:
            self.bundle = digest(bundle.data)
            found[self.bundle] = bundle
        earlier = [one for one in self._contents.items() if one[0] not in found]
        self._files = folder.screens
        self._digests = {name: one.spec.digest for name, one in folder.screens.items()}
        self._streams = {name: one.spec.streams for name, one in folder.screens.items()}
        self._contents = {**dict(earlier[-_EARLIER:]), **found}
        self._fitting.clear()

    def change(self, folder: ScreenFolder) -> None:
        """Show what is in this folder from now on, with the bundle as it is."""
        self.replace(folder, bundle=self._bundle)

    @property
    def digests(self) -> Mapping[str, str]:
        """The hash of each screen, by name."""
        return MappingProxyType(self._digests)

    def digest(self, name: str) -> str | None:
        """Return the hash of a screen; None if there is none of that name any more."""
        return self._digests.get(name)

    def content(self, digest: str, *, session: str) -> Content | None:
        """Return a content by its hash, as it is told to the seats of a session."""
        content = self._contents.get(digest)
        if content is None:
            return None
        key = (session, digest)
        found = self._told.get(key)
        if found is None:
            found = self._told[key] = _Told.model_validate(
                {
                    "session": session,
                    "digest": digest,
                    "media": content.media,
                    "data": b64encode(content.data).decode(),
                }
            )
            if len(self._told) > _KEPT:
                self._told.popitem(last=False)
        return found

    def streams(self, name: str) -> frozenset[str]:
        """Return the streams that a screen has."""
        return self._streams.get(name, frozenset())

    def named(self, request: StageRequest) -> str:
        """Return the name of the screen that shows a stage; empty if it is made from its form."""
        if request.screen is not None:
            return request.screen
        return request.name if request.name in self._files else ""

    def check(self, request: StageRequest) -> None:
        """Raise `ProgramFailed` where a stage and the screen that is to show it do not fit."""
        name = self.named(request)
        if not name:
            return
        file = self._files.get(name)
        if file is None:
            raise ProgramFailed(self._unknown(request, name), traceback="")
        form = describe(request.form) if request.form else None
        kind = None if request.live is None else type(request.live.live)
        live = [one.spec for one in request.live.actions.values()] if request.live else []
        for data in _shown(request):
            fit = (name, request.form, kind, _shape(data))
            if fit in self._fitting:
                continue
            if mistakes := file.check(form, data, live):
                raise ProgramFailed(
                    f"Screen {name!r} does not fit stage {request.name!r}. {told(mistakes)}",
                    traceback="",
                )
            if len(self._fitting) >= _FITTING:
                self._fitting.clear()
            self._fitting.add(fit)

    def _unknown(self, request: StageRequest, name: str) -> str:
        meant = get_close_matches(name, self._files, n=1)
        there = ", ".join(sorted(self._files)) or "none"
        return (
            f"Stage {request.name!r} has screen={name!r}, but there is no screens/{name}.xml. "
            + (f"Did you mean {meant[0]!r}?" if meant else f"There are: {there}.")
        )


def told(mistakes: Iterable[Mistake]) -> str:
    """Return the first mistakes, each with its place, one on a line."""
    found = list(mistakes)
    lines = [str(one) for one in found[:TOLD]]
    if len(found) > TOLD:
        lines.append(f"… and {len(found) - TOLD} more.")
    return "\n".join(lines)


def _shown(request: StageRequest) -> Iterable[Mapping[str, JsonValue]]:
    """Return what seats are shown, for all and for each alone; once of those with the same keys."""
    if not request.private:
        return [request.public]
    found = {frozenset(own): own for own in request.private.values()}
    return [{**request.public, **own} for own in found.values()]


def _shape(value: JsonValue | Mapping[str, JsonValue]) -> Hashable:
    """Return what a screen can find wrong in data: its keys and types, not what they say."""
    if isinstance(value, Mapping):
        return frozenset((key, _shape(one)) for key, one in value.items())
    if isinstance(value, list):
        return "list", frozenset(_shape(one) for one in value[:_SAMPLE])
    return type(value).__name__

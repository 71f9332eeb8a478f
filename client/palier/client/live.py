"""What a live stage shows, change by change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from palier.schemas.events import LiveChanged
from palier.schemas.live import LiveMark

#: Changes that are kept while one before them lacks: a snapshot is on its way by then.
_AHEAD = 500

_BEGINNING = LiveMark()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveData:
    """The data of a live stage up to ``mark``, and changes that come after one that lacks."""

    data: Mapping[str, JsonValue]
    mark: LiveMark = _BEGINNING
    ahead: tuple[LiveChanged, ...] = ()

    @property
    def lacks(self) -> bool:
        """Whether a change was lost, so that a snapshot has to be asked for."""
        return bool(self.ahead)

    def heard(self, *changes: LiveChanged) -> LiveData:
        """Take changes in any order and repetition: each counts once, in its turn."""
        data, versions = self.data, {False: self.mark.version, True: self.mark.own}
        ahead: list[LiveChanged] = []
        for one in sorted((*self.ahead, *changes), key=lambda one: one.version):
            known = versions[one.own]
            if one.version == known + 1:
                data = one.change.applied(data)
                versions[one.own] = one.version
            elif one.version > known and one not in ahead:
                ahead.append(one)
        return LiveData(
            data=data,
            mark=LiveMark(version=versions[False], own=versions[True]),
            ahead=tuple(ahead[-_AHEAD:]),
        )

    def synchronised(self, data: Mapping[str, JsonValue], mark: LiveMark) -> LiveData:
        """Take what a snapshot shows, unless something newer is shown already."""
        if mark.version < self.mark.version or mark.own < self.mark.own:
            return self
        return LiveData(data=data, mark=mark, ahead=self.ahead).heard()

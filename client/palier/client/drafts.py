"""What is typed into the forms of a seat and not handed in: it outlives its window."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime

from palier.client.entries import Key, Put, Typed
from palier.client.scribe import Scribe
from palier.client.state import same_opening
from palier.schemas.events import Stage


class Drafts:
    """One seat's drafts; in one event loop. Without a scribe there are none."""

    def __init__(self, scribe: Scribe | None) -> None:
        self._scribe = scribe
        kept = scribe.journal.drafts() if scribe is not None else ()
        self._kept = {one.key: one for one in kept}
        #: Those that were there from the beginning: a face takes them up.
        self._found = dict(self._kept)

    def keep(self, session: str, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep what is typed into the form of a stage; it is on disk some moments later."""
        if self._scribe is None:
            return
        key = (session, stage.scope, stage.generation)
        opened_at = stage.opened_at.isoformat()
        typed = Typed(key=key, opened_at=opened_at, fields=dict(fields), at=time.time())
        self._kept[key] = typed
        self._scribe.draft(typed)

    def found(self, session: str, stage: Stage | None) -> Mapping[str, Put]:
        """Return what an earlier client has left of this opening of a stage."""
        if stage is None:
            return {}
        typed = self._found.get((session, stage.scope, stage.generation))
        if typed is None:
            return {}
        same = same_opening(datetime.fromisoformat(typed.opened_at), stage.opened_at)
        return typed.fields if same else {}

    def leave(self, *, but: Key | None) -> None:
        """Strike off all drafts but that of one stage."""
        if self._scribe is None:
            return
        for key in [one for one in self._kept if one != but]:
            del self._kept[key]
            self._scribe.drop(key)

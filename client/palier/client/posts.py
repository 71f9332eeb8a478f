"""What has been posted in the open stage: in order, without a gap, as much as a desk can show."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from palier.client.errors import Rejected
from palier.client.state import same_generation
from palier.client.unanswered import Unanswered
from palier.client.voice import Spawn
from palier.schemas import replies
from palier.schemas.commands import GetPosts
from palier.schemas.events import Posted, PostedValue, Stage

_log = logging.getLogger(__name__)

#: Posts of a stage that are kept; older ones are forgotten here, the database has them all.
MOST = 5_000

#: Generations for which it is remembered that something was posted before they opened here.
_AHEAD = 16


class Posts:
    """The posts of one stage after the other; in one event loop.

    ``changed`` is called after each change. Each post has a number: a gap means that a hint was
    lost, and what lacks is asked for.
    """

    def __init__(
        self, unanswered: Unanswered, *, spawn: Spawn, changed: Callable[[], None]
    ) -> None:
        self._unanswered = unanswered
        self._spawn = spawn
        self._changed = changed
        self._session = ""
        self._stage: Stage | None = None
        self._kept: deque[PostedValue] = deque(maxlen=MOST)
        self._shown: tuple[PostedValue, ...] | None = ()
        #: The number of the last one that is here, and of the last one that was told of.
        self._last = self._told = 0
        self._ahead: dict[tuple[str, int], int] = {}
        self._asking = False

    @property
    def shown(self) -> tuple[PostedValue, ...]:
        """What is here of the open stage, in order; the same value until something comes."""
        if self._shown is None:
            self._shown = tuple(self._kept)
        return self._shown

    def open(self, session: str, stage: Stage | None, *, count: int = 0) -> None:
        """Follow a stage, of which ``count`` posts are known to be; the same one goes on."""
        if session != self._session:
            self._ahead = {}
        if session != self._session or not same_generation(stage, self._stage):
            self._session, self._stage = session, stage
            self._kept.clear()
            self._shown = ()
            self._last = self._told = 0
            self._asking = False
            if stage is not None:
                self._told = self._ahead.pop((stage.scope, stage.generation), 0)
        self._told = max(self._told, count)
        self._catch_up()

    def hear(self, posted: Posted) -> None:
        """Take a post: the next one, one that was told before, or one after a gap."""
        stage, number = self._stage, posted.post.number
        if posted.session != self._session:
            return
        if stage is None or (posted.scope, posted.generation) != (stage.scope, stage.generation):
            self._note_ahead(posted)
            return
        self._told = max(self._told, number)
        if number == self._last + 1:
            self._append(posted.post)
            self._changed()
        self._catch_up()

    def _note_ahead(self, posted: Posted) -> None:
        # of a stage that is opening: its release may be on its way by another exchange
        key = (posted.scope, posted.generation)
        self._ahead[key] = max(self._ahead.pop(key, 0), posted.post.number)
        while len(self._ahead) > _AHEAD:
            del self._ahead[next(iter(self._ahead))]

    def _append(self, post: PostedValue) -> None:
        self._kept.append(post)
        self._last = post.number
        self._told = max(self._told, post.number)
        self._shown = None

    def _catch_up(self) -> None:
        if self._stage is not None and self._last < self._told and not self._asking:
            self._asking = True
            self._spawn(self._fetch(self._stage))

    async def _fetch(self, stage: Stage) -> None:
        """Ask until nothing lacks; what cannot be had now is asked for at the next hint."""
        more = True
        try:
            while self._stage is stage and (more or self._last < self._told):
                reply = await self._unanswered.ask(
                    GetPosts(
                        session=self._session,
                        scope=stage.scope,
                        generation=stage.generation,
                        after=max(self._last, self._told - MOST),
                    )
                )
                if self._stage is not stage or not isinstance(reply, replies.Posts):
                    return
                news = [one for one in reply.posts if one.number > self._last]
                for one in news:
                    self._append(one)
                if news:
                    self._changed()
                elif not reply.more:
                    return
                more = reply.more
        except Rejected as error:
            _log.info("What was posted in stage %s is not to be had: %s", stage.name, error)
        finally:
            if self._stage is stage:
                self._asking = False

"""What a stage shows besides its state: its screen, its pictures, what is posted there.

And what is said of it besides an answer: that it was painted, what this seat posts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pydantic import JsonValue, ValidationError

from palier.client.clocks import Moment
from palier.client.contents import Contents
from palier.client.errors import Rejected
from palier.client.onset import Onset
from palier.client.posts import Posts
from palier.client.shelf import Shelf
from palier.client.state import ClientState, same_generation
from palier.client.unanswered import Unanswered
from palier.client.view import Shown
from palier.client.voice import Spawn, Voice
from palier.schemas.commands import Act, GetPosts, Post
from palier.schemas.events import Posted, ScreenChanged, Stage
from palier.schemas.message import Message
from palier.schemas.replies import Acted, PostTaken, Snapshot


class Showing:
    """Follows one seat from stage to stage; in one event loop.

    ``changed`` is called whenever there is something else to show. Without a shelf nothing is
    fetched, and nothing to show; signed controllers are fetched only with ``bundles``.
    """

    def __init__(
        self,
        seat: str,
        shelf: Shelf | None,
        *,
        voice: Voice,
        unanswered: Unanswered,
        spawn: Spawn,
        changed: Callable[[], None],
        bundles: bool = False,
    ) -> None:
        self._unanswered = unanswered
        self._wants_bundles = bundles
        self._onset = Onset(seat, voice=voice, spawn=spawn)
        self._posts = self._contents = None
        if shelf is not None:
            self._posts = Posts(unanswered, spawn=spawn, changed=changed)
            self._contents = Contents(shelf, unanswered, spawn=spawn, changed=changed)
        self._state = ClientState(seat=seat)

    # -- what is shown ----------------------------------------------------------------------------

    def shown(self) -> Shown:
        """Return what there is to show of the open stage."""
        stage = self._state.stage
        if self._contents is None or self._posts is None or stage is None:
            return Shown()
        return replace(self._contents.shown(stage.screen), posts=self._posts.shown)

    @property
    def outdated(self) -> bool:
        """Whether the session has a screen that only a newer client can read."""
        return self._contents is not None and self._contents.outdated

    # -- where the session is ---------------------------------------------------------------------

    def synchronise(self, snapshot: Snapshot) -> None:
        """Take from a snapshot what is to be fetched, ahead of the state that follows from it."""
        if self._contents is not None and self._posts is not None:
            bundle = snapshot.bundle if self._wants_bundles else None
            self._contents.want(snapshot.session, snapshot.contents, bundle=bundle)
            self._posts.open(snapshot.session, snapshot.stage, count=snapshot.posts)

    def follow(self, state: ClientState) -> None:
        """Follow to the state that is shown now."""
        before, self._state = self._state, state
        stage, last = state.stage, before.stage
        if self._contents is not None and self._posts is not None:
            if state.session != before.session:
                self._contents.leave(state.session)
            self._contents.open(None if stage is None else stage.screen)
            self._posts.open(state.session, stage)
        if last is not None and not self._is_open(last):
            self._onset.leave(state.session, stage)
            self._unanswered.give_up(_over(), which=lambda one: isinstance(one, Post | Act))
            if not same_generation(last, stage):
                self._unanswered.give_up(_over(), which=lambda one: isinstance(one, GetPosts))

    def hear(self, event: Message) -> None:
        """Take an event, if it concerns what is shown."""
        if self._contents is None or self._posts is None:
            return
        match event:
            case Posted():
                self._posts.hear(event)
            case ScreenChanged(session=self._state.session):
                self._contents.change(event)
            case _:
                pass

    def send(self) -> None:
        """Say and ask what is due; called now and then, and over each new connection."""
        self._onset.send()
        if self._contents is not None:
            self._contents.fetch()

    # -- what is said -----------------------------------------------------------------------------

    def painted(self, stage: Stage, moment: Moment) -> None:
        """Report that the open stage was painted; again changes nothing."""
        state = self._state
        if state.is_at(stage):
            self._onset.note(state.session, stage, moment, partition=state.partition)

    async def post(self, stage: Stage, stream: str, value: str | float) -> int:
        """Post in a stage and return the post's number; raises `Rejected`.

        It is sent until its result comes, for as long as the stage is open.
        """
        if not self._is_open(stage):
            raise _over()
        try:
            post = Post(
                session=self._state.session,
                scope=stage.scope,
                generation=stage.generation,
                stream=stream,
                value=value,
            )
        except ValidationError as error:
            raise Rejected("malformed", f"This cannot be posted: {_words(error)}") from None
        reply = await self._unanswered.ask(post)
        if not isinstance(reply, PostTaken):
            raise Rejected("unexpected", f"A {reply.kind} is no answer to {post.kind}.")
        return reply.number

    async def act(self, stage: Stage, action: str, body: Mapping[str, JsonValue] | None) -> int:
        """Do something in a live stage; return its number. Raises `Rejected` as the worker refuses.

        It is sent until its result comes, for as long as the stage is open.
        """
        if not self._is_open(stage):
            raise _over()
        try:
            act = Act(
                session=self._state.session,
                scope=stage.scope,
                generation=stage.generation,
                action=action,
                body=None if body is None else dict(body),
            )
        except ValidationError as error:
            raise Rejected("malformed", f"This cannot be done: {_words(error)}") from None
        reply = await self._unanswered.ask(act)
        if not isinstance(reply, Acted):
            raise Rejected("unexpected", f"A {reply.kind} is no answer to {act.kind}.")
        return reply.number

    def _is_open(self, stage: Stage) -> bool:
        state = self._state
        return state.is_at(stage) and not state.released and not state.over


def _over() -> Rejected:
    return Rejected("released", "The stage is over: nothing can be done there any more.")


def _words(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{first['msg'].lower()}."

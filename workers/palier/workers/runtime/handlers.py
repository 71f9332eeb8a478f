"""One function for each kind of command and query, and the table that finds it.

A handler decides nothing that `palier.workers.domain` could decide: it finds the session, asks it,
and hands over what it says. Its answer is the one result of the command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from palier.schemas.commands import (
    Act,
    CallForHelp,
    Close,
    GetContent,
    GetLog,
    GetOverview,
    GetPosts,
    GetSnapshot,
    IssueCodes,
    Join,
    ListSessions,
    OpenSession,
    Painted,
    Post,
    Replace,
    ResumeFrom,
    Retry,
    Start,
    Submit,
    Tick,
)
from palier.schemas.message import Reply
from palier.schemas.names import OPERATOR, ROOM, WORKER
from palier.workers.runtime.acting import act
from palier.workers.runtime.answering import (
    get_content,
    get_log,
    get_overview,
    get_posts,
    get_snapshot,
    list_sessions,
)
from palier.workers.runtime.asked import Asked
from palier.workers.runtime.conducting import close, start, submit, tick
from palier.workers.runtime.intervening import (
    INTERVENTIONS,
    intervene,
    replace_seat,
    resume_from,
    retry,
)
from palier.workers.runtime.opening import open_session
from palier.workers.runtime.reporting import call_for_help, painted, post
from palier.workers.runtime.seating import issue_codes, join
from palier.workers.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Handler:
    """A function, who may call for it, and whether its result is stored for repetitions.

    What is not stored may be done again without harm: queries, and what must not lie in the
    database (passwords, codes).
    """

    handle: Callable[[Work, Asked, Any], Reply | None]
    role: str
    stored: bool = True


#: From kind to handler: all that a worker can be asked.
HANDLERS = MappingProxyType(
    {
        Submit.kind: Handler(submit, "participant"),
        GetSnapshot.kind: Handler(get_snapshot, "participant", stored=False),
        GetContent.kind: Handler(get_content, "participant", stored=False),
        GetPosts.kind: Handler(get_posts, "participant", stored=False),
        Painted.kind: Handler(painted, "participant", stored=False),
        Post.kind: Handler(post, "participant"),
        Act.kind: Handler(act, "participant"),
        CallForHelp.kind: Handler(call_for_help, "participant"),
        OpenSession.kind: Handler(open_session, OPERATOR),
        Start.kind: Handler(start, OPERATOR),
        Close.kind: Handler(close, OPERATOR),
        IssueCodes.kind: Handler(issue_codes, OPERATOR, stored=False),
        GetOverview.kind: Handler(get_overview, OPERATOR, stored=False),
        ListSessions.kind: Handler(list_sessions, OPERATOR, stored=False),
        **{one.kind: Handler(intervene, OPERATOR) for one in INTERVENTIONS},
        Retry.kind: Handler(retry, OPERATOR),
        ResumeFrom.kind: Handler(resume_from, OPERATOR),
        Replace.kind: Handler(replace_seat, OPERATOR, stored=False),
        GetLog.kind: Handler(get_log, OPERATOR, stored=False),
        Tick.kind: Handler(tick, WORKER, stored=False),
        Join.kind: Handler(join, ROOM, stored=False),
    }
)

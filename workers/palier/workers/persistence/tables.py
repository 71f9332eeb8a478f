"""The tables: the truth about every session.

Keys do the guarding: a seat arrives once at a generation, a message has one result, an event one
place in its session's log. Whoever breaks a rule breaks a key, and the transaction with it.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy import BigInteger as _BigInteger

from palier.workers.persistence.types import Exact, Instant

_NAME = String(32)
_BIG = _BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

#: One sitting of a program. ``stamp`` rises with every transaction that changes the session: it
#: fences a worker whose picture is old. ``version`` is the place of the last entry in its log.
#: ``origin`` is what it was opened with: the program's files by hash, its commit, versions.
session = Table(
    "session",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("program", _NAME, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("traceback", Text, nullable=False, server_default=text("''")),
    Column("settings", JSON, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("seed", _BIG, nullable=False),
    Column("auto_start", Boolean, nullable=False),
    Column("opened_by", _NAME, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("version", Integer, nullable=False),
    Column("stamp", Integer, nullable=False),
    Column("origin", JSON),
)

#: A place someone sits at, across sessions; ``session`` is the one it takes part in now.
seat = Table(
    "seat",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("session", _NAME, ForeignKey("session.name"), index=True),
    Column("code_hash", String(64), unique=True),
    Column("joined_with", String(64)),
    Column("present", Boolean, nullable=False, server_default=false()),
    Column("present_since", Instant),
)

#: A seat's part in a session, and what it has earned there, in points. It has ``called_at`` while
#: it calls for help, with the words ``call``; ``bot`` says that it was given to one.
participant = Table(
    "participant",
    metadata,
    Column("session", _NAME, ForeignKey("session.name"), primary_key=True),
    Column("seat", _NAME, ForeignKey("seat.name"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("payoff", Exact, nullable=False),
    Column("standing", String(16), nullable=False, server_default="active"),
    Column("called_at", Instant),
    Column("call", Text, nullable=False, server_default=text("''")),
    Column("bot", Boolean, nullable=False, server_default=false()),
)

#: Seats that go from stage to stage together: everyone, a group, or a part of one. ``group`` is the
#: group that it is, or is a part of; ``roles`` are those of its seats. A ``lasting`` one has a
#: fanout; the seats of another are told one by one.
scope = Table(
    "scope",
    metadata,
    Column("session", _NAME, ForeignKey("session.name"), primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("seats", JSON, nullable=False),
    Column("lasting", Boolean, nullable=False, server_default=true()),
    Column("group", _NAME, nullable=False, server_default=text("''")),
    Column("roles", JSON),
    Column("treatment", _NAME, nullable=False, server_default=text("''")),
)

#: One generation: an opening of a stage in a scope. ``status``: open, released, abandoned (nobody
#: was left) or void (set aside, the session went on from before it). ``released_as`` counts the
#: session's releases, ``opened_by`` is the log's version of the step that opened it. Its clock has
#: ``deadline_at`` while it runs, ``left_seconds`` while it stands; a worker looks at ``due_at``.
#: ``screen`` names the screen that shows it, and is empty where one is made from the form;
#: ``actions`` are what can be done in it, if it is live; ``period`` is the program's, 0 outside of
#: any.
stage_run = Table(
    "stage_run",
    metadata,
    Column("session", _NAME, primary_key=True),
    Column("scope", _NAME, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("stage", _NAME, nullable=False),
    Column("visit", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("expected", Integer, nullable=False),
    Column("arrived", Integer, nullable=False),
    Column("title", Text, nullable=False, server_default=text("''")),
    Column("text", Text, nullable=False, server_default=text("''")),
    Column("form", JSON),
    Column("data", JSON, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Integer, nullable=False, server_default="0"),
    Column("released_at", Instant),
    Column("released_as", Integer),
    Column("missing", String(16), nullable=False, server_default="wait"),
    Column("deadline_at", Instant),
    Column("left_seconds", Float),
    Column("clock_paused", Boolean, nullable=False, server_default=false()),
    Column("due_at", Instant),
    Column("screen", _NAME, nullable=False, server_default=text("''")),
    Column("actions", JSON),
    Column("period", Integer, nullable=False, server_default="0"),
    ForeignKeyConstraint(["session", "scope"], ["scope.session", "scope.name"]),
    UniqueConstraint("session", "released_as"),
    Index(
        "uq_stage_run_visit",
        "session",
        "scope",
        "stage",
        "visit",
        unique=True,
        sqlite_where=text("status <> 'void'"),
        postgresql_where=text("status <> 'void'"),
    ),
    Index("ix_stage_run_due_at", "due_at"),
)

_GENERATION = ("session", "scope", "generation")


def _generation(*, key: bool = True) -> tuple[Column[object], ...]:
    return (
        Column("session", _NAME, primary_key=key, nullable=False),
        Column("scope", _NAME, primary_key=key, nullable=False),
        Column("generation", Integer, primary_key=key, nullable=False),
        Column("seat", _NAME, primary_key=key, nullable=False),
    )


#: Who is expected at the barrier of a generation: a frozen set, with each party's own data. One
#: who was excluded has ``withdrawn_at``.
party = Table(
    "party",
    metadata,
    *_generation(),
    Column("data", JSON),
    Column("withdrawn_at", Instant),
    ForeignKeyConstraint(_GENERATION, [f"stage_run.{one}" for one in _GENERATION]),
)

#: Who has come to it, when, by which message, and how: submitted, default, bot or operator.
arrival = Table(
    "arrival",
    metadata,
    *_generation(),
    Column("message_id", String(64), nullable=False),
    Column("how", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(
        [*_GENERATION, "seat"], [f"party.{one}" for one in (*_GENERATION, "seat")]
    ),
)

#: What they decided.
answer = Table(
    "answer",
    metadata,
    *_generation(),
    Column("value", JSON, nullable=False),
    ForeignKeyConstraint(
        [*_GENERATION, "seat"], [f"party.{one}" for one in (*_GENERATION, "seat")]
    ),
)

#: When each party's desk had shown its screen, by the worker's clock as that desk knows it: it may
#: be ``off_by`` so many seconds. The first report stands.
onset = Table(
    "onset",
    metadata,
    *_generation(),
    Column("painted_at", Instant, nullable=False),
    Column("off_by", Float, nullable=False),
    ForeignKeyConstraint(
        [*_GENERATION, "seat"], [f"party.{one}" for one in (*_GENERATION, "seat")]
    ),
)

#: What was said in a stage while it was open, gapless in ``number``.
post = Table(
    "post",
    metadata,
    Column("session", _NAME, primary_key=True),
    Column("scope", _NAME, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("stream", _NAME, nullable=False),
    Column("seat", _NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("value", JSON, nullable=False),
    Column("message_id", String(64), nullable=False),
    ForeignKeyConstraint(
        [*_GENERATION, "seat"], [f"party.{one}" for one in (*_GENERATION, "seat")]
    ),
)

#: What was done in live stages, or tried: ``number`` is the order within the session, ``after`` the
#: log's version then. ``outcome``: taken, refused by the author's rules, or failed, with the
#: ``reason``. Of what was taken: ``results`` of its side effects, seats whose own data ``changed``,
#: the digest of what was ``seen`` then.
action = Table(
    "action",
    metadata,
    Column("session", _NAME, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("after", Integer, nullable=False),
    Column("scope", _NAME, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("seat", _NAME, nullable=False),
    Column("action", _NAME, nullable=False),
    Column("body", JSON(none_as_null=True)),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("results", JSON, nullable=False),
    Column("changed", JSON, nullable=False),
    Column("seen", String(16), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(
        [*_GENERATION, "seat"], [f"party.{one}" for one in (*_GENERATION, "seat")]
    ),
)

#: Each answer to a quiz, the right ones too, and which of its fields were ``wrong``.
attempt = Table(
    "attempt",
    metadata,
    *_generation(),
    Column("number", Integer, primary_key=True),
    Column("answer", JSON, nullable=False),
    Column("wrong", JSON, nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(
        [*_GENERATION, "seat"], [f"party.{one}" for one in (*_GENERATION, "seat")]
    ),
)

#: What a seat is paid in the end: ``show_up`` and ``rate`` for each of ``paid_points``, those of
#: the ``periods`` that were drawn, if any were.
payment = Table(
    "payment",
    metadata,
    Column("session", _NAME, ForeignKey("session.name"), primary_key=True),
    Column("seat", _NAME, ForeignKey("seat.name"), primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("rate", Exact, nullable=False),
    Column("show_up", Exact, nullable=False),
    Column("points", Exact, nullable=False),
    Column("paid_points", Exact, nullable=False),
    Column("periods", JSON),
    Column("amount", Exact, nullable=False),
    Column("at", Instant, nullable=False),
)

#: The one result of each command that was handled: a repeated one is answered with it again.
inbox = Table(
    "inbox",
    metadata,
    # the id first: it alone finds the row, and rises with time, so that rows are added at the end
    Column("message_id", String(64), primary_key=True),
    Column("seat", _NAME, primary_key=True),
    Column("session", _NAME, nullable=False, index=True),
    Column("kind", String(64), nullable=False),
    Column("result_kind", String(64), nullable=False),
    Column("result", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

#: What a committed transaction still has to tell, in order; told rows go with the next one.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("partition", Integer, nullable=False),
    Column("parcel", LargeBinary, nullable=False),
    Index("ix_outbox_partition", "partition", "seq"),
    # a number is never used twice, even when the table was empty in between
    sqlite_autoincrement=True,
)

#: What happened to a session, gapless in ``version``; arrivals have their own table.
event_log = Table(
    "event_log",
    metadata,
    Column("session", _NAME, ForeignKey("session.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("author", _NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", JSON, nullable=False),
)

#: The tables that programs have for their entities, as they are: their ``shape``.
program_schema = Table(
    "program_schema",
    metadata,
    Column("program", _NAME, primary_key=True),
    Column("shape", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

#: Messages that came back from a worker that died, and how often one began to handle them since.
suspect = Table(
    "suspect",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

"""What was paid, what was tried, which group had which treatment."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from palier.program.payment import in_cents
from palier.workers.persistence import tables
from palier.workers.persistence.export.column import Column
from palier.workers.persistence.export.picture import Picture
from palier.workers.persistence.export.table import ExportTable, Values
from palier.workers.persistence.export.visits import (
    GENERATION,
    SCOPE,
    SEAT,
    SESSION,
    SET_ASIDE,
    STAGE,
    VISIT,
    same_run,
)

_PAID, _WHO = tables.payment, tables.participant
_TRIED, _RUN, _SCOPE = tables.attempt, tables.stage_run, tables.scope


def _payments(picture: Picture) -> Iterator[Values]:
    found = picture.stream(
        select(_WHO.c.number, _PAID)
        .join(_PAID, (_PAID.c.session == _WHO.c.session) & (_PAID.c.seat == _WHO.c.seat))
        .where(_WHO.c.session == picture.session)
        .order_by(_WHO.c.number)
    )
    for one in found:
        drawn = None if one.periods is None else " ".join(map(str, one.periods))
        yield (
            *(picture.session, one.seat, one.number, one.points, one.paid_points, drawn),
            *(one.rate, one.show_up, in_cents(one.amount), one.currency, one.at),
        )


PAYMENTS = ExportTable(
    name="payments",
    about="A row for each seat that is paid, once the session is over.",
    columns=(
        SESSION,
        SEAT,
        Column(name="number", type="integer", about="The seat's place in the session, from 1."),
        Column(name="points", type="decimal", unit="points", about="What it has earned in all."),
        Column(
            name="paid_points", type="decimal", unit="points", about="What of it is paid, exactly."
        ),
        Column(
            name="periods",
            type="text",
            about="The periods that were drawn to be paid; empty where all are.",
        ),
        Column(name="rate", type="decimal", about="What a point is worth."),
        Column(name="show_up", type="decimal", about="What is paid for coming."),
        Column(name="amount", type="decimal", about="What is paid in all, rounded."),
        Column(name="currency", type="category", about="The currency of rate, show-up and amount."),
        Column(name="at", type="instant", about="When it was reckoned."),
    ),
    rows=_payments,
    key=("session", "seat"),
    of=("payoffs",),
)


def _attempts(picture: Picture) -> Iterator[Values]:
    found = picture.stream(
        select(
            *(_TRIED.c.scope, _TRIED.c.generation, _RUN.c.stage, _RUN.c.visit, _TRIED.c.seat),
            *(_TRIED.c.number, _TRIED.c.at, _TRIED.c.wrong, picture.text(_TRIED.c.answer)),
            (_RUN.c.status == "void").label("void"),
        )
        .join(_RUN, same_run(_TRIED))
        .where(_TRIED.c.session == picture.session)
        .order_by(_RUN.c.opened_at, _TRIED.c.scope, _TRIED.c.generation)
        .order_by(_TRIED.c.seat, _TRIED.c.number)
    )
    for one in found:
        yield (
            *(picture.session, one.scope, one.generation, one.stage, one.visit, one.seat),
            *(one.number, one.at, not one.wrong, " ".join(one.wrong) or None),
            *(one.answer, one.void),
        )


ATTEMPTS = ExportTable(
    name="attempts",
    about="A row for each answer to a quiz, the right ones too.",
    columns=(
        *(SESSION, SCOPE, GENERATION, STAGE, VISIT, SEAT),
        Column(name="number", type="integer", about="Which attempt of the seat, from 1."),
        Column(name="at", type="instant", about="When."),
        Column(name="right", type="flag", about="Whether all was right."),
        Column(name="wrong", type="text", about="The fields that were not right."),
        Column(name="answer", type="json", about="What was answered, as a JSON object."),
        SET_ASIDE,
    ),
    rows=_attempts,
    key=("session", "scope", "generation", "seat", "number"),
    of=("payoffs", "stages"),
)


def _treatments(picture: Picture) -> Iterator[Values]:
    found = picture.stream(
        select(_SCOPE.c.name, _SCOPE.c.treatment, _SCOPE.c.seats)
        .where((_SCOPE.c.session == picture.session) & (_SCOPE.c.treatment != ""))
        .order_by(_SCOPE.c.name)
    )
    for one in found:
        yield picture.session, one.name, one.treatment, " ".join(one.seats)


TREATMENTS = ExportTable(
    name="treatments",
    about="A row for each scope that has a treatment.",
    columns=(
        SESSION,
        SCOPE,
        Column(name="treatment", type="category", about="The name of its treatment."),
        Column(name="seats", type="text", about="The seats that were in it."),
    ),
    rows=_treatments,
    key=("session", "scope"),
)

"""Which commands a worker listens to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from palier.broker.admission import admit
from palier.broker.errors import Inadmissible
from palier.broker.transport import UNREADABLE_HEADERS, Delivery
from palier.schemas.addresses import CommandKey
from palier.schemas.envelope import MAX_BODY, Properties

GOOD = Delivery(
    queue="commands.3",
    exchange="palier.commands",
    routing_key="cmd.3.morning.p1.submit",
    properties=Properties(
        user_id="p1",
        reply_to="amq.rabbitmq.reply-to.g1h2AA5yZXBseUA",
        headers={"causation_id": "x"},
    ),
    body=b"{}",
    redelivered=False,
    tag=1,
)


def test_a_command_by_its_seat_is_admitted() -> None:
    assert admit(GOOD) == CommandKey(3, "morning", "p1", "submit")


def test_a_command_that_wants_no_reply_is_admitted() -> None:
    assert admit(replace(GOOD, properties=replace(GOOD.properties, reply_to=None)))


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        ("foreign-exchange", replace(GOOD, exchange="")),
        ("foreign-exchange", replace(GOOD, exchange="amq.topic")),
        ("malformed-key", replace(GOOD, routing_key="")),
        ("malformed-key", replace(GOOD, routing_key="cmd.3.morning.p1")),
        ("malformed-key", replace(GOOD, routing_key="cmd.3.morning.p1.submit.x")),
        ("malformed-key", replace(GOOD, routing_key="evt.3.morning.p1.submit")),
        ("malformed-key", replace(GOOD, routing_key="cmd.03.morning.p1.submit")),
        ("malformed-key", replace(GOOD, routing_key="cmd.٣.morning.p1.submit")),
        ("malformed-key", replace(GOOD, routing_key="cmd.-3.morning.p1.submit")),
        ("malformed-key", replace(GOOD, routing_key="cmd.3.Morning.p1.submit")),
        ("malformed-key", replace(GOOD, routing_key="cmd.3..p1.submit")),
        ("malformed-key", replace(GOOD, routing_key="cmd.3.morning.p1.submit\n")),
        ("misrouted", replace(GOOD, queue="commands.4")),
        ("misrouted", replace(GOOD, queue="dead-letters")),
        ("no-sender", replace(GOOD, properties=replace(GOOD.properties, user_id=None))),
        ("no-sender", replace(GOOD, properties=replace(GOOD.properties, user_id=""))),
        ("foreign-sender", replace(GOOD, properties=replace(GOOD.properties, user_id="p2"))),
        ("copies", replace(GOOD, properties=replace(GOOD.properties, headers={"CC": ["x"]}))),
        ("copies", replace(GOOD, properties=replace(GOOD.properties, headers={"BCC": []}))),
        ("copies", replace(GOOD, properties=replace(GOOD.properties, headers={"cc": 1}))),
        (
            "unreadable-headers",
            replace(GOOD, properties=replace(GOOD.properties, headers={UNREADABLE_HEADERS: True})),
        ),
        ("foreign-reply", replace(GOOD, properties=replace(GOOD.properties, reply_to="seat.p2"))),
        (
            "foreign-reply",
            replace(GOOD, properties=replace(GOOD.properties, reply_to="commands.3")),
        ),
        ("oversize", replace(GOOD, body=b"x" * (MAX_BODY + 1))),
    ],
)
def test_any_other_is_refused_with_a_code_and_a_reason(code: str, delivery: Delivery) -> None:
    with pytest.raises(Inadmissible) as refusal:
        admit(delivery)
    assert refusal.value.code == code
    assert refusal.value.reason.endswith(".")


FROM_THE_WORKER = replace(
    GOOD,
    routing_key="cmd.3.morning.worker.tick",
    properties=replace(GOOD.properties, user_id="palier.worker"),
)


def test_the_workers_own_account_speaks_as_the_worker_whatever_it_is_called() -> None:
    assert admit(FROM_THE_WORKER, account="palier.worker").seat == "worker"


@pytest.mark.parametrize("sender", ["worker", "p1", "another.worker"])
def test_nobody_else_speaks_as_the_worker(sender: str) -> None:
    forged = replace(FROM_THE_WORKER, properties=replace(GOOD.properties, user_id=sender))

    with pytest.raises(Inadmissible) as refusal:
        admit(forged, account="palier.worker")

    assert refusal.value.code == "foreign-sender"

"""What stands in a dead letter, and whose word counts there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from palier.broker.admission import admit
from palier.broker.errors import Inadmissible
from palier.broker.letters import Letter, bury, read, replay, replays_of, sender_of
from palier.broker.transport import UNREADABLE_HEADERS, Delivery, Publication
from palier.schemas.envelope import Properties

WORKER = "palier.worker"

SENT = Delivery(
    queue="commands.3",
    exchange="palier.commands",
    routing_key="cmd.3.morning.p1.submit",
    properties=Properties(
        message_id="m-1", kind="submit.v1", user_id="p1", headers={"causation_id": "x"}
    ),
    body=b"{}",
    redelivered=False,
    tag=1,
)


def delivered(publication: Publication, queue: str) -> Delivery:
    """Return what was published as it comes out of a queue."""
    return Delivery(
        queue=queue,
        exchange=publication.exchange,
        routing_key=publication.routing_key,
        properties=publication.properties,
        body=publication.body,
        redelivered=False,
        tag=1,
    )


def letter_of(sent: Delivery, *, code: str = "malformed") -> tuple[Letter, Delivery]:
    """Return the letter of a message, and how it came."""
    letter = delivered(bury(sent, code=code, reason="Why.", account=WORKER), "dead-letters")
    return read(letter, account=WORKER), letter


def replay_of(sent: Delivery) -> Delivery:
    """Return the replay of a message as a worker gets it."""
    letter, came = letter_of(sent)
    return delivered(replay(letter, came, account=WORKER), sent.queue)


# -- who sent it


def test_a_sender_is_whom_the_broker_has_validated() -> None:
    assert sender_of(SENT.properties, account=WORKER) == "p1"
    assert sender_of(Properties(), account=WORKER) == ""


FORGED = {"palier-sender": "p2", "palier-replays": 3}


@pytest.mark.parametrize("forger", ["p1", "operator", "room", "another.worker", "", None])
def test_nobody_but_the_workers_account_speaks_for_another(forger: str | None) -> None:
    forged = replace(SENT.properties, user_id=forger, headers=FORGED)

    assert sender_of(forged, account=WORKER) == (forger or "")
    assert replays_of(forged, account=WORKER) == 0


@pytest.mark.parametrize("forger", ["", None])
def test_nobody_speaks_for_another_where_no_account_is_the_workers(forger: str | None) -> None:
    forged = replace(SENT.properties, user_id=forger, headers=FORGED)

    assert sender_of(forged, account="") == ""
    assert replays_of(forged, account="") == 0


def test_a_replay_is_admitted_as_its_senders() -> None:
    assert admit(replay_of(SENT), account=WORKER).seat == "p1"


@pytest.mark.parametrize("account", ["", "another.worker"])
def test_a_replay_by_another_account_than_the_workers_is_refused(account: str) -> None:
    with pytest.raises(Inadmissible) as refusal:
        admit(replay_of(SENT), account=account)

    assert refusal.value.code == "foreign-sender"


@pytest.mark.parametrize(
    ("sender", "code"),
    [("p2", "foreign-sender"), (WORKER, "foreign-sender"), (None, "no-sender")],
)
def test_a_replay_makes_nobody_the_sender_who_was_not(sender: str | None, code: str) -> None:
    """What was refused for its sender is refused for its sender again."""
    sent = replace(SENT, properties=replace(SENT.properties, user_id=sender, headers=FORGED))

    with pytest.raises(Inadmissible) as refusal:
        admit(replay_of(sent), account=WORKER)

    assert refusal.value.code == code


def test_what_a_seat_wrote_into_its_headers_is_not_in_the_letter() -> None:
    forged = {**FORGED, "palier-code": "fine", "x-death": [], "CC": ["cmd.3.morning.p2.submit"]}

    letter, came = letter_of(replace(SENT, properties=replace(SENT.properties, headers=forged)))

    assert (letter.sender, letter.replays, letter.code) == ("p1", 0, "malformed")
    assert not {"CC", "x-death"} & came.properties.headers.keys()


def test_a_letter_that_failed_again_says_how_often_and_is_the_same() -> None:
    first, _ = letter_of(SENT)
    again = replay_of(SENT)
    second, came = letter_of(again, code="worker-error")
    third, _ = letter_of(delivered(replay(second, came, account=WORKER), SENT.queue))

    assert [one.replays for one in (first, second, third)] == [0, 1, 2]
    assert first.digest == second.digest == third.digest
    assert (third.sender, third.routing_key) == ("p1", SENT.routing_key)


@pytest.mark.parametrize(
    "other",
    [
        replace(SENT, body=b"{ }"),
        replace(SENT, routing_key="cmd.3.evening.p1.submit"),
        replace(SENT, properties=replace(SENT.properties, user_id="p2")),
        replace(SENT, properties=replace(SENT.properties, message_id="m-2")),
        replace(SENT, properties=replace(SENT.properties, kind="submit.v2")),
    ],
    ids=["body", "key", "sender", "message id", "kind"],
)
def test_another_message_is_another_letter(other: Delivery) -> None:
    assert letter_of(other)[0].digest != letter_of(SENT)[0].digest


# -- what RabbitMQ put aside


def put_aside(headers: dict[str, object], **properties: object) -> Letter:
    """Return the letter of a message that RabbitMQ took out of a queue."""
    given = {"user_id": "p1", "timestamp": 1_700_000_000, **properties}
    return read(
        Delivery(
            queue="dead-letters",
            exchange="palier.dead-letters",
            routing_key=SENT.routing_key,
            properties=Properties(**given, headers=headers),  # type: ignore[arg-type] # by name
            body=b"",
            redelivered=False,
            tag=1,
        ),
        account=WORKER,
    )


DEATH = {
    "queue": "commands.3",
    "reason": "delivery_limit",
    "exchange": "palier.commands",
    "routing-keys": [SENT.routing_key],
    "time": datetime(2026, 5, 4, 12, tzinfo=UTC),
}


def test_it_says_how_and_when_a_message_died() -> None:
    letter = put_aside({"x-death": [DEATH, {"reason": "rejected"}]})

    assert letter.code == "delivery-limit"
    assert letter.at == datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert letter.replayable


@pytest.mark.parametrize(
    "nonsense",
    [
        [],
        "x",
        7,
        ["x"],
        [{}],
        [{"reason": 7, "exchange": ["x"], "time": "noon"}],
        [{"reason": "x", "time": 10**30}],
    ],
    ids=str,
)
def test_nonsense_is_read_as_far_as_it_goes(nonsense: object) -> None:
    letter = put_aside({"x-death": nonsense})

    assert letter.code
    assert letter.reason.endswith(".")
    assert letter.sender == "p1"
    assert letter.at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_time_that_is_none_is_left_out() -> None:
    assert put_aside({}, timestamp=2**63).at is None


def test_headers_that_nobody_can_read_say_nothing() -> None:
    letter = put_aside({UNREADABLE_HEADERS: True})

    assert (letter.code, letter.sender, letter.replays) == ("unknown", "p1", 0)
    assert (letter.writer, letter.replayable) == ("", False)


def test_a_letter_without_any_word_is_read_as_one() -> None:
    empty = Delivery(
        queue="dead-letters",
        exchange="palier.dead-letters",
        routing_key="",
        properties=Properties(),
        body=b"by hand",
        redelivered=False,
        tag=1,
    )

    letter = read(empty, account=WORKER)

    assert (letter.code, letter.reason, letter.sender) == ("unknown", "Nobody said why.", "")
    assert not letter.replayable
    assert letter.session == ""

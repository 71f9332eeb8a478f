"""Messages to and from the properties of AMQP."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from palier.schemas.commands import Submit
from palier.schemas.envelope import MAX_BODY, Envelope, unpack
from palier.schemas.errors import (
    InvalidName,
    MalformedBody,
    MissingProperty,
    OversizedMessage,
    UnknownKind,
    UnknownVersion,
)
from palier.schemas.identifiers import message_id
from palier.schemas.names import check_name
from palier.schemas.registry import KINDS

SUBMIT = Submit(session="s", scope="all", generation=1, answer={"amount": 5})


def test_what_is_packed_is_unpacked_the_same() -> None:
    sent = Envelope(
        message=SUBMIT,
        user_id="p1",
        causation_id="cause",
        correlation_id="root",
        reply_to="amq.rabbitmq.reply-to",
        timestamp=1,
        traceparent="00-abc-def-01",
    )

    assert unpack(*sent.pack()) == sent


def test_a_message_begins_its_own_conversation() -> None:
    sent = Envelope(message=SUBMIT)
    properties, _ = sent.pack()

    assert properties.correlation_id == properties.message_id
    assert properties.kind == "submit.v1"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"kind": "destroy.v1"}, UnknownKind, "no message of kind 'destroy.v1'"),
        ({"kind": "submit.v9"}, UnknownVersion, "only submit.v1"),
        ({"kind": None}, MissingProperty, "has no type"),
        ({"message_id": None}, MissingProperty, "has no message_id"),
    ],
)
def test_what_cannot_be_read_says_why(
    change: dict[str, str | None], error: type[Exception], words: str
) -> None:
    properties, body = Envelope(message=SUBMIT).pack()

    with pytest.raises(error, match=words):
        unpack(replace(properties, **change), body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{",
        b"null",
        b'{"session": "s"}',
        b'{"session": "S!", "scope": "all", "generation": 1}',
        b'{"session": "s", "scope": "all", "generation": 0}',
        b'{"session": "s", "scope": "all", "generation": 1, "sudo": true}',
        b"[" * 100_000,
    ],
    ids=["empty", "binary", "list", "cut", "null", "short", "name", "bound", "extra", "deep"],
)
def test_a_body_that_does_not_fit_is_malformed(body: bytes) -> None:
    properties, _ = Envelope(message=SUBMIT).pack()

    with pytest.raises(MalformedBody, match=r"The body of this submit\.v1 is not valid"):
        unpack(properties, body)


def test_a_body_too_large_is_refused_at_both_ends() -> None:
    big = SUBMIT.model_copy(update={"answer": {"text": "x" * MAX_BODY}})

    with pytest.raises(OversizedMessage):
        Envelope(message=big).pack()
    properties, _ = Envelope(message=SUBMIT).pack()
    with pytest.raises(OversizedMessage):
        unpack(properties, b"x" * (MAX_BODY + 1))


def test_identifiers_sort_by_time_and_are_version_7() -> None:
    first = message_id()
    deadline = time.monotonic() + 5
    while (second := message_id())[:13] == first[:13]:
        assert time.monotonic() < deadline

    assert first < second
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first
    )


def test_every_kind_is_a_verb_and_a_version() -> None:
    for kind, message in KINDS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.v[1-9][0-9]*", kind)
        assert message.verb() + ".v1" == kind


@pytest.mark.parametrize("name", ["", "A", "a.b", "a b", "a" * 33, "a\n", "é", "a*"])
def test_a_name_that_permissions_could_not_tell_apart_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_name(name)

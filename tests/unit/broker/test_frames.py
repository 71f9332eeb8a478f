"""Publications and deliveries as bytes: what pika would write and read."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import data, frame, spec

from palier.broker.amqp import frames
from palier.broker.errors import PublishRefused
from palier.broker.transport import UNREADABLE_HEADERS, Publication
from palier.schemas.envelope import Properties

FRAME_MAX = 4096

short = st.text(max_size=60)
maybe_short = st.none() | short
values = st.recursive(
    st.text(max_size=20) | st.integers(-(2**31), 2**31 - 1) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short, inner, max_size=3),
    max_leaves=8,
)
properties = st.builds(
    Properties,
    message_id=maybe_short,
    kind=maybe_short,
    user_id=maybe_short,
    correlation_id=maybe_short,
    reply_to=maybe_short,
    timestamp=st.none() | st.integers(0, 2**62),
    content_type=maybe_short,
    persistent=st.booleans(),
    headers=st.dictionaries(short, values, max_size=4),
)
publications = st.builds(
    Publication,
    exchange=short,
    routing_key=short,
    properties=properties,
    body=st.binary(max_size=3 * FRAME_MAX),
)


@given(publications)
def test_pika_reads_what_we_write(publication: Publication) -> None:
    wire = frames.publish(7, publication, frame_max=FRAME_MAX)

    read = []
    while wire:
        size, one = frame.decode_frame(wire)
        assert 0 < size <= FRAME_MAX
        read.append(one)
        wire = wire[size:]
    method, header, *bodies = read

    assert {one.channel_number for one in read} == {7}
    assert isinstance(method.method, spec.Basic.Publish)
    assert method.method.exchange == publication.exchange
    assert method.method.routing_key == publication.routing_key
    assert method.method.mandatory
    assert b"".join(one.fragment for one in bodies) == publication.body
    assert header.body_size == len(publication.body)
    sent, got = publication.properties, header.properties
    assert got.type == sent.kind
    assert got.delivery_mode == (2 if sent.persistent else 1)
    assert (got.headers or {}) == sent.headers
    for name in ("message_id", "user_id", "correlation_id", "reply_to", "timestamp"):
        assert getattr(got, name) == getattr(sent, name)


@given(properties, st.integers(0, 2**40))
def test_we_read_the_properties_that_pika_writes(sent: Properties, size: int) -> None:
    written = spec.BasicProperties(
        content_type=sent.content_type,
        content_encoding="utf-8",
        headers=dict(sent.headers) or None,
        delivery_mode=2 if sent.persistent else 1,
        priority=3,
        correlation_id=sent.correlation_id,
        reply_to=sent.reply_to,
        expiration="1000",
        message_id=sent.message_id,
        timestamp=sent.timestamp,
        type=sent.kind,
        user_id=sent.user_id,
        app_id="app",
        cluster_id="cluster",
    )
    wire = frame.Header(1, size, written).marshal()

    assert frames.read_content(wire, 7) == (size, sent)


def test_pika_reads_how_we_settle() -> None:
    _, ack = frame.decode_frame(frames.settle(3, 2**40, multiple=True))
    _, reject = frame.decode_frame(frames.reject(4, 5, requeue=True))
    assert (ack.channel_number, ack.method.delivery_tag, ack.method.multiple) == (3, 2**40, True)
    assert isinstance(ack.method, spec.Basic.Ack)
    assert (reject.channel_number, reject.method.delivery_tag) == (4, 5)
    assert isinstance(reject.method, spec.Basic.Reject)
    assert reject.method.requeue


@pytest.mark.parametrize(
    "publication",
    [
        Publication(exchange="", routing_key="k" * 256, properties=Properties(), body=b""),
        Publication(exchange="é" * 128, routing_key="", properties=Properties(), body=b""),
        Publication(
            exchange="", routing_key="", properties=Properties(user_id="u" * 256), body=b""
        ),
        Publication(
            exchange="", routing_key="", properties=Properties(headers={"x": object()}), body=b""
        ),
    ],
    ids=["key", "exchange", "property", "header"],
)
def test_what_amqp_cannot_say_is_refused(publication: Publication) -> None:
    with pytest.raises(PublishRefused):
        frames.publish(1, publication, frame_max=FRAME_MAX)


def a_header(table: bytes) -> bytes:
    """Return the frame of a content header with these headers and a message id after them."""
    flags = 1 << 13 | 1 << 7
    payload = struct.pack(">HHQH", 60, 0, 5, flags) + table + b"\x02id"
    return struct.pack(">BHI", 2, 1, len(payload)) + payload + b"\xce"


def nested(depth: int) -> bytes:
    """Return a table in a table, and so on."""
    table = struct.pack(">I", 0)
    for _ in range(depth):
        inner = b"\x01dF" + table
        table = struct.pack(">I", len(inner)) + inner
    return table


@pytest.mark.parametrize(
    "table",
    [
        struct.pack(">I", 11) + b"\x01t" + b"T" + struct.pack(">Q", 2**64 - 1),
        nested(5000),
        struct.pack(">I", 4) + b"\x01x" + b"?" + b"\x00",
    ],
    ids=["a date beyond all calendars", "tables nested 5000 deep", "a type that nobody knows"],
)
def test_headers_that_nobody_can_read_are_passed_over(table: bytes) -> None:
    size, read = frames.read_content(a_header(table), 7)
    assert size == 5
    assert read.message_id == "id"
    assert read.headers == {UNREADABLE_HEADERS: True}


def test_headers_that_can_be_read_are() -> None:
    pieces: list[bytes] = []
    when = datetime(2026, 3, 1, tzinfo=UTC)
    data.encode_table(pieces, {"when": when, "n": 1})
    _, read = frames.read_content(a_header(b"".join(pieces)), 7)
    assert read.headers == {"when": when, "n": 1}

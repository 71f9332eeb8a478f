"""The operator's listener hears what the staff is told, and waits while somebody else listens."""

from __future__ import annotations

from palier.broker import topology
from palier.broker.transport import Publication
from palier.client.staff import Staff
from palier.schemas.addresses import EVENTS, to_staff
from palier.schemas.envelope import Envelope
from palier.schemas.events import SeatRefused
from palier.schemas.message import Event
from palier.schemas.names import OPERATOR
from tests.brokers import Server, run, unique, until

SECRET = "of the operator"


def refused(session: str, count: int) -> SeatRefused:
    return SeatRefused(session=session, seat="p1", code="too-fast", count=count)


def publication(event: Event, session: str) -> Publication:
    properties, body = Envelope(message=event).pack(persistent=False)
    key = to_staff(session, event.verb())
    return Publication(exchange=EVENTS, routing_key=key, properties=properties, body=body)


def test_one_listener_at_a_time_hears_what_the_staff_is_told(server: Server) -> None:
    async def test() -> None:
        session, first, second = unique("s"), list[Event](), list[Event]()
        server.accounts().grant_operator(OPERATOR, SECRET)
        async with server.connected() as worker:
            await worker.declare(*topology.base(partitions=1), *topology.staff(OPERATOR))

            def listener(heard: list[Event]) -> Staff:
                return Staff(server.transport(), password=SECRET, told=heard.append)

            async def tell(event: SeatRefused) -> None:
                await worker.publish([publication(event, session)])

            async with listener(first):
                await tell(refused(session, 1))
                await until(lambda: refused(session, 1) in first)
                async with listener(second):
                    await tell(refused(session, 2))
                    await until(lambda: refused(session, 2) in first)
                    assert refused(session, 2) not in second
            async with listener(second):
                await tell(refused(session, 3))
                await until(lambda: refused(session, 3) in second)
                assert refused(session, 3) not in first

    run(test(), deadline=60)

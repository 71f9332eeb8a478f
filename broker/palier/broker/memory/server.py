"""One RabbitMQ in memory: exchanges, queues, accounts, and the faults a test can ask for."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from palier.broker.errors import (
    AccessRefused,
    AlreadyInUse,
    ConnectionLost,
    LoginRefused,
    Mismatch,
    NotThere,
    PublishRefused,
    TooManyConnections,
)
from palier.broker.memory.accounts import MemoryAccounts, User
from palier.broker.memory.queue import Channel, Consumer, Content, Drop, Held, MemoryQueue, Out
from palier.broker.memory.queues import MemoryQueues
from palier.broker.memory.routing import Exchange
from palier.broker.topology import (
    BROKER_EVENTS,
    CONNECTION_CLOSED,
    OPENED,
    Binding,
    Declaration,
    Queue,
    Removal,
    Unbinding,
)
from palier.broker.topology import Exchange as ExchangeDeclaration
from palier.broker.transport import Account, Delivery, Outcome, Publication, QueueStatus
from palier.schemas.addresses import VHOST
from palier.schemas.envelope import DIRECT_REPLY, MAX_BODY, Properties

if TYPE_CHECKING:
    from palier.broker.memory.connection import MemoryConnection, MemoryTransport

#: The name of the default exchange in permissions.
_DEFAULT = "amq.default"

_CONNECTION, _CHANNEL = OPENED


class MemoryServer:
    """A broker for as many connections, loops and threads as like.

    ``user`` and ``password`` are the account that may do everything, the worker's.
    """

    def __init__(self, *, user: str = "palier.worker", password: str = "memory") -> None:  # noqa: S107
        self.user = user
        self.password = password
        self._lock = threading.RLock()
        self._users = {user: User(user, password)}
        self._exchanges: dict[str, Exchange] = {
            "amq.topic": Exchange("amq.topic", "topic", {}),
            "amq.fanout": Exchange("amq.fanout", "fanout", {}),
            "amq.direct": Exchange("amq.direct", "direct", {}),
            BROKER_EVENTS: Exchange(BROKER_EVENTS, "topic", {}),
        }
        self._queues: dict[str, MemoryQueue] = {}
        self._connections: dict[MemoryConnection, User] = {}
        self._replies: dict[str, MemoryConnection] = {}
        #: Who has a channel to publish on; RabbitMQ closes it on a message that it refuses.
        self._publishing: set[MemoryConnection] = set()
        self._tokens = itertools.count(1)
        self._blocked = False
        self._waiting: list[Callable[[], None]] = []
        self._lose: Counter[str] = Counter()

    def transport(self) -> MemoryTransport:
        """Return where connections to this server come from."""
        from palier.broker.memory.connection import MemoryTransport

        return MemoryTransport(self)

    def accounts(self) -> MemoryAccounts:
        """Return the accounts of this server."""
        return MemoryAccounts(self)

    def queues(self) -> MemoryQueues:
        """Return what looks after the queues of this server."""
        return MemoryQueues(self)

    # -- faults and looks, for tests; from any thread

    def drop_connections(self, user: str | None = None) -> int:
        """Lose every connection, or those of one user; returns how many."""
        with self._lock:
            gone = [one for one, by in self._connections.items() if user in (None, by.name)]
            for one in gone:
                self._lose_connection(one, "dropped by a test")
            return len(gone)

    def restart(self) -> None:
        """Be gone and back at once: connections and transient messages are lost."""
        with self._lock:
            for one in list(self._connections):
                self._lose_connection(one, "(320, 'CONNECTION_FORCED - broker forced')")
            for queue in self._queues.values():
                queue.forget_transient()
            self._blocked = False
            self._waiting.clear()

    def block(self) -> None:
        """Be short of memory: take no message until `unblock`."""
        with self._lock:
            self._blocked = True

    def unblock(self) -> None:
        """Take messages again, first those that were on their way."""
        with self._lock:
            self._blocked = False
            for one in self._connections:
                one.post(one.set_blocked, False)  # noqa: FBT003 - a call put off
            waiting, self._waiting = self._waiting, []
            for call in waiting:
                call()

    def drop_next(self, exchange: str, *, times: int = 1) -> None:
        """Confirm the next messages to an exchange and deliver them to nobody."""
        with self._lock:
            self._lose[exchange] += times

    def delete_queue(self, name: str) -> None:
        """Delete a queue, as an operator could, or as it expires; its consumers are told."""
        with self._lock:
            queue = self._queues.pop(name, None)
            if queue is None:
                return
            for connection in self._connections:
                for out in (out for one in connection.channels(name) for out in one.held.values()):
                    out.held = None
            for exchange in self._exchanges.values():
                for binding in [one for one in exchange.bindings if one[0] == name]:
                    del exchange.bindings[binding]
            for consumer in list(queue.consumers):
                self._tell("consumer.deleted", consumer)
                consumer.channel.connection.consumer_ended(consumer)

    def depth(self, queue: str) -> int:
        """Return how many messages of a queue are ready or out; 0 if it does not exist."""
        with self._lock:
            found = self._queues.get(queue)
            if found is None:
                return 0
            out = sum(len(one.held) for each in self._connections for one in each.channels(queue))
            return len(found.ready) + out

    # -- accounts

    def users(self) -> dict[str, User]:
        """Return all accounts as they are now, by name."""
        with self._lock:
            return dict(self._users)

    def set_user(self, user: User) -> None:
        """Make an account or replace it; its connections stay."""
        with self._lock:
            self._users[user.name] = user
            for connection, by in list(self._connections.items()):
                if by.name == user.name:
                    self._connections[connection] = user

    def remove_user(self, name: str) -> None:
        """Remove an account and close its connections."""
        with self._lock:
            self._users.pop(name, None)
            self.drop_connections(name)

    # -- what connections ask; each call is one answer

    def enter(self, connection: MemoryConnection, account: Account) -> None:
        """Let a connection in."""
        with self._lock:
            user = self._users.get(account.user)
            if user is None or user.password != account.password:
                raise LoginRefused(
                    f"The memory does not let {account.user} into {VHOST}: "
                    "check the user, the password and the virtual host."
                )
            if not user.has_room(sum(by.name == user.name for by in self._connections.values())):
                raise TooManyConnections(
                    f"{user.name} has as many connections to the memory as it may: close another."
                )
            self._connections[connection] = user
            self._tell_opened(_CONNECTION, connection)

    def leave(self, connection: MemoryConnection, reason: str) -> None:
        """Let a connection go; what it holds goes back."""
        with self._lock:
            self._lose_connection(connection, reason)

    def declare(self, connection: MemoryConnection, declarations: Iterable[Declaration]) -> None:
        """Make declarations in order, up to the first that fails."""
        with self._lock:
            user = self._user_of(connection)
            for one in declarations:
                match one:
                    case ExchangeDeclaration():
                        self._declare_exchange(user, one)
                    case Queue():
                        self._declare_queue(user, one)
                    case Binding():
                        exchange = self._bindable(user, one.exchange, one.queue)
                        if exchange is None or one.queue not in self._queues:
                            missing = one.queue if exchange is not None else one.exchange
                            raise NotThere(f"NOT_FOUND - no {missing!r} in vhost {VHOST!r}")
                        exchange.bindings[(one.queue, one.key)] = None
                    case Unbinding():
                        bound = self._bindable(user, one.exchange, one.queue)
                        if bound is not None:
                            bound.bindings.pop((one.queue, one.key), None)
                    case Removal():
                        _allow(user.may_configure(one.exchange), user, one.exchange)
                        self._exchanges.pop(one.exchange, None)

    def status(self, queue: str) -> QueueStatus:
        """Look at a queue; needs no permission, as on RabbitMQ 3.10."""
        with self._lock:
            found = self._find(queue)
            return QueueStatus(messages=len(found.ready), consumers=len(found.consumers))

    def publish(
        self,
        connection: MemoryConnection,
        publications: Sequence[Publication],
        answer: Callable[[list[Outcome] | PublishRefused], None],
    ) -> None:
        """Take messages in order, up to the first that is refused; answer once."""
        with self._lock:

            def take() -> None:
                if connection not in self._connections:
                    return
                self._open_channel(connection)
                try:
                    outcomes = [self._take(connection, one) for one in publications]
                except PublishRefused as refused:
                    # the channel closes, and with it the address of direct replies
                    self._publishing.discard(connection)
                    self._move_replies(connection)
                    connection.post(answer, refused)
                else:
                    connection.post(answer, outcomes)

            if self._blocked:
                self._waiting.append(take)
                connection.post(connection.set_blocked, True)  # noqa: FBT003 - a call put off
            else:
                take()

    def consume(self, consumer: Consumer) -> None:
        """Add a consumer to a queue."""
        with self._lock:
            name = consumer.channel.queue
            user = self._user_of(consumer.channel.connection)
            _allow(user.may_read(name), user, name)
            queue = self._find(name)
            if any(one.exclusive for one in queue.consumers) or (
                consumer.exclusive and queue.consumers
            ):
                raise AlreadyInUse(
                    f"ACCESS_REFUSED - queue {name!r} in vhost {VHOST!r} in exclusive use"
                )
            queue.consumers.append(consumer)
            self._tell("consumer.created", consumer)
            self._deliver(queue)

    def cancel(self, consumer: Consumer) -> None:
        """Take a consumer off its queue; what it holds it may still settle."""
        with self._lock:
            queue = self._queues.get(consumer.channel.queue)
            if queue is not None and consumer in queue.consumers:
                queue.consumers.remove(consumer)
                self._tell("consumer.deleted", consumer)
                self._deliver(queue)

    def take_replies(self, connection: MemoryConnection) -> None:
        """Give a connection an address for direct replies."""
        with self._lock:
            self._replies[f"{DIRECT_REPLY}.{next(self._tokens)}"] = connection

    def settle(self, channel: Channel, tag: int, *, multiple: bool) -> None:
        """Forget what was acknowledged."""
        with self._lock:
            self._take_back(channel, tag, multiple=multiple)
            if (queue := self._queues.get(channel.queue)) is not None:
                self._deliver(queue)

    def reject(self, channel: Channel, tag: int, *, requeue: bool) -> None:
        """Put a message back, or let it go to the dead letters."""
        with self._lock:
            held = self._take_back(channel, tag, multiple=False)
            queue = self._queues.get(channel.queue)
            if queue is None:
                return
            if requeue:
                self._give_back(queue, held)
            else:
                for one in held:
                    self._bury(queue, one.content, Drop.REJECTED)
                self._deliver(queue)

    # -- under the lock

    def _user_of(self, connection: MemoryConnection) -> User:
        user = self._connections.get(connection)
        if user is None:
            # it was lost, and the word of it is still on its way
            raise ConnectionLost("the connection is lost")
        return user

    def _find(self, queue: str) -> MemoryQueue:
        found = self._queues.get(queue)
        if found is None:
            raise NotThere(f"NOT_FOUND - no queue {queue!r} in vhost {VHOST!r}")
        return found

    def _declare_exchange(self, user: User, one: ExchangeDeclaration) -> None:
        _allow(user.may_configure(one.name), user, one.name)
        there = self._exchanges.get(one.name)
        if there is None:
            self._exchanges[one.name] = Exchange(one.name, one.type, dict(one.arguments))
        elif (there.type, dict(there.arguments)) != (one.type, dict(one.arguments)):
            raise Mismatch(f"PRECONDITION_FAILED - inequivalent arg for exchange {one.name!r}")

    def _declare_queue(self, user: User, one: Queue) -> None:
        _allow(user.may_configure(one.name), user, one.name)
        there = self._queues.get(one.name)
        if there is None:
            self._queues[one.name] = MemoryQueue(one.name, dict(one.arguments))
        elif dict(there.arguments) != dict(one.arguments):
            raise Mismatch(f"PRECONDITION_FAILED - inequivalent arg for queue {one.name!r}")

    def _bindable(self, user: User, exchange: str, queue: str) -> Exchange | None:
        _allow(user.may_write(queue), user, queue)
        _allow(user.may_read(exchange), user, exchange)
        return self._exchanges.get(exchange)

    def _take(self, connection: MemoryConnection, one: Publication) -> Outcome:
        """Check a message in RabbitMQ's order, then route it."""
        user = self._connections[connection]
        if len(one.body) > MAX_BODY:
            raise PublishRefused(
                f"PRECONDITION_FAILED - message size {len(one.body)} is larger than configured "
                f"max size {MAX_BODY}"
            )
        resource = one.exchange or _DEFAULT
        if not user.may_write(resource):
            raise PublishRefused(f"ACCESS_REFUSED - {user.name} may not write to {resource!r}")
        if one.exchange and one.exchange not in self._exchanges:
            raise PublishRefused(f"NOT_FOUND - no exchange {one.exchange!r} in vhost {VHOST!r}")
        if not user.may_write_topic(one.exchange, one.routing_key):
            raise PublishRefused(
                f"ACCESS_REFUSED - {user.name} may not write {one.routing_key!r} to "
                f"{one.exchange!r}"
            )
        claimed = one.properties.user_id
        if claimed is not None and claimed != user.name:
            raise PublishRefused(
                f"PRECONDITION_FAILED - user_id property set to {claimed!r} but authenticated "
                f"user was {user.name!r}"
            )
        if self._lose[one.exchange] > 0:
            self._lose[one.exchange] -= 1
            return Outcome.CONFIRMED
        return self._route(self._content(connection, one))

    def _content(self, connection: MemoryConnection, one: Publication) -> Content:
        properties = one.properties
        if properties.reply_to == DIRECT_REPLY:
            address = next((a for a, to in self._replies.items() if to is connection), None)
            if address is None:
                raise PublishRefused("PRECONDITION_FAILED - fast reply consumer does not exist")
            properties = replace(properties, reply_to=address)
        return Content(one.exchange, one.routing_key, properties, one.body)

    def _route(self, content: Content) -> Outcome:
        if not content.exchange and content.routing_key.startswith(f"{DIRECT_REPLY}."):
            return self._reply(content)
        headers = content.properties.headers
        keys = [content.routing_key, *_more_keys(headers, "CC"), *_more_keys(headers, "BCC")]
        if "BCC" in headers:
            kept = {name: value for name, value in headers.items() if name != "BCC"}
            content = replace(content, properties=replace(content.properties, headers=kept))
        names = self._takers(content.exchange, keys)
        queues = [self._queues[name] for name in names if name in self._queues]
        if not queues:
            return Outcome.UNROUTABLE
        if any(queue.rejects and queue.full for queue in queues):
            outcome = Outcome.REFUSED
        else:
            outcome = Outcome.CONFIRMED
        for queue in queues:
            if queue.rejects and queue.full:
                continue
            if (gone := queue.put(content)) is not None:
                self._bury(queue, gone, Drop.LENGTH)
            self._deliver(queue)
        return outcome

    def _takers(self, exchange: str, keys: list[str]) -> list[str]:
        """Return the queues that get a message, through alternate exchanges if need be."""
        if not exchange:
            return list(dict.fromkeys(key for key in keys if key in self._queues))
        seen = set()
        while exchange in self._exchanges and exchange not in seen:
            seen.add(exchange)
            found = self._exchanges[exchange]
            if names := dict.fromkeys(name for key in keys for name in found.takers(key)):
                return list(names)
            exchange = str(found.arguments.get("alternate-exchange", ""))
        return []

    def _reply(self, content: Content) -> Outcome:
        connection = self._replies.get(content.routing_key)
        if connection is None:
            return Outcome.UNROUTABLE
        connection.post(
            connection.reply,
            Delivery(
                queue=DIRECT_REPLY,
                exchange="",
                routing_key=content.routing_key,
                properties=content.properties,
                body=content.body,
                redelivered=False,
                tag=next(self._tokens),
            ),
        )
        return Outcome.CONFIRMED

    def _move_replies(self, connection: MemoryConnection) -> None:
        old = [address for address, to in self._replies.items() if to is connection]
        for address in old:
            del self._replies[address]
        if old:
            self.take_replies(connection)

    def _deliver(self, queue: MemoryQueue) -> None:
        while (found := queue.next_for()) is not None:
            consumer, held = found
            channel = consumer.channel
            channel.tag += 1
            channel.held[channel.tag] = Out(held, consumer)
            consumer.out += 1
            channel.connection.post(
                channel.connection.deliver,
                consumer,
                Delivery(
                    queue=queue.name,
                    exchange=held.content.exchange,
                    routing_key=held.content.routing_key,
                    properties=held.content.properties,
                    body=held.content.body,
                    redelivered=held.redelivered,
                    tag=channel.tag,
                ),
            )

    def _take_back(self, channel: Channel, tag: int, *, multiple: bool) -> list[Held]:
        tags = [one for one in channel.held if one <= tag] if multiple else [tag]
        if tag not in channel.held and not (multiple and tags):
            self._lose_connection(
                channel.connection,
                f"RabbitMQ closed the channel of {channel.queue}: "
                f"PRECONDITION_FAILED - unknown delivery tag {tag}",
            )
            return []
        return self._let_go(channel, tags)

    @staticmethod
    def _let_go(channel: Channel, tags: Iterable[int]) -> list[Held]:
        held = []
        for tag in list(tags):
            out = channel.held.pop(tag)
            out.consumer.out -= 1
            if out.held is not None:
                held.append(out.held)
        return held

    def _give_back(self, queue: MemoryQueue, held: list[Held]) -> None:
        for content in queue.give_back(held):
            self._bury(queue, content, Drop.DELIVERIES)
        self._deliver(queue)

    def _bury(self, queue: MemoryQueue, content: Content, why: Drop) -> None:
        exchange = queue.arguments.get("x-dead-letter-exchange")
        if not isinstance(exchange, str):
            return
        first = {
            "x-first-death-queue": queue.name,
            "x-first-death-reason": why.value,
            "x-first-death-exchange": content.exchange,
        }
        death = {
            "queue": queue.name,
            "reason": why.value,
            "exchange": content.exchange,
            "routing-keys": [content.routing_key],
            "count": 1,
        }
        headers = {**first, **content.properties.headers}
        before = headers.get("x-death")
        headers["x-death"] = [death, *(before if isinstance(before, list) else [])]
        headers.pop("CC", None)
        self._route(
            Content(
                exchange,
                content.routing_key,
                replace(content.properties, headers=headers),
                content.body,
            )
        )

    def _lose_connection(self, connection: MemoryConnection, reason: str) -> None:
        if connection not in self._connections:
            return
        for address in [a for a, to in self._replies.items() if to is connection]:
            del self._replies[address]
        touched: list[tuple[MemoryQueue, list[Held]]] = []
        for queue in self._queues.values():
            for consumer in [
                one for one in queue.consumers if one.channel.connection is connection
            ]:
                queue.consumers.remove(consumer)
            touched += [
                (queue, self._let_go(channel, channel.held))
                for channel in connection.channels(queue.name)
            ]
        del self._connections[connection]
        self._publishing.discard(connection)
        connection.post(connection.end, reason)
        # as RabbitMQ does since 3.12.5: not a word of the consumers that went with it
        self._route(Content(BROKER_EVENTS, CONNECTION_CLOSED, Properties(), b""))
        for queue, held in touched:
            self._give_back(queue, held)

    def _open_channel(self, connection: MemoryConnection) -> None:
        """Tell of a channel to publish on, if there is none; of others the memory tells nothing."""
        if connection not in self._publishing:
            self._publishing.add(connection)
            self._tell_opened(_CHANNEL, connection)

    def _tell_opened(self, event: str, connection: MemoryConnection) -> None:
        headers = {"user": self._connections[connection].name, "vhost": VHOST}
        self._route(Content(BROKER_EVENTS, event, Properties(headers=headers), b""))

    def _tell(self, event: str, consumer: Consumer) -> None:
        """Say what the event exchange plugin says of a consumer."""
        user = self._connections[consumer.channel.connection]
        now = time.time()
        headers: dict[str, object] = {
            "queue": consumer.channel.queue,
            "user_who_performed_action": user.name,
            "vhost": VHOST,
            "timestamp_in_ms": int(now * 1000),
        }
        if event == "consumer.created":
            headers["exclusive"] = consumer.exclusive
            headers["prefetch_count"] = consumer.prefetch
        self._route(
            Content(BROKER_EVENTS, event, Properties(timestamp=int(now), headers=headers), b"")
        )


def _allow(allowed: bool, user: User, resource: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not allowed:
        raise AccessRefused(
            f"ACCESS_REFUSED - access to {resource!r} in vhost {VHOST!r} refused for user "
            f"{user.name!r}"
        )


def _more_keys(headers: Mapping[str, object], name: str) -> list[str]:
    keys = headers.get(name)
    if keys is None:
        return []
    if not isinstance(keys, list):
        raise PublishRefused(f"PRECONDITION_FAILED - the header {name} is not a list")
    return [key for key in keys if isinstance(key, str)]

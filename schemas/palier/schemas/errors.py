"""The errors of Palier, drawn once.

::

    PalierError
    ├── InvalidName              a name that RabbitMQ's permissions could not tell apart
    ├── UnreadableMessage        what came over the wire is no message of ours
    │   ├── UnknownKind          nobody ever had this kind
    │   ├── UnknownVersion       the kind is known, this version of it is not
    │   ├── MalformedBody        the body does not fit its kind
    │   ├── MissingProperty      a property that every message carries is absent
    │   └── OversizedMessage     larger than MAX_BODY
    ├── TransportError           see palier.broker.errors
    ├── WorkerError              see palier.workers.errors
    └── ClientError              see palier.client.errors

Each message is a sentence that tells a person what to do; what a program needs is in attributes.
"""

from __future__ import annotations


class PalierError(Exception):
    """Root of everything that Palier raises on purpose."""


class InvalidName(PalierError):
    """A name does not match ``[a-z0-9-]{1,32}``."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be a name: use 1 to 32 lower-case letters, digits and hyphens."
        )
        self.name = name


class UnreadableMessage(PalierError):
    """What came over the wire is no message of ours; ``code`` is stable, for tables and tests."""

    code = "unreadable"


class UnknownKind(UnreadableMessage):
    """Nobody ever had this kind."""

    code = "unknown-kind"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no message of kind {kind!r}.")
        self.kind = kind


class UnknownVersion(UnreadableMessage):
    """The kind is known, this version of it is not."""

    code = "unknown-version"

    def __init__(self, kind: str, *, known: tuple[str, ...]) -> None:
        super().__init__(
            f"This program does not speak {kind!r}, only {', '.join(known)}: "
            "update the older of the two ends."
        )
        self.kind = kind
        self.known = known


class MalformedBody(UnreadableMessage):
    """The body does not fit its kind."""

    code = "malformed"

    def __init__(self, kind: str, *, reason: str) -> None:
        super().__init__(f"The body of this {kind} is not valid: {reason}")
        self.kind = kind
        self.reason = reason


class MissingProperty(UnreadableMessage):
    """A property that every message carries is absent."""

    code = "missing-property"

    def __init__(self, name: str) -> None:
        super().__init__(f"The message has no {name}; every message of Palier carries one.")
        self.name = name


class OversizedMessage(UnreadableMessage):
    """Larger than the broker lets through."""

    code = "oversize"

    def __init__(self, size: int, *, limit: int) -> None:
        super().__init__(f"The message has {size} bytes; the limit is {limit}.")
        self.size = size
        self.limit = limit

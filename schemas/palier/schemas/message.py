"""What a message is: a frozen value with a stable kind."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value that travels inside messages; a field that nobody declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Value):
    """A command, event, query or reply.

    ``kind`` is its stable name on the wire, with a version: ``submit.v1``. It never follows from
    the Python class, so that classes can be renamed and moved.
    """

    kind: ClassVar[str]

    @classmethod
    def verb(cls) -> str:
        """Return the kind without its version, as it stands in routing keys."""
        return cls.kind.rpartition(".v")[0]

    def encode(self) -> bytes:
        """Return the body: UTF-8 JSON."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Return the message; raises `pydantic.ValidationError`."""
        return cls.model_validate_json(body)


class Command(Message):
    """An imperative request to the worker: one handler, exactly one stored result."""

    session: str


class Query(Message):
    """A question that changes nothing; it has exactly one reply, which is not stored."""

    session: str


class Event(Message):
    """A past fact, told to whoever listens."""


class Reply(Message):
    """The answer to one command or query, told to its sender."""

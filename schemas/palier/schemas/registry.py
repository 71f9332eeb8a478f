"""Every kind of message there is."""

from __future__ import annotations

from types import MappingProxyType

from palier.schemas import commands, events, replies
from palier.schemas.errors import UnknownKind, UnknownVersion
from palier.schemas.message import Message

_MODULES = (commands, events, replies)


def _collect() -> dict[str, type[Message]]:
    kinds: dict[str, type[Message]] = {}
    for module in _MODULES:
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Message) and "kind" in vars(one):
                assert kinds.setdefault(one.kind, one) is one, f"two messages are {one.kind}"
    return kinds


#: Kind to message, for every kind of every version.
KINDS = MappingProxyType(_collect())


def message_type(kind: str) -> type[Message]:
    """Return the message of this kind; raises `UnknownKind` or `UnknownVersion`."""
    try:
        return KINDS[kind]
    except KeyError:
        verb = kind.rpartition(".v")[0]
        if known := tuple(one for one in KINDS if one.rpartition(".v")[0] == verb):
            raise UnknownVersion(kind, known=known) from None
        raise UnknownKind(kind) from None

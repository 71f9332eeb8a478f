"""Names that become part of routing keys, queues and permissions."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import StringConstraints

from palier.schemas.errors import InvalidName

#: RabbitMQ inserts a user's name into the pattern of a topic permission unescaped (3.10.8), and
#: a dot would split a routing key: hence nothing but these characters.
NAME_PATTERN = r"^[a-z0-9-]{1,32}$"

#: The name of a session, scope, seat or program.
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

#: The scope that all participants of a session share.
ALL = "all"

#: The pseudo-session of those who only ask to join.
LOBBY = "lobby"

#: The account that may only ask to join.
ROOM = "room"

#: The account of the operator.
OPERATOR = "operator"

#: What the workers' own account is called in routing keys, whatever its name at the broker.
WORKER = "worker"

_NAME = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Tell whether this can be a name."""
    # fullmatch: `$` alone would let a trailing newline through
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> str:
    """Return the name unchanged, or raise `InvalidName`."""
    if not is_name(name):
        raise InvalidName(name)
    return name

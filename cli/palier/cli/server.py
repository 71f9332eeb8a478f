"""Where the server is, and the passwords for it: from the environment, or from `palier up`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from palier.broker.address import Address
from palier.broker.errors import Unreachable
from palier.broker.transport import Account, Transport
from palier.cli.errors import NoServer
from palier.schemas.names import ROOM

_FILE = "server.json"

#: Where `palier up` keeps its data unless told otherwise.
DATA = Path("palier-data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server: its RabbitMQ, and as much as is known of the rest.

    ``amqp`` is without user and password; what is empty is not known here.
    """

    amqp: str
    room_password: str = ""
    operator_password: str = ""
    management: str = ""
    user: str = ""
    password: str = ""
    database: str = ""

    def transport(self) -> Transport:
        """Return where connections to it come from."""
        return Address.parse(self.amqp).transport()

    def administrator(self, name: str) -> Account:
        """Return the account that may do everything, the workers'; raises `NoServer`."""
        return Account(
            user=self.need("user", "PALIER_SERVER with a user"),
            password=self.need("password", "PALIER_PASSWORD"),
            connection_name=name,
        )

    def need_answer(self) -> None:
        """Raise `NoServer` when nothing listens there: sooner, and clearer, than no reply."""
        try:
            Address.parse(self.amqp).need_answer()
        except Unreachable as error:
            raise NoServer(str(error)) from None

    def need(self, field: str, variable: str) -> str:
        """Return a field that a command cannot do without; raises `NoServer`."""
        value: str = getattr(self, field)
        if not value:
            what = field.replace("_", " ")
            raise NoServer(f"The {what} of {self.amqp} is not known here: set {variable}.")
        return value

    def write(self, folder: Path) -> Path:
        """Keep it for the other commands; only this user may read it."""
        path = folder / _FILE
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
        draft.replace(path)
        return path


def find_server(address: str | None, data: Path) -> Server:
    """Return the server: of this address, of the environment, or the one that runs in ``data``.

    Passwords come from the environment, in any case. Raises `NoServer`, `InvalidAddress`.
    """
    if address is None:
        address = os.environ.get("PALIER_SERVER")
    if address is None:
        try:
            return Server(**json.loads((data / _FILE).read_text()))
        except FileNotFoundError:
            raise NoServer(
                f"No server runs in {data}: start one with `palier up`, or say where it is with "
                "--server amqp://host:5672/palier or PALIER_SERVER."
            ) from None
        except (ValueError, TypeError):
            raise NoServer(f"{data / _FILE} is damaged: start `palier up` again.") from None
    parsed = Address.parse(address)
    room = parsed.password if parsed.user == ROOM else ""
    return Server(
        amqp=str(parsed.bare),
        room_password=room or os.environ.get("PALIER_ROOM_PASSWORD", ""),
        operator_password=os.environ.get("PALIER_OPERATOR_PASSWORD", ""),
        management=os.environ.get("PALIER_MANAGEMENT", ""),
        user=parsed.user,
        password=parsed.password or os.environ.get("PALIER_PASSWORD", ""),
        database=os.environ.get("PALIER_DATABASE", ""),
    )

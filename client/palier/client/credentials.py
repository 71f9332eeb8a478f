"""A seat's credentials on this computer: so that a client started again is who it was."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from palier.schemas.names import check_name

_LAST = "last-seat.json"

#: So many codes that were used here are remembered.
_CODES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who a client is, and where its session was last conducted."""

    seat: str
    password: str
    session: str
    partition: int


def of_server(folder: Path, server: str) -> Path:
    """Return the folder of what is kept of one server: credentials, journals."""
    readable = re.sub(r"[^a-z0-9]+", "-", server.lower()).strip("-")[:40]
    digest = hashlib.sha256(server.encode()).hexdigest()[:8]
    return folder / f"{readable}-{digest}"


def journal_file(folder: Path, *, server: str, seat: str) -> Path:
    """Return where a seat's journal is: beside its credentials."""
    return of_server(folder, server) / f"{check_name(seat)}.journal"


class CredentialsFile:
    """The seats that this computer has joined, of one server; only its user may read them."""

    def __init__(self, folder: Path, *, server: str) -> None:
        self._folder = of_server(folder, server)

    def load(self, seat: str) -> Credentials | None:
        """Return a seat's credentials, or None if it was never joined from here."""
        try:
            kept = json.loads(self._path(seat).read_text(encoding="utf-8"))
            return Credentials(**kept)
        except (FileNotFoundError, ValueError, TypeError):
            # a file that cannot be read is as good as none: joining writes it anew
            return None

    def save(self, credentials: Credentials) -> None:
        """Keep a seat's credentials; replaces the file whole or not at all."""
        _write(self._path(credentials.seat), asdict(credentials))

    def seats(self) -> tuple[str, ...]:
        """Return the seats joined from here, in order."""
        return tuple(sorted(one.stem for one in self._folder.glob("*.json")))

    def _path(self, seat: str) -> Path:
        return self._folder / f"{check_name(seat)}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeat:
    """Where somebody sat last at this computer, and with which codes seats were joined here.

    ``codes`` has a digest of each code, and its seat: one that was used here is not used again.
    """

    server: str
    seat: str
    codes: dict[str, str] = field(default_factory=dict)

    def joined_with(self, code: str, *, server: str) -> str | None:
        """Return the seat that a code has given here, or None."""
        return self.codes.get(_digest(server, code))

    def joining(self, credentials: Credentials, *, server: str, code: str) -> LastSeat:
        """Return what is known once a seat was joined with a code."""
        codes = {**self.codes, _digest(server, code): credentials.seat}
        recent = dict(list(codes.items())[-_CODES:])
        return LastSeat(server=server, seat=credentials.seat, codes=recent)

    @classmethod
    def load(cls, folder: Path) -> LastSeat:
        """Return what is known of this computer's user; nothing where nobody ever sat."""
        try:
            return cls(**json.loads((folder / _LAST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls(server="", seat="")

    def save(self, folder: Path) -> None:
        """Keep it; replaces the file whole or not at all."""
        _write(folder / _LAST, asdict(self))


def _digest(server: str, code: str) -> str:
    # people write it with and without hyphens, in capitals or not
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    return hashlib.sha256(f"{server} {plain}".encode()).hexdigest()[:16]


def _write(path: Path, values: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

"""What was prepared on a computer, so that whoever sits down has nothing to type.

A small file, ``palier-client.toml``, beside the program or in the user's settings folder::

    server = "amqp://room:the-password@10.0.0.5:5672/palier"
    join = "7KQ2-M9XD"
    language = "fr"

Its keys are the long options of ``palier-client``. What the environment says counts for more, and
the command line for most.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_config_path
from pydantic import Field, ValidationError

from palier.client.errors import BadPreparation
from palier.schemas.message import Value

FILE = "palier-client.toml"


class Prepared(Value):
    """What a computer was prepared with; what is None was left open."""

    server: str | None = None
    join: str | None = None
    seat: str | None = None
    room_password: Annotated[str | None, Field(alias="room-password")] = None
    language: str | None = None
    palette: Literal["light", "dark", "system"] | None = None
    scale: Annotated[float, Field(ge=1, le=2)] | None = None
    lock: bool = False
    unlock_code_file: Annotated[Path | None, Field(alias="unlock-code-file")] = None


def places() -> tuple[Path, ...]:
    """Return where the file may be, the first one found counts."""
    program = sys.executable if getattr(sys, "frozen", False) else sys.argv[0]
    beside = Path(program).resolve().parent
    return beside / FILE, user_config_path("palier", appauthor=False) / FILE


def read_prepared(files: tuple[Path, ...], environment: Mapping[str, str] = os.environ) -> Prepared:
    """Return what this computer was prepared with; raises `BadPreparation`."""
    given = {
        "server": environment.get("PALIER_SERVER"),
        "join": environment.get("PALIER_JOIN"),
        "room_password": environment.get("PALIER_ROOM_PASSWORD"),
    }
    said = {name: value for name, value in given.items() if value}
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise BadPreparation(path, reason=f"{error}.") from None
        return _read(path, text).model_copy(update=said)
    return Prepared().model_copy(update=said)


def _read(path: Path, text: str) -> Prepared:
    try:
        return Prepared.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadPreparation(path, reason=f"it is no TOML, {error}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(one) for one in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(field.alias or one for one, field in Prepared.model_fields.items())
            reason = f"it has {name!r}, and there are only {known}."
        else:
            reason = f"{name}: {first['msg'].lower()}."
        raise BadPreparation(path, reason=reason) from None

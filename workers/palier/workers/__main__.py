"""Run a worker: ``python -m palier.workers``, with its settings from the environment.

====================================  ==========================================================
``PALIER_AMQP``                       amqp://user:password@host:5672/palier
``PALIER_MANAGEMENT``                 http://host:15672, with the same user and password
``PALIER_DATABASE``                   sqlite:///file.db or postgresql://user:password@host/name
``PALIER_PROGRAMS``                   folders of programs, separated as in PATH
``PALIER_PARTITIONS``                 how many queues of commands there are (1)
``PALIER_OPERATOR_PASSWORD``          of the account that opens sessions
``PALIER_ROOM_PASSWORD``              of the account that may only ask to join
``PALIER_HEARTBEAT``                  seconds of its connections' heartbeat (3): how soon RabbitMQ
                                      notices a worker that hangs or is cut off
``PALIER_SEAT_RATE``                  messages a second that a seat may send for long (50)
``PALIER_HEALTH_FILE``                a file that is touched as long as commands are taken
``PALIER_WATCH``                      1: screens are shown anew as soon as their files are saved
``PALIER_LOG_LEVEL``                  INFO
====================================  ==========================================================

``python -m palier.workers --health`` exits with 0 while the worker of this environment is well.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from palier.broker.address import Address
from palier.broker.queues import ManagementQueues
from palier.broker.seats import ManagementAccounts
from palier.broker.transport import Account
from palier.schemas.errors import PalierError
from palier.workers.persistence.database import open_database
from palier.workers.persistence.patience import Patience
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.pace import SEAT_RATE
from palier.workers.runtime.worker import Secrets, Surroundings, Worker

_log = logging.getLogger("palier.workers")

_PREFIX = "PALIER_"

#: Seconds between two touches of the health file, and how old it may be.
_TOUCH, _STALE = 2.0, 10.0


class Settings(BaseModel):
    """A worker's settings."""

    amqp: str
    management: str
    database: str
    programs: str = "programs"
    partitions: int = Field(default=1, ge=1, le=256)
    operator_password: str = Field(min_length=8)
    room_password: str = Field(min_length=8)
    heartbeat: int = Field(default=3, ge=1, le=60)
    seat_rate: float = Field(default=SEAT_RATE, gt=0)
    health_file: Path = Path(tempfile.gettempdir()) / "palier-worker.health"
    watch: bool = False
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls) -> Settings:
        """Return the settings; raises `InvalidSettings`."""
        given: dict[str, Any] = {
            name.removeprefix(_PREFIX).lower(): value
            for name, value in os.environ.items()
            if name.startswith(_PREFIX)
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise InvalidSettings(error) from None


class InvalidSettings(PalierError):
    """A setting of the worker is missing or wrong."""

    def __init__(self, error: ValidationError) -> None:
        wrong = "; ".join(
            f"{_PREFIX}{str(one['loc'][0]).upper()}: {one['msg'].lower()}"
            for one in error.errors(include_url=False, include_input=False)
        )
        super().__init__(f"The worker's settings come from the environment. {wrong}.")


@dataclass(frozen=True, slots=True)
class _Health:
    """A file that says since when a worker is well."""

    file: Path

    def well(self) -> bool:
        """Tell whether it was touched lately."""
        with contextlib.suppress(OSError):
            return time.time() - self.file.stat().st_mtime < _STALE
        return False

    async def keep(self, worker: Worker) -> None:
        """Touch it as long as the worker takes commands."""
        while True:
            await worker.ready()
            self.file.touch()
            await asyncio.sleep(_TOUCH)


def surroundings(settings: Settings) -> Surroundings:
    """Wire a worker; opens no connection yet."""
    address = Address.parse(settings.amqp)
    return Surroundings(
        transport=address.transport(heartbeat=settings.heartbeat),
        account=Account(
            user=address.user,
            password=address.password,
            connection_name=f"worker {socket.gethostname()}/{os.getpid()}",
        ),
        accounts=ManagementAccounts(settings.management, address.user, address.password),
        queues=ManagementQueues(settings.management, address.user, address.password),
        engine=open_database(settings.database, patience=Patience()),
        catalogue=Catalogue(
            [Path(one) for one in settings.programs.split(os.pathsep)], watched=settings.watch
        ),
        secrets=Secrets(operator=settings.operator_password, room=settings.room_password),
        partitions=settings.partitions,
        seat_rate=settings.seat_rate,
        watch=settings.watch,
    )


async def _run(settings: Settings) -> None:
    settings.health_file.unlink(missing_ok=True)  # one before us may have been killed
    worker = Worker(surroundings(settings))
    running = asyncio.ensure_future(worker.run())
    health = asyncio.ensure_future(_Health(settings.health_file).keep(worker))
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(one, running.cancel)
    await asyncio.wait({running, health}, return_when=asyncio.FIRST_COMPLETED)
    health.cancel()
    settings.health_file.unlink(missing_ok=True)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def main(arguments: list[str]) -> int:
    """Run; return the exit code."""
    try:
        settings = Settings.from_environment()
        if "--health" in arguments:
            return 0 if _Health(settings.health_file).well() else 1
        logging.basicConfig(
            level=settings.log_level.upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says, we say in our words
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(_run(settings))
    except PalierError as error:
        sys.stderr.write(f"palier worker: {error}\n")
        return 1
    _log.info("The worker has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

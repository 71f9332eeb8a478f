"""`palier doctor`: what is missing on this computer, and how to get it."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from palier.broker import node
from palier.broker.errors import NodeFailed, NotThere
from palier.cli import options
from palier.cli.dead_letters import Queue
from palier.cli.desk import need_windows
from palier.cli.errors import NoServer
from palier.cli.running import run
from palier.cli.server import DATA, Server, find_server
from palier.cli.showing import out, rows_table
from palier.schemas.errors import PalierError

_ENOUGH_DISK = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``needed`` says whether a demo with bots needs it."""

    what: str
    well: bool
    found: str
    needed: bool = True


def doctor(
    *, as_json: options.Json = False, server: options.Address = None, data: options.Data = DATA
) -> None:
    """Say what is here, what is missing, and how to get it; exit code 1 if something needed is."""
    findings = [
        Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0]),
        *(_installed(one) for one in ("palier-workers", "palier-client")),
        _try("RabbitMQ", lambda: str(node.find_server())),
        _disk(),
        _try("windows", _windows, needed=False),
        _docker(),
        *_letters(server, data),
    ]
    if as_json:
        out.print_json(data=[asdict(one) for one in findings])
    else:
        rows = [(one.what, "yes" if one.well else "no", one.found) for one in findings]
        out.print(rows_table("This computer", ("what", "there", "which, or how to get it"), rows))
    if not all(one.well for one in findings if one.needed):
        raise typer.Exit(1)


def _installed(distribution: str) -> Finding:
    try:
        return Finding(distribution, well=True, found=importlib.metadata.version(distribution))
    except importlib.metadata.PackageNotFoundError:
        return Finding(distribution, well=False, found=f"pip install {distribution}")


def _try(what: str, look: Callable[[], str], *, needed: bool = True) -> Finding:
    try:
        return Finding(what, well=True, found=look(), needed=needed)
    except (PalierError, NodeFailed) as error:
        return Finding(what, well=False, found=str(error), needed=needed)


def _windows() -> str:
    need_windows()
    return "a display answers"


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    return Finding(
        "disk",
        well=free > _ENOUGH_DISK,
        found=f"{free / 1e9:.1f} GB free here"
        + ("" if free > _ENOUGH_DISK else ": make room, 0.5 GB is the least"),
    )


def _docker() -> Finding:
    docker = shutil.which("docker")
    if docker is None:
        return Finding("Docker", well=False, found="only for docker compose up", needed=False)
    try:
        answer = subprocess.run(  # noqa: S603 - found in PATH
            [docker, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding("Docker", well=False, found="its engine does not answer", needed=False)
    well = answer.returncode == 0
    found = answer.stdout.strip() if well else "no engine runs; only for docker compose up"
    return Finding("Docker", well=well, found=found, needed=False)


def _letters(address: str | None, data: Path) -> list[Finding]:
    """Say whether letters wait, where a server and its administrator's password are known."""
    what = "all handled"
    try:
        found = find_server(address, data)
        found.administrator("palier doctor")
    except NoServer:
        return []  # a participant's computer, or nothing runs
    try:
        waiting = run(_waiting(found))
    except PalierError as error:
        return [Finding(what, well=False, found=str(error), needed=False)]
    listed = [
        f"{number} in {queue}: `palier dead-letters list"
        + ("`" if queue is Queue.DEAD_LETTERS else f" --queue {queue}`")
        for queue, number in waiting.items()
        if number
    ]
    return [Finding(what, not listed, "; ".join(listed) or "no dead letters wait", needed=False)]


async def _waiting(found: Server) -> dict[Queue, int]:
    """Return how many letters lie in each queue."""
    found.need_answer()
    connection = await found.transport().connect(found.administrator("palier doctor"))
    try:
        return {one: (await connection.status(one)).messages for one in Queue}
    except NotThere:
        return {}  # no worker has ever run there
    finally:
        await connection.close()

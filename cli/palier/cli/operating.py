"""What the commands of `palier session` have in common: who asks, and how seats are named."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from palier.cli.errors import CommandError
from palier.cli.running import run
from palier.cli.server import Server, find_server
from palier.client.asking import Operator
from palier.schemas.commands import MAX_SEATS
from palier.schemas.names import check_name

T = TypeVar("T")

Name = Annotated[str, typer.Argument(help="The session's name.", metavar="SESSION")]
Seats = Annotated[list[str], typer.Argument(help="The seats' names: p1 p2.", metavar="SEAT…")]


def operator_of(server: Server) -> Operator:
    """Return the operator of a server, not connected yet; raises `NoServer`."""
    password = server.need("operator_password", "PALIER_OPERATOR_PASSWORD")
    server.need_answer()
    return Operator(server.transport(), password=password)


def ask(address: str | None, data: Path, work: Callable[[Operator], Awaitable[T]]) -> T:
    """Return what a server answers to its operator; blocks."""
    server = find_server(address, data)

    async def asked() -> T:
        async with operator_of(server) as operator:
            return await work(operator)

    return run(asked())


def seat_names(seats: str) -> tuple[str, ...]:
    """Return the names that ``4`` or ``p1,p2,p3`` stand for.

    Raises `InvalidName`, and `CommandError` for too few, too many, or one that is named twice.
    """
    if seats.isdecimal():
        count = int(seats)
        if not 1 <= count <= MAX_SEATS:
            raise CommandError(f"A session has 1 to {MAX_SEATS} seats, not {count}.")
        return tuple(f"p{number}" for number in range(1, count + 1))
    return _once_each(seats.split(","), f"--seats {seats}")


def named_seats(given: Iterable[str]) -> tuple[str, ...]:
    """Return the names of seats, given one by one or with commas between them."""
    listed = list(given)
    return _once_each([one for words in listed for one in words.split(",")], " ".join(listed))


def _once_each(given: list[str], shown: str) -> tuple[str, ...]:
    names = tuple(check_name(one.strip()) for one in given)
    if len(set(names)) < len(names):
        raise CommandError(f"{shown}: each seat once, please.")
    return names


def values(option: str, given: Iterable[str]) -> dict[str, Any]:
    """Return what ``name=value`` pairs stand for: JSON, or text that needs no quotes."""
    found: dict[str, Any] = {}
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise CommandError(f"{option} {one}: write it as name=value.")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def needed_reason(reason: str | None, what: str) -> str:
    """Return why the operator does something to the data; asks who sits at a terminal."""
    if reason is None and sys.stdin.isatty():
        reason = str(typer.prompt("Why? It is kept with the data", default="", err=True))
    if reason is None or not reason.strip():
        raise CommandError(f"Say with --reason why you {what}: it is kept with the data.")
    return reason.strip()


def confirmed(question: str, *, yes: bool) -> None:
    """Go on if the operator agrees; raises `CommandError`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("Nothing was done: --yes does it.")
    if not typer.confirm(question, err=True):
        raise CommandError("Nothing was done.")

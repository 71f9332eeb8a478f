"""`palier dead-letters`: list, show, replay, drop what nobody could handle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer

from palier.broker.errors import AccessRefused, NotThere
from palier.broker.letterbox import ROOM, Letterbox, opened
from palier.broker.letters import Letter
from palier.cli import options
from palier.cli.choice import Choice, codes
from palier.cli.errors import CommandError
from palier.cli.running import run
from palier.cli.server import DATA, Server, find_server
from palier.cli.showing import err, out, printable, rows_table

app = typer.Typer(no_args_is_help=True, help="What nobody could handle: list, replay, drop.")


class Queue(StrEnum):
    """Where letters lie."""

    DEAD_LETTERS = "dead-letters"
    UNROUTABLE = "unroutable"


_From = Annotated[Queue, typer.Option("--queue", help="Which letters.")]
_Code = Annotated[str | None, typer.Option("--code", help="Only those with this code.")]
_Every = Annotated[bool, typer.Option("--all", help="All there are.")]
_Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="As listed; their beginning will do.")
]

#: Characters of a name and of a reason in a list, and of a body that is shown.
_NAME, _REASON, _BODY = 40, 160, 4000


@app.command("list")
def list_(
    *,
    queue: _From = Queue.DEAD_LETTERS,
    code: _Code = None,
    limit: Annotated[int, typer.Option(min=1, help="Only the newest so many.")] = 20,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """List letters, oldest first: who sent them, when, and why nobody handled them."""
    found = find_server(server, data)

    async def work() -> list[tuple[Letter, int]]:
        async with _box(found, queue) as box:
            return [(one, box.copies(one)) for one in box.letters if code in {None, one.code}]

    listed = run(work())
    if as_json:
        out.print_json(data=[_plain(one, copies) for one, copies in listed])
        return
    if not listed:
        out.print(f"Nothing lies in {queue}." if code is None else f"No letter there is {code}.")
        return
    letters = [one for one, _ in listed]
    title = f"In {queue}: {codes(letters)}"
    if len(letters) > limit:
        title = f"{title}; the newest {limit}"
    rows = [_row(one) for one in letters[-limit:]]
    out.print(rows_table(title, ("id", "when", "what", "why", "times"), rows))


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Its beginning will do.")],
    *,
    queue: _From = Queue.DEAD_LETTERS,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Show all that is known of a letter, and its body."""
    choice = Choice.of([letter_id], every=False, code=None)
    found = find_server(server, data)

    async def work() -> tuple[Letter, int, bytes]:
        async with _box(found, queue, keep=choice.wants) as box:
            (letter,) = choice.among(box.letters, queue=queue)
            return letter, box.copies(letter), box.body(letter) or b""

    letter, copies, body = run(work())
    known, text = _plain(letter, copies), body.decode(errors="backslashreplace")
    if as_json:
        out.print_json(data={**known, "body": text})
        return
    rows = [
        (name.replace("_", " "), "" if one is None else printable(str(one)))
        for name, one in known.items()
    ]
    out.print(rows_table(f"Letter {letter.id}", ("", ""), rows))
    out.print("\n".join(map(printable, text[:_BODY].split("\n"))), soft_wrap=True)
    if len(text) > _BODY:
        err.print(f"… and {len(text) - _BODY:,} characters more; --json has all.", style="dim")


@app.command()
def replay(
    ids: _Ids = None,
    *,
    every: _Every = False,
    code: _Code = None,
    queue: _From = Queue.DEAD_LETTERS,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Have the worker handle letters once more, each as its sender's; what fails comes back."""
    choice = Choice.of(ids, every=every, code=code)
    chosen, sent = run(replayed(find_server(server, data), queue, choice))
    if not chosen:
        out.print(f"Nothing lies in {queue}: there is nothing to replay.")
        return
    if sent:
        out.print(
            f"Sent to the worker once more: {_counted(len(sent), 'letter')}. "
            "What fails again comes back.",
            soft_wrap=True,
        )
    left = [one for one in chosen if one.digest not in {each.digest for each in sent}]
    _tell_left("they were not sent as commands", [one for one in left if not one.replayable])
    _tell_left("RabbitMQ did not take them", [one for one in left if one.replayable])
    if left:
        raise typer.Exit(1)


@app.command()
def drop(
    ids: _Ids = None,
    *,
    every: _Every = False,
    code: _Code = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --all: yes, all of them.")] = False,
    queue: _From = Queue.DEAD_LETTERS,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Take letters out for good."""
    choice = Choice.of(ids, every=every, code=code)
    found = find_server(server, data)

    async def work() -> int:
        async with _box(found, queue) as box:
            chosen = choice.among(box.letters, queue=queue)
            if every and chosen and not yes:
                raise CommandError(
                    f"This drops {_counted(len(chosen), 'letter')} for good: say --yes as well."
                )
            for one in chosen:
                box.drop(one)
            return len(chosen)

    if dropped := run(work()):
        out.print(f"Dropped: {_counted(dropped, 'letter')}.")
    else:
        out.print(f"Nothing lies in {queue}: there is nothing to drop.")


async def replayed(
    found: Server, queue: Queue, choice: Choice, *, room: int = ROOM
) -> tuple[list[Letter], list[Letter]]:
    """Replay; return what was chosen, and what of it was sent.

    Bodies are kept as far as there is room for them: what is left goes with the next round. What
    fails meanwhile and comes back is not sent once more.
    """
    async with _box(found, queue, keep=choice.wants, room=room) as box:
        chosen = choice.among(box.letters, queue=queue)
        _check_writers(chosen, found)
        todo = {one.digest for one in chosen if one.replayable}
        sent = done = await box.replay([one for one in chosen if one.replayable])
    while done and (todo := todo - {one.digest for one in done}):
        async with _box(found, queue, keep=lambda letter: letter.digest in todo, room=room) as box:
            done = await box.replay([one for one in box.letters if one.digest in todo])
        sent = [*sent, *done]
    return chosen, sent


@asynccontextmanager
async def _box(
    found: Server,
    queue: Queue,
    *,
    keep: Callable[[Letter], bool] = lambda _: False,
    room: int = ROOM,
) -> AsyncIterator[Letterbox]:
    """Open a letterbox, with the errors in the words of a command."""
    account = found.administrator("palier dead-letters")
    found.need_answer()
    try:
        async with opened(found.transport(), account, queue, keep=keep, room=room) as box:
            yield box
    except NotThere:
        raise CommandError(
            f"There is no queue {queue} at {found.amqp}: has a worker ever run there?"
        ) from None
    except AccessRefused:
        raise CommandError(
            f"{account.user} may not read {queue}: use the account of the workers."
        ) from None


def _check_writers(letters: Sequence[Letter], found: Server) -> None:
    strangers = {one.writer for one in letters} - {"", found.user}
    if strangers:
        raise CommandError(
            f"The workers' account is {printable(min(strangers))}, not {found.user}: they take "
            "replays from their own account only."
        )


# -- showing


def _tell_left(why: str, letters: Sequence[Letter]) -> None:
    if letters:
        named = ", ".join(one.id for one in letters)
        err.print(f"Left where they are, for {why}: {named}.", style="yellow", soft_wrap=True)


def _row(letter: Letter) -> tuple[str, ...]:
    what = [letter.kind or "no kind", f"from {letter.sender or 'nobody'}"]
    if letter.session:
        what.append(f"in {letter.session}")
    return (
        letter.id,
        f"{letter.at:%Y-%m-%d}\n{letter.at:%H:%M:%S}" if letter.at else "?",
        "\n".join([*(_short(one, _NAME) for one in what), _counted(letter.size, "byte")]),
        f"{_short(letter.code, _NAME)}\n{_short(letter.reason, _REASON)}",
        str(1 + letter.replays),
    )


def _short(text: str, length: int) -> str:
    shown = printable(text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def _plain(letter: Letter, copies: int) -> dict[str, Any]:
    return {
        "id": letter.id,
        "at": letter.at.isoformat() if letter.at else None,
        "code": letter.code,
        "reason": letter.reason,
        "sender": letter.sender,
        "kind": letter.kind,
        "session": letter.session,
        "message_id": letter.message_id,
        "exchange": letter.exchange,
        "routing_key": letter.routing_key,
        "size": letter.size,
        "replays": letter.replays,
        "copies": copies,
    }


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

"""``./run chaos``: campaigns on each broker with each database, and tables of what they came to."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos import report
from tests.chaos.backends import BROKERS, DATABASES, Backend
from tests.chaos.campaign import Outcome, campaign
from tests.chaos.kinds import weights
from tests.chaos.schedule import drawn

#: Between these a document has the tables.
_BEGIN, _END = "<!-- campaign -->", "<!-- end of the campaign -->"

#: Faults between two words on how it gets on.
_OFTEN = 10


def main(arguments: Sequence[str]) -> int:
    """Run campaigns; return the exit code: 1 when Palier did not keep its word."""
    given = _parsed(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    backends = _backends(given)
    folder = Path(tempfile.mkdtemp(prefix="palier-chaos-"))
    logging.basicConfig(
        filename=folder / "chaos.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    outcomes: list[Outcome] = []
    for backend in backends:
        outcome = _campaign(given, backend, folder, share=len(backends))
        outcomes.append(outcome)
        for one in outcome.findings.problems:
            sys.stdout.write(f"{one}\n")
    text = "\n\n".join(
        [report.plain(report.faults(outcomes)), report.plain(report.totals(outcomes))]
    )
    sys.stdout.write(f"\n{text}\n\n{report.sentence(outcomes)}\n")
    if given.markdown is not None:
        _write(given.markdown, _page(arguments, outcomes))
    if not any(one.findings.problems for one in outcomes):
        if not given.keep:
            shutil.rmtree(folder)
        return 0
    sys.stdout.write(f"\nWhat it left behind is in {folder}. To repeat it:\n")
    for backend, outcome in zip(backends, outcomes, strict=True):
        if outcome.findings.problems:
            sys.stdout.write(f"  {_command(given, backend, share=len(backends))}\n")
    return 1


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run chaos", description="Strike while bots play, and look for what was lost."
    )
    parser.add_argument(
        "--faults", type=int, default=1000, help="how many, on all backends together"
    )
    parser.add_argument("--seed", type=int, default=1, help="makes the order of faults repeatable")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--broker", choices=[*BROKERS, "both"], default="both")
    parser.add_argument("--minutes", type=float, help="how long faults strike, in all")
    parser.add_argument("--only", help="kinds of faults, separated by commas")
    parser.add_argument(
        "--markdown", type=Path, help="write the tables into this file, or its place for them"
    )
    parser.add_argument("--keep", action="store_true", help="keep the evidence though all is well")
    return parser.parse_args(arguments)


def _backends(given: argparse.Namespace) -> list[Backend]:
    brokers = BROKERS if given.broker == "both" else (given.broker,)
    databases = DATABASES if given.database == "both" else (given.database,)
    if given.broker == "both" and not _engine():
        sys.stderr.write("No container engine answers: RabbitMQ 4 is left out.\n")
        brokers = BROKERS[:1]
    return [Backend(broker=one, database=other) for other in databases for one in brokers]


def _engine() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _campaign(given: argparse.Namespace, backend: Backend, folder: Path, *, share: int) -> Outcome:
    place = folder / f"{backend.database}-{backend.broker}"
    place.mkdir()
    with backend.services(place) as (broker, store):
        name = f"{store.name}, {broker.name}"
        begun = time.monotonic()

        def progress(sentence: str) -> None:
            number = sentence.partition(" ")[0]
            if not number.isdecimal() or int(number) % _OFTEN == 0:
                minutes = (time.monotonic() - begun) / 60
                sys.stderr.write(f"{minutes:5.1f} min  {name}  {sentence}\n")

        chosen = weights(server=store.target is not None, standby=backend.shape.workers > 1)
        if given.only:
            chosen = {one: chosen[one] for one in given.only.split(",") if one in chosen}
        return asyncio.run(
            campaign(
                broker,
                store,
                drawn(given.seed, faults=given.faults // share, weights=chosen),
                folder=place,
                shape=backend.shape,
                seed=given.seed,
                minutes=given.minutes / share if given.minutes else None,
                progress=progress,
            )
        )


def _command(given: argparse.Namespace, backend: Backend, *, share: int) -> str:
    words = [
        *("./run", "chaos", "--faults", str(given.faults // share), "--seed", str(given.seed)),
        *("--database", backend.database, "--broker", backend.broker),
        *(("--only", given.only) if given.only else ()),
    ]
    return shlex.join(words)


def _write(file: Path, page: str) -> None:
    """Write a page; in a file that has a place for it, into that place."""
    before, begin, rest = (file.read_text() if file.exists() else "").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    file.write_text(f"{before}{begin}\n\n{page}\n{end}{after}" if end else page)


def _page(arguments: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    command = shlex.join(["./run", "chaos", *arguments])
    now = datetime.now(UTC)
    return "\n\n".join(
        [
            f"`{command}` on {now:%Y-%m-%d}, {_machine()}:",
            report.markdown(report.faults(outcomes)),
            report.markdown(report.totals(outcomes)),
            report.sentence(outcomes),
        ]
    )


def _machine() -> str:
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

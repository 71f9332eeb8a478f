"""`palier demo` from its first line to its last, and whatever may come between."""

from __future__ import annotations

import csv
import os
import re
import signal
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import need_rabbitmq
from tests.e2e.palier_command import (
    Done,
    Running,
    nothing_is_left_of,
    palier,
    processes_of,
    running,
    until,
    worker_of,
)

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]

ENDOWMENT, MULTIPLIER = 20, Decimal("1.6")

#: What a demo leaves in ``export``.
FILES = {
    *(f"{one}.csv" for one in ("answers", "answers_long", "wide", "payoffs", "stages")),
    *(f"{one}.csv" for one in ("page_times", "onset", "own_data", "posts", "events")),
    *(f"{one}.csv" for one in ("actions", "payments", "attempts", "treatments")),
    *("codebook.csv", "codebook.json", "codebook.md", "manifest.json"),
}


@pytest.fixture(scope="module", autouse=True)
def rabbitmq() -> None:
    need_rabbitmq()


def demo(runs: Path, *more: object) -> list[object]:
    """Return a demo of four bots in this folder; Ctrl-C and time are the test's to decide."""
    return ["demo", "--bots", 4, "--runs", runs, *more]


def only_folder(runs: Path) -> Path:
    (folder,) = runs.iterdir()
    return folder


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def arrivals(runs: Path) -> int:
    """Return how many arrivals are committed, by whatever worker, of the only demo here."""
    file = only_folder(runs) / "palier.db"
    with closing(sqlite3.connect(file, timeout=10)) as db:
        count: int = db.execute("SELECT count(*) FROM arrival").fetchone()[0]
    return count


# -- a demo that goes well ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "runs"


@pytest.fixture(scope="module")
def played(runs: Path) -> Done:
    """A demo that was played to its end."""
    done = palier(*demo(runs, "--rounds", 2, "--pause", 0))
    assert done.code == 0, done
    return done


@pytest.fixture(scope="module")
def folder(played: Done, runs: Path) -> Path:
    return only_folder(runs)


def test_a_demo_leaves_its_data_and_nothing_else(folder: Path) -> None:
    assert {one.name for one in folder.iterdir()} == {
        "palier.db",
        "export",
        "worker.log",
        "operator.secret",
        "room.secret",
    }


def test_no_process_of_a_demo_outlives_it(folder: Path) -> None:
    assert processes_of(folder.parent) == {}


def test_a_demo_prints_where_its_data_are(played: Done, folder: Path) -> None:
    paths = [
        Path(line.split()[-1])
        for line in played.out.splitlines()
        if line.startswith(("database", "export", "codebook"))
    ]
    printed = {one.name: one for one in paths}

    assert printed == {
        "palier.db": folder / "palier.db",
        "export": folder / "export",
        "codebook.md": folder / "export" / "codebook.md",
    }
    assert all(one.exists() for one in printed.values())
    assert {one.name for one in (folder / "export").iterdir()} == FILES


def test_payoffs_are_the_games_formula_on_the_answers(folder: Path) -> None:
    given = [one for one in table(folder / "export" / "answers.csv") if one["amount"]]
    rounds: dict[str, dict[str, int]] = defaultdict(dict)
    for one in given:
        assert one["stage"] == "contribute"
        rounds[one["visit"]][one["seat"]] = int(one["amount"])

    expected: dict[str, Decimal] = defaultdict(Decimal)
    for amounts in rounds.values():
        share = sum(amounts.values()) * MULTIPLIER / 4
        for seat, amount in amounts.items():
            expected[seat] += ENDOWMENT - amount + share

    assert set(rounds) == {"1", "2"}
    assert all(set(one) == {"p1", "p2", "p3", "p4"} for one in rounds.values())
    paid = {one["seat"]: Decimal(one["payoff"]) for one in table(folder / "export" / "payoffs.csv")}
    assert paid == expected


def test_stages_and_events_tell_the_whole_story(folder: Path) -> None:
    stages = table(folder / "export" / "stages.csv")
    events = table(folder / "export" / "events.csv")

    assert [(one["scope"], one["stage"], one["visit"]) for one in stages] == [
        ("all", "instructions", "1"),
        ("g1", "contribute", "1"),
        ("g1", "results", "1"),
        ("g1", "contribute", "2"),
        ("g1", "results", "2"),
        ("all", "goodbye", "1"),
    ]
    assert {(one["status"], one["expected"], one["arrived"]) for one in stages} == {
        ("released", "4", "4")
    }
    assert [one["version"] for one in events] == [str(n) for n in range(1, len(events) + 1)]
    assert events[0]["kind"] == "session-opened"
    assert events[-1]["kind"] == "session-finished"
    assert [one["kind"] for one in events].count("released") == 6


def test_a_demo_shows_who_is_where_and_a_first_look(played: Done) -> None:
    lines = played.out.splitlines()

    assert lines[0].rstrip() == "Public goods, session demo: finished"
    assert any(re.fullmatch(r"│ ● p1 │ ✓ .*│ finished │ .*│", line) for line in lines)
    assert "Answers" in {line.strip() for line in lines}
    assert "┃ seat ┃ group ┃ stage ┃ visit ┃ took ┃ amount ┃" in {
        re.sub(" +", " ", line).strip() for line in lines
    }
    assert not [line for line in lines if "…" in line], "a cell that does not fit cannot be read"


def test_no_line_runs_into_another_when_nobody_looks(played: Done) -> None:
    """Tables end their last line, also in a file."""
    assert all(
        line.rstrip().endswith(("┘", "╯")) for line in played.out.splitlines() if line[:1] == "└"
    )


def test_a_demo_says_how_its_start_gets_on_apart_from_its_data(played: Done) -> None:
    told = played.err.splitlines()

    assert told[0] == "RabbitMQ is starting."
    assert re.fullmatch(r"RabbitMQ is ready after \d+\.\d s\.", told[1])
    assert told[2] == "The worker is starting."
    assert told[3].startswith("Management console: http://127.0.0.1:")
    assert re.fullmatch(r"Exported \d+ rows\.", told[4])
    assert len(told) == 5


@pytest.mark.slow
def test_typing_it_again_just_works(folder: Path, runs: Path) -> None:
    before = (folder / "export" / "answers.csv").read_bytes()

    again = palier(*demo(runs, "--rounds", 1, "--pause", 0))

    assert again.code == 0, again
    assert len(list(runs.iterdir())) == 2
    assert (folder / "export" / "answers.csv").read_bytes() == before
    assert processes_of(runs) == {}


# -- a demo that is stopped ---------------------------------------------------------------------


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Path]:
    """Runs of which, however they end, no process may be left."""
    yield tmp_path / "runs"
    nothing_is_left_of(tmp_path)


def until_rabbitmq_starts(command: Running, runs: Path) -> None:
    command.says("RabbitMQ is starting.")
    until(lambda: processes_of(runs, having="beam"), what="RabbitMQ has a process")


def until_the_worker_starts(command: Running, runs: Path) -> None:
    command.says("The worker is starting.")
    worker_of(runs)


def until_the_session_is_half_way(command: Running, runs: Path) -> None:
    command.says("Management console")
    until(lambda: arrivals(runs) >= 8, what="the second stage is over")


Moment = Callable[[Running, Path], None]


def is_stopped(done: Done, runs: Path) -> None:
    """Check that it ended in the words and with the code of an interrupted program."""
    assert done.code == 130, done
    lines = done.err.splitlines()
    assert lines.count("Stopping.") == 1, done
    assert lines[-1] == "Stopped.", done
    assert "Traceback" not in done.err
    assert processes_of(runs) == {}
    assert list(runs.glob("*/node")) == []


@pytest.mark.slow
def test_control_c_in_the_middle_stops_everything_and_keeps_what_was_decided(
    stopped: Path,
) -> None:
    with running(*demo(stopped, "--rounds", 50, "--pause", 0.3)) as command:
        until_the_session_is_half_way(command, stopped)
        command.interrupt()
        done = command.wait()

    is_stopped(done, stopped)
    assert f"What was decided until now is in {only_folder(stopped)}." in done.err.splitlines()
    assert arrivals(stopped) >= 8


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", [until_rabbitmq_starts, until_the_worker_starts, until_the_session_is_half_way]
)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_request_to_end_stops_everything_at_any_moment(
    stopped: Path, moment: Moment, name: str
) -> None:
    with running(*demo(stopped, "--rounds", 50, "--pause", 0.3)) as command:
        moment(command, stopped)
        command.process.send_signal(signal.Signals[name])
        done = command.wait()

    is_stopped(done, stopped)


@pytest.mark.slow
@pytest.mark.parametrize("moment", [until_rabbitmq_starts, until_the_worker_starts])
def test_control_c_stops_everything_before_there_is_anything_to_see(
    stopped: Path, moment: Moment
) -> None:
    with running(*demo(stopped)) as command:
        moment(command, stopped)
        command.interrupt()
        done = command.wait()

    is_stopped(done, stopped)
    assert [one for one in stopped.iterdir() if not (one / "palier.db").exists()] == []


@pytest.mark.slow
def test_an_impatient_second_control_c_does_not_leave_anything_behind(stopped: Path) -> None:
    with running(*demo(stopped, "--rounds", 50, "--pause", 0.3)) as command:
        until_the_session_is_half_way(command, stopped)
        command.interrupt()
        command.says("Stopping.")
        command.interrupt()
        done = command.wait()

    is_stopped(done, stopped)


# -- a demo in which something dies -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("moment", [until_rabbitmq_starts, until_the_session_is_half_way])
def test_a_demo_that_is_killed_takes_everything_along(stopped: Path, moment: Moment) -> None:
    with running(*demo(stopped, "--rounds", 50, "--pause", 0.3)) as command:
        moment(command, stopped)
        command.process.kill()
        command.wait()

        nothing_is_left_of(stopped, deadline=25)


@pytest.mark.slow  # in less time, `palier up` is tried the same way
def test_a_worker_that_dies_is_started_again_and_the_session_goes_on(stopped: Path) -> None:
    with running(*demo(stopped, "--rounds", 3, "--pause", 0.5)) as command:
        until_the_session_is_half_way(command, stopped)
        os.kill(worker_of(stopped), signal.SIGKILL)
        done = command.wait()

    assert done.code == 0, done
    folder = only_folder(stopped)
    assert (
        f"The worker has died and is started again; why, {folder / 'worker.log'} may tell."
        in done.err.splitlines()
    )
    given = [one for one in table(folder / "export" / "answers.csv") if one["amount"]]
    assert sorted((one["seat"], one["visit"]) for one in given) == [
        (f"p{seat}", str(number)) for seat in range(1, 5) for number in range(1, 4)
    ]
    assert {one["status"] for one in table(folder / "export" / "stages.csv")} == {"released"}


def is_dead(pid: int, runs: Path) -> bool:
    return pid not in processes_of(runs)


@pytest.mark.slow
def test_a_worker_that_dies_again_and_again_is_given_up_in_a_sentence(stopped: Path) -> None:
    with running(*demo(stopped, "--rounds", 100, "--pause", 1)) as command:
        until_the_session_is_half_way(command, stopped)
        for _ in range(6):
            victim = worker_of(stopped)
            os.kill(victim, signal.SIGKILL)
            until(partial(is_dead, victim, stopped), what="the worker is dead")
        done = command.wait()

    assert done.code == 1, done
    assert "palier: The worker has stopped 6 times within 60 s, and is not started" in done.err
    assert "Traceback" not in done.err
    assert processes_of(stopped) == {}


# -- trouble on purpose -------------------------------------------------------------------------


@pytest.mark.slow
def test_with_worker_and_broker_killed_it_comes_to_what_it_would_have_come_to(
    tmp_path: Path,
) -> None:
    done = palier(*demo(tmp_path / "runs", "--chaos", "--pause", 0.5))

    assert done.code == 0, done
    told = done.out + done.err
    for killed in ("The worker", "RabbitMQ"):
        assert f"{killed} is killed" in told
    assert len(re.findall(r"\bsame\b", told)) == 4
    assert arrivals(tmp_path / "runs") == 4 * (1 + 2 * 5 + 1)
    nothing_is_left_of(tmp_path / "runs")


@pytest.mark.slow
def test_trouble_that_came_too_late_is_said(tmp_path: Path) -> None:
    done = palier(*demo(tmp_path / "runs", "--chaos", "--rounds", 1, "--pause", 0))

    assert done.code == 1
    assert "more --rounds" in done.out + done.err

"""A journal keeps what it was given, whatever happens to its process, its file or its disk."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from pydantic import JsonValue

from palier.client.entries import Changes, Entry, Key, Typed
from palier.client.errors import JournalFailed, JournalInUse
from palier.client.journal import Journal
from palier.schemas.commands import Submit

OPENED = "2026-01-01T12:00:00+00:00"


def entry(name: str, *, value: JsonValue = 1, at: float | None = None) -> Entry:
    return Entry(
        message_id=name,
        command=Submit(session="s", scope="all", generation=3, answer={"value": value}),
        partition=2,
        opened_at=OPENED,
        at=time.time() if at is None else at,
    )


def typed(generation: int, text: str = "", *, at: float | None = None) -> Typed:
    return Typed(
        key=("s", "all", generation),
        opened_at=OPENED,
        fields={"amount": text, "before": True, "mood": None},
        at=time.time() if at is None else at,
    )


def drafts(*given: Typed) -> Changes:
    return Changes(drafts={one.key: one for one in given})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "of-a-server" / "p1.journal"


# -- what is kept -------------------------------------------------------------------------------


def test_what_was_kept_is_there_again_as_it_was(path: Path) -> None:
    first, second = (
        entry("b", value="é", at=10.0**9 * 2),
        entry("a", value=None, at=10.0**9 * 2 + 1),
    )
    with Journal(path) as journal:
        journal.keep(second)
        journal.keep(first)
        journal.write(drafts(typed(3, "1"), typed(4, "2")))

    with Journal(path) as journal:
        assert journal.pending() == (first, second)
        assert {one.key[2]: one.fields["amount"] for one in journal.drafts()} == {3: "1", 4: "2"}


def test_what_was_struck_off_is_gone(path: Path) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a"))
        journal.write(drafts(typed(3)))
        journal.write(Changes(entries={"a": None, "never": None}, drafts={typed(3).key: None}))
        assert journal.pending() == ()
        assert journal.drafts() == ()

    with Journal(path) as journal:
        assert journal.pending() == ()
        assert journal.drafts() == ()


def test_a_draft_takes_the_place_of_the_one_before(path: Path) -> None:
    with Journal(path) as journal:
        journal.write(drafts(typed(3, "1")))
        journal.write(drafts(typed(3, "12")))

    with Journal(path) as journal:
        (draft,) = journal.drafts()
        assert draft.fields == {"amount": "12", "before": True, "mood": None}


def test_only_its_user_may_read_it(path: Path) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a"))

        assert {one.name: one.stat().st_mode & 0o077 for one in path.parent.iterdir()} == {
            "p1.journal": 0,
            "p1.journal-wal": 0,
        }
        assert path.parent.stat().st_mode & 0o077 == 0


def test_what_nobody_answered_for_months_is_given_up_and_told(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long_ago = time.time() - 100 * 24 * 3600
    with Journal(path) as journal:
        journal.keep(entry("old", at=long_ago))
        journal.keep(entry("new"))
        journal.write(drafts(typed(3, at=long_ago), typed(4)))

    with Journal(path) as journal:
        assert [one.message_id for one in journal.pending()] == ["new"]
        assert [one.key[2] for one in journal.drafts()] == [4]
    assert "given up" in caplog.text
    assert "'old'" in caplog.text


# -- one process at a time ----------------------------------------------------------------------


def open_elsewhere(path: Path) -> subprocess.CompletedProcess[str]:
    """Open a journal in another process."""
    script = (
        "from pathlib import Path; from palier.client.journal import Journal; "
        f"Journal(Path({str(path)!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_second_process_is_told_that_it_is_open(path: Path) -> None:
    with Journal(path) as journal:
        with pytest.raises(JournalInUse, match="another window of this computer"):
            Journal(path)
        # the refused one has not taken the lock along
        assert "JournalInUse" in open_elsewhere(path).stderr
        journal.keep(entry("a"))

    assert open_elsewhere(path).returncode == 0


def test_two_seats_have_a_journal_each(path: Path) -> None:
    with Journal(path) as one, Journal(path.with_name("p2.journal")) as other:
        one.keep(entry("a"))

        assert other.pending() == ()


def test_what_was_kept_survives_a_kill(path: Path) -> None:
    """A process that keeps, says so and is killed without a chance to tidy up."""
    script = f"""
import os, signal, time
from pathlib import Path
from palier.client.entries import Entry
from palier.client.journal import Journal
from palier.schemas.commands import Submit

journal = Journal(Path({str(path)!r}))
command = Submit(session="s", scope="all", generation=1, answer={{}})
for name in "abc":
    journal.keep(
        Entry(message_id=name, command=command, partition=0, opened_at="", at=time.time())
    )
journal.strike("b")
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], timeout=30, check=False)

    assert done.returncode == -9
    with Journal(path) as journal:
        assert [one.message_id for one in journal.pending()] == ["a", "c"]


# -- damage -------------------------------------------------------------------------------------


def set_aside(path: Path) -> list[Path]:
    return [one for one in path.parent.iterdir() if ".damaged-" in one.name]


@pytest.mark.parametrize("text", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    path: Path, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(text)

    with Journal(path) as journal:
        assert journal.pending() == ()
        journal.keep(entry("a"))

    (aside,) = set_aside(path)
    assert aside.read_bytes() == text
    assert str(aside) in caplog.text
    with Journal(path) as journal:
        assert len(journal.pending()) == 1


def test_one_letter_that_has_changed_is_noticed_and_disturbs_nothing_else(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a", value=10))
        journal.keep(entry("b", value=20))
        journal.write(drafts(typed(3, "10"), typed(4, "20")))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE command SET body = replace(body, '10', '90')")
        db.execute("UPDATE draft SET fields = replace(fields, '10', '90')")
    db.close()

    with Journal(path) as journal:
        assert [one.message_id for one in journal.pending()] == ["b"]
        assert [one.key[2] for one in journal.drafts()] == [4]
    assert len(set_aside(path)) == 1
    assert "90" in caplog.text
    with Journal(path) as journal:
        assert [one.message_id for one in journal.pending()] == ["b"]
        assert [one.key[2] for one in journal.drafts()] == [4]


def test_a_file_damaged_in_any_place_never_stops_a_client(path: Path) -> None:
    with Journal(path) as journal:
        for number in range(50):
            journal.keep(entry(f"m{number:03}", value="x" * 500))
    whole = path.read_bytes()
    chance = random.Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        start = chance.randrange(len(whole))
        for at in range(start, min(start + chance.randrange(1, 400), len(whole))):
            damaged[at] = chance.randrange(256)
        path.write_bytes(damaged)

        with Journal(path) as journal:
            left = [one.command.answer for one in journal.pending()]
            assert all(one == {"value": "x" * 500} for one in left)
            journal.keep(entry("new", value="x" * 500))
        with Journal(path) as journal:
            assert "new" in {one.message_id for one in journal.pending()}


def test_a_file_that_is_damaged_while_it_is_open_loses_nothing(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a"))
        journal.write(drafts(typed(3)))
        assert journal._db is not None
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.write(b"\xff" * path.stat().st_size)
        journal._db.execute("PRAGMA shrink_memory")  # what is cached would hide it

        journal.keep(entry("b"))

    with Journal(path) as journal:
        assert [one.message_id for one in journal.pending()] == ["a", "b"]
        assert len(journal.drafts()) == 1
    assert len(set_aside(path)) == 1
    assert "damaged" in caplog.text


def test_a_file_that_is_removed_while_it_is_open_is_written_anew(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a"))
        shutil.rmtree(path.parent)
        journal.keep(entry("b"))

    with Journal(path) as journal:
        assert [one.message_id for one in journal.pending()] == ["a", "b"]
    assert "was removed" in caplog.text


def test_a_file_that_took_its_place_is_left_alone(path: Path) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a"))
        path.rename(path.with_name("moved"))
        path.write_bytes(b"of somebody else")

        with pytest.raises(JournalFailed, match="another file"):
            journal.keep(entry("b"))
    assert path.read_bytes() == b"of somebody else"


def test_a_file_of_a_newer_palier_is_left_alone(path: Path) -> None:
    with Journal(path) as journal:
        journal.keep(entry("a"))
        assert journal._db is not None
        journal._db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    with pytest.raises(JournalFailed, match="newer Palier"):
        Journal(path)
    assert path.read_bytes() == before


# -- a disk that does not take it ---------------------------------------------------------------


def fill(journal: Journal) -> list[str]:
    """Keep large commands until the disk is full; return those that are on it."""
    kept: list[str] = []
    for number in range(1000):
        try:
            journal.keep(entry(f"m{number:04}", value="x" * 8000))
        except JournalFailed as error:
            failed = error
            break
        kept.append(f"m{number:04}")
    assert "full" in failed.reason
    assert str(journal.path) in str(failed)
    return kept


def test_a_journal_that_is_full_says_so_and_keeps_what_it_has(path: Path) -> None:
    with Journal(path) as journal:
        assert journal._db is not None
        journal._db.execute("PRAGMA max_page_count = 32")
        kept = fill(journal)
        assert kept
        assert [one.message_id for one in journal.pending()] == kept

        for one in kept[:2]:
            journal.strike(one)
        journal.keep(entry("small"))

    with Journal(path) as journal:
        assert {one.message_id for one in journal.pending()} == {*kept[2:], "small"}


@contextmanager
def small_disk(kilobytes: int) -> Iterator[Path]:
    """A disk of its own, in memory; only where one may mount."""
    if shutil.which("mount") is None:
        pytest.skip("no disk can be mounted here: there is no mount")
    folder = Path(tempfile.mkdtemp(prefix="palier-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "palier", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_disk_that_is_really_full_is_told_and_taken_again_when_there_is_room() -> None:
    with small_disk(128) as disk:
        ballast = disk / "ballast"
        with Journal(disk / "p1.journal") as journal:
            journal.keep(entry("first"))
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(b"x" * 1024)
                    file.flush()
            kept = fill(journal)
            # nothing is pretended: neither now nor after a crash
            shutil.copytree(disk, copy := Path(tempfile.mkdtemp()) / "disk")
            with Journal(copy / "p1.journal") as after:
                assert {one.message_id for one in after.pending()} == {"first", *kept}
            ballast.unlink()
            journal.keep(entry("again"))

        with Journal(disk / "p1.journal") as journal:
            assert {one.message_id for one in journal.pending()} == {"first", *kept, "again"}


def test_a_disk_that_was_full_before_is_told_when_it_begins() -> None:
    with small_disk(64) as disk:
        with suppress(OSError), (disk / "ballast").open("wb") as file:
            while True:
                file.write(b"x" * 1024)
                file.flush()

        with pytest.raises(JournalFailed, match="Make room there"):
            Journal(disk / "p1.journal")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JournalFailed, match="could not be written to"):
        Journal(tmp_path / "file" / "p1.journal")


def test_a_disk_that_becomes_read_only_is_told() -> None:
    with small_disk(256) as disk:
        with Journal(disk / "p1.journal") as journal:
            journal.keep(entry("a"))
        remount = ["mount", "-o", "remount,ro", str(disk)]
        subprocess.run(remount, check=True)

        with pytest.raises(JournalFailed, match="Make room there"):
            Journal(disk / "p1.journal")


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    with Journal(path) as journal:
        pass
    with pytest.raises(JournalFailed, match="closed"):
        journal.keep(entry("a"))


# -- any order of everything --------------------------------------------------------------------

NAMES = st.sampled_from([f"m{number}" for number in range(6)])
GENERATIONS = st.integers(1, 3)
TEXTS = st.text(max_size=300)


class Journalling(RuleBasedStateMachine):
    """Keeps, strikes, crashes and opens again: nothing is lost, nothing comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="palier-journal-"))
        self.lives = 0
        self.entries: dict[str, Entry] = {}
        self.drafts: dict[Key, Typed] = {}
        self.at = time.time()

    @initialize()
    def begin(self) -> None:
        self.journal = Journal(self.path)

    @property
    def path(self) -> Path:
        return self.folder / str(self.lives) / "p1.journal"

    def _entry(self, name: str, text: str) -> Entry:
        self.at += 1
        return entry(name, value=text, at=self.at)

    @rule(name=NAMES, text=TEXTS)
    def keep(self, name: str, text: str) -> None:
        self.journal.keep(kept := self._entry(name, text))
        self.entries[name] = kept

    @rule(name=NAMES)
    def strike(self, name: str) -> None:
        self.journal.strike(name)
        self.entries.pop(name, None)

    @rule(generation=GENERATIONS, text=TEXTS)
    def draft(self, generation: int, text: str) -> None:
        self.journal.write(drafts(kept := typed(generation, text)))
        self.drafts[kept.key] = kept

    @rule(generation=GENERATIONS, name=NAMES)
    def leave(self, generation: int, name: str) -> None:
        key = typed(generation).key
        self.journal.write(Changes(entries={name: None}, drafts={key: None}))
        self.entries.pop(name, None)
        self.drafts.pop(key, None)

    @rule()
    def end(self) -> None:
        self.journal.close()
        self.journal = Journal(self.path)

    @rule()
    def crash(self) -> None:
        """What a killed process leaves is what is in its files at that moment."""
        self._live_on(self._copied())

    @precondition(lambda self: self.entries)
    @rule(name=NAMES, text=TEXTS, share=st.floats(0, 1))
    def crash_while_writing(self, name: str, text: str, share: float) -> None:
        """The log was written up to some byte: the change is there as a whole, or not at all."""
        log = Path(f"{self.path}-wal")
        before = log.stat().st_size if log.exists() else 0
        kept = self._entry(name, text)
        key = typed(1).key
        changes = Changes(entries={name: kept}, drafts={key: None})
        self.journal.write(changes)
        copy = self._copied()
        torn = Path(f"{copy}-wal")
        after = torn.stat().st_size
        os.truncate(torn, before + int((max(after, before) - before) * share))
        self._live_on(copy)
        if kept in self.journal.pending():
            self.entries[name] = kept
            self.drafts.pop(key, None)

    def _copied(self) -> Path:
        copy = self.folder / str(self.lives + 1)
        shutil.copytree(self.path.parent, copy)
        return copy / "p1.journal"

    def _live_on(self, copy: Path) -> None:
        self.journal.close()
        self.lives += 1
        assert copy == self.path
        self.journal = Journal(self.path)

    @invariant()
    def it_holds_what_it_was_given(self) -> None:
        if not hasattr(self, "journal"):
            return
        assert self.journal.pending() == tuple(
            sorted(self.entries.values(), key=lambda one: (one.at, one.message_id))
        )
        assert {one.key: one for one in self.journal.drafts()} == self.drafts

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            with Journal(self.path) as journal:
                assert {one.message_id for one in journal.pending()} == set(self.entries)
        shutil.rmtree(self.folder)


TestJournalling = Journalling.TestCase
TestJournalling.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)

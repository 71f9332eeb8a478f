"""What can befall a database that is there: a full disk, no right to write, another's lock."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.databases import Cluster, Database, Postgresql, PrivateCluster, Sqlite

#: A database, and a context in which it is in trouble.
Troubled = tuple[Database, Callable[[], AbstractContextManager[None]]]

#: Bytes of a disk that fills up soon, for a file and for a whole database of PostgreSQL.
_FILE_DISK, _DATABASE_DISK = 16_000_000, 40_000_000


@contextmanager
def small_disk(folder: Path, *, size: int) -> Iterator[Path]:
    """Mount a disk of so many bytes; skips where nobody may."""
    mount = shutil.which("mount")
    folder.mkdir(parents=True)
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={size}", "palier-test", str(folder)]
    if (
        mount is None
        or (done := subprocess.run(command, capture_output=True, text=True, check=False)).returncode
    ):
        said = "there is no mount" if mount is None else done.stderr.strip()
        pytest.skip(f"no disk can be mounted here: {said}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk for a while."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def sqlite_on_a_small_disk(folder: Path) -> Iterator[Troubled]:
    """A file on a disk that can be filled."""
    with small_disk(folder / "disk", size=_FILE_DISK) as disk:
        database = Sqlite(disk / "palier.db")
        try:
            yield database, lambda: filled(disk)
        finally:
            database.close()


@contextmanager
def postgresql_on_a_small_disk(cluster: Cluster, folder: Path) -> Iterator[Troubled]:
    """A database whose tables are on a disk that can be filled."""
    if not isinstance(cluster, PrivateCluster):
        pytest.skip("this PostgreSQL is not ours: its disk is elsewhere")
    folder.chmod(0o755)  # another user passes through it
    with small_disk(folder / "disk", size=_DATABASE_DISK) as disk, cluster.placed(disk) as database:
        yield database, lambda: filled(disk)


def read_only(database: Postgresql) -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which a database of PostgreSQL takes no changes, as a standby does."""
    name = database.url.rpartition("/")[2]

    @contextmanager
    def trouble() -> Iterator[None]:
        setting = f"ALTER DATABASE {name} SET default_transaction_read_only ="
        database.cluster.command(f"{setting} on")
        database.hang_up()
        try:
            yield
        finally:
            database.cluster.command(f"{setting} off")
            database.hang_up()

    return trouble


def locked(database: Database) -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which another program has locked what is needed."""

    @contextmanager
    def trouble() -> Iterator[None]:
        with database.plain() as engine, engine.begin() as db:
            if database.name == "postgresql":
                db.execute(text("LOCK TABLE session IN ACCESS EXCLUSIVE MODE"))
            yield

    return trouble

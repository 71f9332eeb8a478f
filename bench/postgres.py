"""A PostgreSQL of one's own, in a folder, from the programs of the distribution."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from process import process

_PLACES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")

_USER = "bench"


class Missing(Exception):
    """There is no PostgreSQL on this machine; says what would bring it."""


def find() -> Path:
    """Return the folder of PostgreSQL's programs, the newest; raises `Missing`."""
    found = [one for place in _PLACES for one in Path("/").glob(place) if (one / "initdb").exists()]
    if not found:
        raise Missing("no PostgreSQL here: `apt-get install postgresql` brings it")
    return max(found, key=lambda one: [int(part) for part in one.parts if part.isdecimal()])


@contextmanager
def cluster(folder: Path, *, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Run a cluster with a database of each name; yield their URLs.

    Commits reach the disk before they are answered (synchronous_commit, fsync), as by default.
    """
    programs = find()
    folder.mkdir()
    data, secret, password = folder / "data", folder / "password", secrets.token_urlsafe(16)
    secret.write_text(password)
    demotion = _demoted(folder, secret)
    subprocess.run(
        [
            *demotion,
            programs / "initdb",
            *("-D", data, "-U", _USER, "-A", "scram-sha-256", "--pwfile", secret),
            *("-E", "UTF8", "--no-locale"),
        ],
        check=True,
        cwd=folder,
        capture_output=True,
    )
    port = _free_port()
    url = f"postgresql://{_USER}:{password}@127.0.0.1:{port}"
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "synchronous_commit": "on",
        "fsync": "on",
    }
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    command: list[str | Path] = [*demotion, programs / "postgres", "-D", data, *options]
    with process(command, log=folder.parent / "postgres.log", ready=lambda: _answers(url)):
        with psycopg.connect(f"{url}/postgres", autocommit=True) as db:
            for one in names:
                db.execute(f"CREATE DATABASE {one}".encode())
        yield {one: f"{url}/{one}" for one in names}


def version() -> str:
    """Return PostgreSQL's version."""
    said = subprocess.run([find() / "postgres", "-V"], check=True, capture_output=True, text=True)
    return said.stdout.split()[2]


def _demoted(*owned: Path) -> list[str]:
    """Return how root becomes the user postgres, since PostgreSQL does not run as root."""
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise Missing("PostgreSQL does not run as root, and there is no setpriv to become another")
    for one in owned:
        shutil.chown(one, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


def _answers(url: str) -> bool:
    try:
        psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port

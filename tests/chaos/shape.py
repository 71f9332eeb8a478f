"""How big a campaign is, how patient, and with what planted in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How big a campaign is. ``prefix`` begins the names of its sessions.

    ``sessions`` at a time, each with ``seats`` in ``processes`` client processes; ``rounds`` of
    each session; ``pause`` is how long a bot thinks, in seconds at most.
    """

    workers: int = 1
    partitions: int = 1
    sessions: int = 3
    seats: int = 8
    processes: int = 2
    rounds: int = 8
    pause: float = 0.4
    prefix: str = "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds.

    ``play`` for a session in the middle of play, ``go_on`` until play goes on after a fault before
    the next one strikes, ``end`` for the end of all sessions after the last one, ``tell`` until
    everything is told then.
    """

    play: float = 90.0
    go_on: float = 20.0
    end: float = 150.0
    tell: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Faults of Palier itself that every worker and every client process begins with."""

    worker: tuple[str, ...] = ()
    client: str | None = None


NOTHING, PATIENT = Planted(), Patience()

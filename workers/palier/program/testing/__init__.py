"""Running a program in memory: a whole session in milliseconds, by the rules of production.

::

    from palier.program.testing import load, play

    def test_all_give_everything():
        result = play(load("programs/public_goods"), seats=4, settings={"rounds": 1},
                      answers={"contribute": {"amount": 20}})
        assert result.payoffs == dict.fromkeys(result.seats, 32)

There is no broker, no database and no thread; nobody waits, for the clock jumps. What is decided is
decided by the same code as in a worker: forms are validated by their models, screens are checked
beside their stages, deadlines pass, who is missing is treated as the stage says. The same ``seed``
gives the same session.

Seats are called ``p1``, ``p2`` and so on, as by ``palier session open``, unless they are named.
What no script says is drawn by chance from what the form allows.
"""

from palier.program.testing.acting import LiveScript
from palier.program.testing.errors import (
    BadAnswer,
    Endless,
    NobodyGoesOn,
    NoSuchSeat,
    NoSuchStage,
    PlayError,
)
from palier.program.testing.loading import load, load_bots
from palier.program.testing.playing import play
from palier.program.testing.result import Result, Shown
from palier.program.testing.scripts import MISSING, Script, by_seat, by_visit

__all__ = [
    "MISSING",
    "BadAnswer",
    "Endless",
    "LiveScript",
    "NoSuchSeat",
    "NoSuchStage",
    "NobodyGoesOn",
    "PlayError",
    "Result",
    "Script",
    "Shown",
    "by_seat",
    "by_visit",
    "load",
    "load_bots",
    "play",
]

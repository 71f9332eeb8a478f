"""What diverges when a program is gone through again, by name, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

_CHANCE = (
    "Use session.random (in a group: group.random): it is the same when it is gone through again."
)
_TIME = "Use session.now(), which is on the record."
OUTSIDE = 'Use await session.once("name", function): its result is kept and given again.'
_WAIT = "Give a stage deadline=: a worker conducts other sessions meanwhile."
_SETTING = "Make it a field of Settings, which is on the record."
_SAY = "Show it as data of a stage; in a test, look at the result of play()."
ORDER = "Use sorted(...), or dict.fromkeys(...) to keep the order of what comes in."
AWAIT = "Await stages, groups and once() of the session, and coroutines of this program that do so."
STATE = "Make it in run() or in __init__: self.x is a session's own."

#: What a name that was imported stands for: why it may not be used, and what to use instead.
FOREIGN: Mapping[str, tuple[str, str]] = {
    "random": ("gives something else each time", _CHANCE),
    "secrets": ("gives something else each time", _CHANCE),
    "uuid.uuid1": ("gives something else each time", _CHANCE),
    "uuid.uuid4": ("gives something else each time", _CHANCE),
    "numpy.random": ("gives something else each time", _CHANCE),
    "time.sleep": ("holds up every session of the worker", _WAIT),
    "time": ("is another time when it is gone through again", _TIME),
    "datetime.datetime.now": ("is another time when it is gone through again", _TIME),
    "datetime.datetime.utcnow": ("is another time when it is gone through again", _TIME),
    "datetime.datetime.today": ("is another time when it is gone through again", _TIME),
    "datetime.date.today": ("is another time when it is gone through again", _TIME),
    "os.environ": ("is not the same on every worker", _SETTING),
    "os.getenv": ("is not the same on every worker", _SETTING),
    "os.urandom": ("gives something else each time", _CHANCE),
    **dict.fromkeys(
        (
            *(
                "requests",
                "httpx",
                "urllib.request",
                "socket",
                "subprocess",
                "sqlite3",
                "http.client",
            ),
            *("shutil", "tempfile", "os.system", "os.popen", "os.listdir", "os.remove"),
            *("pathlib.Path.home", "pathlib.Path.cwd", "os.getcwd", "os.getpid", "serial"),
        ),
        ("is something of the outside world", OUTSIDE),
    ),
    "asyncio": ("waits by a loop that a worker does not have", AWAIT),
}

#: What is nothing by itself: what is used of it is told.
MODULES = frozenset({"random", "secrets", "time", "asyncio", "requests", "httpx", "socket"})

#: What is repeatable all the same.
ALLOWED = frozenset({"random.Random", "datetime.datetime", "datetime.date"})

#: The same for what Python has without an import.
BUILTIN: Mapping[str, tuple[str, str]] = {
    "open": ("is something of the outside world", OUTSIDE),
    "input": ("waits for a keyboard that a worker does not have", "Ask by a form of a stage."),
    "print": ("is read by nobody, and said again when it is gone through again", _SAY),
    "id": ("is another number each time", "Use a participant's seat or number."),
    "hash": ("is another number in each process", "Use a participant's seat or number."),
}

#: Methods of paths, whatever they are called on.
PATHS = frozenset({"read_text", "write_text", "read_bytes", "write_bytes"})

RECORDED = frozenset({"once", "transaction"})

SETS = frozenset({"set", "frozenset"})
IN_ORDER = frozenset({"list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter"})

MUTABLE = frozenset({"list", "dict", "set", "defaultdict", "Counter", "deque"})
CHANGES = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "add", "discard", "update"),
        *("setdefault", "popitem", "sort", "reverse", "appendleft", "popleft"),
    }
)


def rule_for(meant: str) -> tuple[str, str] | None:
    """Return the rule for a name: its own, or that of what it is in."""
    while meant:
        if meant in FOREIGN:
            return FOREIGN[meant]
        meant = meant.rpartition(".")[0]
    return None

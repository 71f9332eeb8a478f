"""Measure the windows under the current DISPLAY: first frame, processor and memory when idle.

``xvfb-run -s "-screen 0 1600x1000x24" python tools/measure_desk.py``; Linux only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import sleep

DESK = Path(__file__).parents[1] / "tests" / "e2e" / "desk_process.py"
OVERVIEW = DESK.with_name("overview_process.py")

#: After this a window is at rest; then the processor is watched for that long.
_CALM, _WATCHED = 12.0, 10.0


def main() -> int:
    """Print one line for each screen; ``form 900`` counts down from fifteen minutes."""
    for view in ("form", "form 900", "results"):
        with _opened(DESK) as desk:
            assert desk.stdin is not None
            assert desk.stdout is not None
            desk.stdin.write(f"{view}\n")
            desk.stdin.flush()
            first = json.loads(desk.stdout.readline())["seconds"]
            sys.stdout.write(f"{view}: first frame {first:.2f} s, {_at_rest(desk)}\n")
            desk.kill()
    with _opened(OVERVIEW, "running") as overview:
        sys.stdout.write(f"overview of 24 seats: {_at_rest(overview)}\n")
        overview.kill()
    return 0


def _opened(script: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own scripts
        [sys.executable, str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _at_rest(window: subprocess.Popen[str]) -> str:
    sleep(_CALM)
    before = _processor(window.pid)
    sleep(_WATCHED)
    share = (_processor(window.pid) - before) / _WATCHED
    return f"at rest {share:.1%} of a core, {_memory(window.pid)} MiB"


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(one for one in status if one.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    raise SystemExit(main())

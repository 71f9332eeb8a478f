"""Measure the desk under the current DISPLAY: first frame, processor and memory when idle.

``xvfb-run -s "-screen 0 1600x1000x24" python tools/measure_desk.py``; Linux only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import sleep

PROCESS = Path(__file__).parents[1] / "tests" / "e2e" / "desk_process.py"

#: After this the window is at rest; then the processor is watched for that long.
_CALM, _WATCHED = 12.0, 10.0


def main() -> int:
    """Print one line for each screen."""
    for view in ("form", "form 900", "results"):
        with subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(PROCESS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as desk:
            assert desk.stdin is not None
            assert desk.stdout is not None
            desk.stdin.write(f"{view}\n")
            desk.stdin.flush()
            first = json.loads(desk.stdout.readline())["seconds"]
            sleep(_CALM)
            before = _processor(desk.pid)
            sleep(_WATCHED)
            share = (_processor(desk.pid) - before) / _WATCHED
            sys.stdout.write(
                f"{view}: first frame {first:.2f} s, at rest {share:.1%} of a core, "
                f"{_memory(desk.pid)} MiB\n"
            )
            desk.kill()
    return 0


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(one for one in status if one.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    raise SystemExit(main())

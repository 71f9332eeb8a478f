"""Build the desk as one file that a lab can copy: ``python -m tools.desk_onefile [FOLDER]``.

PyInstaller packs `palier-client`, what it needs and its fonts for the system that this runs on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]

#: The parts of Palier that a desk has, in their folders.
PARTS = ("schemas", "broker", "client")

NAME = "palier-client.exe" if sys.platform == "win32" else "palier-client"

#: What the client can do without, and what would make the file larger.
_LEFT_OUT = ("tkinter", "unittest", "pydoc", "setuptools", "palier.workers", "palier.cli")


def build(folder: Path) -> Path:
    """Build the file into a folder and return it; blocking, half a minute."""
    client = ROOT / "client" / "palier" / "client"
    with TemporaryDirectory(prefix="palier-onefile-") as scratch:
        subprocess.run(  # noqa: S603 - a fixed command
            [
                *(sys.executable, "-m", "PyInstaller", "--onefile", "--noconfirm", "--clean"),
                *("--name", Path(NAME).stem, "--log-level", "WARN"),
                *("--distpath", str(folder), "--workpath", scratch, "--specpath", scratch),
                *(word for part in PARTS for word in ("--paths", str(ROOT / part))),
                *("--add-data", f"{client / 'assets'}:palier/client/assets"),
                *("--copy-metadata", "palier-client"),
                # imported by name, when a screen or a bundle asks for it
                *(
                    "--collect-submodules",
                    "palier.client",
                    "--collect-submodules",
                    "palier.controller",
                ),
                *("--hidden-import", "cryptography.hazmat.primitives.asymmetric.ed25519"),
                *(word for one in _LEFT_OUT for word in ("--exclude-module", one)),
                str(client / "__main__.py"),
            ],
            check=True,
            cwd=scratch,
        )
    return folder / NAME


def main() -> None:
    """Build it and say how large it is."""
    parser = argparse.ArgumentParser(description="Build the desk as one file.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist")
    try:
        made = build(parser.parse_args().folder.resolve())
    except subprocess.CalledProcessError as error:
        parser.exit(error.returncode, "PyInstaller could not build the desk: it says above why.\n")
    print(f"{made}  {made.stat().st_size / 1e6:.1f} MB")  # noqa: T201 - to whoever runs this


if __name__ == "__main__":
    main()

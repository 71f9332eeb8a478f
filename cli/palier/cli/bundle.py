"""`palier bundle`: an author vouches for the controllers of a program."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from palier.cli.errors import CommandError
from palier.cli.showing import out
from palier.client import bundles, signatures
from palier.client.pins import Pin
from palier.schemas.bundle import FILE, LARGEST, Manifest, SignedBundle, fingerprint
from palier.schemas.names import check_name
from palier.schemas.screens.screen import digest

app = typer.Typer(no_args_is_help=True, help="Sign what desks run: a program's controllers.")

#: Days after which a bundle is to be signed anew.
_DAYS = 180

Key = Annotated[Path, typer.Option("--key", help="The file of the private key.")]
Folder = Annotated[Path, typer.Argument(help="The program's folder.")]


@app.command("key")
def new_key(file: Annotated[Path, typer.Argument(help="Where the private key goes.")]) -> None:
    """Make a key to sign with. It belongs on the author's computer, never on the server."""
    private = signatures.new_key()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{file} is there already: it would be lost. Choose another.") from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(private.hex() + "\n")
    out.print(f"private key  {file}: keep it to yourself", soft_wrap=True)
    out.print(f"fingerprint  {fingerprint(signatures.public_key(private))}", soft_wrap=True)


@app.command()
def sign(
    folder: Folder,
    *,
    key: Key,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = _DAYS,
) -> None:
    """Sign the Python files of a program's desk: controllers.py and what it imports beside it."""
    private = _private(key)
    files = _files(folder)
    target = folder / FILE
    sequence = _known(target).sequence + 1 if target.exists() else 1
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    program = check_name(folder.resolve().name.replace("_", "-"))
    made = bundles.make(files, program=program, sequence=sequence, expires=expires, private=private)
    draft = target.with_suffix(".new")
    draft.write_text(json.dumps(made.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
    draft.replace(target)
    out.print(f"bundle       {target}, number {sequence}, good until {expires:%Y-%m-%d}")
    out.print(f"files        {', '.join(files)}", soft_wrap=True)
    out.print(f"fingerprint  {fingerprint(signatures.public_key(private))}", soft_wrap=True)
    out.print(
        "A desk that may run it: palier-client --allow-remote-controllers --trust FINGERPRINT"
    )


@app.command()
def show(folder: Folder) -> None:
    """Show a program's bundle: whose it is, what is in it, whether a desk would run it."""
    path = folder / FILE
    signed = _signed(path)
    found = fingerprint(b64decode(signed.key))
    manifest = _known(path)
    out.print(f"program      {manifest.program}, number {manifest.sequence}")
    out.print(f"fingerprint  {found}", soft_wrap=True)
    out.print(f"good until   {manifest.expires:%Y-%m-%d %H:%M} UTC")
    for name in manifest.files:
        same = (folder / name).is_file() and digest((folder / name).read_bytes()) == manifest.files[
            name
        ]
        out.print(f"             {name}{'' if same else ': not as it is beside it now'}")
    bundles.examine(
        path.read_bytes(), program=manifest.program, pin=Pin(found), now=datetime.now(UTC)
    )
    out.print("A desk that trusts this fingerprint runs it.")


def _files(folder: Path) -> dict[str, bytes]:
    """Return what a desk needs: ``controllers.py`` and its neighbours, but not the program."""
    files = {
        one.name: one.read_bytes()
        for one in sorted(folder.glob("*.py"))
        if one.name != "program.py"
    }
    if "controllers.py" not in files:
        raise CommandError(f"{folder} has no controllers.py: there is nothing to sign.")
    if sum(map(len, files.values())) > LARGEST:
        raise CommandError(f"The files of {folder} are larger than {LARGEST // 1024} kB together.")
    return files


def _private(path: Path) -> bytes:
    try:
        private = bytes.fromhex(path.read_text(encoding="utf-8"))
        signatures.public_key(private)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise CommandError(f"{path} is no key: `palier bundle key FILE` makes one.") from None
    return private


def _signed(path: Path) -> SignedBundle:
    try:
        return SignedBundle.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError:
        raise CommandError(f"{path} is no bundle: sign it anew.") from None


def _known(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(b64decode(_signed(path).manifest))
    except ValueError:
        raise CommandError(f"{path} has no readable manifest: sign it anew.") from None

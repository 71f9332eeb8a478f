"""A program's controllers as one signed file: what an author vouches for.

A bundle is trust in an author, not a sandbox: its code runs with the rights of whoever opens it.
What is signed is the manifest; it names every file by its hash, so that none can be changed, left
out, added or taken from another bundle.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from palier.schemas.message import Value
from palier.schemas.names import Name
from palier.schemas.screens.screen import Digest

#: Bytes of a bundle's files together, and how many there may be.
LARGEST, MOST_FILES = 400 * 1024, 64

#: The file of a program's folder that has it.
FILE = "bundle.json"

#: What a bundle travels as.
MEDIA: Literal["application/vnd.palier.bundle+json"] = "application/vnd.palier.bundle+json"

#: A Python file beside ``controllers.py``.
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,63}\.py$")]

#: Bytes in base64.
_Encoded = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]


class Manifest(Value):
    """What the signature vouches for.

    ``sequence`` rises with each bundle of a program: an older one is not taken back.
    """

    format: Literal[1] = 1
    program: Name
    sequence: Annotated[int, Field(ge=1, lt=2**53)]
    expires: datetime
    files: Annotated[dict[FileName, Digest], Field(min_length=1, max_length=MOST_FILES)]


class SignedBundle(Value):
    """A bundle as it is kept and sent: ``manifest`` is the JSON of one, byte for byte as signed.

    ``key`` is the author's public key: which one is to be trusted is the client's business.
    """

    key: _Encoded
    signature: _Encoded
    manifest: _Encoded
    files: dict[FileName, _Encoded]


def encoded(data: bytes) -> str:
    """Return bytes in base64."""
    return b64encode(data).decode()


def fingerprint(key: bytes) -> str:
    """Return what people compare of a public key: 160 bits in groups of four digits."""
    digits = hashlib.sha256(key).hexdigest()[:40]
    return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))

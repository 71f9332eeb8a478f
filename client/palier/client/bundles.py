"""Making a signed bundle, and telling whether one may be run here.

A client that may run what a server sends has pinned the author's key, and refuses every bundle that
this key has not signed, that is not the one the author meant last, or that is past its time.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from palier.client.errors import ClientError
from palier.client.pins import Pin
from palier.client.signatures import is_signed, public_key, sign
from palier.schemas.bundle import LARGEST, Manifest, SignedBundle, encoded, fingerprint
from palier.schemas.screens.screen import digest


class BundleRefused(ClientError):
    """A bundle is not run; ``code`` is stable."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"The controllers that the server sends are not run: {reason}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that may be run: its manifest, its files, and the pin that it leaves."""

    manifest: Manifest
    files: Mapping[str, bytes]
    pin: Pin


def make(
    files: Mapping[str, bytes], *, program: str, sequence: int, expires: datetime, private: bytes
) -> SignedBundle:
    """Return a signed bundle; raises `ValidationError`, `NoSignatures`."""
    manifest = Manifest(
        program=program,
        sequence=sequence,
        expires=expires,
        files={name: digest(content) for name, content in sorted(files.items())},
    )
    signed = manifest.model_dump_json().encode()
    return SignedBundle(
        key=encoded(public_key(private)),
        signature=encoded(sign(signed, private)),
        manifest=encoded(signed),
        files={name: encoded(content) for name, content in sorted(files.items())},
    )


def examine(content: bytes, *, program: str, pin: Pin | None, now: datetime) -> Bundle:
    """Return the bundle if it may be run; raises `BundleRefused` and says why not.

    ``pin`` is what is trusted of this program's author; None refuses every bundle, and tells the
    key that could be trusted.
    """
    signed = _read(content)
    key = b64decode(signed.key)
    if pin is None:
        raise BundleRefused(
            "unknown-key",
            f"nobody has said here whose they are. Compare {fingerprint(key)} with what the "
            "operator's computer shows, and start once with --trust and that.",
        )
    if fingerprint(key) != pin.fingerprint:
        raise BundleRefused(
            "wrong-key",
            f"they are signed by {fingerprint(key)}, and {pin.fingerprint} is trusted here. "
            "Tell the operator.",
        )
    text = b64decode(signed.manifest)
    if not is_signed(text, signature=b64decode(signed.signature), key=key):
        raise BundleRefused("altered", "their signature is not of this content. Tell the operator.")
    manifest = _manifest(text)
    _check(manifest, content=text, program=program, pin=pin, now=now)
    files = {name: b64decode(one) for name, one in signed.files.items()}
    _check_files(files, manifest)
    return Bundle(
        manifest=manifest,
        files=files,
        pin=Pin(pin.fingerprint, sequence=manifest.sequence, digest=digest(text)),
    )


def _read(content: bytes) -> SignedBundle:
    try:
        signed = SignedBundle.model_validate_json(content)
        for one in (signed.key, signed.signature, signed.manifest, *signed.files.values()):
            b64decode(one, validate=True)
    except (ValidationError, binascii.Error):
        raise BundleRefused("unreadable", "what came is no bundle. Tell the operator.") from None
    return signed


def _manifest(text: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(text)
    except ValidationError:
        raise BundleRefused(
            "unreadable",
            "their manifest is for another version of this client. Bring it up to date.",
        ) from None


def _check(manifest: Manifest, *, content: bytes, program: str, pin: Pin, now: datetime) -> None:
    if manifest.program != program:
        raise BundleRefused(
            "other-program", f"they are of {manifest.program}, and this session is of {program}."
        )
    if manifest.expires <= now:
        raise BundleRefused(
            "expired",
            f"they were good until {manifest.expires:%Y-%m-%d %H:%M} UTC. The author can sign them "
            "anew with `palier bundle sign`.",
        )
    if manifest.sequence < pin.sequence:
        raise BundleRefused(
            "older",
            f"number {manifest.sequence} is older than number {pin.sequence}, which has run here.",
        )
    if manifest.sequence == pin.sequence and pin.digest not in ("", digest(content)):
        raise BundleRefused(
            "ambiguous", f"there are two different ones of number {manifest.sequence}."
        )


def _check_files(files: Mapping[str, bytes], manifest: Manifest) -> None:
    if files.keys() != manifest.files.keys():
        odd = ", ".join(sorted(files.keys() ^ manifest.files.keys()))
        raise BundleRefused("mixed", f"the files are not those that were signed ({odd}).")
    changed = sorted(name for name in files if digest(files[name]) != manifest.files[name])
    if changed:
        raise BundleRefused("mixed", f"{', '.join(changed)}: not the file that was signed.")
    if sum(map(len, files.values())) > LARGEST:
        raise BundleRefused("unreadable", f"they are larger than {LARGEST // 1024} kB.")

"""Ed25519 signatures; the only place that imports ``cryptography``, an extra of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from palier.client.errors import ClientError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class NoSignatures(ClientError):
    """The part that signatures need is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Signed bundles need the package cryptography: `pip install 'palier-client[bundles]'`."
        )


def new_key() -> bytes:
    """Return a new private key, 32 bytes; raises `NoSignatures`."""
    return _private(None).private_bytes_raw()


def public_key(private: bytes) -> bytes:
    """Return the public key of a private one, 32 bytes; raises `NoSignatures`, `ValueError`."""
    return _private(private).public_key().public_bytes_raw()


def sign(data: bytes, private: bytes) -> bytes:
    """Return the signature of data; raises `NoSignatures`, `ValueError`."""
    return _private(private).sign(data)


def is_signed(data: bytes, *, signature: bytes, key: bytes) -> bool:
    """Whether the holder of a key has signed these very bytes; raises `NoSignatures`."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise NoSignatures from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(key: bytes | None) -> Ed25519PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise NoSignatures from None
    private = ed25519.Ed25519PrivateKey
    return private.generate() if key is None else private.from_private_bytes(key)

"""The passwords of seats: they follow from what is known, and are kept nowhere."""

from __future__ import annotations

import hashlib
import hmac


def seat_password(secret: str, *, seat: str, joined_with: str) -> str:
    """Return the password of a seat whose code was used by the message ``joined_with``.

    The same each time: a client that asked twice takes the first answer, and the second must not
    end it; and an account that the broker has lost can be made again as it was. ``secret`` is the
    same for all workers.
    """
    asked = f"{seat} {joined_with}".encode()
    return hmac.new(secret.encode(), asked, hashlib.sha256).hexdigest()

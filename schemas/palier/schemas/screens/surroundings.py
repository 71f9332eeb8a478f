"""The names that every screen has, besides the data of its stage."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: ``answer.<field>`` is what the form holds, ``local.<name>`` what the screen itself keeps;
#: ``form.valid``: it could be handed in, ``form.sent``: it is on its way or further;
#: ``seat``: whose desk this is; ``arrived`` of ``expected`` have handed in this stage;
#: ``remaining``: seconds that are left, None without a deadline. Empty: the name stands alone;
#: None: what follows the dot depends on form and screen.
NAMES: Mapping[str, tuple[str, ...] | None] = MappingProxyType(
    {
        "answer": None,
        "local": None,
        "form": ("valid", "sent"),
        "stage": ("name", "visit", "title"),
        "seat": (),
        "arrived": (),
        "expected": (),
        "remaining": (),
    }
)

#: What a stage's data cannot be called.
RESERVED = frozenset({*NAMES, "stream"})

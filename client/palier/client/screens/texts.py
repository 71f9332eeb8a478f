"""All words of the windows, by language; what an author writes stays as it is."""

from __future__ import annotations

import locale
from typing import Literal, TypeAlias

from palier.client.screens.english import ENGLISH
from palier.client.screens.french import FRENCH
from palier.client.screens.words import Words

Language: TypeAlias = Literal["en", "fr"]

WORDS: dict[Language, Words] = {"en": ENGLISH, "fr": FRENCH}


def choose_language(asked: str | None = None) -> Language:
    """Return the language asked for, else the computer's, else English."""
    spoken = asked or locale.getlocale()[0] or ""
    # Windows answers "French_France" where others say "fr_FR"
    return "fr" if spoken.lower().startswith("fr") else "en"

"""All words of the windows, by language; what an author writes stays as it is.

French and English are built in. Further languages are files, `wordbook`, named by their language:
``de.toml``. Such a file also counts for more than what is built in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from platformdirs import user_config_path

from palier.client.errors import BadWords, NoSuchLanguage
from palier.client.screens.display import system_language
from palier.client.screens.english import ENGLISH
from palier.client.screens.french import FRENCH
from palier.client.screens.wordbook import Wordbook, read_words
from palier.client.screens.words import Words

#: The languages that are built in.
Language: TypeAlias = Literal["en", "fr"]

WORDS: dict[Language, Words] = {"en": ENGLISH, "fr": FRENCH}

#: What Windows calls languages that others name by two letters.
_BY_NAME = {"french": "fr", "english": "en"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A language and its words."""

    language: str
    words: Words


def speech(asked: str | None = None, *, places: Iterable[Path] | None = None) -> Speech:
    """Return the language asked for, else the computer's, else English.

    Raises `NoSuchLanguage` where there are no words of the one that was asked for, `BadWords` where
    its file has mistakes.
    """
    shelf = tuple(word_places() if places is None else places)
    for language in _candidates(asked or system_language()):
        found = find_book(language, shelf)
        if found is not None:
            return Speech(language=language, words=found.words)
    if asked is not None:
        known = sorted({*WORDS, *(file.stem.lower() for file in files(shelf))})
        raise NoSuchLanguage(asked, known=known, places=shelf)
    return Speech(language="en", words=ENGLISH)


def find_book(language: str, places: Iterable[Path]) -> Wordbook | None:
    """Return the words of a language: those of its file, else those built in, else None."""
    for file in files(places):
        if file.stem.lower() == language:
            return read_book(file)
    words = _built_in(language)
    return None if words is None else Wordbook(words, ())


def read_book(file: Path) -> Wordbook:
    """Return what a file has to say; French is completed by French words, all else by English.

    Raises `BadWords`.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not written in UTF-8"
        raise BadWords(str(file), [(1, f"The file cannot be read: {why}.")]) from error
    return read_words(text, name=str(file), usual=_built_in(file.stem.lower()) or ENGLISH)


def word_places(environment: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Yield where files of words may lie: ``PALIER_WORDS``, the user's folder, beside the program.

    ``PALIER_WORDS`` has files or folders, separated as in ``PATH``.
    """
    for one in environment.get("PALIER_WORDS", "").split(os.pathsep):
        if one:
            yield Path(one)
    yield user_words()
    if getattr(sys, "frozen", False):
        yield Path(sys.executable).parent / "words"


def user_words() -> Path:
    """Return the user's own folder of words; it need not be there."""
    return user_config_path("palier") / "words"


def files(places: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of words in some places, which may be files themselves."""
    for place in places:
        if place.is_dir():
            yield from sorted(place.glob("*.toml"))
        elif place.suffix == ".toml" and place.is_file():
            yield place


def _built_in(language: str) -> Words | None:
    return next((words for name, words in WORDS.items() if name == language), None)


def _candidates(asked: str) -> Iterator[str]:
    """Yield names of a language, the closest first: of ``de_AT.UTF-8``, ``de-at`` and ``de``."""
    tag = asked.partition(".")[0].replace("_", "-").lower()
    main = tag.partition("-")[0]
    yield tag
    yield _BY_NAME.get(main, main)

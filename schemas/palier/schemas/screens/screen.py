"""A screen as a whole: what it is made of, how large it may be, by which hash it is known."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from palier.schemas.message import Value
from palier.schemas.names import Name
from palier.schemas.screens.widgets import Chat, Key, Tagged, Widget, Words, walk

#: Limits of one screen: widgets, how deep they nest, bytes of its JSON.
MOST_WIDGETS, DEEPEST, LARGEST = 2_000, 20, 256 * 1024

#: What a screen travels as.
MEDIA: Literal["application/vnd.palier.screen+json"] = "application/vnd.palier.screen+json"

#: Bytes of one picture.
LARGEST_IMAGE = 512 * 1024

#: The hash of a content: SHA-256, in hexadecimal.
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Local(Tagged):
    """A value of the screen's own, ``local.<name>``: never handed in."""

    tag: Literal["local"] = "local"
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    value: JsonValue = None


class Datum(Tagged):
    """A name that the stage shows, declared: a screen that declares any may use no other.

    ``type`` says what it is, ``sample`` stands for it in previews; ``keys`` are those of the
    records of a list.
    """

    tag: Literal["data"] = "data"
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    type: Literal["number", "text", "flag", "list", "record"] = "text"
    keys: tuple[Key, ...] = ()
    sample: JsonValue = None


class Strings(Tagged):
    """The texts of a screen in another language, by the text as it stands in the file."""

    tag: Literal["strings"] = "strings"
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    texts: dict[str, Words] = {}


class ScreenSpec(Value):
    """The description of a screen; what a desk shows for a stage."""

    #: Of this description. A desk that does not know it says so before the stage opens.
    format: Literal[1] = 1
    name: Name
    title: Words = ""
    #: ``public_goods.Decision``: the class whose methods its actions name.
    controller: Annotated[
        str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,63}\.[A-Z][A-Za-z0-9_]{0,63})?$")
    ] = ""
    #: The language that the texts are written in, where it is known.
    lang: Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")] = ""
    data: tuple[Datum, ...] = ()
    locals: tuple[Local, ...] = ()
    strings: tuple[Strings, ...] = ()
    #: The pictures that it shows: name of the file, and its hash.
    images: dict[str, Digest] = {}
    body: Annotated[tuple[Widget, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        found = [depth for _, depth in walk(self.body)]
        if len(found) > MOST_WIDGETS:
            raise ValueError(f"A screen has at most {MOST_WIDGETS} widgets, this has {len(found)}.")
        if max(found) > DEEPEST:
            raise ValueError(f"Widgets nest at most {DEEPEST} deep, these nest {max(found)} deep.")
        return self

    @property
    def streams(self) -> frozenset[str]:
        """The streams that its chats post to, and that its other widgets follow."""
        found: set[str] = set()
        for one, _ in walk(self.body):
            if isinstance(one, Chat):
                found.add(one.stream)
            elif (source := getattr(one, "source", None)) and source.startswith("stream."):
                found.add(source.partition(".")[2])
        return frozenset(found)

    def canonical(self) -> bytes:
        """Return its JSON: the same bytes for the same screen, wherever they are made."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    @property
    def digest(self) -> str:
        """The hash that it is known by."""
        return digest(self.canonical())


def digest(content: bytes) -> str:
    """Return the hash of a content."""
    return hashlib.sha256(content).hexdigest()

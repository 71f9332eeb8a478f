"""The screens of a program: a folder of XML files, with the pictures that they show beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import JsonValue

from palier.schemas.forms import FormSpec
from palier.schemas.live import ActionSpec
from palier.schemas.screens.attributes import Wrong
from palier.schemas.screens.checks import UNKNOWN, check
from palier.schemas.screens.document import LARGEST_FILE
from palier.schemas.screens.errors import BadScreen, Mistake
from palier.schemas.screens.reader import Written, place_of, read_screen
from palier.schemas.screens.screen import LARGEST_IMAGE, MEDIA, ScreenSpec, digest
from palier.schemas.screens.suggestions import suggestion

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class StoredContent:
    """What a client asks for by its hash: its media type and its bytes."""

    media: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ScreenFile:
    """A screen that was read from a file; ``contents`` are its pictures, by hash."""

    spec: ScreenSpec
    path: Path
    written: Written = field(repr=False, compare=False)
    contents: Mapping[str, StoredContent] = field(repr=False)

    def check(
        self,
        form: FormSpec | None,
        data: Mapping[str, JsonValue] | None,
        live: Sequence[ActionSpec] | None = None,
    ) -> tuple[Mistake, ...]:
        """Return what does not go together with a form and the data of a stage.

        ``form`` is None for a stage that asks for nothing; ``data``, and what can be done in a
        ``live`` stage, are None where they are not known. Nothing is read from the disk.
        """
        return check(self.written, form=form, data=data, live=live)

    def check_alone(self) -> tuple[Mistake, ...]:
        """Return what is wrong whatever the stage is: neither its form nor its data are known."""
        return check(self.written, form=UNKNOWN, data=None)

    def mistake(self, number: int, attribute: str, reason: str, hint: str = "") -> Mistake:
        """Return a mistake of a widget, counted from 0, at the value of an attribute."""
        element = self.written.elements[number]
        line, column = self.written.document.mistakes.lines.place(place_of(element, attribute))
        return Mistake(file=str(self.path), line=line, column=column, reason=reason, hint=hint)


@dataclass(frozen=True, slots=True)
class ScreenFolder:
    """The screens of a program by name, and by hash all that they consist of."""

    screens: Mapping[str, ScreenFile]
    contents: Mapping[str, StoredContent]


def read_file(path: Path) -> ScreenFile:
    """Return the screen of a file; raises `BadScreen` with all of its mistakes.

    Blocks for as long as the file and its pictures take to read.
    """
    contents: dict[str, StoredContent] = {}
    written = read_screen(
        _content(path, LARGEST_FILE + 1),
        file=str(path),
        name=path.stem,
        picture=_pictures_beside(path, contents),
    )
    return ScreenFile(written.spec, path, written, MappingProxyType(contents))


def files(folder: Path) -> tuple[Path, ...]:
    """Return the files of screens in a folder, by name; what is hidden is an editor's own."""
    return tuple(sorted(one for one in folder.glob("*.xml") if not one.name.startswith(".")))


def read_folder(folder: Path) -> ScreenFolder:
    """Return the screens of a folder; raises `BadScreen` with the mistakes of all of its files.

    A folder that is not there is an empty one. Blocks for as long as the files take to read.
    """
    screens: dict[str, ScreenFile] = {}
    contents: dict[str, StoredContent] = {}
    mistakes: list[Mistake] = []
    for path in files(folder):
        try:
            screen = read_file(path)
        except BadScreen as error:
            mistakes += error.mistakes
            continue
        screens[screen.spec.name] = screen
        contents.update(screen.contents)
        contents[screen.spec.digest] = StoredContent(MEDIA, screen.spec.canonical())
    if mistakes:
        raise BadScreen(tuple(mistakes))
    return ScreenFolder(MappingProxyType(screens), MappingProxyType(contents))


def _content(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror}."
        hint = "Look at its name and at who may read it."
        raise BadScreen(
            (Mistake(file=str(path), line=1, column=1, reason=reason, hint=hint),)
        ) from None


def _pictures_beside(path: Path, contents: dict[str, StoredContent]) -> Callable[[str], str]:
    def picture(name: str) -> str:
        file = path.parent / name
        there = [one.name for one in path.parent.iterdir() if one.suffix.lower() in _PICTURES]
        # some systems find Curve.png by curve.png, and others will not
        if name not in there or not file.is_file():
            hint = suggestion(name, there) or "Put it beside the screen."
            raise Wrong(f"There is no picture {name} in {path.parent}.", hint)
        try:
            with file.open("rb") as opened:
                data = opened.read(LARGEST_IMAGE + 1)
        except OSError as error:
            raise Wrong(
                f"The picture {name} cannot be read: {error.strerror}.", "Look at who may read it."
            ) from None
        if len(data) > LARGEST_IMAGE:
            raise Wrong(
                f"The picture {name} has {file.stat().st_size} bytes, at most {LARGEST_IMAGE} "
                "are allowed.",
                "Make it smaller.",
            )
        if data.startswith(_PNG):
            media = "image/png"
        elif data.startswith(_JPEG):
            media = "image/jpeg"
        else:
            raise Wrong(f"{name} is neither a PNG nor a JPEG picture.", "Save it as one of them.")
        contents[digest(data)] = StoredContent(media, data)
        return digest(data)

    return picture

"""A screen as its author sees it: from a file, with sample data, without broker or worker."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from pydantic import JsonValue

from palier.client.controllers import Controllers
from palier.client.entries import Put
from palier.client.errors import ClientError
from palier.client.screens.facts import humanise
from palier.client.screens.questions import placed, question
from palier.client.screens.sample_errands import NotedErrands
from palier.client.view import Asking, Connectivity, Shown, View
from palier.controller import ControllerError, connect, unused
from palier.schemas.errors import PalierError
from palier.schemas.events import PostedValue, Stage
from palier.schemas.forms import FormSpec
from palier.schemas.screens.acting import Use
from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.folder import ScreenFile, read_file
from palier.schemas.screens.screen import ScreenSpec

_log = logging.getLogger(__name__)

#: Seconds between two looks at the files.
_LOOK = 0.3

_SEAT = "s01"
_OPENED = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)

#: Finds the form of a screen among what an author has written; None where there is none. Raises
#: `PalierError` where that cannot be read.
Forms = Callable[[ScreenSpec], FormSpec | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When the files of a preview were saved: what is shown, and the controllers' code."""

    files: tuple[tuple[Path, int], ...]
    code: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a preview is made from: the screen's file, its data, its form, its controllers."""

    file: Path
    data: Path | None = None
    form: Forms = lambda _: None
    controllers: Controllers
    #: Other files that a preview is made anew for: controllers, say.
    beside: tuple[Path, ...] = ()

    def stamp(self) -> Stamp:
        """Return what is another value once any of the files was saved."""
        pictures = sorted(self.file.parent.glob("*.[pj][np]*g"))
        files = (self.file, *([self.data] if self.data else []), *pictures)
        return Stamp(
            files=tuple((one, _changed(one)) for one in files),
            code=tuple(_changed(one) for one in self.beside),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read: the view, and what an author has to mend, one sentence a line."""

    view: View
    problem: str = ""


def read(source: Source) -> Read:
    """Return the view of a screen; raises `BadScreen` where there is nothing to be shown.

    Blocks for as long as its files take to read.
    """
    file = read_file(source.file)
    samples, problems = _data(source, file.spec)
    found = None
    try:
        found = source.form(file.spec)
    except PalierError as error:
        problems.append(str(error))
    form = found or _made_form(file.spec)
    known = samples if source.data else None
    if found is not None:
        problems += [str(one) for one in file.check(found, known)]
    else:
        problems += [str(one) for one in file.check_alone()]
    problems += _misfits(source, file)
    problem = "\n".join(dict.fromkeys(problems))
    images = {name: file.path.parent / name for name in file.spec.images}
    stage = Stage(
        scope="preview",
        generation=1,
        name=file.spec.name,
        visit=1,
        title=humanise(file.spec.name.replace("-", " ")),
        form=form,
        data=samples,
        parties=8,
        opened_at=_OPENED,
    )
    view = View(
        seat=_SEAT,
        session="preview",
        program=file.path.name,
        screen=Asking(stage=stage),
        connectivity=Connectivity.ONLINE,
        shown=Shown(spec=file.spec, images=images, problem=problem),
        arrived=3,
        expected=8,
    )
    return Read(view=view, problem=problem)


def unreadable(source: Source, error: BadScreen) -> View:
    """Return the view of a file that was never right: its mistakes, and an empty page."""
    stage = Stage(
        scope="preview",
        generation=1,
        name="preview",
        visit=1,
        title=source.file.name,
        parties=1,
        opened_at=_OPENED,
    )
    return View(
        seat=_SEAT,
        session="preview",
        program=source.file.name,
        screen=Asking(stage=stage),
        connectivity=Connectivity.ONLINE,
        shown=Shown(awaited=True, problem=str(error)),
    )


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _data(source: Source, spec: ScreenSpec) -> tuple[dict[str, JsonValue], list[str]]:
    """Return the data of a preview: of a file, and samples for what that does not have."""
    found: dict[str, JsonValue] = {one.name: one.sample for one in spec.data}
    if source.data is None:
        return found, []
    try:
        given = json.loads(source.data.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return found, [f"{source.data}: {error}."]
    if not isinstance(given, dict):
        return found, [f"{source.data}: write one JSON object, with a value for each name."]
    return {**found, **given}, []


def _made_form(spec: ScreenSpec) -> FormSpec | None:
    """Return a form that asks what the screen's inputs are bound to; None where there is none."""
    fields = {}
    for one in placed(spec.body)[0]:
        kind, _, name = one.widget.bind.partition(".")
        if kind != "answer":
            continue
        own = question(one.widget, None, say=lambda text: text, number=_plain)
        required = one.widget.required is not False
        changes = {"name": name, "title": own.title or humanise(name), "required": required}
        fields[name] = own.model_copy(update=changes)
    return FormSpec(fields=tuple(fields.values())) if fields else None


def _plain(amount: float | str | None) -> float | None:
    return None if isinstance(amount, str) else amount


def _misfits(source: Source, file: ScreenFile) -> list[str]:
    """Return what does not fit between the screen and its controller."""

    def where(use: Use) -> str:
        document, element = file.written.document, file.written.elements[use.number]
        line, column = document.mistakes.lines.place(element.at)
        return f"{file.path}:{line}:{column}"

    name = file.spec.controller
    try:
        controller = source.controllers.find(name) if name else None
        if name and controller is None:
            return [f"{file.path}: there is no controller {name} here."]
        connect(file.spec, controller, where=where)
    except ControllerError as error:
        return list(error.problems)
    return list(unused(file.spec, controller)) if controller is not None else []


@dataclass
class PreviewErrands(NotedErrands):
    """Errands of a preview: what is handed in is told, what is posted comes back."""

    inbox: SimpleQueue[View]
    view: View
    told: Callable[[dict[str, JsonValue] | None], None] = lambda _: None
    typed: dict[str, Put] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing noted."""
        super().__init__()
        self._count = 0

    def show(self, view: View) -> None:
        """Show another view; for any thread."""
        self._count += 1
        self.view = replace(view, round_trip=float(self._count))  # one that is not the same
        self.inbox.put(self.view)

    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        """Tell what would be handed in, and let it be changed."""
        super().submit(stage, answer)
        self.told(answer)
        self.show(self.view)

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep what is typed, for a page that is opened anew."""
        super().draft(stage, fields)
        self.typed = dict(fields)

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        """Show what is posted."""
        done = super().post(stage, stream, value)
        shown = self.view.shown
        post = PostedValue(
            number=len(shown.posts) + 1,
            stream=stream,
            seat=self.view.seat,
            at=datetime.now(UTC),
            value=value,
        )
        self.show(replace(self.view, shown=replace(shown, posts=(*shown.posts, post))))
        return done


@contextmanager
def watching(source: Source, errands: PreviewErrands, *, since: Stamp) -> Iterator[None]:
    """Show the screen anew whenever one of its files is saved; in a thread of its own.

    ``since`` is from before the first reading: so nothing that is saved is missed.
    """
    over = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(source, errands, since, over), name="preview", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


def _watch(source: Source, errands: PreviewErrands, since: Stamp, over: threading.Event) -> None:
    stamp, code, generation = since, since.code, 1
    while not over.wait(_LOOK):
        now = source.stamp()
        if now == stamp:
            continue
        stamp = now
        before = errands.view
        try:
            view = read(source).view
        except BadScreen as error:
            errands.show(replace(before, shown=replace(before.shown, problem=str(error))))
            continue
        except (OSError, ClientError) as error:
            _log.warning("The preview is not shown anew: %s", error)
            continue
        if stamp.code != code:
            # a controller is made once for each opening
            code, generation = stamp.code, generation + 1
        view = _reopened(view, generation, draft=errands.typed)
        posts = before.shown.posts
        errands.show(replace(view, shown=replace(view.shown, posts=posts)))


def _reopened(view: View, generation: int, *, draft: Mapping[str, Put]) -> View:
    assert isinstance(view.screen, Asking)
    stage = view.screen.stage.model_copy(update={"generation": generation})
    return replace(view, screen=replace(view.screen, stage=stage), draft=draft)

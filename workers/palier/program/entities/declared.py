"""What an author has declared, before there is any database: entities of one file, checked."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Mapping
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from palier.program.entities.columns import Attribute, attribute, given_in
from palier.program.entities.places import Place, of_attribute
from palier.program.entities.relations import Relation
from palier.program.errors import ProgramError

if TYPE_CHECKING:
    from palier.program.entities.entity import EntityType
    from palier.program.entities.family import Family

#: What every entity has, so that no column or relation can be called so.
RESERVED = frozenset({"id", "version", "where", "get", "delete", "as_dict", "metadata", "registry"})

#: Names of entities whose table would be taken for one of ours.
_PREFIXES = ("Dropped",)

_LONGEST = 40

_LOCK = threading.Lock()

#: Entities by where their names mean something: a file, or one call of a function in it.
_FAMILIES: weakref.WeakValueDictionary[tuple[int, str], Family] = weakref.WeakValueDictionary()


class Declared:
    """One entity's declaration. Its columns are known once its family is `settled`."""

    def __init__(self, name: str, place: Place, family: Family) -> None:
        self.name = name
        self.place = place
        self.family = family
        self.relations: dict[str, Relation] = {}
        self._attributes: dict[str, Attribute] | None = None
        self._raw: dict[str, tuple[Any, Any, Place]] = {}
        self._frame: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    @property
    def table(self) -> str:
        """The name of its table, without what stands before it."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower()

    @property
    def attributes(self) -> dict[str, Attribute]:
        """Its columns, but for the id, the version and keys; raises `ProgramError`."""
        if self._attributes is None:
            self._attributes = {
                name: self._attribute(name, raw, default, place)
                for name, (raw, default, place) in self._raw.items()
            }
        return self._attributes

    @property
    def keys(self) -> dict[str, Relation]:
        """The columns that point to others, by name."""
        return {
            f"{name}_id": one for name, one in self.relations.items() if one.kind == "ManyToOne"
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """All its columns in order."""
        return ("id", *self.attributes, *self.keys, "version")

    def has(self, name: str) -> bool:
        """Tell whether a column or relation has this name."""
        return name in self._raw or name in self.relations or name in self.columns

    def check_names(self, given: Mapping[str, Any]) -> None:
        """Raise `ProgramError` for what is no column or relation."""
        for name in given:
            if name not in self.attributes and name not in self.relations and name not in self.keys:
                known = ", ".join((*self.attributes, *self.relations))
                raise ProgramError(f"{self.name} has no {name!r}: it has {known} ({self.place}).")

    def _attribute(self, name: str, raw: Any, default: Any, place: Place) -> Attribute:
        names, local = self._frame
        try:
            hints = get_type_hints(
                SimpleNamespace(__annotations__={name: raw}), names, local, include_extras=True
            )
        except (NameError, TypeError, SyntaxError, AttributeError) as error:
            raise ProgramError(
                f"The type of {self.name}.{name} cannot be read: {error} ({place})."
            ) from None
        return attribute(name, hints[name], default, owner=self.name, place=place)

    def gather(self, bases: tuple[type, ...], namespace: dict[str, Any], frame: FrameType) -> None:
        """Take annotations and relations out of a class body, and of the mixins beside it."""
        self._frame = (frame.f_globals, dict(frame.f_locals))
        for one in bases:
            for each in reversed(one.__mro__):
                if not hasattr(each, "__declared__") and each.__name__ != "Entity":
                    self._take(dict(vars(each)), mixin=True)
        self._take(namespace, mixin=False)

    def _take(self, namespace: dict[str, Any], *, mixin: bool) -> None:
        annotations = namespace.get("__annotations__", {})
        for name, value in list(namespace.items()):
            if isinstance(value, Relation):
                if mixin:
                    raise ProgramError(
                        f"{value} is a relation of a class that is no entity: a relation belongs "
                        f"to one ({value.place})."
                    )
                self._free(name, value.place)
                value.owner, value.name = self.name, name
                self.relations[name] = namespace.pop(name)
            elif isinstance(value, FieldInfo) and name not in annotations:
                raise ProgramError(
                    f"{self.name}.{name} has a Field and no type: write `{name}: str = Field(…)` "
                    f"({self.place})."
                )
        for name, raw in annotations.items():
            place = of_attribute(self.place, self.name, name)
            if name in self.relations or _is_constant(raw):
                continue
            self._free(name, place)
            self._raw[name] = (raw, given_in(namespace, name), place)
            if not mixin:
                namespace.pop(name, None)

    def _free(self, name: str, place: Place) -> None:
        if name in RESERVED or name.startswith("_"):
            why = "begins with _" if name.startswith("_") else "is what every entity has"
            raise ProgramError(
                f"{self.name}.{name} cannot be called so: {name!r} {why}. Choose another name, "
                f"such as 'the_{name.strip('_')}' ({place})."
            )
        if len(name) > _LONGEST:
            raise ProgramError(
                f"{self.name}.{name} is too long a name: at most {_LONGEST} letters ({place})."
            )


def _is_constant(raw: Any) -> bool:
    text = raw if isinstance(raw, str) else ""
    return text.startswith(("ClassVar", "typing.ClassVar")) or (
        raw is ClassVar or get_origin(raw) is ClassVar
    )


def declare(
    kind: type[EntityType],
    name: str,
    bases: tuple[type, ...],
    namespace: dict[str, Any],
    frame: FrameType,
) -> EntityType:
    """Make the class of an entity and put it to those of its file; raises `ProgramError`."""
    place = Place(frame.f_code.co_filename, frame.f_lineno)
    _check_name(name, bases, place)
    family = _family(name, namespace, frame)
    declared = Declared(name, place, family)
    declared.gather(bases, namespace, frame)
    namespace["__declared__"] = declared
    made: EntityType = type.__new__(kind, name, bases, namespace)
    family.join(made)
    return made


def _check_name(name: str, bases: tuple[type, ...], place: Place) -> None:
    for one in bases:
        if "__declared__" in vars(one):
            raise ProgramError(
                f"{name} descends from {one.__name__}: an entity descends from Entity alone. "
                "Columns that several have go into a plain class beside it, as in "
                f"`class {name}(Named, Entity)` ({place})."
            )
    if name.startswith(_PREFIXES) or not name.isascii() or len(name) > _LONGEST:
        raise ProgramError(
            f"An entity cannot be called {name}: use up to {_LONGEST} of a-z, A-Z, 0-9, and do not "
            f"begin with {_PREFIXES[0]} ({place})."
        )


def _family(name: str, namespace: dict[str, Any], frame: FrameType) -> Family:
    from palier.program.entities.family import Family

    around, _, _ = str(namespace.get("__qualname__", name)).rpartition(".")
    key = (id(frame.f_globals), around)
    with _LOCK:
        known = _FAMILIES.get(key)
        # the same name once more: a function that was called again, or a file that was read again
        if known is None or (known.settled and known.has(name)):
            known = _FAMILIES[key] = Family(frame.f_globals)
        return known

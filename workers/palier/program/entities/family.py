"""The entities of one file: checked together, and mapped to the tables of a program."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, event
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import registry, relationship

from palier.program.entities.columns import Attribute
from palier.program.entities.relations import Relation, pair
from palier.program.entities.types import WHOLE
from palier.program.errors import ProgramError

if TYPE_CHECKING:
    from palier.program.entities.declared import Declared
    from palier.program.entities.entity import EntityType

#: Names that do not hang on the order in which things are declared.
NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

#: Letters of a table's name: PostgreSQL has 63, and some stand before it where it is kept.
_LONGEST = 54

_LOCK = threading.RLock()


class Family:
    """Entities that know each other by name."""

    def __init__(self, names: dict[str, Any]) -> None:
        #: The names of the file: kept, so that no other file is taken for it.
        self._names = names
        self._classes: dict[str, EntityType] = {}
        self._mapped: tuple[str, str] | None = None
        self._registry: registry | None = None
        self.settled = False

    @property
    def classes(self) -> tuple[EntityType, ...]:
        """The entities in the order of their declaration."""
        return tuple(self._classes.values())

    @property
    def metadata(self) -> MetaData:
        """The tables; only once it is mapped."""
        assert self._registry is not None, "mapped first"
        return self._registry.metadata

    def has(self, name: str) -> bool:
        """Tell whether there is an entity of this name."""
        return name in self._classes

    def join(self, entity: EntityType) -> None:
        """Take an entity in; raises `ProgramError` where there is one of its name."""
        declared = entity.__declared__
        for other in self._classes.values():
            if other.__declared__.table == declared.table:
                raise ProgramError(
                    f"There are two entities {declared.name} ({other.__declared__.place} and "
                    f"{declared.place}): rename one of them."
                )
        if self.settled:
            self.settled = False
            self._forget()
        self._classes[declared.name] = entity

    def settle(self) -> None:
        """Check that all fits together; raises `ProgramError` with the line to change."""
        with _LOCK:
            if self.settled:
                return
            relations = [
                relation
                for entity in self.classes
                for relation in entity.__declared__.relations.values()
            ]
            for one in relations:
                if one.target not in self._classes:
                    raise ProgramError(
                        f"{one} = {one.kind}({one.target!r}): there is no entity {one.target!r} in "
                        f"this file, only {', '.join(self._classes)} ({one.place})."
                    )
            pair(relations)
            for entity in self.classes:
                _check_columns(entity.__declared__)
            for one in relations:
                if one.kind == "ManyToMany" and len(between_name(self, one)) > _LONGEST:
                    raise ProgramError(
                        f"{one} has too long a name for its table ({between_name(self, one)}): "
                        f"rename it or its entity ({one.place})."
                    )
            self.settled = True

    def map(self, program: str, dialect: str) -> None:
        """Make the classes rows of a program's tables in a kind of database.

        Cheap when they are already. Raises `ProgramError`.
        """
        with _LOCK:
            self.settle()
            if self._mapped == (program, dialect):
                return
            self._forget()
            made = registry(metadata=tables(self, program, dialect))
            try:
                _map(self, made)
            except (ArgumentError, InvalidRequestError) as error:
                made.dispose()
                raise ProgramError(f"The entities do not fit together: {error}") from error
            self._registry, self._mapped = made, (program, dialect)

    def table(self, declared: Declared) -> Table:
        """Return an entity's table."""
        return next(one for one in self.metadata.tables.values() if one.info["of"] == declared.name)

    def _forget(self) -> None:
        if self._registry is not None:
            self._registry.dispose()
        self._registry = self._mapped = None


def schema(program: str, dialect: str) -> str | None:
    """Return the schema that a program's tables are in; None: they have a prefix."""
    return None if dialect == "sqlite" else f"program_{program.replace('-', '_')}"


def prefix(program: str, dialect: str) -> str:
    """Return what the names of a program's tables begin with."""
    return f"{program.replace('-', '_')}__" if dialect == "sqlite" else ""


def tables(family: Family, program: str, dialect: str) -> MetaData:
    """Return the tables of a settled family."""
    metadata = MetaData(schema=schema(program, dialect), naming_convention=NAMING)
    before = prefix(program, dialect)
    ids = {one.__name__: _id(one.__declared__, metadata, before) for one in family.classes}
    for entity in family.classes:
        declared = entity.__declared__
        Table(
            before + declared.table,
            metadata,
            Column("id", WHOLE, primary_key=True, autoincrement=True),
            *(_column(one) for one in declared.attributes.values()),
            *(_key(name, one, ids) for name, one in declared.keys.items()),
            Column("version", Integer, nullable=False, server_default="1"),
            info={"of": declared.name},
            sqlite_autoincrement=True,
        )
        for relation in declared.relations.values():
            if relation.kind == "ManyToMany" and is_first(relation):
                left, right = between(family, relation)
                Table(
                    before + between_name(family, relation),
                    metadata,
                    Column(left, WHOLE, ForeignKey(ids[relation.owner]), primary_key=True),
                    Column(
                        right, WHOLE, ForeignKey(ids[relation.target]), primary_key=True, index=True
                    ),
                    info={"of": str(relation)},
                )
    return metadata


def is_first(relation: Relation) -> bool:
    """Tell whether a many-to-many's table is called after this side."""
    partner = relation.partner
    return partner is None or (relation.owner, relation.name) < (partner.owner, partner.name)


def between(family: Family, relation: Relation) -> tuple[str, str]:
    """Return the columns of a many-to-many's table: the one of here, the one of there."""
    here = f"{_declared(family, relation.owner).table}_id"
    there = f"{_declared(family, relation.target).table}_id"
    return here, (f"{relation.name}_id" if here == there else there)


def between_name(family: Family, relation: Relation) -> str:
    """Return the name of a many-to-many's table."""
    return f"{_declared(family, relation.owner).table}_{relation.name}"


def _declared(family: Family, name: str) -> Declared:
    return next(one.__declared__ for one in family.classes if one.__name__ == name)


def _id(declared: Declared, metadata: MetaData, before: str) -> str:
    where = f"{metadata.schema}." if metadata.schema else ""
    return f"{where}{before}{declared.table}.id"


def _column(one: Attribute) -> Column[Any]:
    return Column(
        one.name,
        one.type,
        nullable=one.optional,
        unique=one.unique or None,
        index=one.index or None,
    )


def _key(name: str, relation: Relation, ids: dict[str, str]) -> Column[Any]:
    alone = relation.partner is not None and relation.partner.kind == "OneToOne"
    return Column(
        name,
        WHOLE,
        ForeignKey(ids[relation.target]),
        nullable=relation.optional,
        unique=alone or None,
        index=not alone,
    )


def _check_columns(declared: Declared) -> None:
    attributes = declared.attributes  # their types are read here
    for name, relation in declared.keys.items():
        if name in attributes:
            raise ProgramError(
                f"{declared.name}.{name} is the key of {relation} already: leave the line out "
                f"({attributes[name].place})."
            )


def _map(family: Family, made: registry) -> None:
    by_name = {one.__name__: one for one in family.classes}
    of = {one.info["of"]: one for one in made.metadata.tables.values()}
    for entity in family.classes:
        declared = entity.__declared__
        table = of[declared.name]
        of_rows: type[Any] = entity
        made.map_imperatively(
            of_rows,
            table,
            properties={
                name: _relationship(one, by_name, of) for name, one in declared.relations.items()
            },
            version_id_col=table.c.version,
        )
        for one in declared.attributes.values():
            _check_on_change(entity, one)
    made.configure()


def _relationship(one: Relation, classes: dict[str, EntityType], of: dict[str, Table]) -> Any:
    target = classes[one.target]
    given: dict[str, Any] = {"back_populates": one.partner.name if one.partner else None}
    if not one.one:
        given["order_by"] = of[one.target].c.id
    if one.kind == "ManyToMany":
        first = one if is_first(one) else one.partner
        assert first is not None
        between_ = of[str(first)]
        left, right = between_.c
        here, there = (left, right) if first is one else (right, left)
        return relationship(
            target,
            secondary=between_,
            primaryjoin=of[one.owner].c.id == here,
            secondaryjoin=of[one.target].c.id == there,
            **given,
        )
    if one.kind == "ManyToOne":
        key = of[one.owner].c[f"{one.name}_id"]
        return relationship(
            target,
            foreign_keys=[key],
            primaryjoin=key == of[one.target].c.id,
            remote_side=[of[one.target].c.id],
            **given,
        )
    assert one.partner is not None
    key = of[one.target].c[f"{one.partner.name}_id"]
    if one.owns:
        given["cascade"] = "all, delete-orphan"
    elif not one.partner.optional:
        given["passive_deletes"] = "all"  # the database refuses to leave them behind
    return relationship(
        target,
        foreign_keys=[key],
        primaryjoin=of[one.owner].c.id == key,
        remote_side=[key],
        uselist=not one.one,
        **given,
    )


def _check_on_change(entity: EntityType, column: Attribute) -> None:
    def checked(_row: Any, value: Any, _before: Any, _initiator: Any) -> Any:
        return column.checked(value, owner=entity.__name__)

    event.listen(getattr(entity, column.name), "set", checked, retval=True)

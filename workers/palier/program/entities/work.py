"""Carrying a transaction out, on a connection whose own transaction stays whoever opened it's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, NestedTransaction, event
from sqlalchemy import inspect as look_at
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm.attributes import flag_modified

from palier.program.entities.current import CURRENT
from palier.program.entities.entity import GONE, Entity
from palier.program.errors import ProgramError
from palier.program.requests import as_recorded

#: In a database's ``info``: the objects that it has given out.
_SEEN = "seen"


class _Within(Db):
    """Notices before each flush what SQLAlchemy does not."""

    def __init__(self, **given: Any) -> None:
        super().__init__(info={_SEEN: []}, **given)

    def flush(self, objects: Any = None) -> None:
        """Write what was changed; raises `ProgramError` and what the database says."""
        _notice_changes(self)
        super().flush(objects)


class OnConnection:
    """A `UnitOfWork` on a connection: each transaction a savepoint of the one that is open there.

    What a function raises undoes what it did and nothing else. The caller commits.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: What undoes each `as_one` that is under way, from its first transaction on.
        self._undoing: list[NestedTransaction | None] = []

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns, as JSON. Raises `ProgramError` and what it raises."""
        if CURRENT.get() is not None:
            raise ProgramError(
                f"{_named(function)} is a transaction within a transaction: call the function."
            )
        try:
            self._undoing = [one or self._connection.begin_nested() for one in self._undoing]
            with self._begun() as db:
                found = function(*arguments)
                if inspect.isawaitable(found):
                    if inspect.iscoroutine(found):
                        found.close()
                    raise ProgramError(
                        f"{_named(function)} is `async`: a transaction takes a plain function, "
                        "which waits for nothing."
                    )
                value = _recorded(function, found)
                db.flush()
                db.commit()
                return value
        except SQLAlchemyError as error:
            raise self.failed(function, error) from error

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Undo the transactions of what is within, where that raises; costs nothing without any."""
        self._undoing.append(None)
        try:
            yield
        except BaseException:
            if (undo := self._undoing.pop()) is not None:
                # a connection that is gone has nothing to take back
                with suppress(SQLAlchemyError):
                    undo.rollback()
            raise
        if (undo := self._undoing.pop()) is not None:
            undo.commit()

    def failed(self, function: Callable[..., Any], error: SQLAlchemyError) -> Exception:
        """Return what is raised for an error of the database."""
        return ProgramError(f"{_named(function)} failed: {sentence(error)}")

    @contextmanager
    def _begun(self) -> Iterator[Db]:
        with _Within(bind=self._connection, join_transaction_mode="create_savepoint") as db:
            token = CURRENT.set(db)
            try:
                yield db
            except BaseException:
                # a connection that is gone has nothing to take back
                with suppress(SQLAlchemyError):
                    db.rollback()
                raise
            finally:
                CURRENT.reset(token)
                for one in db.info[_SEEN]:
                    one.__dict__[GONE] = True


def sentence(error: SQLAlchemyError) -> str:
    """Return what a database has against something, as a sentence for the author."""
    said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    match error:
        case IntegrityError() if "unique" in said.lower():
            return f"there is such a row already, and there can be one only ({said})."
        case IntegrityError() if "foreign key" in said.lower():
            return (
                "other rows still point to one that would be deleted, or at one that is not there "
                f"({said})."
            )
        case IntegrityError() if "null" in said.lower():
            return f"a value is missing ({said})."
        case DataError():
            return f"a value is none for its column ({said})."
        case _:
            return f"the database says: {said}."


def _named(function: Callable[..., Any]) -> str:
    return f"The transaction {getattr(function, '__name__', 'given')}()"


def _recorded(function: Callable[..., Any], found: Any) -> JsonValue:
    try:
        value: JsonValue = as_recorded(found)
    except ProgramError as error:
        hint = ""
        if isinstance(found, Entity) or "Entity" in str(error):
            hint = " Return an id, or `.as_dict()`."
        raise ProgramError(
            f"{_named(function)} returns what cannot be kept on the record: {error}{hint}"
        ) from None
    return value


def _check_relations(db: Db) -> None:
    """Raise `ProgramError` where a new row does not point where it has to."""
    for one in db.new:
        declared = type(one).__declared__
        for key, relation in declared.keys.items():
            missing = getattr(one, relation.name) is None and getattr(one, key) is None
            if missing and not relation.optional:
                raise ProgramError(
                    f"{one!r} has no {relation.name}: give it one, as in {declared.name}"
                    f"({relation.name}=…), or declare it optional=True ({relation.place})."
                )


def _note(db: Db, one: Any) -> None:
    """Keep hold of an object until the end of its transaction."""
    db.info[_SEEN].append(one)


def _keep_trees(_db: Db, one: Any) -> None:
    """Keep what JSON columns were read as: a change deep inside is a change."""
    trees = [each for each in type(one).__declared__.attributes.values() if each.kind == "json"]
    if trees:
        one.__dict__["_palier_trees"] = {
            each.name: _written(one.__dict__.get(each.name)) for each in trees
        }


def _notice_changes(db: Db) -> None:
    with db.no_autoflush:
        _check_relations(db)
    for one in db.identity_map.values():
        before = one.__dict__.get("_palier_trees", {})
        for name, was in before.items():
            if name in look_at(one).unloaded or one.__dict__.get(name) is None:
                continue
            now = _written(one.__dict__[name])
            if now != was:
                one.__dict__["_palier_trees"][name] = now
                flag_modified(one, name)


def _written(value: Any) -> str:
    return repr(value)


for _what in ("transient_to_pending", "loaded_as_persistent"):
    event.listen(_Within, _what, _note)
for _what in ("loaded_as_persistent", "pending_to_persistent"):
    event.listen(_Within, _what, _keep_trees)

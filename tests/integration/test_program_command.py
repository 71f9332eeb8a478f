"""`palier program`: what one types when entities were changed."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from palier.cli.programs import app
from palier.workers.runtime.catalogue import Catalogue
from tests.databases import Sqlite
from tests.rehearsal import Rehearsal

PROGRAM = """
from palier.program import Entity, Program

class Person(Entity):
    name: str
    nick: str = "none"

class People(Program):
    title = "People"
    async def run(self, session):
        await session.transaction(begin)
        await session.stage("only")

def begin():
    Person(name="Ada")
"""


def test_a_migration_is_proposed_refused_and_done(sqlite: Sqlite, tmp_path: Path) -> None:
    file = tmp_path / "programs" / "people" / "program.py"
    file.parent.mkdir(parents=True)
    file.write_text(PROGRAM)
    course = Rehearsal(sqlite, Catalogue([file.parents[1]]), seats=("p1",))
    course.open("people")

    def typed(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*words, "--programs", str(file.parents[1])])
        said = done.output if done.exception is None else f"{done.output}{done.exception}"
        return done.exit_code, " ".join(said.split())

    migrate = ("migrate", "people", "--database", sqlite.url)
    assert typed("list") == (0, typed("list")[1])
    assert "people │ People │ Person" in typed("list")[1]
    assert "as its entities want them" in typed(*migrate)[1]

    file.write_text(PROGRAM.replace("nick: str", "nickname: str"))
    code, said = typed(*migrate, "--sql")
    assert code == 0
    assert "+ Person.nickname (str) is new. 1 row gets 'none'." in said
    assert "- Person.nick (str) goes, with 1 value." in said
    assert "? If Person.nickname is Person.nick by another name: --rename Person.nick" in said
    assert "ALTER TABLE" in said
    assert "To do it: palier program migrate people --apply --drop" in said
    code, said = typed(*migrate, "--apply")
    assert code == 1
    assert "Nothing was changed." in said
    assert "--rename" in said

    code, said = typed(*migrate, "--apply", "--rename", "Person.nick=nickname")
    assert code == 0
    assert "~ person.nick is called nickname." in said
    (row,) = sqlite.ask("SELECT * FROM people__person")
    assert row.nickname == "none"

    file.write_text(PROGRAM.replace("nick: str", "nickname: int"))
    code, said = typed(*migrate)
    assert code == 1
    assert "Person.nickname is no int in 1 row, such as 'none' (id 1)" in said


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "program.py").write_text(PROGRAM)
    missing = tmp_path / "missing.db"
    words = ["migrate", "people", "--database", f"sqlite:///{missing}", "--programs", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert "There is no database" in str(done.exception)
    assert not missing.exists()

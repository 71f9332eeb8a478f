"""A computer that has `palier-client` and nothing else: it joins, is sent its screens, plays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from palier.broker.address import Address
from palier.broker.node import PrivateNode
from palier.client import signatures
from palier.client.bundles import make
from palier.client.prepared import FILE
from palier.client.screens.french import FRENCH
from palier.client.thread import LoopThread
from palier.program import Program, Session
from palier.schemas.bundle import fingerprint
from palier.schemas.names import ROOM
from palier.schemas.screens.screen import digest
from tests.brokers import Private
from tests.databases import Sqlite
from tests.e2e.desktops import DEADLINE, DeskProcess, until
from tests.environments import environment
from tests.laboratory import SECRETS, Laboratory, Number, answers
from tests.screened import digest_of, plain, write
from tools.desk_onefile import build

pytestmark = [pytest.mark.gui, pytest.mark.rabbitmq, pytest.mark.slow, pytest.mark.timeout(120)]

MAP = Path(__file__).parents[2] / "docs" / "images" / "desk-form.png"
PICTURE = digest(MAP.read_bytes())

ASK = """\
<screen title="A number of yours">
  <card title="Choose">
    <text>A number from **0** to **9**, {seat}.</text>
    <image source="map.png" alt="A map"/>
    <number bind="answer.value"/>
    <actions><button on-click="submit" kind="primary">Hand in</button></actions>
  </card>
</screen>
"""


class Thin(Program):
    """A number, and the end; each has a screen of its own."""

    async def run(self, session: Session) -> None:
        await session.stage("ask", form=Number)
        await session.stage("end")


@dataclass
class Lab:
    """A session that has begun: where it is, and the code of its only seat."""

    laboratory: Laboratory
    address: str
    code: str
    screens: Path

    def answered(self) -> list[object]:
        found = answers(self.laboratory.database, self.laboratory.session)
        return [one for given in found.values() for one in given.values()]


@pytest.fixture
def lab(node: PrivateNode, tmp_path: Path) -> Iterator[Lab]:
    """A session that has begun."""
    with begun(node, tmp_path) as lab:
        yield lab


@contextmanager
def begun(node: PrivateNode, tmp_path: Path, *, ask: str = ASK) -> Iterator[Lab]:
    """Begin a session."""
    write(tmp_path, "ask", ask)
    write(tmp_path, "end", plain("Thank you."))
    shutil.copy(MAP, tmp_path / "screens" / "map.png")
    server, database = Private(node), Sqlite(tmp_path / "palier.db")
    laboratory = Laboratory(server, database, seats=1)
    laboratory.catalogue.add("thin", Thin, folder=tmp_path)

    async def begin(stack: AsyncExitStack) -> str:
        await stack.enter_async_context(laboratory.working())
        async with laboratory.operator() as operator:
            await operator.open(laboratory.opening("thin"))
            codes = await operator.codes(laboratory.session, laboratory.seats)
            await operator.start(laboratory.session)
        return codes[laboratory.seats[0]]

    with LoopThread("worker") as loop:
        stack = AsyncExitStack()
        code = loop.run(begin(stack)).result(timeout=DEADLINE)
        room = replace(Address.parse(str(server.address)), user=ROOM, password=SECRETS.room)
        yield Lab(laboratory, room.url(), code, tmp_path)
        loop.run(stack.aclose()).result(timeout=DEADLINE)
    database.close()


@pytest.fixture(scope="module")
def client() -> Iterator[Path]:
    """The command in an environment that has nothing else."""
    with TemporaryDirectory(prefix="palier-client-") as folder:
        made = environment("palier-client", Path(folder) / "client", extra="bundles")
        yield made.with_name("palier-client")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """What a user of the computer has there."""
    names = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "PALIER_CACHE")
    return {name: str(tmp_path / name.lower()) for name in names}


Open = Callable[..., DeskProcess]


def shelf(home: dict[str, str]) -> set[str]:
    """Return the digests of what is kept on the computer."""
    return {one.name.partition(".")[0] for one in Path(home["PALIER_CACHE"]).glob("*.*")}


def asks(desk: DeskProcess) -> bool:
    """Tell whether the number is asked for."""
    try:
        return desk.ask("rect", "field.value") is not None
    except AssertionError:  # there is nothing of this name any more
        return False


def test_a_seat_is_taken_by_address_and_code_and_gone_on_with_by_the_command_alone(
    lab: Lab, client: Path, home: dict[str, str], open_desk: Open
) -> None:
    desk = open_desk("--server", lab.address, "--join", lab.code, command=client, **home)
    desk.expect("screen", reply="screen")
    desk.shows("field.value")
    ahead = {digest_of(lab.screens, "ask"), digest_of(lab.screens, "end"), PICTURE}
    until(lambda: shelf(home) == ahead, what="all screens and pictures are here")
    desk.process.kill()
    desk.process.wait()

    again = open_desk(command=client, **home)
    again.expect("screen", reply="screen")
    again.click("field.value")
    again.expect("focus", reply="field.value")
    again.type("7")
    again.expect("value", "field.value", reply="7")
    again.click("submit")
    until(lambda: lab.answered() == [{"value": 7}], what="the answer is in the database")
    until(lambda: not asks(again), what="the next stage is shown")
    again.click("submit")
    again.expect("screen", reply="ended")


def test_a_computer_that_a_lab_has_prepared_needs_no_word(
    lab: Lab, client: Path, home: dict[str, str], open_desk: Open
) -> None:
    settings = Path(home["XDG_CONFIG_HOME"]) / "palier"
    settings.mkdir(parents=True)
    (settings / FILE).write_text(f'server = "{lab.address}"\njoin = "{lab.code}"\nlanguage = "fr"')

    for _ in range(2):  # the second time the code is used up, and the seat is known
        desk = open_desk(command=client, **home)
        desk.expect("screen", reply="screen")
        desk.shows("field.value")
        desk.process.kill()
        desk.process.wait()


# -- controllers that the server sends ------------------------------------------------------------

AUTHOR, STRANGER = signatures.new_key(), signatures.new_key()

LED = """\
<screen title="A number of yours" controller="thin.Ask">
  <card>
    <number bind="answer.value"/>
    <actions>
      <button on-click="seven" id="seven">Seven</button>
      <button on-click="submit" kind="primary">Hand in</button>
    </actions>
  </card>
</screen>
"""

CONTROLLERS = b"""
from palier.controller import Controller, action


class Ask(Controller):
    @action
    async def seven(self) -> None:
        await self.surface.sleep(0.01)
        self.answer.value = 7
"""


def sign(folder: Path, *, private: bytes, sequence: int = 1) -> str:
    """Put a signed bundle beside a program; return the fingerprint of its author."""
    bundle = make(
        {"controllers.py": CONTROLLERS},
        program="thin",
        sequence=sequence,
        expires=datetime.now(UTC) + timedelta(hours=1),
        private=private,
    )
    (folder / "bundle.json").write_text(bundle.model_dump_json())
    return fingerprint(signatures.public_key(private))


def test_controllers_run_that_an_author_has_signed_who_is_trusted_here(
    node: PrivateNode, tmp_path: Path, client: Path, home: dict[str, str], open_desk: Open
) -> None:
    trusted = sign(tmp_path, private=AUTHOR)
    with begun(node, tmp_path, ask=LED) as lab:
        join = ("--server", lab.address, "--join", lab.code)
        refused = open_desk(*join, "--allow-remote-controllers", command=client, **home)
        refused.expect("screen", reply="unshown")  # nobody has compared the fingerprint
        refused.process.kill()
        refused.process.wait()

        allowed = ("--allow-remote-controllers", "--trust", trusted)
        desk = open_desk(*allowed, command=client, **home)
        desk.expect("screen", reply="screen")
        desk.click("widget.seven")
        desk.expect("value", "field.value", reply="7")
        desk.click("submit")
        until(lambda: lab.answered() == [{"value": 7}], what="the answer is in the database")


def test_controllers_of_another_author_are_not_run(
    node: PrivateNode, tmp_path: Path, client: Path, home: dict[str, str], open_desk: Open
) -> None:
    sign(tmp_path, private=STRANGER)
    trusted = fingerprint(signatures.public_key(AUTHOR))
    with begun(node, tmp_path, ask=LED) as lab:
        allowed = ("--allow-remote-controllers", "--trust", trusted)
        desk = open_desk(
            "--server", lab.address, "--join", lab.code, *allowed, command=client, **home
        )
        desk.expect("screen", reply="unshown")


# -- the desk as one file -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def onefile() -> Iterator[Path]:
    """The file that a lab copies to its computers."""
    with TemporaryDirectory(prefix="palier-onefile-") as folder:
        yield build(Path(folder))


@pytest.mark.timeout(400)
def test_the_desk_as_one_file_joins_is_sent_its_screens_and_plays(
    lab: Lab, onefile: Path, home: dict[str, str], open_desk: Open
) -> None:
    desk = open_desk("--server", lab.address, "--join", lab.code, command=onefile, **home)
    desk.expect("screen", reply="screen")
    desk.click("field.value")
    desk.expect("focus", reply="field.value")
    desk.type("7")
    desk.expect("value", "field.value", reply="7")
    desk.click("submit")
    until(lambda: lab.answered() == [{"value": 7}], what="the answer is in the database")


# -- a computer that knows no seat ----------------------------------------------------------------


def test_a_computer_that_knows_nothing_asks_and_says_in_words_what_is_wrong(
    lab: Lab, client: Path, home: dict[str, str], open_desk: Open, display: str
) -> None:
    page = open_desk("--language", "fr", command=client, **home)
    page.expect("screen", reply="join")
    fill(page, "server", "amqp://127.0.0.1:1/palier")
    fill(page, "code", lab.code)
    page.click("submit")
    says(page, "problem.server", FRENCH.join_problems["password"])
    fill(page, "server", lab.address)
    fill(page, "code", "ZZZZ-ZZZZ")
    page.keys("Return")
    says(page, "problem.code", FRENCH.join_problems["unknown-code"])
    fill(page, "code", lab.code)
    page.keys("Return")

    desk = DeskProcess(page.process, goes_on_at(page), display)
    desk.expect("screen", reply="screen")
    desk.close()


def test_a_lab_prepares_the_address_and_people_type_their_code(
    lab: Lab, client: Path, home: dict[str, str], open_desk: Open, display: str
) -> None:
    page = open_desk("--server", lab.address, command=client, **home)
    page.expect("screen", reply="join")
    page.expect("focus", reply="field.code")
    page.writes("field.code", lab.code)
    page.keys("Return")

    desk = DeskProcess(page.process, goes_on_at(page), display)
    desk.expect("screen", reply="screen")
    desk.close()


def fill(page: DeskProcess, field: str, text: str) -> None:
    """Type something into a field of the first page, instead of what is there."""
    page.click(f"field.{field}")
    page.expect("focus", reply=f"field.{field}")
    page.keys("ctrl+a")
    page.writes(f"field.{field}", text)


def says(page: DeskProcess, name: str, text: str) -> None:
    """Wait for words that are there only once there is something to say."""

    def said() -> bool:
        try:
            return bool(page.ask("value", name) == text)
        except AssertionError:
            return False

    until(said, what=f"{name} says {text!r}")


def goes_on_at(page: DeskProcess) -> Path:
    """Wait until the first page has gone, and the desk is there in its place; return its port."""
    assert isinstance(page.port, Path)
    until(page.is_gone, what="the first page goes")
    return page.port

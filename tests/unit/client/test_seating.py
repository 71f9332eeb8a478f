"""Which seat somebody takes at this computer, and what they are told where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.broker.address import Address
from palier.broker.errors import Unreachable
from palier.client.__main__ import main
from palier.client.credentials import Credentials, CredentialsFile, LastSeat
from palier.client.errors import NotSeated
from palier.client.prepared import FILE
from palier.client.seating import Seating

ADDRESS = Address(host="127.0.0.1", port=1)
ELSEWHERE = Address(host="127.0.0.2", port=1)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no settings of this computer have a say, nor a display."""
    for name in ("PALIER_SERVER", "PALIER_JOIN", "PALIER_ROOM_PASSWORD", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.argv", [str(tmp_path / "bin" / "palier-client")])


def at(folder: Path, address: Address = ADDRESS, *, room_password: str = "secret") -> Seating:
    return Seating(
        address=address, folder=folder, command="palier-client", room_password=room_password
    )


def joined(folder: Path, seat: str, *, code: str = "", address: Address = ADDRESS) -> Credentials:
    """Leave what is left once a seat was joined here."""
    credentials = Credentials(seat=seat, password="secret", session="s", partition=0)
    server = str(address)
    CredentialsFile(folder, server=server).save(credentials)
    LastSeat.load(folder).joining(credentials, server=server, code=code).save(folder)
    return credentials


def test_who_says_nothing_sits_where_somebody_sat_last(tmp_path: Path) -> None:
    joined(tmp_path, "p1")
    last = joined(tmp_path, "p2")

    assert at(tmp_path).take() == last


def test_who_names_a_seat_has_it_and_is_there_the_next_time(tmp_path: Path) -> None:
    first = joined(tmp_path, "p1")
    joined(tmp_path, "p2")

    assert at(tmp_path).take(seat="p1") == first
    assert at(tmp_path).take() == first


def test_a_code_that_was_used_here_gives_the_same_seat(tmp_path: Path) -> None:
    first = joined(tmp_path, "p1", code="7KQ2-M9XD")
    joined(tmp_path, "p2", code="AAAA-AAAA")

    assert at(tmp_path).take(code="7kq2m9xd") == first


def test_a_code_that_was_used_at_another_server_is_used_anew(tmp_path: Path) -> None:
    joined(tmp_path, "p1", code="7KQ2-M9XD")

    with pytest.raises(Unreachable):
        at(tmp_path, ELSEWHERE).take(code="7KQ2-M9XD")


def test_seats_of_another_server_are_none_of_this_one(tmp_path: Path) -> None:
    joined(tmp_path, "p1")

    with pytest.raises(NotSeated, match=r"Say which seat: --join CODE, or --seat NAME."):
        at(tmp_path, ELSEWHERE).take()


def test_a_seat_that_was_never_joined_here_asks_for_a_code(tmp_path: Path) -> None:
    with pytest.raises(NotSeated, match=r"Seat p9 was never joined .* `palier-client --join CODE`"):
        at(tmp_path).take(seat="p9")


def test_a_code_needs_the_rooms_password(tmp_path: Path) -> None:
    with pytest.raises(NotSeated, match=r"The room's password of amqp://127.0.0.1:1/palier is not"):
        at(tmp_path, room_password="").take(code="7KQ2-M9XD")


def test_what_is_remembered_of_codes_is_bounded_and_is_no_code(tmp_path: Path) -> None:
    for number in range(120):
        joined(tmp_path, "p1", code=f"AAAA-{number:04}")

    kept = LastSeat.load(tmp_path)
    assert len(kept.codes) == 100
    assert kept.joined_with("AAAA-0119", server=str(ADDRESS)) == "p1"
    assert kept.joined_with("AAAA-0000", server=str(ADDRESS)) is None
    assert "AAAA" not in (tmp_path / "last-seat.json").read_text()


def test_what_is_damaged_is_as_good_as_nothing(tmp_path: Path) -> None:
    joined(tmp_path, "p1")
    (tmp_path / "last-seat.json").write_text("{")

    assert at(tmp_path).take().seat == "p1"  # the only one there is


# -- the command --------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(one) for one in arguments]) == 1
    return capsys.readouterr().err


def test_who_knows_nothing_is_told_what_to_type_and_where_it_can_be_prepared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sentence = said(capsys, "--state", tmp_path)

    assert sentence.startswith("palier-client: Say where the server is and give a code: ")
    assert str(tmp_path / "bin") in sentence
    assert str(tmp_path / "config" / "palier") in sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--server", "amqp://guest:x@host/"], "a desk joins as room, not as guest"),
        (["--server", "http://host"], "is no address of RabbitMQ"),
        (["--trust", "12ab-34cd"], "add --allow-remote-controllers"),
        (["--place", "here", "--server", "host"], "--place here: write it as left,top,"),
        (["--server", "host", "--join", "7KQ2-M9XD"], "DISPLAY is not set"),
    ],
)
def test_what_cannot_be_had_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in said(capsys, *arguments, "--state", tmp_path)


def test_a_preparation_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / FILE).write_text("server = ")

    assert str(tmp_path / "bin" / FILE) in said(capsys)


def test_a_computer_that_is_prepared_to_be_locked_needs_a_code_to_open_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PALIER_UNLOCK_CODE", raising=False)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / FILE).write_text('server = "host"\nlock = true')

    assert "A locked window needs a code" in said(capsys)

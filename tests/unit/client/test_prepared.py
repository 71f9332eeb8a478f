"""What a lab has prepared on a computer, or the reason why it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.client.errors import BadPreparation
from palier.client.prepared import FILE, Prepared, read_prepared

ADDRESS = "amqp://room:secret@10.0.0.5:5672/palier"


def prepared(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / FILE
    path.write_text(text, encoding="utf-8")
    return path


def test_the_first_file_that_is_there_counts(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / FILE
    beside = prepared(tmp_path / "beside", f'server = "{ADDRESS}"\njoin = "7KQ2-M9XD"')
    settings = prepared(tmp_path / "settings", 'language = "fr"')

    assert read_prepared((nowhere, beside, settings), {}) == Prepared(
        server=ADDRESS, join="7KQ2-M9XD"
    )
    assert read_prepared((nowhere, settings), {}) == Prepared(language="fr")
    assert read_prepared((nowhere,), {}) == Prepared()


def test_the_environment_counts_for_more_than_the_file(tmp_path: Path) -> None:
    file = prepared(tmp_path, f'server = "{ADDRESS}"\njoin = "AAAA-AAAA"\nroom-password = "a"')

    found = read_prepared((file,), {"PALIER_JOIN": "BBBB-BBBB", "PALIER_ROOM_PASSWORD": "b"})

    assert (found.server, found.join, found.room_password) == (ADDRESS, "BBBB-BBBB", "b")


def test_a_computer_can_be_prepared_to_be_locked(tmp_path: Path) -> None:
    file = prepared(tmp_path, 'lock = true\nunlock-code-file = "/etc/palier/unlock"')

    found = read_prepared((file,), {})

    assert (found.lock, found.unlock_code_file) == (True, Path("/etc/palier/unlock"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("server = amqp", "it is no TOML, "),
        ('adress = "amqp://host"', "it has 'adress', and there are only server, join, seat, "),
        ('palette = "pink"', "palette: input should be 'light', 'dark' or 'system'"),
        ("scale = 9", "scale: input should be less than or equal to 2"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, reason: str) -> None:
    file = prepared(tmp_path, text)

    with pytest.raises(BadPreparation) as caught:
        read_prepared((file,), {})

    assert str(caught.value).startswith(f"{file} cannot be used: {reason}")


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_bytes('join = "é"'.encode("latin-1"))

    with pytest.raises(BadPreparation, match="utf-8"):
        read_prepared((file,), {})

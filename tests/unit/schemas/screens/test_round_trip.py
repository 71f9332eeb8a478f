"""Whatever screen is written, it is read back; whatever bytes come, they are read or refused."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palier.schemas.screens.checks import UNKNOWN, check
from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.reader import Written, read_screen
from palier.schemas.screens.screen import ScreenSpec, digest
from palier.schemas.screens.widgets import walk
from tests.unit.schemas.screens.screen_xml import screens, xml
from tests.unit.schemas.screens.test_reading import CONTRIBUTE


def read(content: bytes) -> Written:
    return read_screen(
        content, file="stage.xml", name="stage", picture=lambda name: digest(name.encode())
    )


def attempt(content: bytes) -> Written | BadScreen:
    try:
        return read(content)
    except BadScreen as error:
        return error


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(screens())
def test_a_screen_that_is_written_is_read_back_the_same(spec: ScreenSpec) -> None:
    written = read(xml(spec).encode())

    assert written.spec == spec
    assert written.spec.canonical() == spec.canonical()
    assert [one.tag for one in written.elements] == [one.tag for one, _ in walk(spec.body)]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    found = attempt(content)

    assert isinstance(found, Written) or found.mistakes


@given(st.lists(st.sampled_from("<>/= \"'&;{}!?-[]abé\n"), max_size=80).map("".join))
def test_anything_like_xml_is_read_or_refused(text: str) -> None:
    found = attempt(f"<screen>{text}</screen>".encode())

    assert isinstance(found, Written) or found.mistakes


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_a_file_that_was_damaged_is_read_or_refused_and_can_be_checked(seed: int) -> None:
    content = damaged(CONTRIBUTE.encode(), random.Random(seed))

    found = attempt(content)

    if isinstance(found, BadScreen):
        last = len(content.splitlines()) + 1
        assert found.mistakes
        assert all(1 <= one.line <= last and one.column >= 1 for one in found.mistakes)
    else:
        for form in (None, UNKNOWN):
            check(found, form=form, data={"round": 1})


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file in which something was changed, left out, repeated or put in."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found))
        match chance.randrange(4):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                del found[at : at + chance.randrange(1, 20)]
            case 2:
                found[at:at] = found[at : at + chance.randrange(1, 40)]
            case _:
                found[at:at] = bytes(chance.choices(b"<>\"'&/ {}=", k=2))
    return bytes(found)

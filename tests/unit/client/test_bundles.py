"""Controllers that a server sends run only if their author is trusted; each refusal by name."""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from palier.client import bundles, signatures
from palier.client.bundled import Bundled
from palier.client.bundles import BundleRefused, examine
from palier.client.pins import Pin, Pins
from palier.client.signatures import NoSignatures
from palier.controller import ControllerError
from palier.schemas.bundle import SignedBundle, encoded, fingerprint

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
AUTHOR, STRANGER = signatures.new_key(), signatures.new_key()
TRUSTED = fingerprint(signatures.public_key(AUTHOR))

CONTROLLERS = b"""
from palier.controller import Controller, action

from .words import GREETING


class Decision(Controller):
    said = GREETING

    @action
    def greet(self) -> None:
        from .later import WORD

        self.surface.toast(WORD)


class Nothing:
    pass
"""
FILES = {
    "controllers.py": CONTROLLERS,
    "words.py": b"GREETING = 'Good day'\n",
    "later.py": b"WORD = 'Later'\n",
}


def made(
    files: Mapping[str, bytes] = FILES,
    *,
    sequence: int = 3,
    private: bytes = AUTHOR,
    expires: datetime = NOW + timedelta(days=1),
    program: str = "public-goods",
) -> SignedBundle:
    return bundles.make(files, program=program, sequence=sequence, expires=expires, private=private)


def content(bundle: SignedBundle, **changed: object) -> bytes:
    return bundle.model_copy(update=changed).model_dump_json().encode()


def refused(sent: bytes, *, pin: Pin | None = Pin(TRUSTED), at: datetime = NOW) -> str:  # noqa: B008
    with pytest.raises(BundleRefused) as found:
        examine(sent, program="public-goods", pin=pin, now=at)
    assert str(found.value).endswith(".")
    return found.value.code


def test_what_a_trusted_author_has_signed_may_run() -> None:
    bundle = examine(content(made()), program="public-goods", pin=Pin(TRUSTED), now=NOW)
    assert bundle.files == FILES
    assert bundle.pin.sequence == 3


def test_a_key_that_nobody_has_compared_is_refused_and_told() -> None:
    with pytest.raises(BundleRefused, match=TRUSTED) as found:
        examine(content(made()), program="public-goods", pin=None, now=NOW)
    assert found.value.code == "unknown-key"


def test_another_key_is_refused() -> None:
    assert refused(content(made(private=STRANGER))) == "wrong-key"


def test_another_key_that_says_it_is_the_trusted_one_is_refused() -> None:
    theirs, ours = made(private=STRANGER), made()
    assert refused(content(theirs, key=ours.key)) == "altered"


def test_an_altered_manifest_is_refused() -> None:
    bundle = made(sequence=3)
    later = b64decode(bundle.manifest).replace(b'"sequence":3', b'"sequence":9')
    assert refused(content(bundle, manifest=encoded(later))) == "altered"


def test_an_altered_file_is_refused() -> None:
    changed = {**made().files, "words.py": encoded(b"GREETING = 'Pay me'\n")}
    assert refused(content(made(), files=changed)) == "mixed"


@pytest.mark.parametrize("change", ["added", "left out", "of another bundle"])
def test_files_that_were_not_signed_together_are_refused(change: str) -> None:
    files = dict(made().files)
    if change == "added":
        files["more.py"] = encoded(b"")
    elif change == "left out":
        del files["later.py"]
    else:
        files["words.py"] = made({**FILES, "words.py": b"GREETING = 'Old'\n"}).files["words.py"]
    assert refused(content(made(), files=files)) == "mixed"


def test_an_older_bundle_than_one_that_has_run_is_refused() -> None:
    assert refused(content(made(sequence=3)), pin=Pin(TRUSTED, sequence=4)) == "older"


def test_two_bundles_of_one_number_are_refused() -> None:
    first = examine(content(made()), program="public-goods", pin=Pin(TRUSTED), now=NOW)
    other = made({**FILES, "words.py": b"GREETING = 'Other'\n"})
    assert refused(content(other), pin=first.pin) == "ambiguous"
    again = examine(content(made()), program="public-goods", pin=first.pin, now=NOW)
    assert again.pin == first.pin


def test_a_bundle_past_its_time_is_refused() -> None:
    assert refused(content(made()), at=NOW + timedelta(days=2)) == "expired"


def test_a_bundle_of_another_program_is_refused() -> None:
    assert refused(content(made(program="ultimatum"))) == "other-program"


@pytest.mark.parametrize(
    "sent",
    [b"", b"[]", b"{", content(made(), signature="%%"), content(made(), manifest="A")],
    ids=["nothing", "a list", "half", "no base64", "half of base64"],
)
def test_what_is_no_bundle_is_refused(sent: bytes) -> None:
    assert refused(sent) == "unreadable"


def test_a_manifest_of_a_newer_format_is_refused() -> None:
    bundle = made()
    newer = json.dumps({**json.loads(b64decode(bundle.manifest)), "format": 2}).encode()
    signature = encoded(signatures.sign(newer, AUTHOR))
    sent = content(bundle, manifest=encoded(newer), signature=signature)
    assert refused(sent) == "unreadable"


@pytest.mark.parametrize("name", ["../controllers.py", "a/b.py", "Controllers.PY", "run.sh", ".py"])
def test_a_file_can_only_be_a_module_beside_the_others(name: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        made({"controllers.py": b"", name: b""})


def test_without_cryptography_nothing_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = content(made())
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(NoSignatures, match=r"palier-client\[bundles\]"):
        examine(sent, program="public-goods", pin=Pin(TRUSTED), now=NOW)


# -- as a source of controllers


@pytest.fixture
def pins(tmp_path: Path) -> Pins:
    return Pins(tmp_path, server="amqp://lab.example/palier")


def bundled(pins: Pins, sent: bytes | None, *, trust: str = "") -> Bundled:
    source = Bundled(pins, now=lambda: NOW, trust=trust)
    source.content = sent
    return source


def test_a_desk_finds_its_controllers_in_the_bundle_and_they_import_each_other(pins: Pins) -> None:
    found = bundled(pins, content(made()), trust=TRUSTED).find("public_goods.Decision")
    assert found is not None
    assert vars(found)["said"] == "Good day"

    toasts: list[str] = []

    class Told:
        toast = staticmethod(toasts.append)

    # a surface that can do what this controller asks of it
    surface: Any = Told()
    found.actions()["greet"](found(surface))
    assert toasts == ["Later"]


def test_whom_to_trust_is_said_once(pins: Pins) -> None:
    first = bundled(pins, content(made()), trust=TRUSTED.upper())
    assert first.find("public_goods.Decision") is not None
    assert bundled(pins, content(made())).find("public_goods.Decision") is not None
    with pytest.raises(ControllerError, match="is older than number 3"):
        bundled(pins, content(made(sequence=2))).find("public_goods.Decision")


def test_another_fingerprint_does_not_replace_the_one_that_is_pinned(pins: Pins) -> None:
    assert bundled(pins, content(made()), trust=TRUSTED).find("public_goods.Decision") is not None
    theirs = fingerprint(signatures.public_key(STRANGER))
    later = bundled(pins, content(made(private=STRANGER, sequence=9)), trust=theirs)
    with pytest.raises(ControllerError, match=f"{TRUSTED} is trusted here"):
        later.find("public_goods.Decision")


def test_a_damaged_pin_is_not_taken_for_none(pins: Pins, tmp_path: Path) -> None:
    pins.save("public-goods", Pin(TRUSTED))
    (path,) = tmp_path.rglob("*.pin")
    path.write_text("{")
    with pytest.raises(ControllerError, match="cannot be read"):
        bundled(pins, content(made()), trust=TRUSTED).find("public_goods.Decision")


def test_nothing_of_a_refused_bundle_runs(pins: Pins, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    bad = {"controllers.py": f"open({str(ran)!r}, 'w').close()\n".encode()}
    for sent in (content(made(bad, private=STRANGER)), content(made(bad), signature=encoded(b"x"))):
        with pytest.raises(ControllerError):
            bundled(pins, sent, trust=TRUSTED).find("public_goods.Decision")
    assert not ran.exists()


def test_what_is_wrong_within_a_bundle_is_told_with_its_line(pins: Pins) -> None:
    sent = content(made({"controllers.py": b"\n\n1 / 0\n"}))
    with pytest.raises(ControllerError, match=r"ZeroDivisionError.*controllers.*:3"):
        bundled(pins, sent, trust=TRUSTED).find("public_goods.Decision")


@pytest.mark.parametrize("name", ["public_goods.Missing", "public_goods.Nothing"])
def test_a_class_that_is_not_there_or_is_none_of_ours_is_told(pins: Pins, name: str) -> None:
    with pytest.raises(ControllerError, match=name):
        bundled(pins, content(made()), trust=TRUSTED).find(name)


def test_without_a_bundle_there_are_no_controllers(pins: Pins) -> None:
    assert bundled(pins, None).find("public_goods.Decision") is None

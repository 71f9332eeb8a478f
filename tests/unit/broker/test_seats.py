"""Accounts: their permissions as patterns, and what the management API is told."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode

import pytest

from palier.broker.errors import ManagementFailed
from palier.broker.seats import ManagementAccounts, room_permissions, seat_permissions
from palier.schemas.errors import InvalidName
from tests.unit.broker.management import Management


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("cmd.0.morning.p1.submit", True),
        ("cmd.12.a-b-1.p1.get-snapshot", True),
        ("cmd.0.morning.p2.submit", False),
        ("cmd.0.morning.p10.submit", False),
        ("cmd.0.p1.p2.submit", False),
        ("cmd.0.morning.p1.submit.x", False),
        ("x.cmd.0.morning.p1.submit", False),
        ("cmd.0.morning.p1.Submit", False),
        ("cmd..morning.p1.submit", False),
    ],
)
def test_a_seat_writes_its_own_keys(key: str, *, allowed: bool) -> None:
    pattern = seat_permissions("p1").topic_write.replace("{username}", "p1")
    assert bool(re.search(pattern, key)) is allowed


def test_a_seat_reads_its_own_queue_and_declares_nothing() -> None:
    permissions = seat_permissions("p1")
    assert re.search(permissions.read, "seat.p1")
    for other in ("seat.p2", "seat.p10", "seatxp1", "commands.0", "xseat.p1", "palier.events"):
        assert not re.search(permissions.read, other)
    assert not re.search(permissions.configure, "seat.p1")
    assert not re.search(permissions.write, "palierxcommands")
    assert re.search(permissions.write, "palier.commands")


def test_the_room_may_only_ask_to_join() -> None:
    permissions = room_permissions()
    assert re.search(permissions.topic_write, "cmd.0.lobby.room.join")
    assert not re.search(permissions.topic_write, "cmd.0.lobby.room.submit")
    assert not re.search(permissions.read, "seat.room")
    assert permissions.max_connections == 500


@pytest.mark.parametrize("name", ["", "P1", "a.b", "a" * 33, "p1\n", ".*", "palier.worker"])
def test_a_name_that_patterns_could_not_tell_apart_is_refused(name: str) -> None:
    accounts = ManagementAccounts("http://127.0.0.1:1", "u", "p")
    with pytest.raises(InvalidName):
        accounts.grant_seat(name, "secret")
    with pytest.raises(InvalidName):
        accounts.revoke(name)


def test_a_new_account_gets_its_password_last(management: Management) -> None:
    management.answers["GET", "/api/users/p1"] = 404

    ManagementAccounts(management.url, "u", "p").grant_seat("p1", "secret")

    writes = [(path, body) for method, path, body in management.asked if method == "PUT"]
    assert [path for path, _ in writes] == [
        "/api/users/p1",
        "/api/permissions/palier/p1",
        "/api/topic-permissions/palier/p1",
        "/api/user-limits/p1/max-connections",
        "/api/user-limits/p1/max-channels",
        "/api/users/p1",
    ]
    assert writes[0][1] == {"password_hash": "", "tags": ""}
    assert writes[-1][1] == {"password": "secret", "tags": ""}


def test_an_account_that_is_there_is_never_without_a_password(management: Management) -> None:
    ManagementAccounts(management.url, "u", "p").grant_seat("p1", "secret")
    users = [
        body
        for method, path, body in management.asked
        if (method, path[:11]) == ("PUT", "/api/users/")
    ]
    assert users == [{"password": "secret", "tags": ""}]


def hashed(password: str, algorithm: str) -> bytes:
    """Return a user of this password, as RabbitMQ shows it."""
    digest = hashlib.new(algorithm, b"salt" + password.encode()).digest()
    user = {
        "password_hash": b64encode(b"salt" + digest).decode(),
        "hashing_algorithm": f"rabbit_password_hashing_{algorithm}",
    }
    return json.dumps(user).encode()


UNREADABLE = {
    "another algorithm": hashed("secret", "md5"),
    "no hash": b'{"password_hash": "", "hashing_algorithm": "rabbit_password_hashing_sha256"}',
    "a hash that is none": b'{"password_hash": "?", "hashing_algorithm": '
    b'"rabbit_password_hashing_sha256"}',
    "nothing": b"{}",
}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_an_account_that_has_this_password_is_not_handed_over_again(
    management: Management, algorithm: str
) -> None:
    management.found["/api/users/p1"] = hashed("secret", algorithm)
    ManagementAccounts(management.url, "u", "p").hand_over("p1", "secret")
    assert [method for method, _, _ in management.asked] == ["GET"]


@pytest.mark.parametrize("found", [hashed("old", "sha256"), *UNREADABLE.values()])
def test_an_account_of_any_other_password_goes_before_it_is_handed_over(
    management: Management, found: bytes
) -> None:
    management.found["/api/users/p1"] = found
    ManagementAccounts(management.url, "u", "p").hand_over("p1", "secret")
    writes = [(method, path) for method, path, _ in management.asked if method != "GET"]
    assert writes[0] == ("DELETE", "/api/users/p1")
    assert writes[-1] == ("PUT", "/api/users/p1")


def test_what_is_no_management_api_is_told_in_a_sentence(management: Management) -> None:
    management.found["/api/users"] = b"<html>"
    with pytest.raises(ManagementFailed, match="no management API of RabbitMQ"):
        ManagementAccounts(management.url, "u", "p").known()


def test_revoking_who_is_not_there_is_no_error(management: Management) -> None:
    management.answers["DELETE", "/api/users/p1"] = 404
    ManagementAccounts(management.url, "u", "p").revoke("p1")


@pytest.mark.parametrize(
    ("status", "sentence"), [(401, "refuses our account"), (500, r"refused .* \(500\)")]
)
def test_a_refusal_is_told_in_a_sentence(
    management: Management, status: int, sentence: str
) -> None:
    management.answers["GET", "/api/users/p1"] = status
    with pytest.raises(ManagementFailed, match=sentence) as failure:
        ManagementAccounts(management.url, "u", "p").grant_seat("p1", "secret")
    assert failure.value.status == status


def test_nobody_there_is_told_in_a_sentence(management: Management) -> None:
    accounts = ManagementAccounts("http://127.0.0.1:9", "u", "p", timeout=1)
    with pytest.raises(ManagementFailed, match="No management API answers") as failure:
        accounts.grant_room("secret")
    assert failure.value.status == 0


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ManagementFailed, match="no address"):
        ManagementAccounts("file:///etc/passwd", "u", "p")


def test_neither_accounts_nor_their_errors_show_a_password(management: Management) -> None:
    management.answers["GET", "/api/users/p1"] = 500
    accounts = ManagementAccounts(management.url, "u", "topsecret")
    with pytest.raises(ManagementFailed) as failure:
        accounts.grant_seat("p1", "alsosecret")
    assert "secret" not in f"{accounts!r} {failure.value!r}"

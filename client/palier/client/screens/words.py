"""What a language has to say: every sentence of the windows has a name here."""

from __future__ import annotations

from dataclasses import dataclass

from palier.client.screens.dates import Dates
from palier.client.screens.numerals import Numerals
from palier.client.screens.orders import What
from palier.client.state import Held, Notice
from palier.schemas.replies import How


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences of one language; those with braces are filled by `str.format`."""

    numerals: Numerals
    dates: Dates
    # every screen
    seat: str
    connectivity: dict[str, str]
    strip: dict[str, str]
    notices: dict[str, str]
    all_saved: str
    one_pending: str
    pending: str
    round_trip: str
    mishap: str
    held: dict[Held, str]
    held_text: str
    time_up: str
    excluded_title: str
    excluded_text: str
    moved_title: str
    # calling for help
    help: str
    help_called: str
    help_title: str
    help_text: str
    help_hint: str
    help_confirm: str
    help_sent: str
    # a window that is locked
    unlock_title: str
    unlock_text: str
    unlock_hint: str
    unlock_confirm: str
    unlock_wrong: str
    unlock_wait: str
    locked: str
    # joining
    join_title: str
    join_text: str
    join_server: str
    join_server_help: str
    join_code: str
    join_code_help: str
    join_do: str
    join_trying: str
    join_problems: dict[str, str]
    # lobby
    lobby_title: str
    lobby_text: str
    lobby_first: str
    present_of: str
    # asking
    step_of: str
    round: str
    confirm: str
    proceed: str
    sending: str
    final: str
    optional: str
    choose: str
    yes: str
    no: str
    percent: str
    money: str
    between: str
    problems: dict[str, str]
    above: str
    below: str
    #: A day out of its bounds, and how a day is typed.
    days: dict[str, str]
    date_form: str
    correct: str
    facts: str
    # screens that authors write
    of_field: str
    #: Why nothing was done in a live stage, by code, or for any other reason.
    not_done: dict[str, str]
    mend_screen: str
    handed_in: str
    unshown_title: str
    unshown_text: str
    # a screen that is on its way
    awaited_title: str
    awaited_text: str
    # waiting
    recorded: str
    ready: str
    wait_text: str
    ready_of: str
    answered_for: dict[How, str]
    went_on_for: dict[How, str]
    others_title: str
    others_text: str
    # what a screen shows of data and of others
    nothing_yet: str
    you: str
    post_columns: dict[str, str]
    chat_hint: str
    chat_empty: str
    chat_send: str
    chat_unsent: str
    # ended
    ended: dict[str, tuple[str, str]]
    stay: str
    # overview
    status: dict[str, str]
    on_hold: dict[str, str]
    no_session: str
    counts: str
    waits_for: str
    one_waits_for: str
    and_last: str
    and_more: str
    nobody_missing: str
    lobby_missing: str
    lobby_complete: str
    shown_within: str
    shown_late: str
    calls: str
    calls_saying: str
    calls_since: str
    # its table of seats
    columns: tuple[str, str, str, str, str, str]
    states: dict[str, str]
    seat_how: dict[How, str]
    stands_in: str
    away: str
    away_for: str
    stands: str
    # what can be done
    do: dict[What, str]
    questions: dict[What, str]
    why: dict[What, str]
    cancel: str
    keep: str
    choose_seats: str
    choose_none: str
    # a session that is stopped
    mend: str
    copy_command: str
    copy: str
    # what happened lately
    feed_columns: tuple[str, str, str]
    feed_empty: str
    authors: dict[str, str]
    happened: dict[str, str]
    because: str


def say(notice: Notice, words: Words) -> str:
    """Return a notice as a sentence."""
    return words.notices[notice.note.value].format(detail=notice.detail)

"""What becomes of a seat: the others go on without it, a bot stands in, it takes part again."""

from __future__ import annotations

import pytest

from palier.program import Group, Participant, Session
from palier.schemas.commands import Exclude, Readmit, StandIn, Submit
from palier.schemas.names import ALL
from palier.workers.domain.facts import (
    Abandoned,
    Arrived,
    Ended,
    Opened,
    Paid,
    Released,
    StandingChanged,
    StatusChanged,
)
from palier.workers.domain.refusal import Refusal
from tests.unit.workers.sitting import SEATS, Number, Sitting, kinds, of, refused


async def two_stages(session: Session) -> None:
    answers = await session.stage("ask", form=Number)
    for one, answer in answers.items():
        one.pay(answer.value)
    await session.stage("end", data={"there": len(session), "answered": len(answers)})


class Groups:
    """Pairs, and what became of them."""

    def __init__(self) -> None:
        self.results: list[str | None] = []
        self.seen: list[tuple[str, int]] = []

    async def run(self, session: Session) -> None:
        self.results = await session.each_group(self.play, size=2)
        await session.stage("end")

    async def play(self, group: Group) -> str:
        for _ in range(2):
            answers = await group.stage("ask", form=Number)
            self.seen.append((group.name, len(answers)))
        return group.name


def started(body: object = two_stages) -> Sitting:
    sitting = Sitting(body)  # type: ignore[arg-type] # one of the above
    sitting.start()
    return sitting


def pairs(sitting: Sitting) -> dict[str, tuple[str, ...]]:
    return {name: one.seats for name, one in sitting.session.scopes.items() if name != ALL}


# -- exclude ------------------------------------------------------------------------------------


def test_the_others_go_on_without_who_was_missing_last() -> None:
    sitting = started()
    sitting.arrive("p1", "p2", "p3", value=2)

    facts = sitting.exclude("p4")

    assert kinds(facts)[:2] == ["StandingChanged", "Released"]
    (changed,) = of(StandingChanged, facts)
    assert (changed.seat, changed.standing) == ("p4", "excluded")
    assert [(one.scope, one.generation, one.expected) for one in changed.withdrawn] == [(ALL, 1, 3)]
    assert sitting.stage("p1").data == {"there": 3, "answered": 3}
    assert {one.seat for one in of(Paid, facts)} == {"p1", "p2", "p3"}
    assert sitting.row("p4").state == "excluded"
    assert sitting.snapshot("p4").standing == "excluded"


def test_who_is_not_missing_last_lets_nobody_go_on() -> None:
    sitting = started()
    sitting.arrive("p1", value=2)

    assert kinds(sitting.exclude("p4")) == ["StandingChanged"]
    assert sitting.missing() == {"p2", "p3"}
    assert sitting.snapshot("p1").expected == 3


def test_what_somebody_had_decided_before_being_excluded_counts() -> None:
    sitting = started()
    sitting.arrive("p4", value=9)

    (changed,) = of(StandingChanged, sitting.exclude("p4"))
    assert changed.withdrawn == ()
    sitting.arrive("p1", "p2", "p3", value=2)

    assert sitting.stage("p1").data == {"there": 3, "answered": 4}
    assert sitting.session.payoff("p4") == 9
    assert sitting.current().barrier.parties == {"p1", "p2", "p3"}


def test_who_is_excluded_is_no_party_and_is_told_so() -> None:
    sitting = started()
    sitting.exclude("p4")

    assert refused(sitting.submit("p4", 1)).code == "not-a-party"
    assert sitting.missing() == {"p1", "p2", "p3"}
    sitting.arrive("p1", "p2", "p3", value=1)
    assert refused(sitting.submit("p4")).code == "not-a-party"
    assert sitting.at("p1") == ["end"]


def test_several_are_excluded_together_or_nobody_is() -> None:
    sitting = started()

    for seats, code in ((("p1", "p9"), "unknown-seat"), (("p2", "p3"), "nothing-to-do")):
        if code == "nothing-to-do":
            sitting.exclude("p3")
        refusal = refused(sitting.intervene(Exclude(session="s", seats=seats)))
        assert refusal.code == code
    assert sitting.session.standings == dict.fromkeys(SEATS, "active") | {"p3": "excluded"}


def test_a_group_of_which_nobody_is_left_ends_where_it_is() -> None:
    groups = Groups()
    sitting = started(groups.run)
    sitting.arrive(*pairs(sitting)["g1"], value=1)

    facts = sitting.exclude(*pairs(sitting)["g2"])

    (gone,) = of(Abandoned, facts)
    assert (gone.scope, gone.generation, gone.cause.what) == ("g2", 1, "operator")
    assert of(Released, facts) == []
    sitting.arrive(*pairs(sitting)["g1"], value=1)
    assert groups.results == ["g1", None]
    assert groups.seen == [("g1", 2), ("g1", 2)]
    assert sitting.at(*pairs(sitting)["g1"]) == ["end"] * 2
    assert set(sitting.current().barrier.parties) == set(pairs(sitting)["g1"])


def test_the_last_group_that_ends_by_exclusion_lets_the_others_go_on() -> None:
    groups = Groups()
    sitting = started(groups.run)
    for _ in range(2):
        sitting.arrive(*pairs(sitting)["g1"], value=1)

    facts = sitting.exclude(*pairs(sitting)["g2"])

    assert [one.stage.name for one in of(Opened, facts)] == ["end"]
    assert groups.results == ["g1", None]


def test_half_a_group_goes_on() -> None:
    groups = Groups()
    sitting = started(groups.run)
    first, second = pairs(sitting)["g2"]
    sitting.arrive(first, value=1)

    sitting.exclude(second)
    sitting.arrive(first, value=1)

    assert groups.seen == [("g2", 1), ("g2", 1)]


def test_a_group_whose_only_answer_is_from_an_excluded_seat_ends_at_its_next_stage() -> None:
    groups = Groups()
    sitting = started(groups.run)
    first, second = pairs(sitting)["g2"]
    sitting.arrive(first, value=1)
    sitting.exclude(first)

    facts = sitting.exclude(second)

    assert kinds(facts) == ["StandingChanged", "Released"]
    assert groups.seen == [("g2", 1)]
    for _ in range(2):
        sitting.arrive(*pairs(sitting)["g1"], value=1)
    assert groups.results == ["g1", None]


def test_a_session_of_which_nobody_is_left_is_finished_and_says_so() -> None:
    for body in (two_stages, Groups().run):
        sitting = started(body)

        facts = sitting.exclude(*SEATS)

        (ended,) = of(Ended, facts)
        assert ended.reason == "Everyone was excluded."
        assert sitting.status == "finished"
        assert sitting.snapshot("p1").reason == "Everyone was excluded."


def test_who_is_excluded_in_the_lobby_is_no_party_of_the_first_stage() -> None:
    sitting = Sitting(two_stages)
    assert kinds(sitting.exclude("p1")) == ["StandingChanged"]

    (opened,) = of(Opened, sitting.start())

    assert opened.parties == ("p2", "p3", "p4")
    assert sitting.row("p1").state == "excluded"


def test_a_session_that_starts_without_anybody_is_finished() -> None:
    sitting = Sitting(two_stages)
    sitting.exclude(*SEATS)

    assert kinds(sitting.start()) == ["Started", "Ended"]


def test_nobody_waits_for_who_is_excluded_to_come_into_the_lobby() -> None:
    sitting = Sitting(two_stages, auto_start=True)
    sitting.exclude("p4")
    for seat in SEATS[:2]:
        assert kinds(sitting.session.presence(seat, present=True, at=sitting.now)) == [
            "PresenceChanged"
        ]

    facts = sitting.session.presence("p3", present=True, at=sitting.now)

    assert kinds(facts) == ["PresenceChanged", "Started", "Opened"]


def test_while_the_session_is_held_an_exclusion_opens_nothing_until_it_goes_on() -> None:
    groups = Groups()
    sitting = started(groups.run)
    g1, g2 = pairs(sitting)["g1"], pairs(sitting)["g2"]
    sitting.arrive(g1[0], value=1)
    sitting.pause()

    assert set(kinds(sitting.exclude(g1[1], *g2))) == {"StandingChanged"}
    facts = sitting.resume()

    assert [one.scope for one in of(Released, facts)] == ["g1"]
    assert [one.scope for one in of(Abandoned, facts)] == ["g2"]
    assert sitting.stage(g1[0]).generation == 2


def test_private_data_is_made_only_for_who_takes_part() -> None:
    asked: list[str] = []

    def data(one: Participant) -> dict[str, str]:
        asked.append(one.seat)
        return {"you": one.seat}

    async def body(session: Session) -> None:
        await session.stage("first")
        await session.stage("second", data=data)

    sitting = started(body)
    sitting.exclude("p2")
    sitting.arrive("p1", "p3", "p4")

    assert asked == ["p1", "p3", "p4"]
    assert sitting.stage("p2").data == {}


def test_groups_are_drawn_from_who_takes_part() -> None:
    async def body(session: Session) -> None:
        await session.stage("welcome")
        await session.each_group(Groups().play, size=2)

    sitting = started(body)
    sitting.exclude("p1", "p4")
    sitting.arrive("p2", "p3")

    assert {name: set(seats) for name, seats in pairs(sitting).items()} == {"g1": {"p2", "p3"}}


# -- readmit ------------------------------------------------------------------------------------


def test_who_is_readmitted_while_the_stage_is_open_is_waited_for_again() -> None:
    sitting = started()
    sitting.exclude("p4")
    sitting.arrive("p1", "p2", value=1)

    facts = sitting.readmit("p4")

    (changed,) = of(StandingChanged, facts)
    assert [(one.generation, one.expected, one.back) for one in changed.withdrawn] == [(1, 4, True)]
    sitting.arrive("p3", value=1)
    assert sitting.at("p1") == ["ask"]
    sitting.arrive("p4", value=1)
    assert sitting.stage("p4").data == {"there": 4, "answered": 4}


def test_who_is_readmitted_later_takes_part_from_the_next_stage_on() -> None:
    async def body(session: Session) -> None:
        for _ in range(3):
            await session.stage("round", data={"there": len(session)})

    sitting = started(body)
    sitting.exclude("p4")
    sitting.arrive("p1", "p2", "p3")

    (changed,) = of(StandingChanged, sitting.readmit("p4"))

    assert changed.withdrawn == ()
    assert refused(sitting.submit("p4")).code == "not-a-party"
    sitting.arrive("p1", "p2", "p3")
    assert sitting.current().barrier.parties == set(SEATS)
    assert sitting.stage("p4").data == {"there": 4}


def test_a_barrier_that_was_complete_while_held_waits_again_for_who_is_readmitted() -> None:
    sitting = started()
    sitting.pause()
    sitting.arrive("p1", "p2", "p3", value=1)
    sitting.exclude("p4")

    sitting.readmit("p4")

    assert of(Released, sitting.resume()) == []
    sitting.arrive("p4", value=1)
    assert sitting.at("p4") == ["end"]


def test_who_comes_back_to_a_group_that_has_ended_meets_the_others_at_their_next_stage() -> None:
    groups = Groups()
    sitting = started(groups.run)
    g1, g2 = pairs(sitting)["g1"], pairs(sitting)["g2"]
    sitting.exclude(*g2)
    sitting.readmit(*g2)

    for _ in range(2):
        sitting.arrive(*g1, value=1)

    assert set(sitting.current().barrier.parties) == set(SEATS)
    assert groups.results == ["g1", None]


@pytest.mark.parametrize("command", [Exclude, StandIn, Readmit])
def test_what_is_so_already_is_refused_in_words(command: type[Exclude]) -> None:
    sitting = started()
    sitting.exclude("p1")
    sitting.stand_in("p2")
    seat = {Exclude: "p1", StandIn: "p2", Readmit: "p3"}[command]

    refusal = refused(sitting.intervene(command(session="s", seats=(seat,))))

    assert refusal.code == "nothing-to-do"
    assert seat in refusal.reason
    assert refusal.reason.endswith("already.")


# -- bots that stand in -------------------------------------------------------------------------


def test_a_bot_stands_in_and_answers_what_the_form_allows_a_moment_later() -> None:
    sitting = started()
    assert kinds(sitting.stand_in("p4")) == ["StandingChanged", "Due"]
    assert sitting.tick() == []
    sitting.later(0.5)

    (arrived,) = of(Arrived, sitting.tick())

    assert (arrived.seat, arrived.how, arrived.cause.what) == ("p4", "bot", "bot")
    assert arrived.answer is not None
    assert 0 <= arrived.answer["value"] <= 9  # type: ignore[operator] # it is a number
    assert sitting.tick() == []


def test_a_bot_goes_on_from_stage_to_stage_with_the_others() -> None:
    sitting = started()
    sitting.stand_in("p4")
    sitting.arrive("p1", "p2", "p3", value=1)
    sitting.later(0.5)
    assert of(Released, sitting.tick()) != []
    sitting.arrive("p1", "p2", "p3")
    sitting.later(0.5)

    assert sitting.status == "running"
    assert of(Ended, sitting.tick()) != []


def test_the_same_session_has_the_same_bot() -> None:
    answers = []
    for _ in range(2):
        sitting = started()
        sitting.stand_in("p4")
        sitting.later(1)
        answers += [one.answer for one in of(Arrived, sitting.tick())]

    assert answers[0] == answers[1]


def test_a_seat_whose_person_answers_is_theirs_again() -> None:
    sitting = started()
    sitting.stand_in("p4")

    facts = sitting.arrive("p4", value=6)

    assert kinds(facts) == ["StandingChanged", "Arrived"]
    assert sitting.session.standings["p4"] == "active"
    assert sitting.snapshot("p4").how == "submitted"
    sitting.later(5)
    assert of(Arrived, sitting.tick()) == []


def test_what_the_bot_has_answered_stands() -> None:
    sitting = started()
    sitting.stand_in("p4")
    sitting.later(1)
    sitting.tick()

    refusal = refused(sitting.submit("p4", 3))

    assert refusal.code == "already-submitted"
    assert "for you" in refusal.reason


def test_who_is_readmitted_answers_for_themselves() -> None:
    sitting = started()
    sitting.stand_in("p4")
    sitting.readmit("p4")
    sitting.later(5)

    assert sitting.tick() == []
    assert sitting.current().due_at is None
    assert kinds(sitting.arrive("p4", value=1)) == ["Arrived"]


def test_who_is_excluded_has_no_bot_until_readmitted() -> None:
    sitting = started()
    sitting.exclude("p4")

    refusal = refused(sitting.intervene(StandIn(session="s", seats=("p4",))))

    assert refusal.code == "excluded"
    sitting.readmit("p4")
    sitting.stand_in("p4")
    assert sitting.session.standings["p4"] == "bot"


def test_a_bot_can_be_excluded() -> None:
    sitting = started()
    sitting.stand_in("p4")
    sitting.exclude("p4")
    sitting.later(1)

    assert of(Arrived, sitting.tick()) == []
    assert sitting.missing() == {"p1", "p2", "p3"}


def test_a_bot_waits_while_the_session_is_held() -> None:
    sitting = started()
    sitting.pause()
    sitting.stand_in("p4")
    sitting.later(60)
    assert sitting.tick() == []

    sitting.resume()

    assert sitting.tick() == []
    sitting.later(0.5)
    assert [one.seat for one in of(Arrived, sitting.tick())] == ["p4"]


def test_bots_alone_bring_a_session_to_its_end() -> None:
    groups = Groups()
    sitting = Sitting(groups.run)
    sitting.stand_in(*SEATS)
    sitting.start()
    for _ in range(3):
        sitting.later(0.5)
        sitting.tick()

    assert sitting.status == "finished"
    assert groups.results == ["g1", "g2"]


def test_a_standing_is_nobody_elses_matter_and_changes_no_version() -> None:
    sitting = started()
    before = sitting.session.scopes[ALL].version

    facts = sitting.stand_in("p4") + sitting.readmit("p4") + sitting.exclude("p4")

    assert of(StatusChanged, facts) == []
    assert sitting.session.scopes[ALL].version == before


def test_an_answer_that_the_form_refuses_does_not_bring_a_seat_back() -> None:
    sitting = started()
    sitting.stand_in("p4")

    command = Submit(session="s", scope=ALL, generation=1, answer={"value": 77})
    outcome = sitting.session.submit(command, seat="p4", message_id="m", at=sitting.now)

    assert isinstance(outcome, Refusal)
    assert sitting.session.standings["p4"] == "bot"

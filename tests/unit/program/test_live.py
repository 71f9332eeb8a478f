"""Live stages as their author writes them: what is wrong is said where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from palier.program import Field, Form, Live, Participant, ProgramError, Refuse, Session, action
from palier.program.live import actions_of
from palier.workers.domain.acting import act
from palier.workers.domain.facts import Acted, Failed
from palier.workers.domain.refusal import Refusal
from tests.shops import Shop
from tests.shops import act as command
from tests.unit.workers.sitting import Sitting, of


class Offer(Form):
    price: int = Field(ge=1)


class Quiet(Live):
    """One thing can be done, and nothing is seen of it."""

    @action
    def nod(self, who: Participant) -> None:
        """Do nothing."""


def opening(live: Any, **given: Any) -> str:
    """Open a stage; return why the session is stopped, or nothing."""

    async def body(session: Session) -> None:
        await session.stage("market", live=live() if callable(live) else live, **given)

    facts = Sitting(body).start()
    return next((one.reason for one in of(Failed, facts)), "")


def done(sitting: Sitting, seat: str, name: str, **body: Any) -> Refusal | Acted:
    """Have a seat do something."""
    facts, refusal = act(
        sitting.session, command(name, **body), seat=seat, message_id="m", at=sitting.now
    )
    if refusal is not None:
        return refusal
    sitting.told(facts)
    return of(Acted, facts)[0]


def test_what_can_be_done_is_described_with_its_form() -> None:
    found = {name: one.spec for name, one in actions_of(Shop()).items()}

    assert [(name, one.title) for name, one in found.items()] == [
        ("buy", "Buy some"),
        ("weigh", "Weigh"),
        ("stumble", "Stumble"),
    ]
    assert found["buy"].form is not None
    assert [one.name for one in found["buy"].form.fields] == ["pieces", "note"]
    assert found["weigh"].form is None


def test_a_class_that_extends_another_has_its_actions_too() -> None:
    class Louder(Quiet):
        @action(title="Shout!")
        def shout(self, who: Participant) -> None:
            """Do nothing either."""

    assert {one.name: one.title for one in actions_of(Louder()).values()} == {
        "nod": "Nod",
        "shout": "Shout!",
    }


def test_an_action_takes_who_and_a_form_and_nothing_else() -> None:
    with pytest.raises(ProgramError, match=r"Wrong\.bid is an action: it takes \(self, who"):

        class Wrong(Live):
            @action
            def bid(self, who: Participant, price: int, more: int) -> None:
                """Take too much."""

    with pytest.raises(ProgramError, match="Alone"):

        class Alone(Live):
            @action
            def bid(self) -> None:
                """Take too little."""

    with pytest.raises(ProgramError, match="not 'async def'"):

        class Waits(Live):
            @action  # type: ignore[type-var]
            async def bid(self, who: Participant) -> None:
                """Wait."""


def test_what_an_action_asks_for_is_a_form() -> None:
    class Plain(Live):
        @action
        def bid(self, who: Participant, price: int) -> None:
            """Ask for a number."""

    class Lost(Live):
        @action
        def bid(self, who: Participant, body: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
            """Ask for what there is not."""

    assert "say of which form its 'price' is" in opening(Plain)
    assert "say of which form its 'body' is" in opening(Lost)


def test_what_is_no_live_stage_is_said_when_it_opens() -> None:
    used = Shop()
    assert "extends Live" in opening(3)
    assert opening(used) == ""
    assert "make a new one for each stage" in opening(used)
    assert "mark its methods with @action" in opening(Live)


def test_what_ends_for_all_needs_an_answer_for_all() -> None:
    assert "missing=Offer(…)" in opening(Quiet, form=Offer, missing="wait")
    assert "has no default for price" in opening(Quiet, form=Offer)
    assert opening(Quiet, form=Offer, missing=Offer(price=3)) == ""


def test_what_is_shown_can_be_sent_and_is_called_by_no_name_of_the_screen() -> None:
    class Reserved(Quiet):
        def shown(self) -> Mapping[str, Any]:
            return {"seat": 1}

    class Unsendable(Quiet):
        def shown(self) -> Mapping[str, Any]:
            return {"open": object()}

    assert "cannot have the name 'seat'" in opening(Reserved)
    assert "cannot be sent" in opening(Unsendable)


def test_a_state_that_cannot_be_copied_is_said_when_the_stage_opens() -> None:
    class Holding(Quiet):
        def __init__(self) -> None:
            self.lines = iter(range(3)), (one for one in range(3))

    assert "cannot be copied" in opening(Holding)


def test_what_all_sessions_would_share_is_said_when_the_class_is_written() -> None:
    with pytest.raises(ProgramError, match=r"Shared.orders is one list for all sessions: make it"):

        class Shared(Quiet):
            orders: list[int] = []  # noqa: RUF012 - what is to be found

    class Constant(Quiet):
        UNITS = (1, 2)
        COSTS = {"p1": 3}  # noqa: RUF012 - nothing changes it

    assert opening(Constant) == ""


def test_there_is_no_scope_before_the_stage_is_open() -> None:
    with pytest.raises(ProgramError, match="before its stage is open"):
        _ = Quiet().random


def test_what_an_action_returns_by_mistake_is_a_failure() -> None:
    class Telling(Live):
        @action
        def ask(self, _who: Participant) -> None:
            return 3  # type: ignore[return-value]

    async def body(session: Session) -> None:
        await session.stage("market", live=Telling())

    sitting = Sitting(body)
    sitting.start()
    found = done(sitting, "p1", "ask")
    assert isinstance(found, Refusal)
    assert found.code == "failed"


def test_what_was_refused_leaves_no_trace_however_much_was_done() -> None:
    class Careless(Live):
        """It refuses every third, after it has changed everything that there is to change."""

        def __init__(self) -> None:
            self.tried: list[int] = []
            self.shared = self.tried

        @action
        def draw(self, who: Participant) -> None:
            """Draw a number."""
            self.tried.append(self.random.randint(1, 1000))
            who.pay(1)
            if len(self.tried) % 3 == 0 and self.tried[-1] % 2:
                self.end()
                raise Refuse("an odd one")

        def shown(self) -> Mapping[str, Any]:
            return {"tried": self.shared}

    async def body(session: Session) -> None:
        await session.stage("market", live=Careless())

    sitting = Sitting(body)
    sitting.start()
    outcomes: list[bool] = []
    # the same chance comes again after a refusal: so one that is refused is refused for good
    for _ in range(80):
        before = sitting.stage("p1").data, sitting.session.execution.participants[0].payoff
        found = done(sitting, "p1", "draw")
        outcomes.append(isinstance(found, Acted))
        if isinstance(found, Refusal):
            after = sitting.stage("p1").data, sitting.session.execution.participants[0].payoff
            assert after == before
            break
    assert not all(outcomes)
    assert sitting.session.scopes["all"].current is not None
    assert sitting.session.scopes["all"].current.open

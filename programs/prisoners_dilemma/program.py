"""The prisoner's dilemma, repeated with one partner, or each time with somebody never met before.

Cooper, DeJong, Forsythe & Ross (1996), "Cooperation without reputation: experimental evidence from
prisoner's dilemma games", Games and Economic Behavior 12(2).
"""

from typing import Literal, Self

from pydantic import model_validator

from palier.program import Field, Form, Group, Matching, Program, Session


class Choice(Form):
    """What one participant chooses in one period: A is to cooperate, B to defect."""

    choice: Literal["A", "B"] = Field(title="Which do you choose?")


class PrisonersDilemma(Program):
    """Two players a group: the same ones in all periods, or such who never meet again."""

    title = "A or B"
    steps = ("instructions", "choose", "results", "goodbye")
    group_size = 2

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = Field(default=10, ge=1, le=100)
        matching: Literal["partners", "perfect-strangers"] = "partners"
        temptation: float = Field(default=10, description="For B while the other chooses A.")
        reward: float = Field(default=8, description="For each when both choose A.")
        punishment: float = Field(default=3.5, description="For each when both choose B.")
        sucker: float = Field(default=0, description="For A while the other chooses B.")

        @model_validator(mode="after")
        def is_a_dilemma(self) -> Self:
            """Refuse payoffs with which it is no dilemma."""
            if not self.temptation > self.reward > self.punishment > self.sucker:
                raise ValueError("temptation > reward > punishment > sucker makes a dilemma.")
            return self

    def matching(self) -> Matching:
        """Return who plays with whom: it is known from the beginning whether that can be."""
        return Matching(kind=self.settings.matching, size=2, rounds=self.settings.rounds)

    async def run(self, session: Session) -> None:
        """Instructions for all, the periods pair by pair, goodbye for all."""
        given = self.settings
        whom = {
            "partners": "with the same other participant each time",
            "perfect-strangers": "with another participant each time, never twice with the same",
        }
        await session.stage(
            "instructions",
            text=f"In each of {given.rounds} periods you choose A or B, {whom[given.matching]}. "
            f"If both choose A, each earns {given.reward:g} points; if both choose B, each earns "
            f"{given.punishment:g}. If one chooses A and the other B, A earns {given.sucker:g} "
            f"points and B earns {given.temptation:g}.",
        )
        for _ in session.periods(given.rounds):
            await session.each_group(self.play, matching=self.matching())
        await session.stage(
            "goodbye", text="Thank you for taking part.", own=lambda one: {"total": one.payoff}
        )

    async def play(self, group: Group) -> None:
        """One period of one pair."""
        title = f"Period {group.period} of {self.settings.rounds}"
        choices = await group.stage("choose", title=title, form=Choice)
        if len(choices) < len(group.everyone):
            return  # the other one takes part no more
        (one, one_chose), (other, other_chose) = [
            (each, answer.choice) for each, answer in choices.items()
        ]
        worth = self.worth(group.settings)
        chose = {one: (one_chose, other_chose), other: (other_chose, one_chose)}
        for each, choice in chose.items():
            each.pay(worth[choice])
        await group.stage(
            "results",
            title=title,
            own=lambda each: {
                "you_chose": chose[each][0],
                "the_other_chose": chose[each][1],
                "points_earned": worth[chose[each]],
            },
        )

    def worth(self, given: Settings) -> dict[tuple[str, str], float]:
        """Return what one's own choice earns against the other's."""
        return {
            ("A", "A"): given.reward,
            ("A", "B"): given.sucker,
            ("B", "A"): given.temptation,
            ("B", "B"): given.punishment,
        }

"""What this program is, in a sentence, and the source it follows."""

from functools import partial

from palier.program import Field, Form, Group, Program, Session

POINTS = 10


class Gift(Form):
    """What the first of a pair decides."""

    amount: int = Field(ge=0, le=POINTS, title="How much do you send?")


class Return(Form):
    """What the second of a pair decides."""

    percent: int = Field(ge=0, le=100, title="How much of it do you send back, in percent?")


class MyExperiment(Program):
    """Pairs: a sender decides first, then a receiver."""

    title = "My experiment"
    steps = ("instructions", "send", "send-back", "results", "goodbye")
    group_size = 2

    class Settings(Program.Settings):
        """What an operator can set: palier run my_experiment --set rounds=5."""

        rounds: int = Field(default=3, ge=1)
        multiplier: int = Field(default=3, ge=1)

    async def run(self, session: Session) -> None:
        """Everyone reads, pairs play, with other partners each time, everyone is thanked."""
        await session.stage(
            "instructions",
            text="You are one of two. What the one sends is multiplied for the other.",
        )
        for number in range(1, self.settings.rounds + 1):
            await session.each_group(
                partial(self.play, number=number),
                size=2,
                matching="strangers",
                roles=("sender", "receiver"),
            )
        await session.stage(
            "goodbye",
            text="Thank you for taking part.",
            data=lambda one: {"your points": one.payoff},
        )

    async def play(self, pair: Group, *, number: int) -> None:
        """One round of one pair."""
        sender, receiver = pair.role("sender"), pair.role("receiver")
        gifts = await pair.with_role("sender").stage("send", form=Gift, data={"round": number})
        sent = gifts[sender].amount
        received = sent * self.settings.multiplier
        returns = await pair.with_role("receiver").stage(
            "send-back", form=Return, data={"round": number, "you received": received}
        )
        back = round(received * returns[receiver].percent / 100)
        sender.pay(POINTS - sent + back)
        receiver.pay(received - back)
        await pair.stage("results", data={"sent": sent, "received": received, "sent back": back})

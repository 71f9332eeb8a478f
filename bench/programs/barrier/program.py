"""One barrier after the other, for everyone: what `./run bench` measures first."""

from palier.program import Field, Form, Program, Session


class Payload(Form):
    """A decision of about two hundred bytes."""

    text: str = Field(max_length=1000, title="Decision")


class Barrier(Program):
    """Everyone decides, everyone goes on, ``rounds`` times."""

    title = "Barrier"

    class Settings(Program.Settings):
        """How often."""

        rounds: int = Field(default=10, ge=1)

    async def run(self, session: Session) -> None:
        """All rounds."""
        for _ in range(self.settings.rounds):
            await session.stage("round", form=Payload)

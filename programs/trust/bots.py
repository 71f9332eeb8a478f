"""Who wants points alone, who does as people have been found to, and who wants equal shares.

In Berg, Dickhaut & McCabe (1995) about half was sent on average, and a little less than that came
back; Johnson & Mislin (2011), "Trust games: a meta-analysis", Journal of Economic Psychology 32(5),
find half in 162 replications too.
"""

from typing import Any

from palier.program import Bot, Stage


class Selfish(Bot):
    """Gives nothing back, and so expects nothing back and sends nothing."""

    share = 0.0

    def send(self, stage: Stage) -> dict[str, Any]:
        """Return what is sent."""
        form: Any = stage.form
        return {"amount": int(self.share * form.fields[0].maximum)}

    def return_(self, _stage: Stage) -> dict[str, Any]:
        """Return what is given back."""
        return {"amount": 0}


class Human(Selfish):
    """Sends half, and gives back what was sent."""

    share = 0.5

    def return_(self, stage: Stage) -> dict[str, Any]:
        """Return what is given back."""
        return {"amount": stage.data["sent"]}


class Fair(Selfish):
    """Sends everything, and gives back so much that both have the same."""

    share = 1.0

    def return_(self, stage: Stage) -> dict[str, Any]:
        """Return what is given back: both began with the same."""
        sent: Any = stage.data["sent"]
        received: Any = stage.data["received"]
        return {"amount": (sent + received) // 2}

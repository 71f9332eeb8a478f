"""A person whose answers hang together, and one who agrees with everything.

Cronbach (1946), "Response sets and test validity", Educational and Psychological Measurement 6(4),
on those who agree whatever is said: they are why some statements count the other way round.
"""

from typing import Any

from palier.program import Bot, Stage

#: The statements by what they are about, and those that deny it.
TRUST = {"trust": True, "fair": True, "careful": False}
RISK = {"risks": True, "avoids": False}

#: The youngest with each degree.
DEGREES = {"secondary": 18, "bachelor": 21, "master": 23, "doctorate": 27}


class Consistent(Bot):
    """Has a view on trust and one on risk, and says the same whichever way it is asked."""

    def attitudes(self, stage: Stage) -> dict[str, Any]:
        """Return how far each statement is agreed with; the middle where it is of another sort."""
        form: Any = stage.form
        points = form.fields[0].maximum
        answer = {one.name: (points + 1) // 2 for one in form.fields}
        for statements in (TRUST, RISK):
            view = self.random.randint(1, points)
            for name, says_so in statements.items():
                if name in answer:
                    answer[name] = view if says_so else points + 1 - view
        return answer

    def about_you(self, _stage: Stage) -> dict[str, Any]:
        """Return who this is: nobody has a degree before the age for it, or without studies."""
        age = self.random.randint(18, 40)
        level = self.random.choice([one for one, youngest in DEGREES.items() if age >= youngest])
        studies = ["economics", "law", "humanities", "social", "science", "health", "other"]
        return {
            "age": age,
            "gender": self.random.choice(["woman", "man", "non-binary", "no-answer"]),
            "gender_words": "",
            "studies": self.random.choice([*studies, "none"] if level == "secondary" else studies),
            "level": level,
            "taken_part": self.random.randint(0, 10),
        }

    def remarks(self, _stage: Stage) -> dict[str, Any]:
        """Return nothing: there need not be a remark."""
        return {"remark": ""}


class Agreeing(Consistent):
    """Agrees with everything there is."""

    def attitudes(self, stage: Stage) -> dict[str, Any]:
        """Return how far each statement is agreed with."""
        form: Any = stage.form
        return {one.name: one.maximum for one in form.fields}

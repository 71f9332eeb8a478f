"""A questionnaire: attitudes on scales, who takes part, and room for remarks. In two languages."""

from typing import Any, Literal

from pydantic import create_model

from palier.program import Field, Form, Payment, Program, Session, likert
from palier.program.questions import demographics

POINTS = 7
#: Items that are agreed with where the attitude is not held: they count the other way round.
REVERSED = ("careful", "avoids")


class Questionnaire(Program):
    """Three pages, each left as soon as everyone has filled it in."""

    title = "Questionnaire"
    steps = ("attitudes", "about-you", "remarks", "goodbye")
    payment = Payment(currency="EUR", show_up=5)

    class Settings(Program.Settings):
        """What an operator can set."""

        language: Literal["en", "fr"] = "en"

    async def run(self, session: Session) -> None:
        """One page after the other, everyone at their own pace."""
        language = session.settings.language
        words = WORDS[language]
        attitudes, remarks = attitudes_in(language), remarks_in(language)
        about = demographics(language)

        async def fill_in(solo: Any) -> None:
            await solo.stage("attitudes", form=attitudes, title=words["attitudes"])
            await solo.stage("about-you", form=about, title=words["about"])
            await solo.stage("remarks", form=remarks, title=words["remarks"])

        await session.each(fill_in)
        await session.stage(
            "goodbye",
            title=words["goodbye"],
            text=words["thanks"],
            data=lambda one: {words["paid"]: one.payment},
        )


def attitudes_in(language: str) -> type[Form]:
    """Return the form of the statements: each an item on one scale."""
    low, high = WORDS[language]["ends"]
    fields: dict[str, Any] = {
        name: (int, likert(statement, points=POINTS, low=low, high=high))
        for name, statement in WORDS[language]["statements"].items()
    }
    made: type[Form] = create_model("Attitudes", __base__=Form, **fields)
    return made


def remarks_in(language: str) -> type[Form]:
    """Return the form of what people say in their own words; it may stay empty."""
    made: type[Form] = create_model(
        "Remarks",
        __base__=Form,
        remark=(str, Field(default="", max_length=1000, title=WORDS[language]["remark"])),
    )
    return made


def score(answer: dict[str, int]) -> dict[str, float]:
    """Return the mean of the items on trust and of those on risk, from 1 to 7."""
    turned = {key: POINTS + 1 - one if key in REVERSED else one for key, one in answer.items()}
    return {
        "trust": (turned["trust"] + turned["careful"] + turned["fair"]) / 3,
        "risk": (turned["risks"] + turned["avoids"]) / 2,
    }


WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "attitudes": "How far do you agree?",
        "ends": ("Not at all", "Completely"),
        "statements": {
            "trust": "Most people can be trusted.",
            "careful": "One cannot be too careful with others.",
            "fair": "Most people try to be fair, also where nobody looks.",
            "risks": "I like to take risks.",
            "avoids": "I would rather be safe than sorry.",
        },
        "about": "About you",
        "remarks": "One last thing",
        "remark": "Is there anything you would like to tell us?",
        "goodbye": "Thank you",
        "thanks": "Please stay seated until you are called.",
        "paid": "you_are_paid",
    },
    "fr": {
        "attitudes": "Dans quelle mesure êtes-vous d’accord ?",
        "ends": ("Pas du tout", "Tout à fait"),
        "statements": {
            "trust": "On peut faire confiance à la plupart des gens.",
            "careful": "On n’est jamais assez prudent avec les autres.",
            "fair": "La plupart des gens sont justes, même quand personne ne regarde.",
            "risks": "J’aime prendre des risques.",
            "avoids": "Je préfère la sécurité.",
        },
        "about": "À propos de vous",
        "remarks": "Pour finir",
        "remark": "Avez-vous quelque chose à nous dire ?",
        "goodbye": "Merci",
        "thanks": "Restez assis jusqu’à ce qu’on vous appelle.",
        "paid": "vous_recevez",
    },
}

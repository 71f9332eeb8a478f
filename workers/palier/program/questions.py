"""Questions as fields of a form, and a form that is ready: who takes part.

A field is declared with its type, as any other: ``trust: int = likert("Most people can be
trusted.")``; with ``int | None`` and ``default=None`` it may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field, create_model, field_validator

from palier.program.errors import ProgramError
from palier.schemas.forms import Ends, Form

#: Points of a scale: fewer are no scale, more cannot be told apart.
_FEWEST, _MOST = 2, 11

#: Years of age.
_OLDEST = 120


def likert(
    statement: str,
    *,
    points: int = 7,
    low: str = "",
    middle: str = "",
    high: str = "",
    help: str | None = None,  # noqa: A002 - as a form's other fields call it
    default: int | None = ...,  # type: ignore[assignment] # pydantic's own mark of what is required
) -> Any:
    """Return the field of a statement that is rated on a scale from 1 to ``points``.

    ``low``, ``middle`` and ``high`` are written under the scale. Raises `ProgramError`.
    """
    if not _FEWEST <= points <= _MOST:
        raise ProgramError(f"{statement!r} has points={points}: give {_FEWEST} to {_MOST}.")
    ends = Ends(low=low, middle=middle, high=high).model_dump()
    return Field(
        default,
        ge=1,
        le=points,
        title=statement,
        description=help,
        json_schema_extra={"scale": ends},
    )


def choice(
    question: str,
    titles: Mapping[str, str],
    *,
    help: str | None = None,  # noqa: A002
    default: str | None = ...,  # type: ignore[assignment]
) -> Any:
    """Return the field of a choice whose options are kept by one word and shown by another.

    The field's type is the ``Literal`` of what is kept; ``titles`` says how each is shown.
    """
    return Field(
        default, title=question, description=help, json_schema_extra={"titles": dict(titles)}
    )


#: What the ready form asks, by language: titles of its fields, and of their options.
_WORDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "en": {
            "age": "How old are you?",
            "gender": "What is your gender?",
            "genders": {
                "woman": "Woman",
                "man": "Man",
                "non-binary": "Non-binary",
                "own-words": "I describe it myself",
                "no-answer": "I prefer not to say",
            },
            "gender_words": "Your gender, in your own words",
            "studies": "What do you study, or what did you study last?",
            "fields": {
                "economics": "Economics or management",
                "law": "Law or political science",
                "humanities": "Humanities, languages or arts",
                "social": "Psychology or social sciences",
                "science": "Mathematics, natural sciences or engineering",
                "health": "Medicine or health",
                "other": "Something else",
                "none": "I have not studied",
            },
            "level": "What is your highest degree?",
            "levels": {
                "none": "None",
                "secondary": "End of secondary school",
                "bachelor": "Bachelor",
                "master": "Master",
                "doctorate": "Doctorate",
            },
            "taken_part": "How many experiments have you taken part in before?",
        },
        "fr": {
            "age": "Quel âge avez-vous\u00a0?",
            "gender": "Quel est votre genre\u00a0?",
            "genders": {
                "woman": "Femme",
                "man": "Homme",
                "non-binary": "Non binaire",
                "own-words": "Je le décris moi-même",
                "no-answer": "Je préfère ne pas répondre",
            },
            "gender_words": "Votre genre, avec vos mots",
            "studies": "Qu’étudiez-vous, ou qu’avez-vous étudié en dernier\u00a0?",
            "fields": {
                "economics": "Économie ou gestion",
                "law": "Droit ou science politique",
                "humanities": "Lettres, langues ou arts",
                "social": "Psychologie ou sciences sociales",
                "science": "Mathématiques, sciences ou ingénierie",
                "health": "Médecine ou santé",
                "other": "Autre chose",
                "none": "Je n’ai pas fait d’études",
            },
            "level": "Quel est votre diplôme le plus élevé\u00a0?",
            "levels": {
                "none": "Aucun",
                "secondary": "Baccalauréat",
                "bachelor": "Licence",
                "master": "Master",
                "doctorate": "Doctorat",
            },
            "taken_part": "À combien d’expériences avez-vous déjà participé\u00a0?",
        },
    }
)


class _Person(Form):
    @field_validator("age", check_fields=False)
    @classmethod
    def _of_this_century(cls, age: int | None) -> int | None:
        # no upper bound in the description: a client would offer to slide to it
        if age is not None and age > _OLDEST:
            raise ValueError(f"Give an age of up to {_OLDEST} years.")
        return age


def demographics(language: Literal["en", "fr"] = "en", *, required: bool = False) -> type[Form]:
    """Return a form that asks age, gender, studies, degree and experience of experiments.

    What is kept is the same in every language. Unless ``required`` each may be left out. Raises
    `ProgramError` for a language it has no words in.
    """
    words = _WORDS.get(language)
    if words is None:
        known = ", ".join(_WORDS)
        raise ProgramError(f"There are no demographics in {language!r}: there are {known}.")

    def one_of(options: Mapping[str, str]) -> Any:
        return Literal[tuple(options)]

    empty: Any = ... if required else None

    def asked(annotation: Any) -> Any:
        return annotation if required else annotation | None

    fields: dict[str, Any] = {
        "age": (asked(int), Field(empty, ge=16, title=words["age"])),
        "gender": (
            asked(one_of(words["genders"])),
            choice(words["gender"], words["genders"], default=empty),
        ),
        "gender_words": (str, Field("", max_length=60, title=words["gender_words"])),
        "studies": (
            asked(one_of(words["fields"])),
            choice(words["studies"], words["fields"], default=empty),
        ),
        "level": (
            asked(one_of(words["levels"])),
            choice(words["level"], words["levels"], default=empty),
        ),
        "taken_part": (asked(int), Field(empty, ge=0, le=1000, title=words["taken_part"])),
    }
    made: type[Form] = create_model("Demographics", __base__=_Person, **fields)
    return made

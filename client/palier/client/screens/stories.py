"""What the author of the sample program wrote, in each language."""

from __future__ import annotations

from dataclasses import dataclass

from palier.client.screens.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The words of a public goods program."""

    program: str
    steps: tuple[tuple[str, str], ...]
    contribute: str
    contribute_text: str
    amount: tuple[str, str]
    guess: tuple[str, str]
    knows: tuple[str, str, str, str]
    results: str
    results_text: str
    shares: tuple[str, str]
    members: tuple[str, str, str, str]
    survey: str
    survey_text: str
    #: A question, then its options.
    mood: tuple[str, ...]
    field: tuple[str, ...]
    before: str
    age: str
    remark: tuple[str, str]
    total: str
    #: Why the operator has paused the session.
    drill: str
    #: Why the operator gave more time, excluded a seat, advanced another.
    reasons: tuple[str, str, str]
    #: With which words a seat calls for help.
    call: str


STORIES: dict[Language, Story] = {
    "en": Story(
        program="Public goods",
        steps=(
            ("instructions", "Instructions"),
            ("contribute", "Contribution"),
            ("results", "Results"),
            ("survey", "Questions"),
        ),
        contribute="How much do you put in the pot?",
        contribute_text="You have 20 tokens. Each token in the pot pays 0.4 tokens to each of the "
        "four members of your group; a token that you keep pays 1 token to you.",
        amount=("Your contribution", "In tokens; you keep the rest."),
        guess=("What do you think the others put in on average?", "In tokens."),
        knows=("Your tokens", "Period", "Pot last period", "You earned last period"),
        results="Results of the period",
        results_text="Your group put 52 tokens in the pot. The pot was multiplied by 1.6 and "
        "shared equally.",
        shares=("Your share of the pot", "You earned"),
        members=("Your group", "Member", "Put in", "Earned"),
        survey="Some questions about you",
        survey_text="Your answers are kept apart from your name.",
        mood=("How did you decide?", "By calculation", "By a rule of thumb", "I followed others"),
        field=(
            "What do you study?",
            "Biology",
            "Chemistry",
            "Computing",
            "Economics",
            "Law",
            "Letters",
            "Physics",
        ),
        before="Have you taken part in such a session before?",
        age="How old are you?",
        remark=("Is there anything you want to tell us?", "A sentence or two is enough."),
        total="Your payoff",
        drill="A fire drill: please leave the room and come back in ten minutes.",
        reasons=("the instructions were long", "had to leave", "the computer froze"),
        call="I cannot read the last line of the instructions.",
    ),
    "fr": Story(
        program="Bien public",
        steps=(
            ("instructions", "Instructions"),
            ("contribute", "Contribution"),
            ("results", "Résultats"),
            ("survey", "Questions"),
        ),
        contribute="Combien placez-vous dans le projet commun\u00a0?",
        contribute_text="Vous disposez de 20 jetons. Chaque jeton placé rapporte 0,4 jeton à "
        "chacun des quatre membres de votre groupe\u00a0; un jeton gardé vous rapporte 1 jeton.",
        amount=("Votre contribution", "En jetons\u00a0; vous gardez le reste."),
        guess=("Selon vous, combien les autres placent-ils en moyenne\u00a0?", "En jetons."),
        knows=("Vos jetons", "Période", "Projet à la période passée", "Votre gain passé"),
        results="Résultats de la période",
        results_text="Votre groupe a placé 52 jetons. Le projet a été multiplié par 1,6 et "
        "partagé en parts égales.",
        shares=("Votre part du projet", "Vous gagnez"),
        members=("Votre groupe", "Membre", "A placé", "A gagné"),
        survey="Quelques questions sur vous",
        survey_text="Vos réponses sont conservées à part de votre nom.",
        mood=(
            "Comment avez-vous décidé\u00a0?",
            "Par un calcul",
            "Par une règle simple",
            "J’ai suivi les autres",
        ),
        field=(
            "Qu’étudiez-vous\u00a0?",
            "Biologie",
            "Chimie",
            "Droit",
            "Économie",
            "Informatique",
            "Lettres",
            "Physique",
        ),
        before="Avez-vous déjà participé à une telle session\u00a0?",
        age="Quel âge avez-vous\u00a0?",
        remark=("Voulez-vous nous dire autre chose\u00a0?", "Une phrase ou deux suffisent."),
        total="Votre gain",
        drill="Exercice d’évacuation\u00a0: quittez la salle et revenez dans dix minutes.",
        reasons=("consignes longues", "a dû partir", "ordinateur bloqué"),
        call="Je ne peux pas lire la dernière ligne des consignes.",
    ),
}

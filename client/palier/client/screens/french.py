r"""The windows in French; a no-break space, written ``\u00a0``, stands before high punctuation."""

from __future__ import annotations

from palier.client.screens.numerals import Numerals
from palier.client.screens.words import Words

FRENCH = Words(
    numerals=Numerals(decimal=",", thousands="\u202f"),
    seat="Poste {seat}",
    connectivity={
        "connecting": "Connexion…",
        "online": "Connecté",
        "reconnecting": "Reconnexion…",
        "blocked": "Serveur occupé",
        "refused": "Non admis",
    },
    strip={
        "reconnecting": "La connexion est interrompue. Palier se reconnecte\u00a0; "
        "votre saisie est conservée.",
        "blocked": "Le serveur est occupé. Votre réponse est conservée et partira toute seule.",
        "refused": "Ce poste n’est pas admis. Appelez la personne responsable.",
    },
    notices={
        "moved": "Ce poste a été transféré sur un autre ordinateur. Continuez là-bas, ou appelez "
        "la personne responsable.",
        "elsewhere": "Ce poste est ouvert sur un autre ordinateur ou dans une autre fenêtre. "
        "Continuez là-bas, ou fermez-le là-bas\u00a0: Palier réessaie pendant un moment.",
        "taken": "Ce poste est ouvert sur un autre ordinateur ou dans une autre fenêtre. "
        "Continuez là-bas, ou fermez-le là-bas puis rouvrez cette fenêtre.",
        "lingering": "Le poste est encore retenu par une connexion perdue. Palier réessaie\u00a0; "
        "votre saisie est conservée.",
        "gone-on": "L’étape était déjà passée quand votre dernière réponse est arrivée\u00a0: "
        "cette réponse ne compte pas.",
        "not-first": "Une autre réponse a d’abord été enregistrée pour ce poste\u00a0: votre "
        "dernière réponse ne compte pas.",
        "too-late": "La session était terminée quand votre dernière réponse est arrivée\u00a0: "
        "cette réponse ne compte pas.",
        "earlier-session": "Une réponse conservée sur cet ordinateur appartient à une session "
        "antérieure du même nom\u00a0: elle n’a pas été envoyée. Répondez à nouveau.",
        "stood-in": "Un robot répond pour ce poste. Dès que vous répondez, vous participez de "
        "nouveau.",
        "later": "Votre réponse est conservée et partira toute seule dès que la session acceptera "
        "de nouveau des réponses.",
        "unwritten": "Votre réponse n’a pas pu être écrite sur le disque de cet ordinateur "
        "({detail})\u00a0: elle n’a PAS été envoyée. Faites de la place et envoyez-la à nouveau.",
    },
    all_saved="Tout est enregistré",
    one_pending="1 réponse en attente d’enregistrement",
    pending="{n} réponses en attente d’enregistrement",
    round_trip="Aller-retour {ms} ms",
    mishap="Un incident s’est produit dans cette fenêtre. Vos réponses sont en sécurité\u00a0; "
    "vous pouvez continuer.",
    held={
        "paused": "La session est en pause.",
        "stopped": "La session est arrêtée\u00a0: la personne responsable est prévenue.",
    },
    held_text="Votre saisie est conservée. Vous pourrez continuer dès que la session reprendra.",
    time_up="Temps écoulé",
    excluded_title="La session continue sans vous",
    excluded_text="Vous n’avez rien à faire pour l’instant. Restez à votre place\u00a0; si cela "
    "vous surprend, appelez la personne responsable. Si vous êtes réadmis, cette page change toute "
    "seule.",
    moved_title="Ce poste a été transféré",
    lobby_title="Bienvenue",
    lobby_text="La session commence quand tout le monde est là. Cette page change toute seule.",
    lobby_first="Recherche de votre session…",
    present_of="présents sur {expected}",
    step_of="Étape {step} sur {steps}",
    round="période {n}",
    confirm="Valider ma décision",
    proceed="Continuer",
    sending="Envoi…",
    final="Une fois validée, la décision ne peut plus être modifiée.",
    optional="{title} (facultatif)",
    choose="Choisissez…",
    yes="Oui",
    no="Non",
    between="Entre {low} et {high}",
    problems={
        "required": "Répondez à cette question.",
        "whole-number": "Entrez un nombre entier, par exemple 12.",
        "number": "Entrez un nombre, par exemple 2,5.",
        "out-of-range": "Entrez un nombre entre {low} et {high}.",
        "flag": "Choisissez oui ou non.",
        "choice": "Choisissez une des réponses.",
        "text": "Entrez un texte.",
        "too-short": "Écrivez au moins {shortest} caractères.",
        "too-long": "Écrivez au plus {longest} caractères.",
    },
    above="Entrez {low} ou plus.",
    below="Entrez {high} ou moins.",
    correct="Vérifiez les champs en rouge.",
    facts="Ce que vous savez",
    recorded="Votre décision est enregistrée",
    ready="Vous êtes prêt",
    wait_text="L’étape suivante s’ouvre pour tout le monde en même temps, dès que chacun est "
    "prêt. Vous pouvez attendre tranquillement\u00a0: cette page change toute seule.",
    ready_of="participants prêts sur {expected}",
    answered_for={
        "default": "Temps écoulé\u00a0: ceci est retenu comme réponse",
        "bot": "Un robot a répondu à votre place",
        "operator": "La personne responsable a répondu à votre place",
    },
    went_on_for={
        "default": "Temps écoulé\u00a0: vous êtes compté comme prêt",
        "bot": "Un robot a continué à votre place",
        "operator": "La personne responsable vous a fait continuer",
    },
    others_title="Les autres terminent",
    others_text="Votre part est faite pour l’instant. L’étape suivante s’ouvrira toute seule.",
    ended={
        "finished": ("Merci", "La session est terminée. Vous pouvez quitter cette fenêtre."),
        "closed": ("La session a été close", "La personne responsable a clos la session."),
    },
    status={
        "lobby": "Pas commencée",
        "running": "En cours",
        "finished": "Terminée",
        "closed": "Close",
        "paused": "En pause",
        "stopped": "Arrêtée",
    },
    start="Commencer",
    close="Clore la session",
    close_question="Clore la session pour tous les postes\u00a0?",
    close_yes="Oui, clore",
    close_no="Non, continuer",
    columns=("Poste", "Étape", "État", "Depuis", "Gain"),
    states={
        "lobby": "Dans le hall",
        "working": "Travaille",
        "submitted": "A répondu",
        "waiting": "Attend",
        "excluded": "Exclu",
        "finished": "A terminé",
    },
    here="présent",
    away="absent",
    waits_for="{n} postes attendent {seats}.",
    one_waits_for="1 poste attend {seats}.",
    and_last="{seats} et {last}",
    and_more="{seats} et {n} autres",
    nobody_missing="Personne n’attend.",
    lobby_missing="Pas encore là\u00a0: {seats}.",
    lobby_complete="Tout le monde est là.",
    counts="{title}\u00a0: {working} au travail, {done} prêts",
    on_hold={
        "paused": "La session est en pause\u00a0: ce qui arrive est conservé, personne n’avance.",
        "stopped": "Le programme s’est arrêté\u00a0: ce qui arrive est conservé, personne "
        "n’avance.",
    },
    no_session="Recherche de la session…",
)

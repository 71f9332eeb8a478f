"""The windows in English."""

from __future__ import annotations

from palier.client.screens.numerals import Numerals
from palier.client.screens.words import Words

ENGLISH = Words(
    numerals=Numerals(decimal=".", thousands=","),
    seat="Seat {seat}",
    connectivity={
        "connecting": "Connecting",
        "online": "Connected",
        "reconnecting": "Reconnecting",
        "blocked": "Server busy",
        "refused": "Not admitted",
    },
    strip={
        "reconnecting": "The connection was lost. Palier is reconnecting; what you typed is kept.",
        "blocked": "The server is busy. Your answer is kept and will be sent by itself.",
        "refused": "This seat is not admitted. Please call the person in charge.",
    },
    notices={
        "moved": "This seat was moved to another computer. Go on there, or call the person in "
        "charge.",
        "elsewhere": "This seat is open on another computer or window. Go on there, or close it "
        "there: Palier tries again for a while.",
        "taken": "This seat is open on another computer or window. Go on there, or close it there "
        "and open this window again.",
        "lingering": "The seat is still held by a lost connection. Palier is trying again; what "
        "you typed is kept.",
        "gone-on": "The stage had gone on before your last answer arrived: that answer does not "
        "count.",
        "not-first": "Another answer was recorded for this seat first: your last one does not "
        "count.",
        "too-late": "The session had ended before your last answer arrived: that answer does not "
        "count.",
        "earlier-session": "An answer that was kept on this computer belongs to an earlier session "
        "of the same name: it was not sent. Please answer again.",
        "stood-in": "A bot answers for this seat. As soon as you answer, you take part again.",
        "later": "Your answer is kept, and will be sent by itself as soon as the session takes "
        "answers again.",
        "unwritten": "Your answer could not be written to this computer’s disk ({detail}): it was "
        "NOT sent. Make room and send it again.",
    },
    all_saved="All saved",
    one_pending="1 answer waiting to be saved",
    pending="{n} answers waiting to be saved",
    round_trip="Round trip {ms} ms",
    mishap="Something went wrong in this window. Your answers are safe; you can go on.",
    held={
        "paused": "The session is paused.",
        "stopped": "The session is stopped: the person in charge has been told.",
    },
    held_text="What you typed is kept. You can go on as soon as the session does.",
    time_up="Time is up",
    excluded_title="The session goes on without you",
    excluded_text="There is nothing to do for now. Please stay where you are; if this surprises "
    "you, call the person in charge. Should you be let in again, this page changes by itself.",
    moved_title="This seat was moved",
    lobby_title="Welcome",
    lobby_text="The session begins when everyone is here. This page changes by itself.",
    lobby_first="Looking for your session…",
    present_of="of {expected} are here",
    step_of="Step {step} of {steps}",
    round="round {n}",
    confirm="Confirm my decision",
    proceed="Continue",
    sending="Sending…",
    final="Once confirmed, it can no longer be changed.",
    optional="{title} (optional)",
    choose="Choose…",
    yes="Yes",
    no="No",
    between="Between {low} and {high}",
    problems={
        "required": "Please answer this question.",
        "whole-number": "Enter a whole number, such as 12.",
        "number": "Enter a number, such as 2.5.",
        "out-of-range": "Enter a number between {low} and {high}.",
        "flag": "Choose yes or no.",
        "choice": "Choose one of the options.",
        "text": "Enter some text.",
        "too-short": "Write at least {shortest} characters.",
        "too-long": "Write at most {longest} characters.",
    },
    above="Enter {low} or more.",
    below="Enter {high} or less.",
    correct="Please look at the fields marked in red.",
    facts="What you know",
    recorded="Your decision is recorded",
    ready="You are ready",
    wait_text="The next stage opens for everyone at the same moment, as soon as all are ready. "
    "There is nothing to do: this page changes by itself.",
    ready_of="of {expected} participants are ready",
    answered_for={
        "default": "Time was up: this was taken as your answer",
        "bot": "A bot has answered in your place",
        "operator": "The person in charge has answered in your place",
    },
    went_on_for={
        "default": "Time was up: you count as ready",
        "bot": "A bot went on in your place",
        "operator": "The person in charge has let you go on",
    },
    others_title="The others are finishing",
    others_text="Your part is done for now. The next stage opens by itself.",
    ended={
        "finished": ("Thank you", "The session is finished. You can leave this window."),
        "closed": ("The session was closed", "The person in charge has closed the session."),
    },
    status={
        "lobby": "Not started",
        "running": "Running",
        "finished": "Finished",
        "closed": "Closed",
        "paused": "Paused",
        "stopped": "Stopped",
    },
    start="Start",
    close="Close session",
    close_question="Close the session for all seats?",
    close_yes="Yes, close it",
    close_no="No, go on",
    columns=("Seat", "Stage", "State", "For", "Payoff"),
    states={
        "lobby": "In the lobby",
        "working": "Working",
        "submitted": "Submitted",
        "waiting": "Waiting",
        "excluded": "Excluded",
        "finished": "Finished",
    },
    here="present",
    away="away",
    waits_for="{n} seats are waiting for {seats}.",
    one_waits_for="1 seat is waiting for {seats}.",
    and_last="{seats} and {last}",
    and_more="{seats} and {n} more",
    nobody_missing="Nobody is waiting.",
    lobby_missing="Not here yet: {seats}.",
    lobby_complete="Everyone is here.",
    counts="{title}: {working} working, {done} done",
    on_hold={
        "paused": "The session is paused: what arrives is kept, and nobody goes on.",
        "stopped": "The program has stopped: what arrives is kept, and nobody goes on.",
    },
    no_session="Looking for the session…",
)

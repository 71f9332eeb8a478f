"""What may stand where: which shape an element has, and what is said when it cannot stand there."""

from __future__ import annotations

from palier.schemas.screens.document import SPACE, Element, Mistakes
from palier.schemas.screens.grammar import Shape, parents, shapes
from palier.schemas.screens.suggestions import nearest, suggestion

#: Tags of other languages, and what is written here instead.
_FOREIGN = {
    "b": "Write **bold** in the text.",
    "strong": "Write **bold** in the text.",
    "br": "A blank line begins a paragraph.",
    "p": "A blank line begins a paragraph.",
    "ul": "Begin each line of a list with - or 1.",
    "ol": "Begin each line of a list with - or 1.",
    "li": "Begin each line of a list with - or 1.",
    "h1": "Write <heading>.",
    "h2": 'Write <heading level="section">.',
    "img": "Write <image>.",
    "div": "Write <stack>.",
    "input": "Write <textfield>, <number> or another question.",
}

#: Characters of a text that are quoted.
_QUOTED = 40


def shape_of(element: Element, within: Shape | None, mistakes: Mistakes) -> Shape | None:
    """Return what an element is, or is meant to be; None where that cannot be guessed.

    ``within`` is None inside of what is not known itself: anything may stand there.
    """
    tag = element.tag
    known = shapes()
    if tag not in known:
        allowed = within.children if within is not None else tuple(known)
        mistakes.add(element.at, *_unknown(tag, within, allowed))
        meant = nearest(tag, allowed)
        return known[meant] if meant else None
    if within is not None and tag not in within.children:
        mistakes.add(element.at, f"<{tag}> cannot stand in <{within.tag}>.", _where(tag, within))
    return known[tag]


def _unknown(tag: str, within: Shape | None, allowed: tuple[str, ...]) -> tuple[str, str]:
    foreign = _FOREIGN.get(tag.casefold())
    if within is not None and within.textual:
        return f"<{within.tag}> holds text alone, no <{tag}>.", foreign or ""
    return f"There is no <{tag}>.", foreign or suggestion(tag, allowed, written="<{}>")


def _where(tag: str, within: Shape) -> str:
    if within.textual:
        return "It holds text alone."
    if not within.children:
        return f"<{within.tag}> holds nothing: close it with />."
    around = [f"<{one}>" for one in parents(tag)]
    if not around:
        return "It stands around everything else, once."
    if len(around) <= len(within.children):
        return f"It stands in {', '.join(around)}."
    return f"<{within.tag}> holds {', '.join(f'<{one}>' for one in within.children)}."


def refuse_text(element: Element, mistakes: Mistakes) -> None:
    """Note each text of an element that holds none: what is written is never passed over."""
    shape = shapes().get(element.tag)
    hint = (
        "Put it in <text> or <heading>."
        if shape is not None and "text" in shape.children
        else "Take it out, or write it as an attribute."
    )
    last = 0
    for passage in element.texts:
        bare = passage.text.lstrip(SPACE)
        if not bare:
            continue
        at = passage.at(len(passage.text) - len(bare))
        line, _ = mistakes.lines.place(at)
        if line != last:  # what follows an & is another passage
            shown = bare.rstrip(SPACE)
            shown = shown if len(shown) <= _QUOTED else f"{shown[: _QUOTED - 1]}…"
            mistakes.add(at, f"The text '{shown}' stands in <{element.tag}> by itself.", hint)
        last = line

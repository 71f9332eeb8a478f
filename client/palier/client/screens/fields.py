"""Which face suits which field."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

from palier.client.screens.choice_faces import CheckFace, ComboFace, RadioFace
from palier.client.screens.date_face import DateFace
from palier.client.screens.draft import Raw
from palier.client.screens.face import AnyFace, Manner
from palier.client.screens.kit import Kit
from palier.client.screens.number_faces import NumberFace, SliderFace
from palier.client.screens.scale_face import ScaleFace
from palier.client.screens.text_face import TextFace
from palier.schemas.forms import (
    ChoiceField,
    DateField,
    Ends,
    FieldSpec,
    FlagField,
    IntegerField,
    NumberField,
    TextField,
)

#: More options than this are a list to open, not radio buttons.
MOST_RADIOS = 6
#: A range of whole numbers up to this one gets a slider.
WIDEST_SLIDER = 200


def make_face(
    kit: Kit, spec: FieldSpec, draft: MutableMapping[str, Raw], *, enter: Callable[[], None]
) -> AnyFace:
    """Return the face that suits a field."""
    manner = _manner(spec)
    kind = _kind(spec) if manner is None else ScaleFace
    return kind(kit, spec, draft, enter=enter, manner=manner)


def _manner(spec: FieldSpec) -> Manner | None:
    """Return how a field is shown that says itself that it is a scale."""
    match spec:
        case IntegerField(minimum=int(low), maximum=int(high), scale=Ends() as ends):
            points = tuple((str(one), str(one)) for one in range(low, high + 1))
            return Manner(options=points, ends=(ends.low, ends.middle, ends.high))
        case _:
            return None


def _kind(spec: FieldSpec) -> type[AnyFace]:
    match spec:
        case IntegerField(minimum=int(low), maximum=int(high)) if high - low <= WIDEST_SLIDER:
            return SliderFace
        case IntegerField() | NumberField():
            return NumberFace
        case FlagField(default=None):
            return RadioFace
        case FlagField():
            return CheckFace
        case ChoiceField(options=options) if len(options) <= MOST_RADIOS:
            return RadioFace
        case ChoiceField():
            return ComboFace
        case TextField():
            return TextFace
        case DateField():
            return DateFace

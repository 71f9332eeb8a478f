"""Make the static fonts that the windows ship, from the variable Inter on PyPI.

Run it as ``uv run --no-project --with fontpkg-inter --with fonttools tools/build_fonts.py``.

A variable font would be shown in its default weight only, and the whole family weighs megabytes:
each weight is instanced and cut down to the characters a European laboratory writes.
"""

# mypy: disable-error-code="import-not-found, import-untyped, no-any-unimported"

from __future__ import annotations

import shutil
import sys
from importlib.metadata import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ASSETS = Path(__file__).parents[1] / "client" / "palier" / "client" / "assets"
WEIGHTS = (400, 600)
#: Inclusive ranges: what the participants' languages, and the authors' formulas, are written in.
RANGES = (
    (0x0020, 0x007E),  # Basic Latin
    (0x00A0, 0x017F),  # Latin-1 and Latin Extended-A
    (0x0192, 0x0192),  # florin
    (0x0218, 0x021B),  # Romanian commas below
    (0x02C6, 0x02DD),  # spacing accents
    (0x0391, 0x03C9),  # Greek, for formulas
    (0x1E80, 0x1E85),  # Welsh
    (0x1EF2, 0x1EF3),
    (0x2000, 0x206F),  # punctuation, dashes, thin spaces
    (0x2070, 0x209C),  # superscripts and subscripts
    (0x20AC, 0x20AC),  # euro
    (0x2116, 0x2122),
    (0x2150, 0x215E),  # fractions
    (0x2190, 0x21D4),  # arrows
    (0x2200, 0x22A5),  # mathematical signs
    (0x25A0, 0x25FF),  # geometric shapes
    (0x2605, 0x2606),  # stars
    (0x26A0, 0x26A0),  # warning
    (0x2713, 0x2718),  # check marks and crosses
)


def main() -> int:
    """Write the fonts and their licence into the client's assets."""
    distributed = {path.name: Path(str(path.locate())) for path in files("fontpkg-inter") or ()}
    variable = next(
        path for name, path in distributed.items() if name.endswith(".ttf") and "Italic" not in name
    )
    for weight in WEIGHTS:
        _write(_subset(_instance(variable, weight)), ASSETS / f"Inter-{weight}.ttf")
    _write(_subset(_tabular(_instance(variable, 400))), ASSETS / "Inter-400-tabular.ttf")
    shutil.copyfile(distributed["LICENSE"], ASSETS / "OFL.txt")
    return 0


def _instance(variable: Path, weight: int) -> TTFont:
    return instantiateVariableFont(TTFont(variable), {"wght": weight, "opsz": 18})


def _tabular(font: TTFont) -> TTFont:
    """Make the digits that are all of one width the usual ones: columns of numbers line up."""
    table = font["GSUB"].table
    found = next(one for one in table.FeatureList.FeatureRecord if one.FeatureTag == "tnum")
    swaps: dict[str, str] = {}
    for number in found.Feature.LookupListIndex:
        for lookup in table.LookupList.Lookup[number].SubTable:
            swaps.update(getattr(lookup, "ExtSubTable", lookup).mapping)
    for names in (one.cmap for one in font["cmap"].tables if one.isUnicode()):
        names.update({code: swaps[name] for code, name in names.items() if name in swaps})
    return font


def _subset(font: TTFont) -> TTFont:
    options = Options()
    options.layout_features = []  # Dear ImGui shapes nothing
    options.name_IDs = ["*"]
    options.notdef_outline = True
    cutter = Subsetter(options)
    cutter.populate(unicodes=[one for low, high in RANGES for one in range(low, high + 1)])
    cutter.subset(font)
    return font


def _write(font: TTFont, target: Path) -> None:
    font.save(target)
    sys.stdout.write(f"{target.name}: {target.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    raise SystemExit(main())

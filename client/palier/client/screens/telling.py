"""Shows text and facts: paragraphs, large figures, rows and tables."""

from __future__ import annotations

from contextlib import AbstractContextManager

import dearpygui.dearpygui as dpg

from palier.client.screens.facts import Fact, Facts, Grid
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.prose import Block, read_prose


def tell_paragraphs(kit: Kit, text: str, *, ink: str = "muted") -> None:
    """Add an author's text: paragraphs and lists as in a screen's `<text>`, all of one weight."""
    before: Block | None = None
    for block in read_prose(text.strip()):
        if before is not None and not block.follows(before):
            kit.gap(2)
        kit.text(f"{block.marker} {block.text}".strip(), ink=ink, wrap=True)
        before = block


def tell_facts(kit: Kit, facts: Facts) -> None:
    """Add facts to the current card."""
    if facts.figures:
        _figures(kit, facts.figures)
    if facts.rows:
        _rows(kit, facts.rows)
    for index, grid in enumerate(facts.grids):
        if index or facts.rows or facts.figures:
            kit.gap(10)
        _grid(kit, grid)


def _figures(kit: Kit, figures: tuple[Fact, ...]) -> None:
    with kit.row(*(None for _ in figures)):
        for figure in figures:
            with dpg.group() as block:
                kit.themes.bind(block, "flush")
                kit.text(figure.label, ink="muted", wrap=True)
                kit.text(figure.text, role="figure")


def _rows(kit: Kit, rows: tuple[Fact, ...]) -> None:
    with _table():
        dpg.add_table_column(init_width_or_weight=0.6)
        dpg.add_table_column(init_width_or_weight=0.4)
        for fact in rows:
            with dpg.table_row():
                kit.text(fact.label, ink="muted", wrap=True)
                kit.text(fact.text, role="strong", wrap=True)


def _grid(kit: Kit, grid: Grid) -> None:
    kit.text(grid.title, role="strong", wrap=True)
    count = len(grid.columns) or max((len(row) for row in grid.rows), default=0)
    if not count:
        return
    with _table():
        for _ in range(count):
            dpg.add_table_column()
        if grid.columns:
            with dpg.table_row():
                for column in grid.columns:
                    kit.text(column, role="small", ink="muted", wrap=True)
        for row in grid.rows:
            with dpg.table_row():
                for index, cell in enumerate(row):
                    kit.text(cell, role="body" if index == 0 else "strong", wrap=True)


def _table() -> AbstractContextManager[Item]:
    table: AbstractContextManager[Item] = dpg.table(
        header_row=False,
        borders_innerH=True,
        policy=dpg.mvTable_SizingStretchProp,
        pad_outerX=False,
        no_pad_outerX=True,
    )
    return table

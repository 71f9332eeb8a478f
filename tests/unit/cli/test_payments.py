"""What an operator prints to pay people."""

from __future__ import annotations

from decimal import Decimal

from palier.cli.payments import page_of

PAID = {
    "seat": "p1",
    "points": Decimal(120),
    "periods": "3",
    "paid_points": Decimal(25),
    "show_up": Decimal(5),
    "rate": Decimal("0.10"),
    "amount": Decimal("7.50"),
    "currency": "EUR",
}


def test_a_printed_page_has_the_sum_a_line_to_sign_and_a_receipt_for_each_seat() -> None:
    page = page_of("s", [PAID, {**PAID, "seat": "p2", "amount": Decimal("5.00")}])
    assert "<td>12.50 EUR</td>" in page
    assert page.count('class="sign"></td>') == 2
    assert page.count('class="receipt"') == 2
    assert "5 for coming, and 0.10 for each of 25 points, of period 3." in page


def test_what_is_printed_cannot_break_the_page() -> None:
    assert "<b>" not in page_of("<b>", [PAID])

"""Worker processes that are killed without a word while bots write into a program's tables."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from palier.client.bot import Bot
from tests.brokers import Real, run, until
from tests.integration.test_worker_killed import process
from tests.laboratory import Laboratory, check_record, payoffs

PROGRAM = """
from palier.program import Entity, Field, Form, ManyToOne, OneToMany, Program, Session


class Number(Form):
    value: int = Field(ge=0, le=9)


class Account(Entity):
    seat: str
    balance: int = 0
    entries = OneToMany("Posting")


class Posting(Entity):
    round: int
    amount: int
    account = ManyToOne("Account")


def post(round: int, amounts: dict[str, int]) -> dict[str, int]:
    for seat, amount in amounts.items():
        account = Account.where(seat=seat).first() or Account(seat=seat)
        account.balance += amount
        account.entries.append(Posting(round=round, amount=amount))
    return {one.seat: one.balance for one in Account.where()}


class Bank(Program):
    async def run(self, session: Session) -> None:
        for round in range(30):
            answers = await session.stage("pay", form=Number)
            amounts = {one.seat: answer.value for one, answer in answers.items()}
            balances = await session.transaction(post, round, amounts)
            for one, answer in answers.items():
                one.pay(answer.value)
            await session.stage("shown", data={"balances": balances})
"""


@pytest.mark.slow
def test_each_transaction_took_effect_once_though_workers_are_killed(
    real_server: Real, laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory.server = real_server
    folder = tmp_path / "programs" / "bank"
    folder.mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM)

    async def test() -> None:
        laboratory.sweep()
        async with AsyncExitStack() as stack:
            worker = await working(stack, laboratory, tmp_path / "worker0")
            operator = await stack.enter_async_context(laboratory.operator())
            credentials = await laboratory.seated(operator, "bank", auto_start=True)
            bots = laboratory.bots(credentials)
            playing = [asyncio.create_task(one.play()) for one in bots]
            for number in range(1, 4):
                await until(partial(further, bots, 15 * number))
                worker.send_signal(signal.SIGKILL)
                worker = await working(stack, laboratory, tmp_path / f"worker{number}")
            assert set(await asyncio.gather(*playing)) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test(), deadline=140)
    check_record(laboratory.database, laboratory.session)
    before = "bank__" if laboratory.database.name == "sqlite" else "program_bank."
    postings = laboratory.database.ask(
        f"SELECT seat, round, amount FROM {before}posting AS posting "
        f"JOIN {before}account AS account ON account.id = account_id"
    )
    assert len({(one.seat, one.round) for one in postings}) == len(postings) == 30 * 4
    accounts = laboratory.database.ask(f"SELECT seat, balance FROM {before}account")
    assert {one.seat: Decimal(one.balance) for one in accounts} == payoffs(
        laboratory.database, laboratory.session
    )


async def working(stack: AsyncExitStack, laboratory: Laboratory, health: Path) -> Process:
    """Start a worker and wait until it takes commands."""
    folder = health.parent / "programs"
    worker = await stack.enter_async_context(process(laboratory, health, programs=folder))
    await until(health.exists)
    return worker


def further(bots: list[Bot], generation: int) -> bool:
    """Tell whether a bot has come to a generation, or to the end."""
    states = [one.link.state for one in bots]
    return any(
        one.over or (one.stage is not None and one.stage.generation >= generation) for one in states
    )

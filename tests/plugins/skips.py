"""In CI a skipped test fails the run, unless the reason for it is known and stands here.

At home a test may be skipped for want of a display or a container engine; in CI nothing may be
missing, and a test that silently stopped running is a test that was lost.
"""

from __future__ import annotations

import os

import pytest

#: Beginnings of reasons that are no fault of the machine's, and why.
ALLOWED: dict[str, str] = {
    "there is no wire in memory": "what is said over a wire cannot be damaged where there is none",
    "this RabbitMQ is not ours": "it is in a container; the private node is made short of memory",
    "this PostgreSQL is not ours": "the same; the private cluster is stopped",
    "no disk can be mounted here": "only root may; a journal that is full is tested without too",
    "There is no R here": "where there is none, names and values are tested by rule",
    "There is no PostgreSQL here": "./run test-all brings one in a container, and tells the tests",
}

_lost: list[str] = []


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or not _in_ci():
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(tuple(ALLOWED)):
        _lost.append(f"{report.nodeid}: {reason}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that was skipped."""
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a module that was skipped as a whole."""
    _note(report)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that would have passed."""
    if _lost and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were lost."""
    if _lost:
        terminalreporter.section("skipped in CI, and not on the list of tests/plugins/skips.py")
        for one in _lost:
            terminalreporter.line(one, red=True)

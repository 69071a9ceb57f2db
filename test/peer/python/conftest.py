"""What every test gets: a client, names that nobody else uses, and a place where its outcome is written down."""

import json
import os
import uuid

import pytest
from mlflow import MlflowClient


@pytest.fixture
def client():
    return MlflowClient()


@pytest.fixture
def name():
    """A name of the test's own, so that tests share a server without seeing each other."""
    return f"peer-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def url():
    return os.environ["SLIPWAY_URL"]


def pytest_runtest_logreport(report):
    """One line of JSON per case, for the tests that show the outcome."""
    if report.when != "call" and report.outcome == "passed":
        return
    case = report.nodeid.split("::", 1)[1]
    message = report.longrepr[2] if report.skipped else report.longreprtext
    with open(os.environ["SLIPWAY_REPORT"], "a", encoding="utf-8") as lines:
        outcome = {"test": case.split("[")[0], "id": case, "outcome": report.outcome, "message": message}
        lines.write(json.dumps(outcome) + "\n")

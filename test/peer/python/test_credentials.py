"""A server that asks who is there, and the three ways in which a client can say it."""

import os

import mlflow.artifacts
import pytest
from mlflow import MlflowClient, MlflowException

TOKEN = os.environ["SLIPWAY_TOKEN"]
WAYS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")


@pytest.fixture
def speak(monkeypatch):
    """Sets the client's credentials, and nothing else than these."""

    def use(**credentials):
        for way in WAYS:
            monkeypatch.delenv(way, raising=False)
        for way, value in credentials.items():
            monkeypatch.setenv(f"MLFLOW_TRACKING_{way.upper()}", value)
        return MlflowClient()

    return use


@pytest.mark.parametrize("way", [{"token": TOKEN}, {"username": "ada", "password": TOKEN}])
def test_a_token_opens_the_registry_and_the_artifacts_as_bearer_and_as_password(speak, way, name, tmp_path):
    client = speak(**way)
    client.create_registered_model(name)
    client.create_model_version(name, f"mlflow-artifacts:/peer/{name}")
    assert client.get_model_version(name, "1").source == f"mlflow-artifacts:/peer/{name}"

    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    get_artifact_repository(f"mlflow-artifacts:/peer/{name}").log_artifact(str(tmp_path / "MLmodel"))
    assert mlflow.artifacts.load_text(f"mlflow-artifacts:/peer/{name}/MLmodel") == "flavors: {}\n"


def refusal(attempt):
    with pytest.raises(MlflowException, match="(?i)token|credential|sign in|unauthenticated") as refused:
        attempt()
    assert refused.value.error_code in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED")
    return str(refused.value)


def test_without_a_token_nothing_opens(speak, name):
    client = speak()
    refusal(lambda: client.search_registered_models())
    refusal(lambda: client.create_registered_model(name))
    refusal(lambda: client.search_experiments())


@pytest.mark.parametrize(
    "way", [{"token": "wrong"}, {"username": "ada", "password": "wrong"}, {"username": TOKEN, "password": "wrong"}]
)
def test_with_a_wrong_one_the_client_is_told_so_and_the_token_is_not_repeated(speak, way):
    client = speak(**way)
    assert "wrong" not in refusal(lambda: client.search_registered_models())

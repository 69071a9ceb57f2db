"""Runs and artifacts stay where they were, in a database and a folder on this machine; only the registry is the server."""

import mlflow
import numpy
import pytest
from mlflow import MlflowClient, MlflowException
from sklearn.linear_model import LinearRegression

ROWS = numpy.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]])
WANTED = numpy.array([5.0, 4.0, 13.0])

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module", autouse=True)
def tracking(tmp_path_factory, url):
    """The place where this client tracks, set up once: a new database takes a while."""
    home = tmp_path_factory.mktemp("tracking")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home}/mlflow.db")
    mlflow.set_registry_uri(url)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("here", artifact_location=(home / "artifacts").as_uri()))
    yield
    mlflow.set_tracking_uri(before)


@pytest.fixture
def registry():
    return MlflowClient()


def log(registered_as=None):
    """One fitted model, logged."""
    model = LinearRegression().fit(ROWS, WANTED)
    return mlflow.sklearn.log_model(
        model, name="model", registered_model_name=registered_as, pip_requirements=["scikit-learn"]
    )


def predicts(uri):
    return numpy.allclose(mlflow.pyfunc.load_model(uri).predict(ROWS), WANTED)


def test_a_logged_model_is_registered_at_once_and_loads_by_number_alias_stage_and_latest(registry, name):
    logged = log(registered_as=name)

    version = registry.get_model_version(name, "1")
    assert version.source == f"models:/{logged.model_id}"
    assert version.status == "READY"
    assert registry.get_model_version_download_uri(name, "1") == version.source

    registry.set_registered_model_alias(name, "best", "1")
    registry.transition_model_version_stage(name, "1", "Production")
    for uri in (f"models:/{name}/1", f"models:/{name}@best", f"models:/{name}/latest", f"models:/{name}/Production"):
        assert predicts(uri), uri


def test_a_model_logged_in_a_run_is_registered_too(registry, name):
    with mlflow.start_run():
        logged = log(registered_as=name)
    assert registry.get_model_version(name, "1").source == f"models:/{logged.model_id}"
    assert predicts(f"models:/{name}/1")


def test_a_model_is_registered_after_the_run_from_its_run_and_from_its_own_id(registry, name):
    with mlflow.start_run() as run:
        logged = log()
    from_run = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    from_id = mlflow.register_model(f"models:/{logged.model_id}", name)

    assert from_run.source == from_id.source == f"models:/{logged.model_id}"
    assert from_run.run_id == run.info.run_id
    assert predicts(f"models:/{name}/1") and predicts(f"models:/{name}/2")
    linked = mlflow.get_logged_model(logged.model_id).tags["mlflow.modelVersions"]
    assert name in linked


def test_a_copied_version_still_loads(registry, name):
    log(registered_as=name)
    copy = registry.copy_model_version(f"models:/{name}/1", f"{name}-prod")
    assert predicts(f"models:/{copy.name}/{copy.version}")


def test_nothing_but_the_registry_reached_the_server(url):
    there = MlflowClient(tracking_uri=url)
    try:
        experiments = [found.name for found in there.search_experiments()]
    except MlflowException as missing:
        assert missing.error_code == "ENDPOINT_NOT_FOUND"
        experiments = []
    assert "here" not in experiments

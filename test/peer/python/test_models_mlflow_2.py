"""The generation before: a model is a folder among its run's artifacts."""

import mlflow
import numpy
import pytest
from sklearn.linear_model import LinearRegression

ROWS = numpy.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]])
WANTED = numpy.array([5.0, 4.0, 13.0])

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def experiment(name):
    return mlflow.set_experiment(name)


def log(registered_as=None):
    model = LinearRegression().fit(ROWS, WANTED)
    return mlflow.sklearn.log_model(
        model, "model", registered_model_name=registered_as, pip_requirements=["scikit-learn"], input_example=ROWS
    )


def predicts(uri):
    return numpy.allclose(mlflow.pyfunc.load_model(uri).predict(ROWS), WANTED)


def test_a_model_is_logged_registered_and_loaded_by_number_alias_stage_and_latest(client, experiment, name):
    with mlflow.start_run() as run:
        mlflow.log_param("alpha", 1)
        log(registered_as=name)

    version = client.get_model_version(name, "1")
    assert version.run_id == run.info.run_id
    assert version.source == f"{run.info.artifact_uri}/model"
    client.set_registered_model_alias(name, "best", "1")
    client.transition_model_version_stage(name, "1", "Production")
    for uri in (
        f"models:/{name}/1",
        f"models:/{name}@best",
        f"models:/{name}/latest",
        f"models:/{name}/Production",
        f"runs:/{run.info.run_id}/model",
    ):
        assert predicts(uri), uri


def test_a_model_is_registered_later_from_its_run_and_from_another_version(client, experiment, name):
    with mlflow.start_run() as run:
        log()
    made = [
        mlflow.register_model(f"runs:/{run.info.run_id}/model", name),
        mlflow.register_model(f"models:/{name}/1", f"{name}-prod"),
        client.copy_model_version(f"models:/{name}/1", f"{name}-copy"),
    ]
    assert made[0].run_id == run.info.run_id
    for one in made:
        assert predicts(f"models:/{one.name}/{one.version}"), one.name


def test_autolog_tracks_a_fit_and_registers_what_came_of_it(client, experiment, name):
    mlflow.sklearn.autolog(registered_model_name=name)
    try:
        with mlflow.start_run() as run:
            LinearRegression().fit(ROWS, WANTED)
    finally:
        mlflow.sklearn.autolog(disable=True)
    read = client.get_run(run.info.run_id)
    assert read.data.params["fit_intercept"] == "True"
    assert read.data.metrics["training_r2_score"] == pytest.approx(1.0)
    assert predicts(f"models:/{name}/1")

"""The generation before knows no logged models: a version's source is the folder that the run's artifacts are in."""

import mlflow
import numpy
import pytest
from mlflow import MlflowClient, MlflowException
from sklearn.linear_model import LinearRegression

ROWS = numpy.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]])
WANTED = numpy.array([5.0, 4.0, 13.0])

pytestmark = pytest.mark.filterwarnings("ignore")


def log(name, **options):
    model = LinearRegression().fit(ROWS, WANTED)
    return mlflow.sklearn.log_model(
        model, artifact_path="model", registered_model_name=name, pip_requirements=["scikit-learn"], **options
    )


@pytest.fixture
def here(tmp_path, url):
    """Tracks into a folder on this machine, its artifacts in the store of the server or beside the runs."""
    before = mlflow.get_tracking_uri()

    def track(artifacts):
        mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
        mlflow.set_registry_uri(url)
        mlflow.set_experiment(experiment_id=mlflow.create_experiment("here", artifact_location=artifacts))

    yield track
    mlflow.set_tracking_uri(before)


def test_a_folder_on_the_clients_machine_is_refused_and_says_why(here, tmp_path, name):
    here((tmp_path / "artifacts").as_uri())
    with mlflow.start_run(), pytest.raises(MlflowException, match="To use a local path as a model version source"):
        log(name)
    assert MlflowClient().search_model_versions(f"name = '{name}'") == []


def test_artifacts_in_the_store_of_the_server_are_registered_and_load(here, url, name):
    here(f"{url}/api/2.0/mlflow-artifacts/artifacts/peer/{name}")
    with mlflow.start_run() as run:
        log(name)
    version = MlflowClient().get_model_version(name, "1")
    assert version.run_id == run.info.run_id
    assert version.source.startswith(f"{url}/api/2.0/mlflow-artifacts/artifacts/peer/{name}/")
    MlflowClient().set_registered_model_alias(name, "best", "1")
    for uri in (f"models:/{name}/1", f"models:/{name}@best", f"models:/{name}/latest"):
        assert numpy.allclose(mlflow.pyfunc.load_model(uri).predict(ROWS), WANTED), uri

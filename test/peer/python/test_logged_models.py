"""Models from fit to prediction with everything on the server: logged, found, registered, loaded."""

import json

import mlflow
import numpy
import pytest
from mlflow import MlflowException
from sklearn.linear_model import LinearRegression

ROWS = numpy.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]])
WANTED = numpy.array([5.0, 4.0, 13.0])

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def experiment(name):
    yield mlflow.set_experiment(name)
    while mlflow.active_run():
        mlflow.end_run()


def log(registered_as=None, **options):
    model = LinearRegression().fit(ROWS, WANTED)
    return mlflow.sklearn.log_model(
        model, name="model", registered_model_name=registered_as, pip_requirements=["scikit-learn"], **options
    )


def predicts(uri):
    return numpy.allclose(mlflow.pyfunc.load_model(uri).predict(ROWS), WANTED)


def test_one_line_logs_and_registers_a_model_without_any_run(client, experiment, name):
    logged = log(registered_as=name, input_example=ROWS)

    version = client.get_model_version(name, "1")
    assert version.source == f"models:/{logged.model_id}"
    read = mlflow.get_logged_model(logged.model_id)
    assert str(read.status) in ("READY", "LoggedModelStatus.READY")
    assert read.experiment_id == experiment.experiment_id
    assert client.get_model_version_download_uri(name, "1") == read.artifact_location
    client.set_registered_model_alias(name, "best", "1")
    client.transition_model_version_stage(name, "1", "Production")
    for uri in (
        f"models:/{name}/1",
        f"models:/{name}@best",
        f"models:/{name}/latest",
        f"models:/{name}/Production",
        f"models:/{logged.model_id}",
    ):
        assert predicts(uri), uri
    assert mlflow.models.get_model_info(f"models:/{name}/1").signature is not None


def test_a_model_logged_in_a_run_belongs_to_it_and_gets_its_numbers(client, experiment, name):
    with mlflow.start_run() as run:
        mlflow.log_param("alpha", 1)
        mlflow.log_metric("before", 0.5)
        logged = log(registered_as=name)
        mlflow.log_metric("loss", 0.25, model_id=logged.model_id)

    version = client.get_model_version(name, "1")
    assert version.run_id == run.info.run_id
    read = mlflow.get_logged_model(logged.model_id)
    assert read.source_run_id == run.info.run_id
    assert read.params == {"alpha": "1"}
    assert {metric.key: metric.value for metric in read.metrics}["loss"] == 0.25
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [output.model_id for output in outputs] == [logged.model_id]
    assert predicts(f"runs:/{run.info.run_id}/model")
    assert predicts(f"models:/{name}/1")


def test_a_model_is_registered_later_from_its_run_its_id_and_another_version(client, experiment, name):
    with mlflow.start_run() as run:
        logged = log()
    made = [
        mlflow.register_model(f"runs:/{run.info.run_id}/model", name),
        mlflow.register_model(f"models:/{logged.model_id}", name),
        mlflow.register_model(f"models:/{name}/1", f"{name}-prod"),
        client.copy_model_version(f"models:/{name}/2", f"{name}-copy"),
    ]
    assert [(one.name, int(one.version)) for one in made] == [
        (name, 1),
        (name, 2),
        (f"{name}-prod", 1),
        (f"{name}-copy", 1),
    ]
    assert made[0].run_id == made[1].run_id == run.info.run_id
    for one in made:
        assert predicts(f"models:/{one.name}/{one.version}"), one.name


def test_a_model_knows_the_versions_that_it_was_registered_as(client, experiment, name):
    logged = log(registered_as=name)
    mlflow.register_model(f"models:/{logged.model_id}", name)

    tag = json.loads(mlflow.get_logged_model(logged.model_id).tags["mlflow.modelVersions"])
    assert {(entry["name"], str(entry["version"])) for entry in tag} == {(name, "1"), (name, "2")}


def test_logged_models_are_found_by_name_params_metrics_and_tags(client, experiment):
    made = {}
    for number in range(4):
        with mlflow.start_run():
            mlflow.log_param("depth", number)
            made[number] = log().model_id
            mlflow.log_metric("loss", number / 10, model_id=made[number])
        client.set_logged_model_tags(made[number], {"parity": str(number % 2)})
    numbers = {model_id: number for number, model_id in made.items()}

    def found(clause=None, **options):
        models = mlflow.search_logged_models(
            [experiment.experiment_id], filter_string=clause, output_format="list", **options
        )
        return [numbers[model.model_id] for model in models]

    assert found() == [3, 2, 1, 0]
    assert found("name = 'model'") == [3, 2, 1, 0]
    assert found("params.depth = '2'") == [2]
    assert found("metrics.loss >= 0.2") == [3, 2]
    assert found("tags.parity = '1'") == [3, 1]
    assert found(order_by=[{"field_name": "metrics.loss", "ascending": True}]) == [0, 1, 2, 3]
    assert found(max_results=2) == [3, 2]


def test_tags_of_a_logged_model_can_be_set_and_deleted_and_the_model_too(client, experiment):
    logged = log()
    client.set_logged_model_tags(logged.model_id, {"a": "1", "b": "2"})
    client.delete_logged_model_tag(logged.model_id, "a")
    tags = mlflow.get_logged_model(logged.model_id).tags
    assert "a" not in tags and tags["b"] == "2"
    mlflow.log_model_params({"late": "yes"}, model_id=logged.model_id)
    assert mlflow.get_logged_model(logged.model_id).params["late"] == "yes"

    client.delete_logged_model(logged.model_id)
    with pytest.raises(MlflowException, match=logged.model_id) as missing:
        mlflow.get_logged_model(logged.model_id)
    assert missing.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_model_of_another_kind_keeps_its_signature_and_example(client, experiment, name):
    class Doubled(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    import pandas

    frame = pandas.DataFrame({"x": [1.0, 2.0]})
    logged = mlflow.pyfunc.log_model(
        name="doubled", python_model=Doubled(), input_example=frame, registered_model_name=name, pip_requirements=["pandas"]
    )
    loaded = mlflow.pyfunc.load_model(f"models:/{name}/1")
    assert list(loaded.predict(frame)["x"]) == [2.0, 4.0]
    assert [column.name for column in loaded.metadata.signature.inputs] == ["x"]
    example = mlflow.models.Model.load(f"models:/{logged.model_id}").load_input_example(f"models:/{logged.model_id}")
    assert list(example["x"]) == [1.0, 2.0]


def test_autolog_tracks_a_fit_and_registers_what_came_of_it(client, experiment, name):
    mlflow.sklearn.autolog(registered_model_name=name, log_input_examples=True)
    try:
        with mlflow.start_run() as run:
            LinearRegression().fit(ROWS, WANTED)
    finally:
        mlflow.sklearn.autolog(disable=True)
    read = client.get_run(run.info.run_id)
    assert read.data.params["fit_intercept"] == "True"
    assert read.data.metrics["training_r2_score"] == pytest.approx(1.0)
    assert read.info.status == "FINISHED"
    assert [used.dataset.name for used in read.inputs.dataset_inputs]
    assert client.get_model_version(name, "1").run_id == run.info.run_id
    assert predicts(f"models:/{name}/1")

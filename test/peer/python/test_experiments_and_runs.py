"""Experiments and runs: everything that is tracked while training, seen through the client alone."""

import time

import mlflow
import numpy
import pandas
import pytest
from mlflow import MlflowException
from mlflow.entities import Metric, Param, RunTag, ViewType

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def experiment(name):
    """This test's own experiment, chosen for what it tracks."""
    chosen = mlflow.set_experiment(name)
    yield chosen
    while mlflow.active_run():
        mlflow.end_run()


def error_of(attempt):
    with pytest.raises(MlflowException) as refused:
        attempt()
    return refused.value


def ids_of(runs):
    return [run.info.run_id for run in runs]


def test_the_default_experiment_is_there_from_the_start(client):
    default = client.get_experiment("0")
    assert (default.name, default.lifecycle_stage) == ("Default", "active")
    assert client.get_experiment_by_name("Default").experiment_id == "0"


def test_an_experiment_reads_back_as_it_was_created(client, name):
    before = int(time.time() * 1000)
    made = client.create_experiment(name, tags={"team": "cardio"})
    read = client.get_experiment(made)

    assert isinstance(made, str)
    assert dict(read) == dict(client.get_experiment_by_name(name))
    assert (read.experiment_id, read.name, read.tags, read.lifecycle_stage) == (made, name, {"team": "cardio"}, "active")
    assert read.artifact_location
    assert before <= read.creation_time <= read.last_update_time <= int(time.time() * 1000)


def test_an_experiment_that_is_not_there_is_told_as_such(client, name):
    assert client.get_experiment_by_name(name) is None
    assert error_of(lambda: client.get_experiment("999999999")).error_code == "RESOURCE_DOES_NOT_EXIST"
    assert error_of(lambda: client.create_run("999999999")).error_code == "RESOURCE_DOES_NOT_EXIST"


def test_an_experiments_name_is_taken_once(client, name):
    client.create_experiment(name)
    assert error_of(lambda: client.create_experiment(name)).error_code == "RESOURCE_ALREADY_EXISTS"
    other = client.create_experiment(f"{name}-2")
    assert error_of(lambda: client.rename_experiment(other, name)).error_code in (
        "RESOURCE_ALREADY_EXISTS",
        "BAD_REQUEST",
    )
    client.rename_experiment(other, f"{name}-3")
    assert client.get_experiment(other).name == f"{name}-3"


def test_experiments_are_found_by_name_tag_and_stage_in_pages(client, name):
    made = [client.create_experiment(f"{name}-{n}", tags={"parity": str(n % 2)}) for n in range(5)]
    client.set_experiment_tag(made[0], "first", "yes")
    client.delete_experiment(made[4])

    def found(clause, **options):
        return sorted(one.name[-1] for one in client.search_experiments(filter_string=clause, **options))

    assert found(f"name LIKE '{name}%'") == ["0", "1", "2", "3"]
    assert found(f"name LIKE '{name}%' AND tags.parity = '1'") == ["1", "3"]
    assert found(f"name ILIKE '{name.upper()}%' AND tags.first = 'yes'") == ["0"]
    assert found(f"name LIKE '{name}%'", view_type=ViewType.DELETED_ONLY) == ["4"]
    assert found(f"name LIKE '{name}%'", view_type=ViewType.ALL) == ["0", "1", "2", "3", "4"]

    pages, token = [], None
    while True:
        page = client.search_experiments(
            filter_string=f"name LIKE '{name}%'", order_by=["name DESC"], max_results=3, page_token=token
        )
        pages.append([one.name[-1] for one in page])
        token = page.token
        if not token:
            break
    assert pages == [["3", "2", "1"], ["0"]]


def test_a_deleted_experiment_can_be_restored_with_its_runs(client, name):
    made = client.create_experiment(name)
    run = client.create_run(made)
    client.delete_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "deleted"
    client.restore_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "active"
    assert ids_of(client.search_runs([made])) == [run.info.run_id]


def test_a_run_keeps_what_was_logged_in_it(client, experiment):
    before = int(time.time() * 1000)
    with mlflow.start_run(run_name="first try", description="words", tags={"colour": "red"}) as run:
        mlflow.log_param("alpha", 0.5)
        mlflow.log_params({"depth": 3, "kind": "tree", "long": "x" * 5000})
        mlflow.log_metric("loss", 0.25)
        mlflow.log_metrics({"accuracy": 0.75, "count": 7}, step=3)
        mlflow.set_tags({"note": "", "ünï": "cödé"})
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
    read = client.get_run(run.info.run_id)

    assert read.data.params == {"alpha": "0.5", "depth": "3", "kind": "tree", "long": "x" * 5000}
    assert read.data.metrics == {"loss": 0.25, "accuracy": 0.75, "count": 7.0}
    assert {key: read.data.tags[key] for key in ("colour", "note", "ünï")} == {"colour": "red", "note": "", "ünï": "cödé"}
    assert read.data.tags["mlflow.note.content"] == "words"
    assert read.info.run_name == read.data.tags["mlflow.runName"] == "first try"
    assert (read.info.status, read.info.experiment_id) == ("FINISHED", experiment.experiment_id)
    assert before <= read.info.start_time <= read.info.end_time <= int(time.time() * 1000)
    assert read.info.artifact_uri.endswith("/artifacts") and run.info.run_id in read.info.artifact_uri


def test_a_run_that_breaks_is_a_failed_one(client, experiment):
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_without_a_name_is_given_one(client, experiment):
    with mlflow.start_run() as run:
        pass
    assert client.get_run(run.info.run_id).info.run_name
    client.update_run(run.info.run_id, name="named later", status="KILLED")
    read = client.get_run(run.info.run_id)
    assert (read.info.run_name, read.info.status, read.data.tags["mlflow.runName"]) == (
        "named later",
        "KILLED",
        "named later",
    )


def test_nested_runs_know_their_parent(client, experiment):
    with mlflow.start_run() as parent:
        children = []
        for _ in range(2):
            with mlflow.start_run(nested=True) as child:
                children.append(child.info.run_id)
    found = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert sorted(ids_of(found)) == sorted(children)
    assert mlflow.get_parent_run(children[0]).info.run_id == parent.info.run_id


def test_a_metric_has_a_history_and_its_last_step_is_its_value(client, experiment):
    with mlflow.start_run() as run:
        for step in range(30):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metric("loss", 9.0, step=2)
        mlflow.log_metric("nan", float("nan"))
        mlflow.log_metric("inf", float("inf"))
        mlflow.log_metric("-inf", float("-inf"))
    history = client.get_metric_history(run.info.run_id, "loss")
    assert sorted((point.step, point.value) for point in history) == sorted(
        [(step, 1 / (step + 1)) for step in range(30)] + [(2, 9.0)]
    )
    metrics = client.get_run(run.info.run_id).data.metrics
    assert metrics["loss"] == 1 / 30
    assert numpy.isnan(metrics["nan"])
    assert metrics["inf"] >= 1.7976931348623157e308 and metrics["-inf"] <= -1.7976931348623157e308
    assert client.get_metric_history(run.info.run_id, "never") == []


def test_a_batch_is_logged_whole_or_refused(client, experiment):
    run = client.create_run(experiment.experiment_id).info.run_id
    now = int(time.time() * 1000)
    client.log_batch(
        run,
        metrics=[Metric(f"m{n}", n, now, 0) for n in range(1000)],
        params=[Param(f"p{n}", str(n)) for n in range(100)],
        tags=[RunTag(f"t{n}", str(n)) for n in range(100)],
    )
    read = client.get_run(run).data
    assert (len(read.metrics), len(read.params)) == (1000, 100)
    assert read.metrics["m999"] == 999.0
    assert read.tags["t99"] == "99"


def test_a_parameter_cannot_be_changed_and_may_be_repeated(client, experiment):
    run = client.create_run(experiment.experiment_id).info.run_id
    client.log_param(run, "alpha", 1)
    client.log_param(run, "alpha", 1)
    refused = error_of(lambda: client.log_param(run, "alpha", 2))
    assert refused.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_run(run).data.params == {"alpha": "1"}


def test_a_tag_can_be_changed_and_deleted(client, experiment):
    run = client.create_run(experiment.experiment_id).info.run_id
    client.set_tag(run, "colour", "red")
    client.set_tag(run, "colour", "blue")
    assert client.get_run(run).data.tags["colour"] == "blue"
    client.delete_tag(run, "colour")
    assert "colour" not in client.get_run(run).data.tags
    assert error_of(lambda: client.delete_tag(run, "colour")).error_code == "RESOURCE_DOES_NOT_EXIST"


def test_runs_are_found_by_what_was_logged_in_them(client, experiment):
    for number in range(6):
        with mlflow.start_run(run_name=f"run-{number}"):
            mlflow.log_metric("loss", 1 - number / 10)
            mlflow.log_param("depth", number % 3)
            mlflow.set_tag("colour", "red" if number < 3 else "Blue")

    def found(clause, **options):
        return [run.info.run_name[-1] for run in client.search_runs([experiment.experiment_id], clause, **options)]

    assert found("") == ["5", "4", "3", "2", "1", "0"]
    assert found("metrics.loss < 0.75") == ["5", "4", "3"]
    assert found("metrics.loss >= 0.7 AND params.depth = '0'") == ["3", "0"]
    assert found("params.depth != '0' AND tags.colour = 'red'") == ["2", "1"]
    assert found("tags.colour ILIKE 'blue' AND params.depth LIKE '%2%'") == ["5"]
    two = [run.info.run_id for run in client.search_runs([experiment.experiment_id])][1:3]
    assert found(f"attributes.run_id IN ('{two[0]}', '{two[1]}')") == ["4", "3"]
    assert found("attributes.status = 'FINISHED' AND run_name LIKE 'run-%4'") == ["4"]
    assert found("attributes.start_time > 0", order_by=["metrics.loss ASC"]) == ["5", "4", "3", "2", "1", "0"]
    assert found("", order_by=["params.depth DESC", "metrics.loss DESC"]) == ["2", "5", "1", "4", "0", "3"]
    for nonsense in ("metrics.loss = 'x'", "colour = 1", "metrics.loss < 1 OR metrics.loss > 2", "params.depth > 1"):
        assert error_of(lambda: found(nonsense)).error_code == "INVALID_PARAMETER_VALUE", nonsense  # noqa: B023

    frame = mlflow.search_runs([experiment.experiment_id], "metrics.loss < 0.75", order_by=["metrics.loss"])
    assert list(frame["params.depth"]) == ["2", "1", "0"]
    assert list(frame["tags.colour"]) == ["Blue"] * 3


def test_pages_of_runs_add_up_to_all_of_them(client, experiment):
    made = [client.create_run(experiment.experiment_id, start_time=1_700_000_000_000 + n).info.run_id for n in range(25)]
    pages, token = [], None
    while True:
        page = client.search_runs([experiment.experiment_id], max_results=10, page_token=token)
        pages.append(ids_of(page))
        token = page.token
        if not token:
            break
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [run for page in pages for run in page] == made[::-1]


def test_a_deleted_run_is_out_of_searches_until_it_is_restored(client, experiment):
    run = client.create_run(experiment.experiment_id).info.run_id
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment.experiment_id]) == []
    assert ids_of(client.search_runs([experiment.experiment_id], run_view_type=ViewType.DELETED_ONLY)) == [run]
    error_of(lambda: client.log_metric(run, "loss", 1))
    client.restore_run(run)
    assert ids_of(client.search_runs([experiment.experiment_id])) == [run]


def test_a_run_that_is_not_there_is_told_as_such(client):
    missing = error_of(lambda: client.get_run("0" * 32))
    assert missing.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert "0" * 32 in str(missing)


def test_artifacts_of_a_run_come_back_as_they_went(client, experiment, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "numbers.bin").write_bytes(bytes(range(256)))
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "data.json")
        mlflow.log_artifacts(str(tmp_path / "folder"), "folder")
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
    run_id = run.info.run_id

    listed = {found.path: found.is_dir for found in client.list_artifacts(run_id)}
    assert listed == {"notes": True, "data.json": False, "folder": True, "table.json": False}
    assert [(f.path, f.file_size) for f in client.list_artifacts(run_id, "folder")] == [("folder/numbers.bin", 256)]
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/data.json") == {"a": [1, 2]}
    local = client.download_artifacts(run_id, "folder", str(tmp_path))
    assert open(f"{local}/numbers.bin", "rb").read() == bytes(range(256))
    assert list(mlflow.load_table("table.json", run_ids=[run_id])["n"]) == [1, 2]


def test_a_dataset_that_a_run_used_stays_with_it(client, experiment):
    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]}), name="hearts", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"part": "one"})
        mlflow.log_input(data, context="training", tags={"part": "one"})
    [used] = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("hearts", data.digest)
    assert {tag.key: tag.value for tag in used.tags} == {"mlflow.data.context": "training", "part": "one"}
    [found] = client.search_runs([experiment.experiment_id], "datasets.name = 'hearts'")
    assert found.info.run_id == run.info.run_id


def test_what_many_threads_log_into_one_run_is_all_there(client, experiment):
    from concurrent.futures import ThreadPoolExecutor

    run = client.create_run(experiment.experiment_id).info.run_id

    def log(number):
        client.log_metric(run, "shared", number, step=number)
        client.log_param(run, f"p{number}", number)
        client.set_tag(run, f"t{number}", number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(log, range(40)))
    read = client.get_run(run).data
    assert read.params == {f"p{n}": str(n) for n in range(40)}
    assert {key for key in read.tags if key.startswith("t")} == {f"t{n}" for n in range(40)}
    assert sorted(point.step for point in client.get_metric_history(run, "shared")) == list(range(40))
    assert read.metrics["shared"] == 39.0

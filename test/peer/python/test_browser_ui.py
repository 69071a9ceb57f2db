"""What MLflow's browser UI asks beyond what the client asks, in its own words."""

import mlflow
import pandas
import pytest
import requests

RUN_QUERY = """query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow (runs)") {
  mlflowGetRun(input: $data) {
    apiError { helpUrl code message __typename }
    run {
      info { runName status runUuid experimentId startTime endTime __typename }
      experiment { experimentId name tags { key value __typename } __typename }
      modelVersions { name version source __typename }
      data { metrics { key value step timestamp __typename } params { key value __typename } __typename }
      inputs { datasetInputs { dataset { name digest __typename } tags { key value __typename } __typename } __typename }
      outputs { modelOutputs { modelId step __typename } __typename }
      __typename
    }
    __typename
  }
}"""

EXPERIMENT_QUERY = """query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) {
  found: mlflowGetExperiment(input: $input) {
    apiError { code message }
    experiment { experimentId name lifecycleStage creationTime somethingNew }
  }
}"""


@pytest.fixture
def experiment(name):
    return mlflow.set_experiment(name)


def ask(url, query, **variables):
    reply = requests.post(f"{url}/graphql", json={"operationName": "Any", "query": query, "variables": variables})
    assert reply.status_code == 200, reply.text
    return reply.json()["data"]


def test_the_page_of_a_run_gets_what_it_selects(client, url, experiment, name):
    with mlflow.start_run(run_name="one") as run:
        mlflow.log_metric("loss", 0.5, step=3)
        mlflow.log_param("depth", 2)
        mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0]}), name="rows"), context="training")
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/1", run_id=run.info.run_id)

    answer = ask(url, RUN_QUERY, data={"runId": run.info.run_id})["mlflowGetRun"]
    assert answer["apiError"] is None
    found = answer["run"]
    assert (found["info"]["runName"], found["info"]["status"], found["info"]["runUuid"]) == (
        "one",
        "FINISHED",
        run.info.run_id,
    )
    assert found["info"]["startTime"] == str(run.info.start_time)
    assert (found["experiment"]["name"], found["experiment"]["tags"]) == (name, [])
    assert [(version["name"], version["version"]) for version in found["modelVersions"]] == [(name, "1")]
    [metric] = found["data"]["metrics"]
    assert (metric["key"], metric["value"], metric["step"]) == ("loss", 0.5, "3")
    assert [(param["key"], param["value"]) for param in found["data"]["params"]] == [("depth", "2")]
    [used] = found["inputs"]["datasetInputs"]
    assert used["dataset"]["name"] == "rows"
    assert found["outputs"]["modelOutputs"] == []
    assert found["__typename"]


def test_the_header_of_an_experiment_gets_what_it_selects_under_the_name_it_wants(url, experiment, name):
    found = ask(url, EXPERIMENT_QUERY, input={"experimentId": experiment.experiment_id})["found"]
    assert (found["experiment"]["name"], found["experiment"]["somethingNew"]) == (name, None)
    assert found["apiError"] is None


def test_what_is_not_there_is_an_answer_with_an_error_in_it(url):
    answer = ask(url, RUN_QUERY, data={"runId": "0" * 32})["mlflowGetRun"]
    assert answer["run"] is None
    assert answer["apiError"]["code"] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    "query", ["", "{", "{ a", "query { ...All }", "query { mlflowSearchTraces { a } }", "{ a(b: }", "{" * 100]
)
def test_a_query_that_is_not_served_is_refused(url, query):
    reply = requests.post(f"{url}/graphql", json={"query": query})
    assert reply.status_code == 400
    assert set(reply.json()) == {"error_code", "message"}


def test_a_chart_gets_as_many_steps_as_it_can_show_with_both_ends(client, url, experiment):
    runs = []
    for last in (100, 37):
        run = client.create_run(experiment.experiment_id).info.run_id
        for step in range(last):
            client.log_metric(run, "loss", step, step=step)
        runs.append(run)

    def sampled(**asked):
        asked = {"run_ids": runs, "metric_key": "loss", **asked}
        reply = requests.get(f"{url}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", params=asked)
        assert reply.status_code == 200, reply.text
        steps = {run: [] for run in runs}
        for metric in reply.json()["metrics"]:
            steps[metric["run_id"]].append(metric["step"])
        return [sorted(steps[run]) for run in runs]

    assert sampled() == [list(range(100)), list(range(37))]
    long, short = sampled(max_results=10)
    assert (long[0], long[-1], short[0], short[-1]) == (0, 99, 0, 36)
    assert len(long) <= 12 and set(short) - {36} <= set(long)
    assert sampled(start_step=5, end_step=7) == [[5, 6, 7]] * 2


def test_experiments_are_listed_without_those_of_a_gateway(client, url, name):
    client.create_experiment(f"{name}-plain")
    client.create_experiment(f"{name}-gateway", tags={"mlflow.experiment.isGateway": "true"})

    def found(condition):
        filter_string = f"name LIKE '{name}%' AND tags.`mlflow.experiment.isGateway` {condition}"
        reply = requests.get(f"{url}/ajax-api/2.0/mlflow/experiments/search", params={"filter": filter_string, "max_results": 5})
        return [one["name"] for one in reply.json()["experiments"]]

    assert found("IS NULL") == [f"{name}-plain"]
    assert found("IS NOT NULL") == [f"{name}-gateway"]


def test_runs_are_found_by_a_tag_or_parameter_that_they_lack(client, experiment):
    with_both = client.create_run(experiment.experiment_id, tags={"reviewed": "yes"}).info.run_id
    client.log_param(with_both, "depth", 1)
    bare = client.create_run(experiment.experiment_id).info.run_id

    def found(clause):
        return [run.info.run_id for run in client.search_runs([experiment.experiment_id], clause)]

    assert found("tags.reviewed IS NULL") == found("params.depth IS NULL") == [bare]
    assert found("tags.reviewed IS NOT NULL AND params.depth IS NOT NULL") == [with_both]


def test_the_datasets_of_an_experiment_are_listed_once(url, experiment):
    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0]}), name="rows")
    for _ in range(2):
        with mlflow.start_run():
            mlflow.log_input(data, context="training")
    reply = requests.post(
        f"{url}/ajax-api/2.0/mlflow/experiments/search-datasets", json={"experiment_ids": [experiment.experiment_id]}
    )
    assert reply.json()["dataset_summaries"] == [
        {"experiment_id": experiment.experiment_id, "name": "rows", "digest": data.digest, "context": "training"}
    ]

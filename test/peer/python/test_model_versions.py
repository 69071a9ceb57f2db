"""Versions of registered models, seen through the client alone."""

import time
import uuid

import mlflow
import pytest
from mlflow import MlflowClient, MlflowException


def numbers_of(versions):
    return [int(version.version) for version in versions]


def error_of(attempt):
    with pytest.raises(MlflowException) as refused:
        attempt()
    return refused.value


@pytest.fixture
def model(client, name):
    client.create_registered_model(name)
    return name


@pytest.fixture(scope="module")
def fleet():
    """29 models, ten of them with two versions: 39 versions in the order in which they were made."""
    client = MlflowClient()
    prefix = f"fleet-{uuid.uuid4().hex[:8]}"
    made = []
    for number in range(29):
        model = f"{prefix}-{number:03}"
        client.create_registered_model(model)
        client.create_model_version(model, f"s3://fleet/{prefix}/{number}/1")
        made.append((model, 1))
    for number in range(10):
        model = f"{prefix}-{number:03}"
        client.create_model_version(model, f"s3://fleet/{prefix}/{number}/2")
        made.append((model, 2))
    return prefix, made


def every_page(client, **asked):
    token, pages = None, []
    while True:
        page = client.search_model_versions(page_token=token, **asked)
        pages.append([(version.name, int(version.version)) for version in page])
        token = page.token
        if not token:
            return pages


def test_versions_are_numbered_from_one_and_read_back_as_they_were_created(client, model):
    created = client.create_model_version(
        model, "s3://bucket/heart", run_id="r1", tags={"epoch": 9}, run_link="https://runs.example/r1", description="first"
    )
    assert int(created.version) == 1
    assert numbers_of([client.create_model_version(model, "s3://bucket/heart") for _ in range(2)]) == [2, 3]

    read = client.get_model_version(model, "1")
    assert dict(read) == dict(created)
    assert (read.source, read.run_id, read.run_link) == ("s3://bucket/heart", "r1", "https://runs.example/r1")
    assert (read.tags, read.description, read.status) == ({"epoch": "9"}, "first", "READY")
    assert read.current_stage == "None"
    bare = client.get_model_version(model, "2")
    assert not bare.description and not bare.run_id and not bare.run_link and bare.tags == {}


def test_the_latest_version_inside_a_model_equals_the_one_read_by_itself(client, model):
    client.create_model_version(model, "s3://bucket/1", tags={"a": "b"}, description="words")
    alone = dict(client.get_model_version(model, "1"))

    [within] = client.get_registered_model(model).latest_versions
    [found] = client.search_registered_models(f"name = '{model}'")
    [searched] = client.search_model_versions(f"name = '{model}'")
    assert dict(within) == alone
    assert dict(found.latest_versions[0]) == alone
    assert dict(searched) == alone


def test_versions_are_found_by_source_by_run_and_by_number_newest_first(client, model):
    run = uuid.uuid4().hex
    for number in (1, 2, 3):
        client.create_model_version(model, f"s3://{run}/{number % 2}", run_id=run if number < 3 else None)

    assert numbers_of(client.search_model_versions(f"source_path = 's3://{run}/1'")) == [3, 1]
    assert numbers_of(client.search_model_versions(f"run_id = '{run}'")) == [2, 1]
    assert numbers_of(client.search_model_versions(f"run_id IN ('{run}', 'other')")) == [2, 1]
    assert numbers_of(client.search_model_versions(f"name = '{model}' AND version_number >= 2")) == [3, 2]
    assert numbers_of(client.search_model_versions(f"name = '{model}' AND version_number != 2")) == [3, 1]


def test_the_download_uri_of_a_runs_source_is_that_source(client, model):
    client.create_model_version(model, "runs:/0123456789abcdef/model")
    assert client.get_model_version_download_uri(model, "1") == "runs:/0123456789abcdef/model"


def test_the_whole_fleet_comes_newest_update_first(client, fleet):
    prefix, made = fleet
    [*pages] = every_page(client, filter_string=f"name LIKE '{prefix}%'", max_results=1000)
    assert pages == [made[::-1]]
    assert every_page(client, filter_string=f"name = '{prefix}-003'") == [[(f"{prefix}-003", 2), (f"{prefix}-003", 1)]]
    assert every_page(client, filter_string=f"name LIKE '{prefix.upper()}%'") == [[]]
    assert len(every_page(client, filter_string=f"name ILIKE '{prefix.upper()}-00%'")[0]) == 20


@pytest.mark.parametrize("size", [1, 8, 100])
def test_pages_of_versions_add_up_to_the_whole_fleet(client, fleet, size):
    prefix, made = fleet
    pages = every_page(client, filter_string=f"name LIKE '{prefix}%'", max_results=size)

    assert [found for page in pages for found in page] == made[::-1]
    assert len(pages) == -(-len(made) // size)


def test_versions_come_in_the_order_that_was_asked_for(client, fleet):
    prefix, made = fleet

    def ordered(*order_by):
        [page] = every_page(client, filter_string=f"name LIKE '{prefix}%'", order_by=list(order_by), max_results=1000)
        return page

    assert ordered("name DESC") == sorted(made, key=lambda one: (one[0], one[1]), reverse=True)
    assert ordered("version_number DESC") == sorted(made, key=lambda one: (-one[1], one[0]))
    assert ordered("version_number ASC", "name DESC") == sorted(
        sorted(made, reverse=True), key=lambda one: one[1]
    )
    assert ordered("creation_timestamp ASC") == made
    assert ordered("last_updated_timestamp DESC") == made[::-1]


@pytest.mark.parametrize("odd", ["x", "1.0", "", "latest", "１x"])
def test_a_version_that_is_no_integer_is_named_in_the_refusal(client, model, odd):
    if odd == "":
        assert error_of(lambda: client.get_model_version(model, odd)).error_code == "INVALID_PARAMETER_VALUE"
        return
    said = f"INVALID_PARAMETER_VALUE: Parameter 'version' must be an integer, got '{odd}'."
    assert str(error_of(lambda: client.get_model_version(model, odd))) == said


def test_an_unknown_model_or_version_is_told_as_such(client, model, name):
    unknown = error_of(lambda: client.create_model_version(f"{name}-nobody", "s3://bucket/1"))
    assert unknown.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert f"Registered Model with name={name}-nobody not found" in str(unknown)
    missing = error_of(lambda: client.get_model_version(model, "7"))
    assert missing.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert f"Model Version (name={model}, version=7) not found" in str(missing)


def test_a_version_and_its_stage_touch_the_model_and_its_description_does_not(client, model):
    def touched():
        time.sleep(0.005)
        return client.get_registered_model(model).last_updated_timestamp

    born = touched()
    client.create_model_version(model, "s3://bucket/1")
    with_version = touched()
    assert with_version > born

    described = client.update_model_version(model, "1", "words")
    assert touched() == with_version
    assert described.last_updated_timestamp > described.creation_timestamp
    assert client.get_model_version(model, "1").description == "words"

    client.transition_model_version_stage(model, "1", "Staging")
    staged = touched()
    assert staged > with_version
    client.delete_model_version(model, "1")
    assert touched() > staged


def test_the_latest_of_each_stage_is_its_highest_number(client, model):
    stages = ["Production", "Staging", "Archived", "Production", "Staging", "None", "None"]
    for number, stage in enumerate(stages, start=1):
        client.create_model_version(model, f"s3://bucket/{number}")
        if stage != "None":
            client.transition_model_version_stage(model, str(number), stage)

    def latest(stages=None):
        return {found.current_stage: int(found.version) for found in client.get_latest_versions(model, stages)}

    everything = {"None": 7, "Staging": 5, "Production": 4, "Archived": 3}
    assert latest() == everything
    assert latest([]) == everything
    assert latest(["Production"]) == {"Production": 4}
    assert latest(["None", "staging"]) == {"None": 7, "Staging": 5}
    assert {v.current_stage: int(v.version) for v in client.get_registered_model(model).latest_versions} == everything
    assert error_of(lambda: client.get_latest_versions(model, ["Nowhere"])).error_code == "INVALID_PARAMETER_VALUE"


def test_a_stage_is_taken_in_any_case_and_can_archive_those_before(client, model):
    for number in (1, 2, 3):
        client.create_model_version(model, f"s3://bucket/{number}")
    client.transition_model_version_stage(model, "1", "production")
    client.transition_model_version_stage(model, "2", "PRODUCTION")
    assert client.get_model_version(model, "1").current_stage == "Production"

    moved = client.transition_model_version_stage(model, "3", "Production", archive_existing_versions=True)
    assert moved.current_stage == "Production"
    assert [client.get_model_version(model, str(n)).current_stage for n in (1, 2)] == ["Archived", "Archived"]

    unknown = error_of(lambda: client.transition_model_version_stage(model, "3", "Nowhere"))
    assert "Invalid Model Version stage: Nowhere. Value must be one of None, Staging, Production, Archived" in str(unknown)
    inactive = error_of(lambda: client.transition_model_version_stage(model, "3", "None", archive_existing_versions=True))
    assert inactive.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_model_version(model, "3").current_stage == "Production"


def test_a_deleted_version_is_gone_and_its_number_is_never_given_again(client, model):
    for number in (1, 2, 3):
        client.create_model_version(model, f"s3://bucket/{number}")
    for number in ("1", "3"):
        client.delete_model_version(model, number)

    assert numbers_of(client.search_model_versions(f"name = '{model}'")) == [2]
    for attempt in (
        lambda: client.get_model_version(model, "1"),
        lambda: client.update_model_version(model, "1", "words"),
        lambda: client.transition_model_version_stage(model, "3", "Staging"),
        lambda: client.set_model_version_tag(model, "3", "a", "b"),
        lambda: client.get_model_version_download_uri(model, "3"),
        lambda: client.delete_model_version(model, "3"),
    ):
        gone = error_of(attempt)
        assert gone.error_code == "RESOURCE_DOES_NOT_EXIST"
        assert f"Model Version (name={model}, version=" in str(gone)
    assert int(client.create_model_version(model, "s3://bucket/4").version) == 4


def test_tags_of_a_version_can_be_set_overwritten_emptied_and_deleted(client, model):
    client.create_model_version(model, "s3://bucket/1", tags={"kept": "yes"})
    client.set_model_version_tag(model, "1", "stage", "raw")
    client.set_model_version_tag(model, "1", "stage", "cooked")
    client.set_model_version_tag(model, "1", "empty", "")
    assert client.get_model_version(model, "1").tags == {"kept": "yes", "stage": "cooked", "empty": ""}
    assert numbers_of(client.search_model_versions(f"name = '{model}' AND tags.stage = 'cooked'")) == [1]

    client.delete_model_version_tag(model, "1", "stage")
    client.delete_model_version_tag(model, "1", "never-there")
    assert client.get_model_version(model, "1").tags == {"kept": "yes", "empty": ""}


def test_a_tag_can_be_set_on_and_taken_from_the_latest_version_of_a_stage(client, model):
    client.create_model_version(model, "s3://bucket/1")
    client.transition_model_version_stage(model, "1", "Staging")

    client.set_model_version_tag(model, key="by", value="stage", stage="Staging")
    assert client.get_model_version(model, "1").tags == {"by": "stage"}
    client.delete_model_version_tag(model, key="by", stage="Staging")
    assert client.get_model_version(model, "1").tags == {}


@pytest.mark.parametrize("key", ["x" * 251, "/a", "a/../b", "a//b", ".", "a/", "semi;colon"])
def test_a_tag_key_that_is_no_clean_path_is_refused(client, model, key):
    client.create_model_version(model, "s3://bucket/1")
    assert error_of(lambda: client.set_model_version_tag(model, "1", key, "v")).error_code == "INVALID_PARAMETER_VALUE"
    assert error_of(lambda: client.set_registered_model_tag(model, key, "v")).error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_model_version(model, "1").tags == {}


@pytest.mark.parametrize("by_alias", [False, True])
def test_a_copied_version_carries_what_it_was_and_downloads_from_where_it_was(client, name, by_alias):
    client.create_registered_model(name)
    client.create_model_version(
        name, "s3://bucket/origin", run_id="r1", tags={"a": "b"}, description="words", run_link="https://runs.example/r1"
    )
    client.set_registered_model_alias(name, "best", "1")
    target = f"{name}-copy"

    for wanted in (1, 2):
        copy = client.copy_model_version(f"models:/{name}@best" if by_alias else f"models:/{name}/1", target)
        assert (copy.name, int(copy.version)) == (target, wanted)
        assert copy.source == f"models:/{name}/1"
        assert (copy.tags, copy.description, copy.run_id) == ({"a": "b"}, "words", "r1")
        assert copy.run_link == "https://runs.example/r1"
        assert copy.aliases == []
        assert client.get_model_version_download_uri(target, str(wanted)) == "s3://bucket/origin"

    second = client.copy_model_version(f"models:/{target}/1", f"{name}-third")
    assert client.get_model_version_download_uri(second.name, second.version) == "s3://bucket/origin"


def test_copying_what_is_not_there_is_refused(client, name):
    missing = error_of(lambda: client.copy_model_version(f"models:/{name}-nobody/1", f"{name}-copy"))
    assert f"Model Version (name={name}-nobody, version=1) not found" in str(missing)


def test_registering_a_location_makes_the_model_and_the_next_version(client, name):
    first = mlflow.register_model(f"s3://bucket/{name}", name, tags={"team": "cardio"})
    second = mlflow.register_model(f"s3://bucket/{name}", name)

    assert numbers_of([first, second]) == [1, 2]
    assert client.get_model_version(name, "1").tags == {"team": "cardio"}
    assert client.get_model_version(name, "2").source == f"s3://bucket/{name}"


def test_registering_a_registered_version_elsewhere_points_to_the_same_location(client, name):
    mlflow.register_model("s3://bucket/origin", name)
    again = mlflow.register_model(f"models:/{name}/1", f"{name}-prod")

    assert client.get_model_version_download_uri(again.name, again.version) == "s3://bucket/origin"


def test_a_local_folder_is_no_source_for_others(client, model, tmp_path):
    for source in (str(tmp_path), f"file://{tmp_path}", "./model", "model"):
        refused = error_of(lambda: client.create_model_version(model, source))
        assert refused.error_code == "INVALID_PARAMETER_VALUE"
        assert "To use a local path as a model version source" in str(refused)
    assert client.search_model_versions(f"name = '{model}'") == []


@pytest.mark.parametrize("scheme", ["http://host", "https://host", "ftp://host", "s3://bucket", "mlflow-artifacts:", "mlflow-artifacts://host:9000", "models:", "runs:"])
@pytest.mark.parametrize("path", ["..", "a/../../b", "..%2f..%2fb", "a/%2e%2e/b", "a/%252e%252e/b", "a%00b", "a/..%5c..%5cb/.."])
def test_a_source_that_climbs_out_of_its_place_is_refused(client, model, scheme, path):
    refused = error_of(lambda: client.create_model_version(model, f"{scheme}/{path}"))
    assert refused.error_code == "INVALID_PARAMETER_VALUE"
    if scheme not in ("models:", "runs:"):
        assert "If supplying a source as an http, https," in str(refused)


@pytest.mark.parametrize(
    "source", ["s3://bucket//a///b/", "https://host/a b/c", "https://host/a?x=1#y", "s3://bucket/..../a", "gs://bucket/a..b"]
)
def test_a_source_that_only_looks_odd_is_taken_as_it_is(client, model, source):
    client.create_model_version(model, source)
    assert client.get_model_version(model, "1").source == source
    assert client.get_model_version_download_uri(model, "1") == source


def test_the_stages_of_a_version_are_those_of_mlflow(client, model):
    client.create_model_version(model, "s3://bucket/1")
    assert set(client.get_model_version_stages(model, "1")) == {"None", "Staging", "Production", "Archived"}


def test_versions_made_at_the_same_time_get_a_number_each(client, model):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(lambda n: client.create_model_version(model, f"s3://bucket/{n}"), range(24)))
    assert sorted(numbers_of(made)) == list(range(1, 25))
    found = {int(v.version): v.source for v in client.search_model_versions(f"name = '{model}'")}
    assert found == {int(v.version): v.source for v in made}

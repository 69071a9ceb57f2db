"""Registered models, seen through the client alone."""

import time

import pytest
from mlflow import MlflowException


def names_of(models):
    return [model.name for model in models]


def now_ms():
    return int(time.time() * 1000)


def every_page(search, **asked):
    """All pages of a search, as lists."""
    pages, token = [], None
    while True:
        page = search(page_token=token, **asked)
        pages.append(list(page))
        token = page.token
        if not token:
            return pages


@pytest.fixture(scope="module")
def catalogue():
    """29 models whose names begin alike, in the order of their names."""
    import uuid

    from mlflow import MlflowClient

    prefix = f"Catalogue-{uuid.uuid4().hex[:8]}"
    client = MlflowClient()
    names = [f"{prefix}-rm{number:03}" for number in range(29)]
    for name in reversed(names):
        client.create_registered_model(name, tags={"parity": "even" if int(name[-3:]) % 2 == 0 else "odd"})
    return prefix, names


def test_a_created_model_reads_back_as_it_was_created(client, name):
    before = now_ms()
    created = client.create_registered_model(name, tags={"team": "cardio", "size": 3})
    after = now_ms()
    read = client.get_registered_model(name)

    assert dict(read) == dict(created)
    assert read.name == name
    assert read.tags == {"team": "cardio", "size": "3"}
    assert not read.description
    assert list(read.latest_versions) == []
    assert before <= read.creation_timestamp <= after
    assert before <= read.last_updated_timestamp <= after


def test_a_description_is_kept_and_can_be_changed(client, name):
    client.create_registered_model(name, description="first words")
    assert client.get_registered_model(name).description == "first words"

    assert client.update_registered_model(name, "other words").description == "other words"
    assert client.get_registered_model(name).description == "other words"


@pytest.mark.parametrize("odd", ["with space", "Ünïcode 模型 🫀", "dots.and-dashes_1", "100%", "quote'd"])
def test_a_name_may_be_any_text_that_fits_a_model_uri(client, name, odd):
    odd = f"{name} {odd}"
    client.create_registered_model(odd)

    assert client.get_registered_model(odd).name == odd
    client.delete_registered_model(odd)


@pytest.mark.parametrize("bad", ["", "a/b", "a:b", "x" * 257])
def test_a_name_that_fits_no_model_uri_is_refused(client, bad):
    with pytest.raises(MlflowException) as refused:
        client.create_registered_model(bad)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_created_model_is_found_by_every_kind_of_search(client, name):
    client.create_registered_model(name)

    assert name in names_of(client.search_registered_models(max_results=1000))
    assert name in names_of(client.search_registered_models("", max_results=1000))
    assert names_of(client.search_registered_models(f"name = '{name}'")) == [name]
    assert names_of(client.search_registered_models(f"name LIKE '{name}%'")) == [name]
    assert names_of(client.search_registered_models(f"name = '{name}-not'")) == []


@pytest.mark.parametrize("size", [1, 8, 100])
def test_pages_of_models_add_up_to_the_whole_list(client, catalogue, size):
    prefix, names = catalogue
    wanted = {
        f"name LIKE '{prefix}%'": names,
        f"name ILIKE '{prefix.upper()}%'": names,
        f"name LIKE '{prefix}-rm00%'": names[:10],
        f"name LIKE '{prefix}-rm%9'": [names[9], names[19]],
        f"name = '{names[7]}'": [names[7]],
        f"name LIKE '{prefix}%' AND tags.parity = 'odd'": names[1::2],
        f"name LIKE '{prefix}%' AND name != '{names[0]}'": names[1:],
        f"name = '{prefix}'": [],
    }
    for filter_string, expected in wanted.items():
        pages = every_page(client.search_registered_models, filter_string=filter_string, max_results=size)
        assert [model.name for page in pages for model in page] == expected, filter_string
        assert len(pages) == max(1, -(-len(expected) // size)), f"{filter_string}: a page too many"


def test_like_minds_case_and_ilike_does_not(client, catalogue):
    prefix, names = catalogue
    shouted = prefix.upper()

    assert names_of(client.search_registered_models(f"name LIKE '{shouted}%RM%00%'")) == []
    assert names_of(client.search_registered_models(f"name ILIKE '{shouted}%RM%00%'")) == names[:10]


def test_models_come_in_the_order_that_was_asked_for(client, catalogue):
    prefix, names = catalogue
    every = f"name LIKE '{prefix}%'"

    assert names_of(client.search_registered_models(every)) == names
    assert names_of(client.search_registered_models(every, order_by=["name DESC"])) == names[::-1]
    newest_first = names_of(client.search_registered_models(every, order_by=["timestamp DESC", "name"]))
    assert newest_first[0] == names[0]
    assert sorted(newest_first) == names
    oldest_first = client.search_registered_models(every, order_by=["last_updated_timestamp ASC"])
    stamps = [(model.last_updated_timestamp, model.name) for model in oldest_first]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    "filter_string",
    [
        "name = 'a' OR name = 'b'",
        "NOT name = 'a'",
        "colour = 'red'",
        "name > 'a'",
        "name = unquoted",
        "metrics.loss = 'x'",
        "tags.a > '1'",
        "name LIKE",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_as_the_callers_mistake(client, filter_string):
    with pytest.raises(MlflowException) as refused:
        client.search_registered_models(filter_string)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("asked", [{"max_results": 1001}, {"max_results": 0}, {"order_by": ["colour"]}, {"order_by": ["name UP"]}, {"page_token": "nonsense"}])
def test_a_search_that_makes_no_sense_is_refused_as_the_callers_mistake(client, asked):
    with pytest.raises(MlflowException) as refused:
        client.search_registered_models(**asked)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_renamed_model_keeps_its_past_and_loses_its_old_name(client, name):
    born = client.create_registered_model(name, tags={"team": "cardio"}).creation_timestamp
    client.create_model_version(name, "s3://bucket/one")
    client.set_registered_model_alias(name, "best", "1")
    second, third = f"{name}-second", f"{name}-third"

    client.rename_registered_model(name, second)
    client.update_registered_model(second, "renamed once")
    client.rename_registered_model(second, third)

    read = client.get_registered_model(third)
    assert (read.description, read.tags, read.aliases) == ("renamed once", {"team": "cardio"}, {"best": "1"})
    assert read.creation_timestamp == born
    assert [version.name for version in client.search_model_versions(f"name = '{third}'")] == [third]
    assert client.get_model_version_by_alias(third, "best").source == "s3://bucket/one"
    for gone in (name, second):
        with pytest.raises(MlflowException, match=f"Registered Model with name={gone} not found"):
            client.get_registered_model(gone)
        assert names_of(client.search_registered_models(f"name = '{gone}'")) == []


def test_a_name_that_is_taken_cannot_be_had_by_renaming(client, name):
    client.create_registered_model(name)
    client.create_registered_model(f"{name}-taken")

    with pytest.raises(MlflowException, match=r"Registered Model \(name=.*-taken\) already exists") as refused:
        client.rename_registered_model(name, f"{name}-taken")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_name_is_taken_until_the_model_is_deleted(client, name):
    first = client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/one")
    with pytest.raises(MlflowException, match=rf"Registered Model \(name={name}\) already exists") as refused:
        client.create_registered_model(name)
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"

    client.delete_registered_model(name)
    for attempt in (
        lambda: client.rename_registered_model(name, f"{name}-again"),
        lambda: client.delete_registered_model(name),
        lambda: client.update_registered_model(name, "words"),
        lambda: client.get_latest_versions(name),
    ):
        with pytest.raises(MlflowException, match=f"Registered Model with name={name} not found"):
            attempt()

    again = client.create_registered_model(name)
    assert again.creation_timestamp > first.creation_timestamp
    assert client.create_model_version(name, "s3://bucket/two").version in ("1", 1)


def test_tags_of_a_model_can_be_set_overwritten_emptied_and_deleted(client, name):
    client.create_registered_model(name, tags={"kept": "yes"})
    client.set_registered_model_tag(name, "stage", "raw")
    client.set_registered_model_tag(name, "stage", "cooked")
    client.set_registered_model_tag(name, "empty", "")
    client.set_registered_model_tag(name, "path/like.key with space", 7)
    assert client.get_registered_model(name).tags == {
        "kept": "yes",
        "stage": "cooked",
        "empty": "",
        "path/like.key with space": "7",
    }

    client.delete_registered_model_tag(name, "stage")
    client.delete_registered_model_tag(name, "never-there")
    assert set(client.get_registered_model(name).tags) == {"kept", "empty", "path/like.key with space"}


def test_a_model_is_found_by_its_tags(client, name):
    for number, colour in enumerate(["red", "Red", "blue"]):
        client.create_registered_model(f"{name}-{number}", tags={"colour": colour, "my.dotted key": str(number)})
    client.create_registered_model(f"{name}-plain")

    def found(clause):
        return [found[-1] for found in names_of(client.search_registered_models(f"name LIKE '{name}%' AND {clause}"))]

    assert found("tags.colour = 'red'") == ["0"]
    assert found("tag.colour ILIKE 'RED'") == ["0", "1"]
    assert found("tags.colour != 'red'") == ["1", "2"], "a model without the tag does not match"
    assert found("tags.`my.dotted key` = '2'") == ["2"]


def test_an_alias_points_to_one_version_until_it_is_moved_or_deleted(client, name):
    client.create_registered_model(name)
    for number in (1, 2):
        client.create_model_version(name, f"s3://bucket/{number}")
    client.set_registered_model_alias(name, "best", "1")
    client.set_registered_model_alias(name, "Best", "2")

    assert client.get_registered_model(name).aliases == {"best": "1", "Best": "2"}
    assert list(client.get_model_version(name, "1").aliases) == ["best"]
    assert dict(client.get_model_version_by_alias(name, "best")) == dict(client.get_model_version(name, "1"))

    client.set_registered_model_alias(name, "best", "2")
    assert sorted(client.get_model_version(name, "2").aliases) == ["Best", "best"]
    assert list(client.get_model_version(name, "1").aliases) == []

    client.delete_registered_model_alias(name, "best")
    client.delete_registered_model_alias(name, "best")
    assert client.get_registered_model(name).aliases == {"Best": "2"}
    with pytest.raises(MlflowException, match="Registered model alias best not found") as refused:
        client.get_model_version_by_alias(name, "best")
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_an_alias_goes_with_its_version(client, name):
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/1")
    client.set_registered_model_alias(name, "best", "1")

    client.delete_model_version(name, "1")

    assert client.get_registered_model(name).aliases == {}
    with pytest.raises(MlflowException, match="alias best not found"):
        client.get_model_version_by_alias(name, "best")


@pytest.mark.parametrize("alias", ["latest", "LATEST", "v1", "V12", "with space", "a/b", "", "x" * 256])
def test_an_alias_that_reads_like_something_else_is_refused(client, name, alias):
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/1")

    with pytest.raises(MlflowException) as refused:
        client.set_registered_model_alias(name, alias, "1")
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_registered_model(name).aliases == {}


def test_an_alias_needs_a_version_that_is_there(client, name):
    client.create_registered_model(name)

    with pytest.raises(MlflowException, match=rf"Model Version \(name={name}, version=1\) not found") as refused:
        client.set_registered_model_alias(name, "best", "1")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"

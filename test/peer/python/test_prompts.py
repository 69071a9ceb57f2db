"""Prompts, which MLflow keeps in the registry beside the models."""

import mlflow.genai
import pytest
from mlflow import MlflowException


def test_a_prompt_is_registered_in_versions_and_loaded_by_number_or_alias(name):
    first = mlflow.genai.register_prompt(name, "Hello {{who}}", commit_message="first", tags={"task": "greet"})
    second = mlflow.genai.register_prompt(name, [{"role": "user", "content": "Dear {{who}}"}])
    assert (first.version, second.version) == (1, 2)

    loaded = mlflow.genai.load_prompt(name, version=1)
    assert loaded.template == "Hello {{who}}"
    assert loaded.format(who="Ada") == "Hello Ada"
    assert loaded.commit_message == "first"

    mlflow.genai.set_prompt_alias(name, "polite", 2)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@polite").version == 2
    assert mlflow.genai.load_prompt(f"prompts:/{name}@latest").version == 2
    mlflow.genai.delete_prompt_alias(name, "polite")
    with pytest.raises(MlflowException):
        mlflow.genai.load_prompt(f"prompts:/{name}@polite")


def test_prompts_stay_out_of_model_searches_and_models_out_of_prompt_searches(client, name):
    mlflow.genai.register_prompt(f"{name}-prompt", "Hello")
    client.create_registered_model(f"{name}-model")
    client.create_model_version(f"{name}-model", "s3://bucket/1")

    assert [m.name for m in client.search_registered_models(f"name LIKE '{name}%'")] == [f"{name}-model"]
    assert [v.name for v in client.search_model_versions(f"name LIKE '{name}%'")] == [f"{name}-model"]
    assert [p.name for p in mlflow.genai.search_prompts(f"name LIKE '{name}%'")] == [f"{name}-prompt"]


def test_a_prompt_and_a_model_cannot_share_a_name(client, name):
    mlflow.genai.register_prompt(f"{name}-prompt", "Hello")
    with pytest.raises(MlflowException, match="exist"):
        client.create_registered_model(f"{name}-prompt")

    client.create_registered_model(f"{name}-model")
    with pytest.raises(MlflowException, match="exists with the same name"):
        mlflow.genai.register_prompt(f"{name}-model", "Hello")


def test_the_clients_model_calls_do_not_touch_a_prompt(client, name):
    mlflow.genai.register_prompt(name, "Hello")
    for attempt in (
        lambda: client.delete_registered_model(name),
        lambda: client.set_registered_model_tag(name, "a", "b"),
        lambda: client.set_registered_model_alias(name, "a", "1"),
    ):
        with pytest.raises(MlflowException):
            attempt()
    assert mlflow.genai.load_prompt(name, version=1).template == "Hello"


def tags_of(client, name):
    """Without the one that the client sets by itself, some time after the prompt is there."""
    return {key: value for key, value in client.get_prompt(name).tags.items() if not key.startswith("_mlflow")}


def test_tags_of_a_prompt_and_of_its_versions_can_be_set_and_deleted(client, name):
    mlflow.genai.register_prompt(name, "Hello", tags={"task": "greet"})
    client.set_prompt_tag(name, "tone", "warm")
    client.set_prompt_version_tag(name, "1", "reviewed", "yes")
    assert tags_of(client, name) == {"task": "greet", "tone": "warm"}
    assert mlflow.genai.load_prompt(name, version=1).tags["reviewed"] == "yes"

    client.delete_prompt_tag(name, "tone")
    client.delete_prompt_version_tag(name, "1", "reviewed")
    assert tags_of(client, name) == {"task": "greet"}
    assert "reviewed" not in client.get_prompt_version(name, "1").tags


def test_a_prompt_is_deleted_once_its_versions_are(client, name):
    mlflow.genai.register_prompt(name, "Hello")
    mlflow.genai.register_prompt(name, "Hello again")
    client.delete_prompt_version(name, "1")
    with pytest.raises(MlflowException):
        client.get_prompt_version(name, "1")
    client.delete_prompt_version(name, "2")
    client.delete_prompt(name)
    assert client.get_prompt(name) is None

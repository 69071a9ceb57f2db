"""MLflow's webhooks: how they are managed, and what arrives."""

import time
import uuid
from datetime import datetime, timezone

import mlflow.genai
import pytest
from mlflow import MlflowException
from mlflow.entities.webhook import WebhookStatus
from receiver import Receiver, payload


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def path():
    return f"/{uuid.uuid4().hex}"


@pytest.fixture
def webhook(client, receiver, name, path):
    """Makes webhooks that go to this test's own path, and takes them away again."""
    made = []

    def make(*events, **options):
        options = {"name": name, "url": receiver.url(path), **options}
        made.append(client.create_webhook(events=list(events), **options))
        return made[-1]

    yield make
    for one in made:
        try:
            client.delete_webhook(one.webhook_id)
        except MlflowException:
            pass


def names_of(events):
    return [f"{event.entity.value}.{event.action.value}" for event in events]


def refused(attempt, words):
    with pytest.raises(MlflowException, match=words) as error:
        attempt()
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_webhook_reads_back_as_it_was_created_but_for_its_secret(client, webhook, receiver, name, path):
    made = webhook("model_version.created", "registered_model.created", description="words", secret="s3cret")

    read = client.get_webhook(made.webhook_id)
    assert (read.name, read.url, read.description) == (name, receiver.url(path), "words")
    assert read.status == WebhookStatus.ACTIVE
    assert names_of(read.events) == ["model_version.created", "registered_model.created"]
    assert read.creation_timestamp == made.creation_timestamp
    assert str(uuid.UUID(made.webhook_id)) == made.webhook_id
    assert read.secret is None and made.secret is None


def test_webhooks_are_listed_newest_first_in_pages(client, webhook):
    made = [webhook("model_version.created").webhook_id for _ in range(3)]

    listed, token = [], None
    while True:
        page = client.list_webhooks(max_results=2, page_token=token)
        assert len(page) <= 2
        listed += [one.webhook_id for one in page]
        token = page.token
        if not token:
            break
    assert [one for one in listed if one in made] == made[::-1]


def test_an_update_changes_what_it_names_and_keeps_the_rest(client, webhook, receiver, name, path):
    made = webhook("model_version.created", description="words", secret="s3cret")

    client.update_webhook(made.webhook_id, name=f"{name}-2")
    client.update_webhook(made.webhook_id, events=["model_version_tag.set"], status="DISABLED")
    read = client.get_webhook(made.webhook_id)
    assert (read.name, read.description, read.url) == (f"{name}-2", "words", receiver.url(path))
    assert names_of(read.events) == ["model_version_tag.set"]
    assert read.status == WebhookStatus.DISABLED
    assert read.last_updated_timestamp >= made.last_updated_timestamp


def test_a_deleted_webhook_is_not_found(client, webhook):
    made = webhook("model_version.created")
    client.delete_webhook(made.webhook_id)
    for attempt in (client.get_webhook, client.delete_webhook, client.test_webhook):
        with pytest.raises(MlflowException, match=f"Webhook with ID {made.webhook_id} not found") as missing:
            attempt(made.webhook_id)
        assert missing.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_webhook_that_cannot_work_is_refused(client, webhook, receiver, path):
    good = receiver.url(path)
    refused(lambda: webhook("model_version.created", url=" "), "Webhook URL cannot be empty or just whitespace")
    refused(lambda: webhook("model_version.created", url="not a url"), "Invalid webhook URL")
    refused(lambda: webhook("model_version.created", url="ftp://127.0.0.1/x"), "Invalid webhook URL scheme")
    refused(lambda: webhook("model_version.created", url=good, name="a/b"), "name")
    refused(lambda: webhook("model_version.created", url=good, name="x" * 64), "name")
    refused(lambda: webhook(url=good), "(?i)events")


def test_each_event_of_a_model_arrives_with_what_happened(client, webhook, receiver, name, path):
    webhook(
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
    )
    began = datetime.now(timezone.utc).timestamp()

    client.create_registered_model(name, tags={"team": "cardio"}, description="a model")
    client.create_model_version(name, "s3://bucket/1", run_id="r1", tags={"epoch": "9"}, description="a version")
    client.create_model_version(name, "s3://bucket/2")
    client.set_model_version_tag(name, "1", "stage", "cooked")
    client.delete_model_version_tag(name, "1", "stage")
    client.set_registered_model_alias(name, "best", "1")
    client.set_registered_model_alias(name, "best", "2")
    client.delete_registered_model_alias(name, "best")

    requests = [one for one in receiver.wait_for(path, 8) if payload(one)["data"]["name"] == name]
    assert len(requests) == 8
    told = {}
    for request in requests:
        body = payload(request)
        told.setdefault(f"{body['entity']}.{body['action']}", []).append(body["data"])
        assert set(body) <= {"entity", "action", "timestamp", "data", "workspace"}
        stamp = datetime.fromisoformat(body["timestamp"])
        assert stamp.utcoffset().total_seconds() == 0
        assert began - 2 <= stamp.timestamp() <= time.time() + 2
        assert request["headers"]["Content-Type"] == "application/json"
        assert uuid.UUID(request["headers"]["X-MLflow-Delivery-Id"])
        assert abs(int(request["headers"]["X-MLflow-Timestamp"]) - time.time()) < 60
        assert "X-MLflow-Signature" not in request["headers"]

    def sorted_by_version(event):
        return sorted(told.pop(event), key=lambda data: data["version"])

    assert told.pop("registered_model.created") == [
        {"name": name, "tags": {"team": "cardio"}, "description": "a model"}
    ]
    first, second = sorted_by_version("model_version.created")
    assert first == {
        "name": name,
        "version": "1",
        "source": "s3://bucket/1",
        "run_id": "r1",
        "tags": {"epoch": "9"},
        "description": "a version",
    }
    assert (second["version"], second["tags"], second["run_id"], second["description"]) == ("2", {}, None, None)
    assert told.pop("model_version_tag.set") == [{"name": name, "version": "1", "key": "stage", "value": "cooked"}]
    assert told.pop("model_version_tag.deleted") == [{"name": name, "version": "1", "key": "stage"}]
    assert sorted_by_version("model_version_alias.created") == [
        {"name": name, "alias": "best", "version": "1"},
        {"name": name, "alias": "best", "version": "2"},
    ]
    assert told.pop("model_version_alias.deleted") == [{"name": name, "alias": "best"}]
    assert told == {}


def test_a_webhook_hears_of_what_happens_right_after_it_was_made_and_nothing_once_disabled(
    client, webhook, receiver, name, path
):
    made = webhook("registered_model.created")
    watching = f"{path}-watching"
    webhook("registered_model.created", url=receiver.url(watching))
    client.create_registered_model(f"{name}-1")
    receiver.wait_for(path, 1)

    client.update_webhook(made.webhook_id, status="DISABLED")
    client.create_registered_model(f"{name}-2")
    receiver.wait_for(watching, 2)
    client.update_webhook(made.webhook_id, status="ACTIVE")
    client.create_registered_model(f"{name}-3")
    assert [payload(one)["data"]["name"] for one in receiver.wait_for(path, 2)] == [f"{name}-1", f"{name}-3"]


def test_a_delivery_is_signed_with_the_secret(client, webhook, receiver, name, path):
    receiver.secrets[path] = "the secret"
    webhook("registered_model.created", secret="the secret")
    client.create_registered_model(name)

    [delivery] = receiver.wait_for(path, 1)
    assert delivery["status"] == 200
    assert delivery["headers"]["X-MLflow-Signature"].startswith("v1,")


def test_a_wrong_secret_is_the_receivers_to_refuse_and_nobody_elses_trouble(client, webhook, receiver, name, path):
    receiver.secrets[path] = "the secret"
    webhook("registered_model.created", secret="another secret")
    client.create_registered_model(name)

    [delivery] = receiver.wait_for(path, 1)
    assert delivery["status"] == 401
    assert client.get_registered_model(name).name == name


def test_a_delivery_that_failed_comes_again_as_the_same_one(client, webhook, receiver, name, path):
    receiver.answers[path] = [(500, {}, b""), (500, {}, b""), (200, {}, b"")]
    began = time.monotonic()
    webhook("registered_model.created", secret="s")
    client.create_registered_model(name)

    tries = receiver.wait_for(path, 3)
    assert [one["status"] for one in tries] == [500, 500, 200]
    assert tries[-1]["at"] - began < 15
    same = ("X-MLflow-Delivery-Id", "X-MLflow-Timestamp", "X-MLflow-Signature")
    assert len({tuple(one["headers"][header] for header in same) for one in tries}) == 1
    assert len({one["body"] for one in tries}) == 1


def test_a_receiver_that_asks_for_patience_gets_it(client, webhook, receiver, name, path):
    receiver.answers[path] = [(429, {"Retry-After": "2"}, b""), (200, {}, b"")]
    webhook("registered_model.created")
    client.create_registered_model(name)

    first, second = receiver.wait_for(path, 2)
    assert second["at"] - first["at"] >= 1.9


def test_a_test_call_tells_what_the_receiver_answered(client, webhook, receiver, path):
    made = webhook("model_version.created", "registered_model.created", secret="s")
    result = client.test_webhook(made.webhook_id)
    assert (result.success, result.response_status, result.response_body) == (True, 200, "thanks")
    [request] = receiver.wait_for(path, 1)
    assert (payload(request)["entity"], payload(request)["action"]) == ("model_version", "created")
    assert request["headers"]["X-MLflow-Signature"].startswith("v1,")

    client.test_webhook(made.webhook_id, "registered_model.created")
    assert payload(receiver.wait_for(path, 2)[-1])["entity"] == "registered_model"

    receiver.answers[path] = [(404, {}, b"nobody here")]
    missed = client.test_webhook(made.webhook_id)
    assert (missed.success, missed.response_status, missed.response_body) == (False, 404, "nobody here")
    assert missed.error_message is None


def test_a_prompt_raises_events_of_prompts_and_none_of_models(client, webhook, receiver, name, path):
    webhook("registered_model.created", "model_version.created", name=f"{name}-models")
    prompts = f"{path}-prompts"
    webhook(
        "prompt.created",
        "prompt_version.created",
        "prompt_alias.created",
        url=receiver.url(prompts),
        name=f"{name}-prompts",
    )
    mlflow.genai.register_prompt(name, "Hello {{who}}", tags={"task": "greet"}, commit_message="first")
    mlflow.genai.set_prompt_alias(name, "polite", 1)
    client.create_registered_model(f"{name}-model")

    told = {payload(one)["entity"]: payload(one)["data"] for one in receiver.wait_for(prompts, 3)}
    assert set(told) == {"prompt", "prompt_version", "prompt_alias"}
    assert told["prompt"]["name"] == name
    assert told["prompt"]["tags"] == {"task": "greet"}
    assert (told["prompt_version"]["version"], told["prompt_version"]["template"]) == ("1", "Hello {{who}}")
    assert (told["prompt_alias"]["alias"], told["prompt_alias"]["version"]) == ("polite", "1")
    assert [payload(one)["data"]["name"] for one in receiver.wait_for(path, 1)] == [f"{name}-model"]

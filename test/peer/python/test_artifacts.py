"""The artifact store behind the server, through the client's repository and as any HTTP client sees it."""

import os
from urllib.parse import quote

import mlflow.artifacts
import pytest
import requests
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository


@pytest.fixture
def repository(name):
    return get_artifact_repository(f"mlflow-artifacts:/peer/{name}")


@pytest.fixture
def folder(tmp_path):
    """A folder with what models are made of, names and sizes that trip others up included."""
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "mit Leerzeichen & Ümlaut, 100 %.txt").write_text("odd")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "model.bin").write_bytes(os.urandom(3_000_000))
    (tmp_path / "data" / "deep").mkdir()
    (tmp_path / "data" / "deep" / "x.json").write_text("{}")
    return tmp_path


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_comes_back_as_it_went(repository, folder, tmp_path_factory):
    repository.log_artifacts(str(folder))
    target = tmp_path_factory.mktemp("target")
    repository.download_artifacts("", dst_path=str(target))
    assert files_of(target) == files_of(folder)

    one = repository.download_artifacts("data/deep/x.json", dst_path=str(tmp_path_factory.mktemp("one")))
    assert open(one).read() == "{}"


def test_a_listing_names_files_with_sizes_and_folders_without(repository, folder):
    repository.log_artifacts(str(folder))

    def listing(path=None):
        return [(found.path, found.is_dir, found.file_size) for found in repository.list_artifacts(path)]

    assert listing() == sorted(
        [
            ("MLmodel", False, 12),
            ("data", True, None),
            ("empty.txt", False, 0),
            ("mit Leerzeichen & Ümlaut, 100 %.txt", False, 3),
        ]
    )
    assert listing("data") == [("data/deep", True, None), ("data/model.bin", False, 3_000_000)]
    assert listing("MLmodel") == []
    assert listing("nothing") == []


def test_what_is_deleted_is_gone_and_can_be_deleted_again(repository, folder):
    repository.log_artifacts(str(folder))
    repository.delete_artifacts("data")
    repository.delete_artifacts("data")
    assert "data" not in [found.path for found in repository.list_artifacts()]
    repository.delete_artifacts()
    assert repository.list_artifacts() == []


def test_an_artifact_uri_is_downloaded_by_the_plain_call(repository, folder, name):
    repository.log_artifact(str(folder / "MLmodel"), "sub")
    assert mlflow.artifacts.load_text(f"mlflow-artifacts:/peer/{name}/sub/MLmodel") == "flavors: {}\n"


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("MLmodel", "text/plain"),
        ("conda.yaml", "text/plain"),
        ("notes.txt", "text/plain"),
        ("input.json", "text/plain"),
        ("model.pkl", "application/octet-stream"),
        ("no-extension", "application/octet-stream"),
        ("page.html", "application/octet-stream"),
    ],
)
def test_a_download_is_an_attachment_of_its_kind(url, name, file, kind):
    address = f"{url}/api/2.0/mlflow-artifacts/artifacts/peer/{name}/{file}"
    stored = requests.put(address, data=b"bytes of " + file.encode())
    assert (stored.status_code, stored.json()) == (200, {})

    read = requests.get(address)
    assert read.content == b"bytes of " + file.encode()
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Content-Disposition"] == f"attachment; filename={file}"
    assert read.headers["Content-Type"].split(";")[0] == kind


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "%2e%2e/secret", "..%2Fsecret", "%252e%252e%252fsecret", "%2Fetc/passwd", "a%5C..%5Cb", "a%23b"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_path_that_climbs_out_is_refused_word_for_word(url, method, path):
    # A prepared URL, because the library would resolve the dots before they leave.
    request = requests.Request(method, f"{url}/x", data=b"x" if method == "PUT" else None).prepare()
    request.url = f"{url}/api/2.0/mlflow-artifacts/artifacts/{path}"
    reply = requests.Session().send(request)
    if path in ("../secret", "a/../../secret", "%2e%2e/secret") and reply.status_code == 404:
        return  # resolved on the way: it never named an artifact
    assert (reply.status_code, reply.json()) == (400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path"})


@pytest.mark.parametrize("path", ["..", "../x", "%2e%2e%2fx", "/etc"])
def test_a_listing_that_climbs_out_is_refused_word_for_word(url, path):
    reply = requests.get(f"{url}/api/2.0/mlflow-artifacts/artifacts?path={quote(path)}")
    assert (reply.status_code, reply.json()) == (400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path"})


def test_a_file_that_is_not_there_is_told_as_such_at_once(repository, tmp_path):
    with pytest.raises(Exception, match="(?i)404|not found|does not exist|no such"):
        repository.download_artifacts("nothing", dst_path=str(tmp_path))

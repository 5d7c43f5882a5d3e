"""A disk that is full, and a store whose file is removed, under a mock on a socket."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.stores import parse_store
from mockserver.stores.sqlite.connection import RESERVE_BYTES
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import BOUNDARY, Mock, form, multipart
from tests.pictures import picture

HEADERS = {"authorization": "Bearer x", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
LARGE = multipart(form(input_reference=picture() + bytes(900_000)))
SMALL = multipart(form())
ROOM = RESERVE_BYTES + 6 * 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("there is no mount command")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(tmp_path)], check=False)
    if made.returncode:
        pytest.skip("only root can mount a small file system")
    yield tmp_path
    subprocess.run([umount, "--lazy", str(tmp_path)], check=True)


def fill(client: httpx.Client) -> list[str]:
    """Create videos until the disk is full; their ids."""
    ids = []
    for body in (LARGE, SMALL):
        for _ in range(100):
            answer = client.post("/v1/videos", content=body)
            if answer.status_code != 200:
                assert answer.status_code == 503, answer.text
                break
            ids.append(answer.json()["id"])
        else:
            raise AssertionError("the disk never filled")
    return ids


def test_full_disk_still_allows_to_look_delete_and_reset(small_disk: Path) -> None:
    store = f"sqlite:{small_disk}/jobs"
    with served("--store", store, "--pace", "instant") as (_, told), httpx.Client(base_url=url(told)) as client:
        client.headers = httpx.Headers(HEADERS)
        ids = fill(client)
        while shutil.disk_usage(small_disk).free >= 4096:  # and nothing is left beside it
            with (small_disk / "others").open("ab") as others:
                others.write(bytes(4096))
        assert client.post("/v1/videos", content=SMALL).status_code == 503
        assert client.get("/_mock/health").status_code == 200
        (last, *_) = client.get("/_mock/requests", params={"limit": 1}).json()["data"]
        assert (last["path"], last["status"]) == ("/v1/videos", 503)
        for video in ids[:2]:
            assert client.delete(f"/v1/videos/{video}").status_code == 200
        assert client.post("/v1/videos", content=SMALL).status_code == 200
        assert client.post("/_mock/reset").status_code == 200
        assert client.get("/v1/videos").json()["data"] == []
        assert client.post("/v1/videos", content=LARGE).status_code == 200


def test_removed_file_of_the_store_is_told_and_taken_once_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    with served("--store", f"sqlite:{path}", "--pace", "instant") as (process, told):
        with httpx.Client(base_url=url(told), headers=HEADERS) as client:
            video = client.post("/v1/videos", content=SMALL).json()["id"]
            path.rename(tmp_path / "away")
            for body in (SMALL, LARGE):
                assert client.post("/v1/videos", content=body).status_code == 503
            assert client.get(f"/v1/videos/{video}").status_code == 503
            assert not path.exists()
            (tmp_path / "away").rename(path)
            assert client.get(f"/v1/videos/{video}").json()["status"] == "completed"
        process.terminate()
        assert process.stderr is not None
        assert "was removed while it was in use; put it back" in process.stderr.read()


def test_reserve_does_not_stand_in_the_way_of_a_store_that_starts_on_a_full_disk(small_disk: Path) -> None:
    with (small_disk / "others").open("wb") as others:
        others.write(bytes(ROOM - 600_000))
    mock = Mock(store=parse_store(f"sqlite:{small_disk}/jobs"))
    assert mock.post().status_code == 200

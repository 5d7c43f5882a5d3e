"""Temporary storage returns what was stored, within its bound; where it cannot store, nobody else is harmed."""

import os
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.stores import parse_store
from mockserver.validation.multipart import MOST_IN_MEMORY
from mockserver.validation.storage import (
    BLOCK,
    IDLE_BLOCKS,
    StoredChunks,
    TemporaryStorage,
    TemporaryStorageError,
    size_of,
)
from tests.mock.vocabulary import Mock, form
from tests.pictures import picture

BYTES = Random(1).randbytes(3 * BLOCK)  # noqa: S311 - to be repeated
LARGE = picture() + b"\0" * MOST_IN_MEMORY


def stored(storage: TemporaryStorage, *sizes: int) -> StoredChunks:
    """Pieces of these sizes, one after the other."""
    place = storage.new()
    assert place is not None
    start = 0
    for size in sizes:
        place.append(BYTES[start : start + size])
        start += size
    place.finish()
    return place


SIZES = st.lists(st.integers(0, BLOCK + 1), max_size=3)


@given(SIZES, st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK))
def test_pieces_are_given_back_wherever_one_looks(sizes: list[int], offset: int, count: int) -> None:
    place = stored(TemporaryStorage(), *sizes)
    whole = BYTES[: sum(sizes)]
    assert (b"".join(place), place.size, size_of(place)) == (whole, len(whole), len(whole))
    offset = min(offset, len(whole))
    assert place.read(offset, count) == whole[offset : offset + count]


def test_chunks_are_had_by_number() -> None:
    place = stored(TemporaryStorage(), BLOCK, 10)
    assert (len(place), len(place[0]), place[1], place[0:1]) == (2, BLOCK, BYTES[BLOCK : BLOCK + 10], [place[0]])
    with pytest.raises(IndexError):
        place[2]


def test_block_of_an_upload_that_is_gone_is_used_again() -> None:
    storage = TemporaryStorage()
    first = stored(storage, 10)
    del first
    second, third = stored(storage, 20), stored(storage, 30)
    assert (second.read(0, 99), third.read(0, 99)) == (BYTES[:20], BYTES[:30])


def test_file_is_emptied_when_all_is_gone_and_it_was_large() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(os.memfd_create("storage"))
        return made[0]

    storage = TemporaryStorage(make=make)
    places = [stored(storage, BLOCK) for _ in range(IDLE_BLOCKS + 1)]
    assert os.fstat(made[0]).st_size == (IDLE_BLOCKS + 1) * BLOCK
    places.clear()
    assert os.fstat(made[0]).st_size == 0
    assert stored(storage, 5).read(0, 9) == BYTES[:5]
    storage.close()
    storage.close()


def test_block_that_is_not_written_whole_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwritev", lambda *_: 1)
    with pytest.raises(TemporaryStorageError, match="the disk is full"):
        stored(TemporaryStorage(), 10)


def test_large_upload_is_judged_and_kept_through_temporary_storage(mock: Mock) -> None:
    video = mock.create(input_reference=LARGE)
    [job] = mock.control.service.jobs.latest(1)
    assert (job.id, mock.control.service.jobs.reference(job)) == (video["id"], LARGE)


def test_full_disk_is_told_in_the_envelope_and_small_uploads_go_on(
    mock: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    mock.control.service.storage = TemporaryStorage(make=lambda: os.open("/dev/full", os.O_RDWR))
    message = "The server cannot keep or find videos at the moment. Its log says why."
    answer = mock.post(form(input_reference=LARGE))
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, message)
    assert "a large upload cannot be stored: No space left on device" in caplog.text
    mock.create()


def test_where_no_file_can_be_made_memory_has_to_do(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    def nowhere() -> int:
        raise OSError("read-only")

    mock.control.service.storage = TemporaryStorage(make=nowhere)
    mock.create(input_reference=LARGE)
    mock.create(input_reference=LARGE)
    assert caplog.text.count("large uploads stay in memory") == 1


def test_storage_that_is_full_refuses_one_more_upload_until_another_is_gone() -> None:
    storage = TemporaryStorage(2 * BLOCK)
    first, second = stored(storage, BLOCK), stored(storage, BLOCK)
    with pytest.raises(TemporaryStorageError, match=f"{2 * BLOCK} bytes of --temporary-bytes"):
        stored(storage, 1)
    del first
    assert stored(storage, 3)[0] == BYTES[:3]
    assert second[0] == BYTES[:BLOCK]


def test_upload_that_finds_temporary_storage_full_is_answered_503() -> None:
    mock = Mock(temporary_bytes=BLOCK, store=parse_store("memory"))
    large = form(input_reference=picture() + bytes(3 * BLOCK))
    assert [mock.post(large).status_code, mock.post().status_code] == [503, 200]


def test_bytes_that_a_store_in_memory_keeps_are_those_that_are_taken_up() -> None:
    mock = Mock(store=parse_store("memory"))
    for _ in range(3):
        mock.create(input_reference=picture() + bytes(2 * BLOCK + 1))
    assert mock.control.service.jobs.held() == mock.control.service.storage.used * BLOCK > 0


def test_temporary_storage_that_the_store_fills_is_within_its_bytes() -> None:
    mock = Mock(store=parse_store("memory"), keep_bytes=8 * BLOCK, pace="instant")
    for _ in range(6):
        mock.create(input_reference=picture() + bytes(2 * BLOCK + 1))
    assert 0 < mock.control.service.storage.used <= 8

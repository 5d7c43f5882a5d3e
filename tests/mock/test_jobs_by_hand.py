"""Videos that are finished, failed, stalled or expired by hand."""

import pytest

from mockserver import Settings
from mockserver.control.control import VideoError
from mockserver.jobs.pace import OverridablePace, parse_pace
from mockserver.testing import VideosMock
from tests.mock.test_page import created
from tests.mock.vocabulary import Mock, envelope


def test_video_is_finished_failed_stalled_expired_and_deleted() -> None:
    with_hand = VideosMock(Settings(pace=parse_pace("real")))
    ids = [created(with_hand) for _ in range(4)]
    assert with_hand.finish(ids[0])["status"] == "completed"
    failed = with_hand.fail(ids[1], "server_error")
    assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")
    assert with_hand.stall(ids[2])["id"] == ids[2]
    with_hand.advance(1_000_000)
    states = {job["id"]: (job["status"], job["stalled"]) for job in with_hand.jobs}
    assert states == {
        ids[0]: ("completed", False),
        ids[1]: ("failed", False),
        ids[2]: ("in_progress", True),
        ids[3]: ("completed", False),
    }
    assert with_hand.expire(ids[3])["expired"]
    with_hand.delete(ids[3])
    assert ids[3] not in {job["id"] for job in with_hand.jobs}
    with_hand.close()


@pytest.mark.parametrize("act", ["finish", "fail", "stall", "expire", "delete"])
def test_unknown_video_is_told_of(mock: Mock, act: str) -> None:
    with pytest.raises(VideoError, match=r"Video with id 'video_1' not found\."):
        getattr(mock.control, act)("video_1")


def test_video_that_another_deletes_meanwhile_is_not_found(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    video = mock.create()["id"]
    monkeypatch.setattr(type(mock.control.service.jobs), "remove", lambda _, __: False)
    with pytest.raises(VideoError, match="not found"):
        mock.control.delete(video)


def test_video_that_is_finished_by_hand_reaches_its_end_then(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    [job] = mock.control.service.jobs.latest(1)
    assert OverridablePace(parse_pace("real")).reaches(job) == mock.clock.now


def test_finished_video_is_not_finished_again(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    for act in (mock.control.finish, mock.control.fail, mock.control.stall):
        with pytest.raises(VideoError, match="is completed"):
            act(video)


def test_unknown_code_of_a_failure_lists_what_there_is(mock: Mock) -> None:
    with pytest.raises(VideoError, match="'moderation_blocked' and 'server_error'"):
        mock.control.fail(mock.create()["id"], "nope")
    with pytest.raises(VideoError, match=r"'server_eror' \(did you mean 'server_error'\?\)\. Supported"):
        mock.control.fail(mock.create()["id"], "server_eror")


def test_code_of_a_failure_may_have_hyphens_as_in_scenarios(mock: Mock) -> None:
    assert mock.control.fail(mock.create()["id"], "server-error")["error"]["code"] == "server_error"


def test_running_video_does_not_expire(mock: Mock) -> None:
    with pytest.raises(VideoError, match="is queued"):
        mock.control.expire(mock.create()["id"])


def test_content_of_an_expired_video_is_gone(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    mock.control.expire(video)
    answer = mock.send("GET", f"/v1/videos/{video}/content")
    assert (answer.status_code, envelope(answer)["code"]) == (410, "video_expired")
    assert mock.get(video).json()["status"] == "completed"


def test_content_needs_no_token_of_the_video(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    answer = mock.tell("GET", f"jobs/{video}/content?variant=thumbnail", {"range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"RIFF")


# The cookie of the page.

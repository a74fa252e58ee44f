"""What failing calls raise."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from typing import Any

import pocketbase
import pytest
from pocketbase import ClientResponseError

from pocketbase_sdk.conftest import Opening
from pocketbase_sdk.recorder import EMPTY_LIST, Answer, Recorder


def test_fields() -> None:
    error = ClientResponseError()
    assert (error.url, error.status, error.response, error.is_abort, error.original_error) == ("", 0, {}, False, None)
    assert str(error) == "ClientResponseError 0: Unknown error"
    error = ClientResponseError(
        url="http://x", status=400, response={"message": "No."}, is_abort=True, original_error=ValueError("v")
    )
    assert error.data is error.response
    assert error.to_dict() == {"url": "http://x", "status": 400, "response": {"message": "No."}, "is_abort": True}
    assert str(error) == "ClientResponseError 400: No."
    assert "status=400" in repr(error)
    assert "http://x" in repr(error)
    assert isinstance(error, Exception)


def test_travels() -> None:
    class Unpicklable(Exception):
        def __reduce__(self) -> Any:
            raise TypeError("not me")

    for original in (None, ValueError("v"), Unpicklable("u")):
        error = pocketbase.NotFoundError("http://x", 404, {"a": 1}, original_error=original, retry_after=2.0)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is pocketbase.NotFoundError
        assert (again.url, again.status, again.response, again.retry_after) == ("http://x", 404, {"a": 1}, 2.0)
        assert str(again.original_error) == str(original)


CLASSES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "NotFoundError",
    409: "ConflictError",
    418: "ClientResponseError",
    429: "TooManyRequestsError",
    500: "ServerError",
    503: "ServerError",
}


@pytest.mark.parametrize("status", CLASSES)
def test_status(opening: Opening, recorder: Recorder, status: int) -> None:
    recorder.answering = lambda asked: Answer({"message": "No.", "data": {}}, status)
    client = opening(recorder.url)
    with pytest.raises(ClientResponseError) as caught:
        client.collection("a").create({})
    error = caught.value
    assert type(error).__name__ == CLASSES[status]
    assert (error.status, error.response["message"], error.is_abort) == (status, "No.", False)
    assert error.url.startswith(f"{recorder.url}/api/collections/a/records")
    assert error.original_error is not None
    assert error.__cause__ is error.original_error


def test_bodies(client: Any, recorder: Recorder) -> None:
    for body, message in ((b"<html>gone", "<html>gone"), (b"", "Request failed"), ({"error": 1}, "Unknown error")):
        recorder.answering = lambda asked, body=body: Answer(body, 502)  # type: ignore[misc]
        with pytest.raises(ClientResponseError) as caught:
            client.collection("a").create({})
        assert caught.value.status == 502
        assert caught.value.message == message


def test_hints(client: Any, recorder: Recorder) -> None:
    field = {"title": {"code": "validation_required", "message": "Cannot be blank."}}
    recorder.answering = lambda asked: Answer({"message": "No.", "data": field}, 400)
    with pytest.raises(ClientResponseError) as caught:
        client.collection("a").create({})
    assert caught.value.field_errors == {"title": "Cannot be blank."}
    assert caught.value.hint == "title: Cannot be blank."
    recorder.answering = lambda asked: Answer({"message": "Slow down."}, 429, (("Retry-After", "7"),))
    with pytest.raises(pocketbase.TooManyRequestsError) as slow:
        client.collection("a").create({})
    assert slow.value.retry_after == 7
    assert "7 s" in slow.value.hint


def test_no_json(client: Any, recorder: Recorder) -> None:
    """An answer that is no JSON is nothing to `send`, and an error where data is needed."""
    recorder.answering = lambda asked: Answer(b"<html>hello")
    assert client.send("/api/hello") == {}
    with pytest.raises(ClientResponseError, match="no JSON") as caught:
        client.collection("a").get_one("1")
    assert caught.value.status == 200


def test_answers(client: Any, recorder: Recorder) -> None:
    for answer, expected in (
        (Answer(status=204), {}),
        (Answer(b""), {}),
        (Answer([1, {"a": None}]), [1, {"a": None}]),
        (Answer("text"), "text"),
        (Answer(b"null"), None),
    ):
        recorder.answering = lambda asked, answer=answer: answer  # type: ignore[misc]
        assert client.send("/api/x") == expected


def test_unreachable(opening: Opening) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(pocketbase.UnreachableError) as caught:
            opening(url).health.check()
    error = caught.value
    assert (error.status, error.is_abort) == (0, False)
    assert error.response["message"]
    assert error.original_error is not None
    assert url in error.hint


def test_timeout(opening: Opening, recorder: Recorder) -> None:
    import threading

    gate = threading.Event()

    def late(asked: Any) -> Answer:
        gate.wait(20)
        return Answer({})

    recorder.answering = late
    try:
        with pytest.raises(pocketbase.UnreachableError) as caught:
            opening(recorder.url).health.check({"timeout": 0.2})
        assert caught.value.status == 0
        assert not caught.value.is_abort
        with pytest.raises(pocketbase.UnreachableError):
            opening(recorder.url, timeout=0.2).health.check()
    finally:
        gate.set()


def test_local_404(client: Any, recorder: Recorder) -> None:
    """An empty id would turn one thing into the list of all."""
    calls: list[Callable[[], Any]] = [
        lambda: client.collection("a").get_one(""),
        lambda: client.collection("a").update("", {}),
        lambda: client.collection("a").delete(""),
        lambda: client.collection("a").get_one(".."),
        lambda: client.logs.get_one(""),
        lambda: client.collections.get_one(""),
        lambda: client.collections.truncate(""),
        lambda: client.crons.run(""),
        lambda: client.backups.delete(""),
        lambda: client.collection(""),
        lambda: client.collection("a").impersonate("", 1),
    ]
    for call in calls:
        with pytest.raises(pocketbase.NotFoundError) as caught:
            call()
        assert caught.value.status == 404
    assert recorder.asked == []


def test_first_item_missing(client: Any, recorder: Recorder) -> None:
    recorder.answering = lambda asked: Answer(EMPTY_LIST)
    with pytest.raises(pocketbase.NotFoundError) as caught:
        client.collection("a").get_first_list_item("n = 1")
    assert caught.value.response["code"] == 404
    assert caught.value.response["message"] == "The requested resource wasn't found."


WRONG: list[Any] = [
    lambda pb: pb.collection("a").get_list(1, 20, "filter"),
    lambda pb: pb.collection("a").get_list(1, 20, ["filter"]),
    lambda pb: pb.collection("a").get_one(None),
    lambda pb: pb.collection("a").get_one(True),
    lambda pb: pb.collection("a").get_one("1", "expand"),
    lambda pb: pb.collection("a").get_first_list_item(None),
    lambda pb: pb.collection("a").get_first_list_item(5),
    lambda pb: pb.collection("a").create({...}),
    lambda pb: pb.collection("a").create(5),
    lambda pb: pb.collection("a").get_one("1", {"headers": "x"}),
    lambda pb: pb.collection("a").get_one("1", {"timeout": "5"}),
    lambda pb: pb.collection("a").get_one("1", {"query": "a=b"}),
    lambda pb: pb.collection("a").get_one("1", {"request_key": 5}),
    lambda pb: pb.collection("a").auth_with_password("a"),
    lambda pb: pb.collection("a").auth_with_password("a", None),
    lambda pb: pb.collection(None),
    lambda pb: pb.send(5),
    lambda pb: pb.settings.test_email("a"),
    lambda pb: pb.settings.test_email("a", "b", "c", "d"),
    lambda pb: pb.backups.upload(None),
    lambda pb: pb.create_batch().collection("a").create(5),
]


@pytest.mark.parametrize("call", WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_wrong_types(client: Any, recorder: Recorder, call: Any) -> None:
    with pytest.raises(TypeError):
        call(client)
    assert recorder.asked == []


def test_wrong_batch_size(client: Any, recorder: Recorder) -> None:
    for size in (0, -1, "5", True):
        with pytest.raises(ValueError, match="batch size"):
            client.collection("a").get_full_list(batch=size)
    assert recorder.asked == []


def test_no_form_in_json(client: Any, recorder: Recorder) -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises((ClientResponseError, ValueError)):
            client.collection("a").create({"n": value})
    with pytest.raises((ClientResponseError, TypeError)):
        client.collection("a").create({"n": object()})
    assert recorder.asked == []

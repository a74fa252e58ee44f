"""What a type checker has to know about the package. Nothing here runs: mypy reads it."""

from __future__ import annotations

from typing import Any, assert_type

from pocketbase import AsyncPocketBase, ClientResponseError, NotFoundError, PocketBase
from pocketbase.models import CollectionModel, ListResult, RecordAuthResponse, RecordModel
from pocketbase.services.async_record_service import AsyncRecordService
from pocketbase.services.record_service import RecordService
from pocketbase.stores import BaseAuthStore
from pocketbase.utils.options import RecordListOptions


class Store(BaseAuthStore):
    def save(self, token: str, record: dict[str, Any] | None = None) -> None:
        """The signature of the document."""
        super().save(token, record)


class Mine(PocketBase):
    """A client of one's own keeps its type."""


def blocking() -> None:
    with Mine("http://127.0.0.1:8090", auth_store=Store()) as pb:
        assert_type(pb, Mine)
        assert_type(pb.auto_cancellation(False), Mine)
        service = pb.collection("tasks")
        assert_type(service, RecordService)
        assert_type(service.get_one("1"), RecordModel)
        assert_type(service.get_list(1, 20, {"filter": "n > 1"}), ListResult[RecordModel])
        assert_type(list(service.get_list()), list[RecordModel])
        options: RecordListOptions = {"sort": "-created", "expand": "owner"}
        assert_type(service.get_full_list(options), list[RecordModel])
        assert_type(service.create({"title": "t"}).id, str)
        assert_type(service.auth_with_password("a", "b"), RecordAuthResponse)
        assert_type(service.auth_with_password("a", "b").record, RecordModel)
        assert_type(service.delete("1"), bool)
        assert_type(pb.collections.get_one("tasks"), CollectionModel)
        assert_type(pb.collections.get_one("tasks").list_rule, str | None)
        assert_type(pb.auth_store.record, RecordModel | None)
        try:
            service.get_one("2")
        except NotFoundError as error:
            assert_type(error.status, int)
        except ClientResponseError as error:
            assert_type(error.data, dict[str, Any])
        service.subscribe("*", lambda event: print(event.action))()
        with pb.files.download(service.get_one("1"), "a.png") as answer:
            assert_type(answer.read(10), bytes)
            assert_type(list(answer), list[bytes])


async def with_tasks() -> None:
    async with AsyncPocketBase("http://127.0.0.1:8090") as pb:
        service = pb.collection("tasks")
        assert_type(service, AsyncRecordService)
        assert_type(await service.get_one("1"), RecordModel)
        assert_type(await service.get_list(), ListResult[RecordModel])
        assert_type((await service.auth_refresh()).token, str)
        stop = await service.subscribe("*", print)
        await stop()
        async with await pb.files.download(await service.get_one("1"), "a.png") as answer:
            assert_type(await answer.read(), bytes)
            assert_type([piece async for piece in answer], list[bytes])
        batch = pb.create_batch()
        batch.collection("tasks").create({"title": "t"})
        assert_type(await batch.send(), list[dict[str, Any]])

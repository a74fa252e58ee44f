# Made by scripts/unasync.py out of async_batch_service.py: change that file.
"""Batches: several writes in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pocketbase._bodies import BatchBody, as_mapping
from pocketbase._request import Request, merged
from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options
from pocketbase.utils.text import encode_query, segment

if TYPE_CHECKING:
    from pocketbase.client import PocketBase


class BatchService(BaseService):
    """Collects writes and sends them at once: all of them happen, or none. The server's settings must allow it."""

    def __init__(self, client: PocketBase) -> None:
        super().__init__(client)
        self._requests: list[Request] = []
        self._collections: dict[str, SubBatchService] = {}

    def collection(self, id_or_name: str) -> SubBatchService:
        """The writes to one collection. The same object every time."""
        found = self._collections.get(id_or_name)
        if found is None:
            found = self._collections[id_or_name] = SubBatchService(self, id_or_name)
        return found

    def add(self, request: Request) -> None:
        """Puts a write at the end of the batch."""
        self._requests.append(request)

    def send(self, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Sends the batch. Returns `status` and `body` of every write in the order in which they were added."""
        requests = []
        for request in self._requests:
            pairs = request.pairs()
            written: dict[str, Any] = {
                "method": request.method,
                "url": request.path + (f"?{encode_query(pairs)}" if pairs else ""),
            }
            if request.headers:
                written["headers"] = request.headers
            if request.body is not None:
                written["body"] = request.body
            requests.append(written)
        data: list[dict[str, Any]] = self.client.request(
            "POST", "/api/batch", None, BatchBody(requests=requests), options, kwargs
        )
        return data


class SubBatchService:
    """Writes to one collection within a batch. Nothing is sent before the batch is."""

    def __init__(self, batch: BatchService, id_or_name: str) -> None:
        self._batch = batch
        self._path = f"/api/collections/{segment(id_or_name, 'collection id or name')}/records"

    def create(self, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any) -> None:
        """Makes a record; files as in the `create` of a collection."""
        self._add("POST", self._path, _first(body_params, body), options, kwargs)

    def upsert(self, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any) -> None:
        """Changes the record whose `id` the body names, or makes it if there is none."""
        self._add("PUT", self._path, _first(body_params, body), options, kwargs)

    def update(
        self, record_id: str, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any
    ) -> None:
        """Changes a record."""
        self._add("PATCH", self._item(record_id), _first(body_params, body), options, kwargs)

    def delete(self, record_id: str, options: Options = None, **kwargs: Any) -> None:
        """Deletes a record."""
        self._add("DELETE", self._item(record_id), None, options, kwargs)

    def _item(self, record_id: str) -> str:
        return f"{self._path}/{segment(record_id, 'record id')}"

    def _add(self, method: str, path: str, body: Any, options: Options, extra: dict[str, Any]) -> None:
        request = Request(method, path, None, dict(as_mapping(body).items()) if method != "DELETE" else None)
        request.apply(merged(options, extra))
        self._batch.add(request)


def _first(body_params: Any, body: Any) -> Any:
    return body if body_params is None else body_params

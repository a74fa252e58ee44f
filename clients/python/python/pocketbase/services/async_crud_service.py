"""Lists of things that can be made, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pocketbase._request import merged
from pocketbase.client_response_error import not_found
from pocketbase.models.list_result import ListResult, to_list
from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.utils.text import segment

if TYPE_CHECKING:
    from pocketbase.async_client import AsyncPocketBase

T = TypeVar("T")
Options = Mapping[str, Any] | None
_BATCH = 200


class AsyncCrudService(AsyncBaseService, Generic[T]):
    """A list of things of one kind. Options may be given as a dict, as keyword arguments, or both."""

    # What stands for one thing in errors.
    _id_name = "record id"

    def __init__(self, client: AsyncPocketBase, base_path: str) -> None:
        super().__init__(client)
        self._base_path = base_path

    @property
    def base_path(self) -> str:
        """Path of the list, percent-encoded."""
        return self._base_path

    def decode(self, data: dict[str, Any]) -> T:
        """One thing out of the server's answer."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it lists")

    def decode_all(self, items: list[dict[str, Any]]) -> list[T]:
        """The things of a page of the server's answer."""
        return [self.decode(item) for item in items]

    def _item_path(self, id: str) -> str:
        return f"{self._base_path}/{segment(id, self._id_name)}"

    async def get_list(
        self, page: int = 1, per_page: int = 30, options: Options = None, **kwargs: Any
    ) -> ListResult[T]:
        """One page of the list, counted from 1; at most 1000 a page.

        Common options: `filter`, `sort`, `expand`, `fields`, `skipTotal`.
        """
        data = await self.client.request(
            "GET", self._base_path, {"page": page, "perPage": per_page}, None, options, kwargs
        )
        return to_list(data, self.decode_all(data["items"]))

    async def get_full_list(
        self,
        options: Mapping[str, Any] | int | None = None,
        more: Options = None,
        *,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> list[T]:
        """The whole list, fetched in several requests of `batch` (or `batch_size`) things, 200 by default.

        A whole number as first argument is the size of a batch; options follow it.
        """
        leading = None
        if isinstance(options, int):
            leading, options = options, more
        given = merged(options, kwargs)
        sizes = (batch_size, leading, given.pop("batch", None))
        batch = next((size for size in sizes if size is not None), _BATCH)
        if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
            raise ValueError(f"the batch size must be a whole number of at least 1, not {batch!r}")
        # The pages are asked for here, and a count of all would be thrown away.
        for name in ("page", "perPage", "skipTotal"):
            given.pop(name, None)
        found: list[T] = []
        page = 1
        while True:
            query = {"page": page, "perPage": batch, "skipTotal": "1"}
            data = await self.client.request("GET", self._base_path, query, None, given)
            found += self.decode_all(data["items"])
            # The server may give fewer a page than it was asked for.
            if len(data["items"]) < data["perPage"]:
                return found
            page += 1

    async def get_first_list_item(
        self, filter: str | None = None, options: Options = None, *, filter_expr: str | None = None, **kwargs: Any
    ) -> T:
        """The first thing that matches a filter. Raises the error of a missing thing (404) if there is none.

        Put values into the filter with `client.filter`.
        """
        text = filter_expr if filter is None else filter
        if not isinstance(text, str):
            raise TypeError(f"the filter must be a str, not {type(text).__name__}")
        given = {"request_key": f"first {self._base_path} {text}", **merged(options, kwargs)}
        query = {"page": 1, "perPage": 1, "filter": text, "skipTotal": "1"}
        data = await self.client.request("GET", self._base_path, query, None, given)
        if not data["items"]:
            raise not_found(self.client.build_url(self._base_path))
        return self.decode(data["items"][0])

    async def get_one(self, record_id: str, options: Options = None, **kwargs: Any) -> T:
        """One thing by its id."""
        data = await self.client.request("GET", self._item_path(record_id), None, None, options, kwargs)
        return self.decode(data)

    async def create(self, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any) -> T:
        """Makes one; returns it as the server keeps it.

        A value of the body may be a file: a `pathlib.Path`, an open binary file, bytes, or a tuple
        `(filename, content)` or `(filename, content, content_type)`; or a list of these.
        """
        data = await self.client.request("POST", self._base_path, None, _body(body_params, body), options, kwargs)
        return self.decode(data)

    async def update(
        self, record_id: str, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any
    ) -> T:
        """Changes what the body names; returns the whole as the server keeps it. Files as in `create`."""
        data = await self.client.request(
            "PATCH", self._item_path(record_id), None, _body(body_params, body), options, kwargs
        )
        return self.decode(data)

    async def delete(self, record_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes one. Returns True."""
        await self.client.request("DELETE", self._item_path(record_id), None, None, options, kwargs)
        return True


def _body(body_params: Any, body: Any) -> Any:
    chosen = body if body_params is None else body_params
    return {} if chosen is None else chosen

"""Collections: what there is and what may be done with it. For superusers only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pocketbase.models.collection import CollectionModel
from pocketbase.services.async_crud_service import AsyncCrudService, Options

if TYPE_CHECKING:
    from pocketbase.async_client import AsyncPocketBase

_PATH = "/api/collections"


class AsyncCollectionService(AsyncCrudService[CollectionModel]):
    """The collections of the server."""

    _id_name = "collection id or name"

    def __init__(self, client: AsyncPocketBase) -> None:
        super().__init__(client, _PATH)

    def decode(self, data: dict[str, Any]) -> CollectionModel:
        """A collection out of the server's answer."""
        return CollectionModel(data)

    async def get_one(  # type: ignore[override]
        self, id_or_name: str, options: Options = None, **kwargs: Any
    ) -> CollectionModel:
        """One collection by its id or name."""
        return await super().get_one(id_or_name, options, **kwargs)

    async def update(  # type: ignore[override]
        self, id_or_name: str, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any
    ) -> CollectionModel:
        """Changes what the body names; returns the whole collection."""
        return await super().update(id_or_name, body_params, options, body=body, **kwargs)

    async def delete(  # type: ignore[override]
        self, id_or_name: str, options: Options = None, **kwargs: Any
    ) -> bool:
        """Deletes a collection with all of its records. Returns True."""
        return await super().delete(id_or_name, options, **kwargs)

    async def truncate(self, id_or_name: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes all records of a collection. Returns True."""
        await self.client.request("DELETE", f"{self._item_path(id_or_name)}/truncate", None, None, options, kwargs)
        return True

    async def import_collections(
        self,
        collections: Iterable[Mapping[str, Any]],
        delete_missing: bool = False,
        options: Options = None,
        **kwargs: Any,
    ) -> bool:
        """Makes and changes collections; with `delete_missing` deletes all others. Returns True."""
        body = {
            "collections": [dict(collection.items()) for collection in collections],
            "deleteMissing": bool(delete_missing),
        }
        await self.client.request("PUT", f"{_PATH}/import", None, body, options, kwargs)
        return True

    async def get_scaffolds(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """An empty collection of every type, by type."""
        data: dict[str, Any] = await self.client.request("GET", f"{_PATH}/meta/scaffolds", None, None, options, kwargs)
        return data

    async def get_all_oauth2_providers(self, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """The OAuth2 providers that the server knows: `name`, `displayName`, `logo`."""
        data: list[dict[str, Any]] = await self.client.request(
            "GET", f"{_PATH}/meta/oauth2-providers", None, None, options, kwargs
        )
        return data

    async def dry_run_view_query(self, query: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Tries the query of a view: `{"fields": […], "sample": [up to 10 records]}`."""
        data: dict[str, Any] = await self.client.request(
            "POST", f"{_PATH}/meta/dry-run-view", None, {"query": query}, options, kwargs
        )
        return data

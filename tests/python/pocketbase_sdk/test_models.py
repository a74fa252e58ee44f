"""What the server's answers become."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from pocketbase.models import (
    AuthMethodsList,
    CollectionModel,
    FieldSchema,
    ListResult,
    OAuthMeta,
    RecordAuthResponse,
    RecordModel,
)
from pocketbase.models.record import to_record

DATA = {
    "id": "r1",
    "collectionId": "c1",
    "collectionName": "tasks",
    "name": "x",
    "completed": True,
    "items": [1],
    "expand": {"owner": {"id": "o1"}},
}


@dataclass
class Task:
    id: str
    name: str
    completed: bool = False


@pytest.mark.parametrize("make", [to_record, RecordModel, lambda d: RecordModel(**d), RecordModel.model_validate])
def test_record(make: Any) -> None:
    record = make(DATA)
    assert isinstance(record, dict)
    assert isinstance(record, RecordModel)
    assert (record.id, record["id"], record.get("id")) == ("r1", "r1", "r1")
    assert record.collection_id == record.collectionId == record["collectionId"] == "c1"
    assert record.collection_name == record.collectionName == record.get("collectionName") == "tasks"
    assert (record.created, record.updated) == ("", "")
    assert record["items"] == [1]
    assert type(record.expand) is dict
    assert type(record.expand["owner"]) is dict
    assert "collectionId" in record
    assert record == DATA
    assert dict(record.items()) == DATA
    assert json.loads(json.dumps(record)) == DATA
    assert json.loads(json.dumps(record, indent=1)) == DATA
    with pytest.raises(AttributeError, match="nope"):
        _ = record.nope
    with pytest.raises(KeyError):
        _ = record["nope"]


def test_record_unpacked() -> None:
    data = {key: DATA[key] for key in ("id", "collectionId", "collectionName", "name", "completed")}
    record = to_record(data)
    assert Task(**record) == Task("r1", "x", True)
    assert list(record) == list(record.keys()) == ["id", "name", "completed"]
    assert dict(record) == {"id": "r1", "name": "x", "completed": True}


def test_record_copies() -> None:
    record = to_record(DATA)
    copies: list[Any] = [
        record.copy(), copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record)),
        RecordModel(record), RecordModel.model_validate(record), record | {},
    ]  # fmt: skip
    for other in copies:
        assert type(other) is RecordModel
        assert other == record
        assert other is not record
    assert copies[2].expand is not record.expand


def test_record_names() -> None:
    record = RecordModel(id="1", collection_id="c", collection_name="n", title="t")
    assert (record["collectionId"], record["collectionName"]) == ("c", "n")
    assert record.model_dump() == {
        "id": "1",
        "collection_id": "c",
        "collection_name": "n",
        "created": "",
        "updated": "",
        "title": "t",
    }
    assert json.loads(record.model_dump_json()) == record.model_dump()
    assert RecordModel().id == ""
    # A field of that name is the record's own.
    assert to_record({"collectionId": "c", "collection_id": "own"}).collection_id == "own"
    with pytest.raises(TypeError):
        RecordModel.model_validate([1])  # type: ignore[arg-type]


def test_record_changes() -> None:
    record = to_record(dict(DATA))
    record.name = "y"
    record.collection_name = "z"
    record.fresh = 1
    assert (record["name"], record["collectionName"], record["fresh"]) == ("y", "z", 1)
    del record.fresh
    assert "fresh" not in record
    with pytest.raises(AttributeError):
        del record.fresh


def test_list_result() -> None:
    answer = {"page": 2, "perPage": 3, "totalItems": 7, "totalPages": 3, "items": [DATA]}
    result = ListResult[RecordModel].model_validate(answer)
    assert (result.page, result.per_page, result.total_items, result.total_pages) == (2, 3, 7, 3)
    assert type(result.items[0]) is RecordModel
    assert [item.id for item in result] == ["r1"]
    assert (result["totalItems"], result["items"]) == (7, result.items)
    assert not isinstance(result, dict)
    assert ListResult(page=1, per_page=2, total_items=0, total_pages=0, items=[])
    dumped = result.model_dump()
    assert (dumped["per_page"], dumped["items"][0]["collection_id"]) == (3, "c1")
    assert json.loads(result.model_dump_json())["total_items"] == 7
    assert type(ListResult[CollectionModel].model_validate(answer).items[0]) is CollectionModel
    assert ListResult.model_validate(answer) == result
    assert "total_items=7" in repr(result)
    with pytest.raises(KeyError):
        _ = result["nope"]


def test_collection() -> None:
    collection = CollectionModel({"id": "c", "name": "n", "listRule": None, "viewRule": "", "fields": [{"name": "f"}]})
    assert (collection.list_rule, collection.view_rule, collection.listRule) == (None, "", None)
    assert (collection.type, collection.system, collection.indexes, collection.create_rule) == ("base", False, [], None)
    assert type(collection.fields[0]) is dict
    assert collection.model_dump()["list_rule"] is None
    assert CollectionModel(name="x", list_rule="a")["listRule"] == "a"
    assert CollectionModel({"schema": [{"name": "f"}], "more": 1}).schema_fields == [{"name": "f"}]
    # What was not there is not sent back.
    assert "fields" not in CollectionModel(name="x")
    field = FieldSchema(name="f", type="text", extra=1)
    assert (field.required, field.options, field.extra) == (False, {}, 1)


def test_auth_models() -> None:
    methods = AuthMethodsList(
        {
            "password": {"enabled": True, "identityFields": ["email"]},
            "oauth2": {"enabled": True, "providers": [{"name": "g", "authURL": "http://x", "codeVerifier": "v"}]},
        }
    )
    assert methods.password is not None
    assert methods.password.identity_fields == ["email"]
    assert methods.otp is None
    assert methods.oauth2 is not None
    provider = methods.oauth2.providers[0]
    assert (provider.auth_url, provider.code_verifier, provider.display_name) == ("http://x", "v", "")
    result = RecordAuthResponse(token="t", record={"id": "1", "email": "e"}, meta={"isNew": True, "rawUser": {}})
    assert result.record.email == "e"
    assert isinstance(result.meta, OAuthMeta)
    assert result.meta.is_new
    assert RecordAuthResponse(token="t", record={}).meta is None
    assert json.loads(json.dumps(result))["record"] == {"id": "1", "email": "e"}

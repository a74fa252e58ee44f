"""Names and modules that programs import."""

# ruff: noqa: E501
from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from pathlib import Path

import pocketbase
import pytest
from pocketbase import AsyncPocketBase, ClientResponseError, PocketBase
from pocketbase.services.crud_service import CrudService
from pocketbase.services.file_service import FileService
from pocketbase.services.health_service import HealthService
from pocketbase.services.log_service import LogService
from pocketbase.services.record_service import RecordService
from pocketbase.services.settings_service import SettingsService
from pocketbase.stores import BaseAuthStore, MemoryAuthStore

MODULES = {
    "pocketbase": "PocketBase AsyncPocketBase ClientResponseError __version__",
    "pocketbase.client": "PocketBase",
    "pocketbase.async_client": "AsyncPocketBase",
    "pocketbase.client_response_error": "ClientResponseError",
    "pocketbase.stores": "BaseAuthStore MemoryAuthStore FileAuthStore AsyncAuthStore",
    "pocketbase.stores.base_auth_store": "BaseAuthStore",
    "pocketbase.stores.memory_auth_store": "MemoryAuthStore",
    "pocketbase.stores.file_auth_store": "FileAuthStore",
    "pocketbase.models": "RecordModel ListResult CollectionModel FieldSchema AuthMethodsList RecordAuthResponse",
    "pocketbase.models.record": "RecordModel",
    "pocketbase.models.list_result": "ListResult",
    "pocketbase.models.collection": "CollectionModel FieldSchema COLLECTION_TYPE_BASE COLLECTION_TYPE_AUTH COLLECTION_TYPE_VIEW",
    "pocketbase.models.auth": "AuthMethodsList AuthProviderInfo MFAConfig OTPConfig PasswordConfig OAuth2Config OAuthMeta RecordAuthResponse",
    "pocketbase.services.base_service": "BaseService",
    "pocketbase.services.crud_service": "CrudService",
    "pocketbase.services.record_service": "RecordService",
    "pocketbase.services.async_record_service": "AsyncRecordService",
    "pocketbase.services.collection_service": "CollectionService",
    "pocketbase.services.file_service": "FileService",
    "pocketbase.services.log_service": "LogService",
    "pocketbase.services.settings_service": "SettingsService",
    "pocketbase.services.health_service": "HealthService",
    "pocketbase.services.realtime_service": "RealtimeService",
    "pocketbase.services.async_realtime_service": "AsyncRealtimeService",
    "pocketbase.services.backup_service": "BackupService",
    "pocketbase.services.cron_service": "CronService",
    "pocketbase.services.batch_service": "BatchService SubBatchService",
    "pocketbase.services.jobs_service": "JobsService",
    "pocketbase.services.secrets_service": "SecretsService",
    "pocketbase.services.analytics_service": "AnalyticsService",
    "pocketbase.services.trace_service": "TraceService",
    "pocketbase.utils.filter": "build_filter",
    "pocketbase.utils.jwt": "get_token_payload is_token_expired",
    "pocketbase.utils.options": "SendOptions RecordListOptions RecordFullListOptions RecordAuthOptions FileOptions",
}


@pytest.mark.parametrize("module", MODULES)
def test_names(module: str) -> None:
    loaded = importlib.import_module(module)
    for name in MODULES[module].split():
        assert getattr(loaded, name), name


def test_root() -> None:
    assert {"PocketBase", "AsyncPocketBase", "ClientResponseError"} <= set(pocketbase.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        _ = pocketbase.Nope
    assert "PocketBase" in dir(pocketbase)
    assert isinstance(pocketbase.__version__, str)
    assert Path(pocketbase.__file__).with_name("py.typed").exists()


def test_collection_types() -> None:
    from pocketbase.models import COLLECTION_TYPE_AUTH, COLLECTION_TYPE_BASE, COLLECTION_TYPE_VIEW

    assert (COLLECTION_TYPE_BASE, COLLECTION_TYPE_AUTH, COLLECTION_TYPE_VIEW) == ("base", "auth", "view")


def test_services() -> None:
    from pocketbase.services.base_service import BaseService
    from pocketbase.services.realtime_service import RealtimeService

    pb = PocketBase("http://127.0.0.1:1/")
    assert isinstance(pb.collection("x"), RecordService)
    assert pb.collection("x") is pb.collection("x")
    assert isinstance(pb.collections, CrudService)
    assert pb.collections.base_path == "/api/collections"
    assert isinstance(pb.files, FileService)
    assert isinstance(pb.health, HealthService)
    assert isinstance(pb.logs, LogService)
    assert isinstance(pb.settings, SettingsService)
    assert isinstance(pb.realtime, RealtimeService)
    assert pb.realtime is pb.realtime
    assert BaseService(pb).client is pb
    assert pb.collection("a b").base_path == "/api/collections/a%20b/records"
    assert pb.collection("a b").base_collection_path == "/api/collections/a%20b"
    assert pb.collection("_superusers").is_superusers
    with pytest.raises(AttributeError):
        _ = pb.nope


def test_async_services() -> None:
    from pocketbase.services.async_realtime_service import AsyncRealtimeService
    from pocketbase.services.async_record_service import AsyncRecordService

    async def check() -> None:
        async with AsyncPocketBase("http://127.0.0.1:1") as pb:
            assert isinstance(pb.realtime, AsyncRealtimeService)
            assert isinstance(pb.collection("x"), AsyncRecordService)

    asyncio.run(check())


def test_client_arguments() -> None:
    pb = PocketBase(base_url="http://127.0.0.1:8090/", auth_store=MemoryAuthStore(), lang="de")
    assert (pb.base_url, pb.lang) == ("http://127.0.0.1:8090", "de")
    assert isinstance(PocketBase("http://127.0.0.1:1").auth_store, MemoryAuthStore)

    class Falsy(BaseAuthStore):
        def __len__(self) -> int:
            return 0

    store = Falsy()
    assert PocketBase("http://127.0.0.1:1", store).auth_store is store
    with pytest.raises(TypeError, match="base_url"):
        PocketBase(None)  # type: ignore[arg-type]
    # It can be changed.
    pb.base_url = "http://127.0.0.1:2/"
    pb.lang = "fr"
    pb.auth_store = store
    assert (pb.base_url, pb.lang, pb.auth_store) == ("http://127.0.0.1:2", "fr", store)


def test_chained_calls() -> None:
    pb = PocketBase("http://127.0.0.1:1")
    assert pb.auto_cancellation(False) is pb
    assert not pb.auto_cancellation_enabled
    assert pb.cancel_request("nothing") is pb
    assert pb.cancel_all_requests() is pb
    assert pb.set_auto_refresh(10, lambda: None) is pb
    assert pb.reset_auto_refresh() is pb


def test_import_is_light() -> None:
    """Importing the package loads nothing that is not needed."""
    code = (
        "import sys, time; t = time.process_time(); import pocketbase; took = time.process_time() - t;"
        "assert 'ketch._core' not in sys.modules and 'asyncio' not in sys.modules, 'too much';"
        "from pocketbase import PocketBase; PocketBase('http://127.0.0.1:1').collection('a');"
        "assert 'asyncio' not in sys.modules and 'pydantic' not in sys.modules, 'too much';"
        "print(took)"
    )
    took = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        took.append(float(done.stdout))
    assert min(took) < 0.06


def test_closed_client(recorder_url: str) -> None:
    pb = PocketBase(recorder_url)
    pb.close()
    pb.close()
    with pytest.raises(ClientResponseError, match="closed"):
        pb.health.check()
    used = PocketBase(recorder_url)
    used.health.check()
    used.close()
    with pytest.raises(ClientResponseError, match="closed"):
        used.health.check()

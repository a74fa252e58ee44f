"""Records of a collection, and its accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pocketbase._callbacks import RecordCallback
from pocketbase._request import merged
from pocketbase.models.auth import RecordAuthResponse
from pocketbase.models.record import RecordModel, to_record, to_records
from pocketbase.services.async_crud_service import AsyncCrudService, Options
from pocketbase.utils.jwt import get_token_payload
from pocketbase.utils.text import segment

if TYPE_CHECKING:
    from pocketbase.async_client import AsyncPocketBase
    from pocketbase.services.async_realtime_service import Unsubscribe

_SUPERUSERS = ("_superusers", "_pbc_2773867675", "pbc_3142635823")
_PROVIDERS = "_externalAuths"
# How long a person may take to sign in at a provider.
_OAUTH2_TIMEOUT_S = 300.0


class AsyncRecordService(AsyncCrudService[RecordModel]):
    """The records of one collection; for an auth collection, its accounts too.

    Signing in puts token and record into the client's auth store.
    """

    def __init__(self, client: AsyncPocketBase, collection_id_or_name: str) -> None:
        self._collection_path = f"/api/collections/{segment(collection_id_or_name, 'collection id or name')}"
        super().__init__(client, f"{self._collection_path}/records")
        self._collection = collection_id_or_name

    @property
    def collection_id_or_name(self) -> str:
        """The collection as it was asked for."""
        return self._collection

    @property
    def base_collection_path(self) -> str:
        """Path of the collection, percent-encoded."""
        return self._collection_path

    @property
    def is_superusers(self) -> bool:
        """Whether these are the superusers."""
        return self._collection in _SUPERUSERS

    def decode(self, data: dict[str, Any]) -> RecordModel:
        """A record out of the server's answer."""
        return to_record(data)

    def decode_all(self, items: list[dict[str, Any]]) -> list[RecordModel]:
        """The records of a page of the server's answer."""
        return to_records(items)

    async def get_one(self, record_id: str, options: Options = None, **kwargs: Any) -> RecordModel:
        """One record by its id. Common options: `expand`, `fields`."""
        return to_record(await self.client.request("GET", self._item_path(record_id), None, None, options, kwargs))

    async def update(
        self, record_id: str, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any
    ) -> RecordModel:
        """Changes what the body names; returns the whole record. Files as in `create`.

        If it is the record that is signed in, the auth store gets the new one.
        """
        record = await super().update(record_id, body_params, options, body=body, **kwargs)
        store = self.client.auth_store
        old = store.record
        if old and self._is_signed_in(old, record_id):
            new = to_record({**dict(old.items()), **dict(record.items())})
            if isinstance(old.get("expand"), dict):
                new["expand"] = {**old["expand"], **(record.get("expand") or {})}
            store.save(store.token, new)
        return record

    async def delete(self, record_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes a record. Returns True. If it is the record that is signed in, nobody is afterwards."""
        await super().delete(record_id, options, **kwargs)
        old = self.client.auth_store.record
        if old and self._is_signed_in(old, record_id):
            self.client.auth_store.clear()
        return True

    def _is_signed_in(self, old: Mapping[str, Any], record_id: str) -> bool:
        # Ids of different collections may be equal.
        return old.get("id") == str(record_id) and self._collection in (
            old.get("collectionId"),
            old.get("collectionName"),
        )

    # Subscriptions.

    async def subscribe(
        self, topic: str, callback: Callable[[Any], Any], options: Options = None, **kwargs: Any
    ) -> Unsubscribe:
        """Calls `callback` for every change of a record: of the one with the id `topic`, or of all with "*".

        It gets `action` ("create", "update", "delete") and `record`, as entries and as attributes. Returns what ends
        this subscription. Options: `filter`, `expand`, `fields`, `headers`.
        """
        if not isinstance(topic, str) or not topic:
            raise ValueError("topic must be set")
        if not callable(callback):
            raise TypeError(f"the callback must be callable, not {type(callback).__name__}")
        return await self.client.realtime.subscribe(self._topic(topic), RecordCallback(callback), options, **kwargs)

    async def unsubscribe(self, topic: str | None = None) -> None:
        """Ends all subscriptions to a record or to "*"; all of the collection without a topic."""
        if topic:
            await self.client.realtime.unsubscribe(self._topic(topic))
        else:
            await self.client.realtime.unsubscribe_by_prefix(f"{self._collection}/")

    def _topic(self, topic: str) -> str:
        return f"{self._collection}/{topic}"

    # Signing in.

    async def list_auth_methods(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """The ways to sign in: `password`, `oauth2`, `otp`, `mfa`."""
        data: dict[str, Any] = await self.client.request(
            "GET", f"{self._collection_path}/auth-methods", None, None, options, kwargs
        )
        return data

    async def auth_with_password(
        self,
        username_or_email: str | None = None,
        password: str | None = None,
        options: Options = None,
        *,
        identity: str | None = None,
        **kwargs: Any,
    ) -> RecordAuthResponse:
        """Signs in with a password: `token`, `record`.

        For superusers the option `auto_refresh_threshold` renews the token before a call that comes in its last so
        many seconds. A sign-in of several steps raises an error whose `response["mfaId"]` is an option of the next.
        """
        name = identity if username_or_email is None else username_or_email
        if not isinstance(name, str) or not isinstance(password, str):
            raise TypeError("auth_with_password takes the account's name and its password as texts")
        given = merged(options, kwargs)
        threshold = given.pop("auto_refresh_threshold", None)
        threshold = given.pop("autoRefreshThreshold", threshold)
        self.client.reset_auto_refresh()
        result = await self._password_step(name, password, given)
        if threshold and self.is_superusers:
            self.client.start_auto_refresh(
                threshold, self.auth_refresh, lambda: self._password_step(name, password, given)
            )
        return result

    async def _password_step(self, name: str, password: str, options: dict[str, Any]) -> RecordAuthResponse:
        return await self._sign_in("auth-with-password", {"identity": name, "password": password}, options)

    async def auth_with_otp(
        self, otp_id: str, password: str, options: Options = None, **kwargs: Any
    ) -> RecordAuthResponse:
        """Signs in with a code that was sent by mail (`request_otp`): `token`, `record`.

        As second step of a sign-in: with the option `mfaId`.
        """
        return await self._sign_in("auth-with-otp", {"otpId": otp_id, "password": password}, merged(options, kwargs))

    async def auth_with_oauth2_code(
        self,
        provider: str,
        code: str,
        code_verifier: str,
        redirect_url: str,
        create_data: Mapping[str, Any] | None = None,
        options: Options = None,
        **kwargs: Any,
    ) -> RecordAuthResponse:
        """Signs in with the code that an OAuth2 provider sent to the redirect address: `token`, `record`, `meta`.

        `create_data` are fields of a record that is made because of that.
        """
        body = {
            "provider": provider,
            "code": code,
            "codeVerifier": code_verifier,
            "redirectURL": redirect_url,
            "createData": dict((create_data or {}).items()),
        }
        return await self._sign_in("auth-with-oauth2", body, merged(options, kwargs))

    async def auth_with_oauth2(
        self,
        provider: str,
        url_callback: Callable[[str], Any],
        scopes: list[str] | None = None,
        create_data: Mapping[str, Any] | None = None,
        options: Options = None,
        *,
        timeout: float = _OAUTH2_TIMEOUT_S,
        **kwargs: Any,
    ) -> RecordAuthResponse:
        """Signs in through an OAuth2 provider in one call: `token`, `record`, `meta`.

        `url_callback` gets the address that the person has to open in a browser. The provider must have
        `<base_url>/api/oauth2-redirect` as redirect address. Waits `timeout` seconds for the person, then raises.
        """
        from pocketbase.async_oauth2 import auth_with_oauth2

        return await auth_with_oauth2(
            self, provider, url_callback, scopes, create_data, merged(options, kwargs), timeout
        )

    async def auth_refresh(self, options: Options = None, **kwargs: Any) -> RecordAuthResponse:
        """Asks for a new token for who is signed in: `token`, `record`."""
        return await self._sign_in("auth-refresh", None, merged(options, kwargs))

    async def _sign_in(self, step: str, body: Any, options: dict[str, Any]) -> RecordAuthResponse:
        data = await self.client.request("POST", f"{self._collection_path}/{step}", None, body, options)
        result = RecordAuthResponse(data)
        self.client.auth_store.save(result.get("token") or "", result.get("record"))
        return result

    # Mails and what they ask for.

    async def request_otp(self, email: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Sends a code to sign in with: `{"otpId": …}`."""
        data: dict[str, Any] = await self._post("request-otp", {"email": email}, options, kwargs)
        return data

    async def request_password_reset(self, email: str, options: Options = None, **kwargs: Any) -> bool:
        """Sends a mail to choose a new password. Returns True, also if there is no such account."""
        await self._post("request-password-reset", {"email": email}, options, kwargs)
        return True

    async def confirm_password_reset(
        self,
        reset_token: str,
        new_password: str,
        new_password_confirm: str,
        options: Options = None,
        **kwargs: Any,
    ) -> bool:
        """Sets a new password with the token of the mail. Returns True."""
        body = {"token": reset_token, "password": new_password, "passwordConfirm": new_password_confirm}
        await self._post("confirm-password-reset", body, options, kwargs)
        return True

    async def request_verification(self, email: str, options: Options = None, **kwargs: Any) -> bool:
        """Sends a mail to verify an address. Returns True, also if there is no such account."""
        await self._post("request-verification", {"email": email}, options, kwargs)
        return True

    async def confirm_verification(self, verification_token: str, options: Options = None, **kwargs: Any) -> bool:
        """Verifies an address with the token of the mail. Returns True. So is the record of the auth store then."""
        await self._post("confirm-verification", {"token": verification_token}, options, kwargs)
        store = self.client.auth_store
        record = store.record
        if record and not record.get("verified") and _belongs(verification_token, record):
            store.save(store.token, to_record({**dict(record.items()), "verified": True}))
        return True

    async def request_email_change(self, new_email: str, options: Options = None, **kwargs: Any) -> bool:
        """Sends a mail to the new address of who is signed in. Returns True."""
        await self._post("request-email-change", {"newEmail": new_email}, options, kwargs)
        return True

    async def confirm_email_change(
        self, email_change_token: str, user_password: str, options: Options = None, **kwargs: Any
    ) -> bool:
        """Changes an address with the token of the mail. Returns True. Who was signed in with it is so no longer."""
        body = {"token": email_change_token, "password": user_password}
        await self._post("confirm-email-change", body, options, kwargs)
        record = self.client.auth_store.record
        if record and _belongs(email_change_token, record):
            self.client.auth_store.clear()
        return True

    async def _post(self, step: str, body: dict[str, Any], options: Options, extra: dict[str, Any]) -> Any:
        return await self.client.request("POST", f"{self._collection_path}/{step}", None, body, options, extra)

    # Accounts at other sites, and those of others.

    async def list_external_auths(self, record_id: str, options: Options = None, **kwargs: Any) -> list[RecordModel]:
        """The OAuth2 accounts of a record."""
        given = merged(options, kwargs)
        given["filter"] = self.client.filter("recordRef = {:id}", {"id": record_id})
        return await self.client.collection(_PROVIDERS).get_full_list(given)

    async def unlink_external_auth(self, record_id: str, provider: str, options: Options = None, **kwargs: Any) -> bool:
        """Takes an OAuth2 account from a record. Returns True; raises the error of a missing thing if it has none."""
        given = merged(options, kwargs)
        service = self.client.collection(_PROVIDERS)
        text = self.client.filter(
            "recordRef = {:id} && provider = {:provider}", {"id": record_id, "provider": provider}
        )
        link = await service.get_first_list_item(text, given)
        return await service.delete(link.id, given)

    async def impersonate(
        self, record_id: str, duration: int = 0, options: Options = None, **kwargs: Any
    ) -> AsyncPocketBase:
        """A new client that is signed in as another record for `duration` seconds (0: as long as usual).

        For superusers only. This client stays as it is; the new one has to be closed as well.
        """
        given = merged(options, kwargs)
        headers = {str(name): value for name, value in (given.get("headers") or {}).items()}
        if not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = self.client.auth_store.token
        client = self.client.sibling()
        try:
            path = f"{self._collection_path}/impersonate/{segment(record_id, 'record id')}"
            body = {"duration": duration}
            data = await client.request("POST", path, None, body, {**given, "headers": headers})
            client.auth_store.save(data.get("token") or "", data.get("record"))
        except BaseException:
            await client.close()
            raise
        return client


def _belongs(token: str, record: Mapping[str, Any]) -> bool:
    payload = get_token_payload(token)
    return (payload.get("id"), payload.get("collectionId")) == (record.get("id"), record.get("collectionId"))

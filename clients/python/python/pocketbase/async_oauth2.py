"""Sign-in through an OAuth2 provider in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pocketbase._async_runtime import AsyncMailbox, settle
from pocketbase.client_response_error import BadRequestError, ClientResponseError, not_found
from pocketbase.models.auth import AuthProviderInfo, RecordAuthResponse
from pocketbase.services.async_realtime_service import AsyncRealtimeService

if TYPE_CHECKING:
    from pocketbase.services.async_record_service import AsyncRecordService

_TOPIC = "@oauth2"


async def auth_with_oauth2(
    service: AsyncRecordService,
    provider: str,
    url_callback: Callable[[str], Any],
    scopes: list[str] | None,
    create_data: Mapping[str, Any] | None,
    options: dict[str, Any],
    timeout: float,
) -> RecordAuthResponse:
    """See `RecordService.auth_with_oauth2`."""
    client = service.client
    methods = await service.list_auth_methods()
    providers = (methods.get("oauth2") or {}).get("providers") or []
    found = next((AuthProviderInfo(item) for item in providers if item.get("name") == provider), None)
    if found is None:
        raise not_found(client.build_url("/"), f"The collection has no OAuth2 provider {provider!r}.")
    redirect = client.build_url("/api/oauth2-redirect")
    # A connection of its own: its id must not be known to anybody else.
    realtime = AsyncRealtimeService(client)
    answers: AsyncMailbox[dict[str, Any]] = AsyncMailbox()
    try:
        await realtime.subscribe(_TOPIC, answers.put)
        state = realtime.client_id
        await settle(url_callback(_provider_url(found.auth_url, redirect, state, scopes)))
        try:
            answer = await answers.get(timeout)
        except TimeoutError as error:
            message = f"Nobody signed in at {provider} within {timeout:g} s."
            raise ClientResponseError(redirect, 0, {"message": message}, False, error) from error
    finally:
        realtime.close()
    if answer.get("state") != state:
        raise BadRequestError(redirect, 0, {"message": "The answer belongs to another sign-in."})
    if answer.get("error") or not answer.get("code"):
        reason = answer.get("error") or "no code"
        raise BadRequestError(redirect, 0, {"message": f"OAuth2 redirect error: {reason}."})
    return await service.auth_with_oauth2_code(
        provider, str(answer["code"]), found.code_verifier, redirect, create_data, options
    )


def _provider_url(auth_url: str, redirect: str, state: str, scopes: list[str] | None) -> str:
    """The provider's page for this sign-in. The server's address ends where the redirect address has to stand."""
    parts = urlsplit(auth_url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query["state"] = state
    if scopes:
        query["scope"] = " ".join(scopes)
    query["redirect_uri"] = redirect
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))

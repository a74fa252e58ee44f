"""Sign-in: its methods and its result. Attributes in snake case name the server's keys in camel case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pocketbase.models.attributes import AttributeDict
from pocketbase.models.record import RecordModel, as_record


def _nothing() -> None:
    return None


class AuthProviderInfo(AttributeDict):
    """An OAuth2 provider, with all that starts a sign-in with it."""

    __slots__ = ()
    _defaults: ClassVar = {
        "name": str,
        "displayName": str,
        "state": str,
        "codeVerifier": str,
        "codeChallenge": str,
        "codeChallengeMethod": str,
        "authURL": str,
    }

    if TYPE_CHECKING:
        name: str
        display_name: str
        state: str
        code_verifier: str
        code_challenge: str
        code_challenge_method: str
        authURL: str

    @property
    def auth_url(self) -> str:
        """Address of the provider's page, to which the redirect address is to be appended."""
        return str(self.get("authURL") or self.get("authUrl") or "")


class MFAConfig(AttributeDict):
    """Several steps to sign in; `duration` in seconds."""

    __slots__ = ()
    _defaults: ClassVar = {"enabled": bool, "duration": int}

    if TYPE_CHECKING:
        enabled: bool
        duration: int


class OTPConfig(AttributeDict):
    """Sign-in with a code sent by mail; `duration` in seconds."""

    __slots__ = ()
    _defaults: ClassVar = {"enabled": bool, "duration": int}

    if TYPE_CHECKING:
        enabled: bool
        duration: int


class PasswordConfig(AttributeDict):
    """Sign-in with a password; `identity_fields` are the fields that name an account."""

    __slots__ = ()
    _defaults: ClassVar = {"enabled": bool, "identityFields": list}

    if TYPE_CHECKING:
        enabled: bool
        identity_fields: list[str]


class OAuth2Config(AttributeDict):
    """Sign-in through other sites."""

    __slots__ = ()
    _defaults: ClassVar = {"enabled": bool, "providers": list}

    if TYPE_CHECKING:
        enabled: bool
        providers: list[AuthProviderInfo]

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if isinstance(self.get("providers"), list):
            self["providers"] = [AuthProviderInfo(provider) for provider in self["providers"]]


class AuthMethodsList(AttributeDict):
    """The ways to sign in to a collection; a section that is missing is None."""

    __slots__ = ()
    _defaults: ClassVar = dict.fromkeys(("mfa", "otp", "password", "oauth2"), _nothing)
    _classes: ClassVar[dict[str, type[AttributeDict]]] = {
        "mfa": MFAConfig,
        "otp": OTPConfig,
        "password": PasswordConfig,
        "oauth2": OAuth2Config,
    }

    if TYPE_CHECKING:
        mfa: MFAConfig | None
        otp: OTPConfig | None
        password: PasswordConfig | None
        oauth2: OAuth2Config | None

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for name, section in self._classes.items():
            if isinstance(self.get(name), dict):
                self[name] = section(self[name])


class OAuthMeta(AttributeDict):
    """What a provider told about the person; extra keys are kept."""

    __slots__ = ()
    _defaults: ClassVar = {
        "id": str,
        "name": str,
        "username": str,
        "email": str,
        "avatarURL": str,
        "isNew": bool,
        "accessToken": str,
        "refreshToken": str,
        "expiry": str,
        "rawUser": dict,
    }

    if TYPE_CHECKING:
        id: str
        name: str
        username: str
        email: str
        avatarURL: str
        is_new: bool
        access_token: str
        refresh_token: str
        expiry: str
        raw_user: dict[str, Any]

    @property
    def avatar_url(self) -> str:
        """Address of the person's picture."""
        return str(self.get("avatarURL") or self.get("avatarUrl") or "")


class RecordAuthResponse(AttributeDict):
    """Result of a sign-in: `token`, `record` and, after OAuth2, `meta`."""

    __slots__ = ()
    _defaults: ClassVar = {"meta": _nothing}

    if TYPE_CHECKING:
        token: str
        record: RecordModel
        meta: OAuthMeta | None

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if isinstance(self.get("record"), Mapping):
            self["record"] = as_record(self["record"]) or RecordModel()
        if isinstance(self.get("meta"), Mapping):
            self["meta"] = OAuthMeta(self["meta"])


class RecordEvent(AttributeDict):
    """A change of a record: `action` is "create", "update" or "delete"."""

    __slots__ = ()

    if TYPE_CHECKING:
        action: str
        record: RecordModel

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if isinstance(self.get("record"), Mapping):
            self["record"] = as_record(self["record"]) or RecordModel()

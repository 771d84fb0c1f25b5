"""Who may do what at the reference plant when it is secured.

asyncua 2.1 leaves four doors open that this closes (each has a test):

* it checks the certificate that a client *names* in CreateSession, not the one whose key opened the channel, and
  none at all when the client names none;
* it answers on an unencrypted channel, or before any channel is open, whatever policies it was given, without
  asking its permission rules there;
* ActivateSession may take over another connection's session by its token, tokens are counted up, and the session
  stays taken over when the sign-on then fails;
* whoever may call, may call every method.

So a user is nobody without the pinned certificate on the channel itself, no session changes its connection, and
each call is looked at by itself.
"""

from __future__ import annotations

import hmac
import time
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import PermissionRuleset, User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.user_managers import UserManager
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from assistant.settings.security import Account, Link, Trust

COMMANDER, OBSERVER = "commander", "observer"
"""Roles, as the name of asyncua's user: the one calls methods, the other only reads."""
SERVICES = frozenset(
    ua.NodeId(ua.Int32(number))
    for number in (
        ObjectIds.ReadRequest_Encoding_DefaultBinary,
        ObjectIds.BrowseRequest_Encoding_DefaultBinary,
        ObjectIds.TranslateBrowsePathsToNodeIdsRequest_Encoding_DefaultBinary,
        ObjectIds.CallRequest_Encoding_DefaultBinary,
        ObjectIds.CloseSecureChannelRequest_Encoding_DefaultBinary,
    )
)
"""What a session may ask for. Nobody writes, adds or deletes nodes; subscriptions outlive their sessions (#1982)."""


_REFUSED = ua.StatusCode(ua.UInt32(StatusCodes.BadUserAccessDenied))


class SecuredServer(InternalServer):
    """asyncua's server behind a pinned certificate, with two accounts."""

    def __init__(self, link: Link) -> None:
        assert link.trust is not None
        super().__init__(user_manager=_Users(link.trust, link))
        self.supported_tokens = (ua.UserNameIdentityToken,)  # type: ignore[assignment]
        self.certificate_validator = _validator(link.trust)
        self.readable: set[ua.NodeId] = set()
        """Methods that only read: everybody with an account may call them."""
        self.callable: set[ua.NodeId] = set()
        """Methods that do something: the commander's."""

    def create_session(
        self,
        name: str,
        user: User = User(role=UserRole.Anonymous),  # noqa: B008 (as the method that this replaces)
        external: bool = False,
    ) -> InternalSession:
        """A session whose calls are looked at one by one."""
        return _Session(self, self.aspace, self.subscription_service, name, user=user, external=external)

    def lookup_external_session(self, auth_token: ua.NodeId) -> InternalSession | None:
        """No session changes its connection: a token is a number that anybody can guess."""
        return None

    def register_server(self, server: Any, conf: Any = None) -> None:
        """This is no discovery server; it would keep what anybody tells it."""
        raise ServiceError(StatusCodes.BadServiceUnsupported)

    def may_call(self, user: User, method: ua.NodeId) -> bool:
        """Whether this user may call this method."""
        return method in self.readable or (user.name == COMMANDER and method in self.callable)


class Services(PermissionRuleset):
    """The services of a secured channel."""

    def check_validity(self, user: User, action_type: ua.NodeId, body: Any) -> bool:
        """Whether a session may ask for this at all."""
        return user.name in (COMMANDER, OBSERVER) and action_type in SERVICES


class _Users(UserManager):
    """asyncua's UserManager: an account counts only on a channel that the pinned certificate's key opened."""

    def __init__(self, trust: Trust, link: Link) -> None:
        self._trust, self._link = trust, link

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: bytes | None = None
    ) -> User | None:
        """The user of a session that signs on, None to refuse it. `certificate` is the channel's own."""
        if certificate != self._trust.peer.der or self._trust.peer.problem(time.time()):
            return None
        for role, account in ((COMMANDER, self._link.commander), (OBSERVER, self._link.observer)):
            if account is not None and _is(account, username, password):
                return User(role=UserRole.User, name=role)
        return None


class _Session(InternalSession):
    """A session that asks for each method whether its user may call it."""

    async def call(self, params: list[ua.CallMethodRequest]) -> list[ua.CallMethodResult]:
        """Call what may be called, in order; the rest is refused by itself and not called."""
        server = self.iserver
        results: list[ua.CallMethodResult] = []
        for request in params:
            if isinstance(server, SecuredServer) and server.may_call(self.user, request.MethodId):
                results += await super().call([request])
            else:
                results.append(ua.CallMethodResult(StatusCode=_REFUSED))
        return results


def _is(account: Account, name: str | None, password: str | None) -> bool:
    """Compared in a time that does not tell how much of it is right."""
    named = hmac.compare_digest(account.name.encode(), (name or "").encode())
    return hmac.compare_digest(account.password.encode(), (password or "").encode()) and named


def _validator(trust: Trust) -> Any:
    """Tells an honest client at once which certificate is not trusted; it is `_Users` that keeps others out."""

    async def validate(certificate: x509.Certificate, application: ua.ApplicationDescription) -> None:
        if certificate.public_bytes(Encoding.DER) != trust.peer.der:
            raise ServiceError(StatusCodes.BadCertificateUntrusted)
        if trust.peer.problem(time.time()):
            raise ServiceError(StatusCodes.BadCertificateTimeInvalid)
        if application.ApplicationUri != trust.peer.uri:
            raise ServiceError(StatusCodes.BadCertificateUriInvalid)

    return validate

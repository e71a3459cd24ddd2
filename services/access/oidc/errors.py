"""What goes wrong between people, a provider and the twin."""

from __future__ import annotations

from core.errors import JumeauError, UsageError
from services.access.tokens import TokenError


class OidcNotConfiguredError(JumeauError):
    """Signing in at a provider where none is set up."""

    code = "OIDC_NOT_CONFIGURED"
    exit_code = 2
    status = 404


class ProviderError(JumeauError):
    """An identity provider that cannot be relied upon; nobody was let in or kept out because of it."""

    code = "PROVIDER"
    exit_code = 4
    status = 503


class ProviderUnavailableError(ProviderError):
    """The identity provider cannot be reached, or fails. Who has signed in goes on."""

    code = "PROVIDER_UNAVAILABLE"


class ProviderAnswerError(ProviderError):
    """The identity provider answers something that OpenID Connect does not allow, or that is not safe to follow."""

    code = "PROVIDER_ANSWER"
    status = 502


class ProviderRefusedError(JumeauError):
    """The identity provider did not let somebody in: refused by them or by it, or a code that was used or has expired."""

    code = "PROVIDER_REFUSED"
    exit_code = 2
    status = 401


class SignInStateError(UsageError):
    """An answer of the provider that belongs to no sign-in begun in this browser: another's, a replayed or a late one."""

    code = "SIGN_IN_STATE"


class ProviderTokenError(TokenError):
    """A token that is none of the provider's for this twin, or not now; `details.reason` names what does not hold."""

    code = "PROVIDER_TOKEN_REFUSED"

"""How the gateway refuses, and how a model fails: each with a code of its own, none with what was asked."""

from __future__ import annotations

from core.errors import JumeauError


class GatewayError(JumeauError):
    """The gateway to models refuses."""

    code = "MODEL_REFUSED"
    status = 403
    exit_code = 2


class UseCaseError(GatewayError):
    """A use of models that nobody has registered, or that nobody has validated."""

    code = "MODEL_USE_NOT_VALIDATED"


class DataBlockedError(GatewayError):
    """What was to be sent holds data of a class that may not go to any of the models that could be asked."""

    code = "MODEL_DATA_BLOCKED"


class BudgetExceededError(GatewayError):
    """A budget of the month is spent, or what the call may cost is more than is left of it."""

    code = "MODEL_BUDGET_SPENT"
    status = 429


class NoModelError(GatewayError):
    """No model may be asked: none is configured, or none is allowed for this use and this client."""

    code = "NO_MODEL"
    status = 503


class ModelError(JumeauError):
    """A model that could be asked did not answer as it should: not in time, not at all, too much, or nothing that can be read."""

    code = "MODEL_FAILED"
    status = 502
    exit_code = 4


class ModelBusyError(ModelError):
    """The provider takes no more calls for now (429)."""

    code = "MODEL_BUSY"
    status = 503


class ModelCredentialError(ModelError):
    """The provider does not take the key: expired, withdrawn, or not given."""

    code = "MODEL_CREDENTIAL"


class ModelTimeoutError(ModelError):
    """The model took longer than it may."""

    code = "MODEL_TIMEOUT"
    status = 504

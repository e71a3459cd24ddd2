"""Why a fetch cannot go on. What was fetched before stays on disk, and the next run takes it up; nothing of it was loaded."""

from __future__ import annotations

from core.errors import IngestError


class UnknownConnectorError(IngestError):
    """The source has no API that is known here, or it was not said where it is."""

    code = "UNKNOWN_CONNECTOR"
    exit_code = 2


class InsecureUrlError(IngestError):
    """An address that would carry data or secrets in the clear, or that carries a secret itself."""

    code = "INSECURE_URL"
    exit_code = 2


class MissingSecretError(IngestError):
    """An environment variable that should hold a secret is not set."""

    code = "MISSING_SECRET"
    exit_code = 2


class SourceUnreachableError(IngestError):
    """The system did not answer, or broke off, as often as it was asked."""

    code = "SOURCE_UNREACHABLE"
    status = 503


class SourceUnauthorisedError(IngestError):
    """The system does not accept the credentials, or no longer."""

    code = "SOURCE_UNAUTHORISED"
    status = 502


class SourceRefusedError(IngestError):
    """The system refused the request itself: asking again would change nothing."""

    code = "SOURCE_REFUSED"
    status = 502


class SourceBusyError(IngestError):
    """The system asks for patience, longer or more often than a fetch waits."""

    code = "SOURCE_BUSY"
    status = 503


class BrokenAnswerError(IngestError):
    """An answer that is cut off, is not JSON, or has not the shape that the API documents."""

    code = "BROKEN_ANSWER"
    status = 502


class AnswerTooLargeError(IngestError):
    """An answer beyond the bound on its size; it was not read into memory."""

    code = "ANSWER_TOO_LARGE"
    status = 502


class FetchCancelledError(IngestError):
    """Somebody stopped the fetch; what was fetched stays, and the next run takes it up."""

    code = "FETCH_CANCELLED"


class FetchInProgressError(IngestError):
    """Another process fetches this source into the same folder."""

    code = "FETCH_IN_PROGRESS"
    status = 409

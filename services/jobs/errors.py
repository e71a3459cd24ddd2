"""What can be wrong with an upload, or with a job that loads it."""

from __future__ import annotations

from core.errors import JumeauError, UsageError


class FileNameError(UsageError):
    """The name of an uploaded file is none that a file of an export has: it leads elsewhere, is hidden, or is too long."""

    code = "FILE_NAME"


class UploadError(JumeauError):
    """An upload that did not arrive as it was announced. Nothing of it was kept."""

    code = "UPLOAD"
    status = 400
    exit_code = 2


class UploadBrokenError(UploadError):
    """A body that ended before its announced length, or whose client went away. Nothing of it was kept."""

    code = "UPLOAD_BROKEN"


class UploadStalledError(UploadError):
    """An upload of which nothing came for too long. Nothing of it was kept."""

    code = "UPLOAD_STALLED"
    status = 408


class UploadDigestError(UploadError):
    """What arrived is not what `Content-Digest` says. Nothing of it was kept."""

    code = "UPLOAD_DIGEST"


class UploadEncodingError(UploadError):
    """A body with a `Content-Encoding`: files are kept as they come."""

    code = "UPLOAD_ENCODING"
    status = 415


class UploadTooLargeError(UploadError):
    """A file, or all files of a job, beyond what an installation takes. Nothing of that file was kept."""

    code = "UPLOAD_TOO_LARGE"
    status = 413


class TooManyFilesError(UploadError):
    """A job with more files than an installation takes."""

    code = "TOO_MANY_FILES"
    status = 413


class SpoolFullError(UploadError):
    """All uploads together lie at their limit; loads that end make room."""

    code = "SPOOL_FULL"
    status = 507


class SpoolError(JumeauError):
    """The folder of uploads cannot be read or written."""

    code = "SPOOL"
    status = 503
    exit_code = 4


class JobStateError(JumeauError):
    """A job is not in a state in which this can be done."""

    code = "JOB_STATE"
    status = 409
    exit_code = 2


class TooManyJobsError(JumeauError):
    """As many jobs are open, or wait, as an installation takes."""

    code = "TOO_MANY_JOBS"
    status = 429
    exit_code = 2


class JobInterruptedError(JumeauError):
    """The server ended while a job waited or ran. What was committed is kept; start it again and it goes on."""

    code = "JOB_INTERRUPTED"
    status = 503
    exit_code = 4


class JobProcessError(JumeauError):
    """The process of a load ended without a report. What was committed is kept; start the job again and it goes on."""

    code = "JOB_PROCESS"
    exit_code = 4

"""What makes a whole source unreadable. A single bad row never raises: it is quarantined."""

from __future__ import annotations

from core.errors import IngestError


class UnknownSourceError(IngestError):
    """There is no source of that name."""

    code = "UNKNOWN_SOURCE"


class MissingFileError(IngestError):
    """The path of an export does not exist or cannot be read."""

    code = "MISSING_FILE"


class NoKnownFilesError(IngestError):
    """A directory, or a file, in which the source recognises nothing."""

    code = "NO_KNOWN_FILES"


class EmptyFileError(IngestError):
    """A file of an export holds nothing."""

    code = "EMPTY_FILE"


class DuplicateFileError(IngestError):
    """Two files of an export have the same name, once compressed and once not."""

    code = "DUPLICATE_FILE"


class BrokenEncodingError(IngestError):
    """A file is not UTF-8; the first bad byte is named."""

    code = "BROKEN_ENCODING"


class LineTooLongError(IngestError):
    """A line is longer than any row may be; it was not read into memory."""

    code = "LINE_TOO_LONG"


class DocumentTooLargeError(IngestError):
    """A JSON or YAML document is larger than what is parsed in memory."""

    code = "DOCUMENT_TOO_LARGE"


class TruncatedFileError(IngestError):
    """A compressed file ends too early or is damaged."""

    code = "TRUNCATED_FILE"


class BrokenCsvError(IngestError):
    """A CSV file whose quotes do not close, or that has no header."""

    code = "BROKEN_CSV"


class BrokenParquetError(IngestError):
    """A file that is not Parquet, or is damaged."""

    code = "BROKEN_PARQUET"


class BrokenWorkbookError(IngestError):
    """A file that is not an Excel workbook, is damaged or is locked with a password."""

    code = "BROKEN_WORKBOOK"


class UnreadableFormatError(IngestError):
    """An old spreadsheet or an archive: a format that is not read."""

    code = "UNREADABLE_FORMAT"


class ExpansionError(IngestError):
    """A compressed file that unpacks to far more than any export: a bomb, or a mistake."""

    code = "EXPANSION_TOO_LARGE"


class BrokenJsonError(IngestError):
    """A file that is not JSON, or not of the shape that the source exports."""

    code = "BROKEN_JSON"


class BrokenYamlError(IngestError):
    """A file that is not YAML, or not of the shape that the source exports."""

    code = "BROKEN_YAML"


class IncompleteExportError(IngestError):
    """A load was said to be the whole of its source, and the source says that it is not."""

    code = "INCOMPLETE_EXPORT"


class ReplayRefusedError(IngestError):
    """A replay of rejected rows while a load of their source waits to be taken up."""

    code = "REPLAY_REFUSED"


class MappingError(IngestError):
    """A mapping that is broken; `where` is file:line."""

    code = "MAPPING"
    exit_code = 2

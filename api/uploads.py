"""The body of a request as a file of a job: streamed, bounded while it arrives, kept whole or not at all."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from binascii import Error as Base64Error
from hmac import compare_digest
from typing import Final

from anyio import CancelScope
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from services.jobs.errors import UploadBrokenError, UploadDigestError, UploadEncodingError, UploadStalledError
from services.jobs.load_job import SpooledFile
from services.jobs.loads import LoadJobs
from services.jobs.spool import Arriving

BLOCK: Final = 2**20
"""Bytes that are written at a time."""
_DIGEST: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):")


async def receive(request: Request, jobs: LoadJobs, job: str, name: str, silence_s: float) -> SpooledFile:
    """Take the body as a file of that name. Whatever goes wrong, nothing of it is kept.

    Raises what `LoadJobs.receive` does, UploadBrokenError, UploadStalledError, UploadDigestError, UploadEncodingError,
    UploadTooLargeError, SpoolFullError.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UploadEncodingError(
            "the body is encoded for the transfer",
            where="Content-Encoding",
            hint="send NAME.csv.gz as it is, without that header",
        )
    wanted = _digest(request.headers.get("content-digest"))
    length = _length(request.headers.get("content-length"))
    arriving = await run_in_threadpool(jobs.receive, job, name)
    try:
        if length is not None:
            arriving.expect(length)
        await _take(request, arriving, silence_s)
        if length is not None and arriving.size != length:
            raise _broken(arriving)
        if wanted is not None and not compare_digest(wanted, arriving.sha256):
            raise UploadDigestError(
                "the SHA-256 of what arrived is another one", where="Content-Digest", hint="send it again"
            )
        return await run_in_threadpool(jobs.keep, arriving)
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(arriving.abandon)


async def _take(request: Request, arriving: Arriving, silence_s: float) -> None:
    waiting = bytearray()
    chunks = request.stream()
    while True:
        try:
            chunk = await asyncio.wait_for(anext(chunks, None), silence_s)
        except TimeoutError as error:
            raise UploadStalledError(
                f"nothing came for {silence_s:g} seconds", where="JUMEAU_UPLOAD_SILENCE_S", hint="send it again"
            ) from error
        except ClientDisconnect as error:
            raise _broken(arriving) from error
        if chunk is None:
            break
        waiting += chunk
        if len(waiting) >= BLOCK:
            await run_in_threadpool(arriving.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await run_in_threadpool(arriving.write, bytes(waiting))


def _broken(arriving: Arriving) -> UploadBrokenError:
    return UploadBrokenError(
        f"the body ended after {arriving.size:,} bytes, before its announced length", where="body", hint="send it again"
    )


def _length(told: str | None) -> int | None:
    """The announced length; the server itself refuses one that is no number."""
    return int(told) if told is not None and told.isdecimal() else None


def _digest(told: str | None) -> str | None:
    """The SHA-256 of `Content-Digest` (RFC 9530), in hexadecimal; other algorithms are left alone."""
    found = _DIGEST.search(told or "")
    if found is None:
        return None
    try:
        return b64decode(found[1], validate=True).hex()
    except Base64Error as error:
        raise UploadDigestError("the digest is no base64", where="Content-Digest", hint="sha-256=:BASE64:") from error

"""The listener of `jumeau serve`."""

from __future__ import annotations

import asyncio
import socket

from cli.serve import _listen


def test_parts_of_an_answer_do_not_wait_for_each_other() -> None:
    async def is_nagle_off() -> bool:
        found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.set_result(bool(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        with _listen("127.0.0.1", 0) as listener:
            async with await asyncio.start_server(connected, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                try:
                    return await asyncio.wait_for(found, 30)
                finally:
                    writer.close()

    assert asyncio.run(is_nagle_off())

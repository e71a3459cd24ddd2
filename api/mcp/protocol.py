"""The tools in the words of the Model Context Protocol: listed, called, and refused with the code that every door gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool
from starlette.concurrency import run_in_threadpool

from api.errors import unexpected
from api.mcp.tools import TOOLS
from api.mcp.withheld import withheld
from core.errors import JumeauError

NAME: Final = "jumeau"
INSTRUCTIONS: Final = (
    "A knowledge twin of an IT estate. `ask` takes questions in French or English and answers from rows; `query` takes openCypher, "
    "`schema` says what there is. Everything is read-only and limited to what you may see."
)

Context = ServerRequestContext[Any, Any]
Caller = Callable[[Any, str, Mapping[str, Any]], dict[str, Any]]
"""The request that a call came with, a tool's name and its arguments, to its answer. Raises JumeauError. It may block."""

log = structlog.get_logger(__name__)


def protocol_server(call: Caller) -> Server[Any]:
    """A server of the protocol whose tools `call` answers."""

    async def listed(_context: Context, _page: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=list(_LISTED))

    async def called(context: Context, asked: CallToolRequestParams) -> CallToolResult:
        try:
            answer = await run_in_threadpool(call, context.request, asked.name, asked.arguments or {})
        except JumeauError as refusal:
            return _result({"error": refusal.to_dict()}, refused=True)
        except Exception as error:
            log.error("tool_failed", tool=asked.name, exc_info=error)
            return _result({"error": unexpected().to_dict()}, refused=True)
        return _result(answer)

    return Server(NAME, instructions=INSTRUCTIONS, on_list_tools=listed, on_call_tool=called)


def _result(content: dict[str, Any], *, refused: bool = False) -> CallToolResult:
    """Both as text, for models that read, and as data, for programs; neither with what no model is told."""
    data = withheld(orjson.loads(orjson.dumps(content)))
    text = orjson.dumps(data)
    return CallToolResult(
        content=[TextContent(type="text", text=text.decode())], structured_content=data, is_error=refused
    )


_LISTED: Final = tuple(
    ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        annotations=ToolAnnotations(
            title=tool.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
    for tool in TOOLS.values()
)

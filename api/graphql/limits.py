"""What a GraphQL document and its variables may be, held before anything of the request is checked or run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import DocumentNode, GraphQLSyntaxError, parse

from api.graphql.errors import (
    DocumentTooDeepError,
    DocumentTooLargeError,
    GraphQLSyntaxFault,
    IntrospectionRefusedError,
    TooManyAliasesError,
    TooManyDirectivesError,
    TooManyFieldsError,
    TooManyOperationsError,
    TooManyRootFieldsError,
    TooManyTokensError,
    VariablesTooLargeError,
)
from api.graphql.extent import DocumentExtent, Extent, measure
from core.settings import Settings

_TOKENS: Final = "Document contains more than"  # how graphql-core begins what it says of too many
_SPLIT: Final = "ask in several requests"


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The limits of one installation; each is a setting `graphql_...` of the same name."""

    depth: int
    fields: int
    aliases: int
    root_fields: int
    operations: int
    directives: int
    tokens: int
    document_bytes: int
    variables_bytes: int
    variables_depth: int
    introspection: str

    @classmethod
    def of(cls, settings: Settings) -> DocumentLimits:
        """As the settings say."""
        return cls(**{name: getattr(settings, f"graphql_{name}") for name in cls.__slots__})

    @property
    def is_closed(self) -> bool:
        """Whether nobody is told the schema, by introspection or by suggestions."""
        return self.introspection == "closed"

    def parse(self, text: str) -> tuple[DocumentNode, DocumentExtent]:
        """A document within the limits, with its extent. Raises QueryError."""
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if size > self.document_bytes:
            raise DocumentTooLargeError(
                "bytes of the document",
                size,
                self.document_bytes,
                setting="graphql_document_bytes",
                hint="pass values as variables",
            )
        try:
            document = parse(text, max_tokens=self.tokens)
        except GraphQLSyntaxError as error:
            if _TOKENS in error.message:
                raise TooManyTokensError(
                    "tokens of the document",
                    self.tokens + 1,
                    self.tokens,
                    setting="graphql_tokens",
                    hint=_SPLIT,
                    shown=f"more than {self.tokens:,}",
                ) from error
            raise GraphQLSyntaxFault(error.message) from error
        extent = measure(document)
        self._check(extent)
        return document, extent

    def check_variables(self, variables: Mapping[str, Any] | None) -> None:
        """Refuse variables that are too large or too deep. Raises VariablesTooLargeError."""
        if not variables:
            return
        _check_depth(variables, self.variables_depth)
        size = len(json.dumps(variables, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > self.variables_bytes:
            raise VariablesTooLargeError(
                "bytes of the variables",
                size,
                self.variables_bytes,
                setting="graphql_variables_bytes",
                hint="ask for fewer at a time",
            )

    def check_introspection(self, extent: DocumentExtent, *, known: bool) -> None:
        """Refuse questions about the schema where it is closed, or to whoever is not `known`. Raises IntrospectionRefusedError."""
        if (self.is_closed or not known) and any(one.introspects for _, one in extent.operations):
            raise IntrospectionRefusedError(
                "the schema is not told here" if self.is_closed else "the schema is told to those who sign in",
                where="JUMEAU_GRAPHQL_INTROSPECTION",
                hint="api/graphql/schema.graphql has it" if self.is_closed else "sign in",
            )

    def _check(self, extent: DocumentExtent) -> None:
        if len(extent.operations) > self.operations:
            raise TooManyOperationsError(
                "operations in the document",
                len(extent.operations),
                self.operations,
                setting="graphql_operations",
                hint="send the operation that is to run, by itself",
            )
        if extent.directives > self.directives:
            raise TooManyDirectivesError(
                "directives in the document",
                extent.directives,
                self.directives,
                setting="graphql_directives",
                hint="leave out what is skipped",
            )
        for _, one in extent.operations:
            self._check_operation(one)

    def _check_operation(self, extent: Extent) -> None:
        if extent.roots > self.root_fields:
            raise TooManyRootFieldsError(
                "fields at the root", extent.roots, self.root_fields, setting="graphql_root_fields", hint=_SPLIT
            )
        if extent.aliases > self.aliases:
            raise TooManyAliasesError(
                "aliases",
                extent.aliases,
                self.aliases,
                setting="graphql_aliases",
                hint="ask for lists with `id: {in: ...}`",
            )
        if extent.fields > self.fields:
            raise TooManyFieldsError(
                "fields, with fragments expanded", extent.fields, self.fields, setting="graphql_fields", hint=_SPLIT
            )
        if extent.depth > self.depth:
            raise DocumentTooDeepError(
                "fields within one another",
                extent.depth,
                self.depth,
                setting="graphql_depth",
                hint="ask for what lies deeper by id, or in Cypher",
            )


STANDARD: Final = DocumentLimits.of(Settings.model_construct())
"""The limits where nothing is set."""


def _check_depth(variables: Mapping[str, Any], limit: int) -> None:
    """Refuse values that nest too deeply, level by level: no further than one level beyond the limit."""
    level: list[Any] = list(variables.values())
    depth = 0
    while level := [one for one in level if isinstance(one, list | dict)]:
        depth += 1
        if depth > limit:
            raise VariablesTooLargeError(
                "lists and objects within one another in the variables",
                depth,
                limit,
                setting="graphql_variables_depth",
                hint="write flat conditions, side by side in AND or OR",
                shown=f"more than {limit:,}",
            )
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]

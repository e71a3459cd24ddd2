"""What may be wrong with a GraphQL request, beyond what the GraphQL language itself refuses."""

from __future__ import annotations

from core.errors import QueryError, UsageError


class GraphQLSyntaxFault(QueryError):
    """The GraphQL document does not follow the grammar."""

    code = "GRAPHQL_SYNTAX"


class GraphQLValidationFault(QueryError):
    """The GraphQL document or its variables do not fit the GraphQL schema."""

    code = "GRAPHQL_VALIDATION"


class SelectionTooDeepError(QueryError):
    """A GraphQL selection follows more relations after one another than is allowed."""

    code = "SELECTION_TOO_DEEP"


class PageSizeError(UsageError):
    """A GraphQL page size (`first`) outside what is allowed."""

    code = "PAGE_SIZE"


class CursorError(UsageError):
    """A GraphQL cursor that was not given by this field with this ordering."""

    code = "CURSOR"


class FilterError(UsageError):
    """A GraphQL filter that compares with null where only `eq`, `ne` and `isNull` may."""

    code = "FILTER"

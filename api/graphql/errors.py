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


class GroupingError(UsageError):
    """An aggregate asks for groups, keys or orders that do not go together, or that could tell of one person."""

    code = "GROUPING"


class SearchError(UsageError):
    """A text that is too short or too long to be searched for, or no kind to look through."""

    code = "SEARCH"


class PathError(UsageError):
    """A walk along dependencies that is longer than is allowed, leads nowhere by its kinds, or begins where it ends."""

    code = "PATH"


class GraphQLLimitError(QueryError):
    """A GraphQL request beyond a limit of its form; `details` have what was seen and the limit."""

    code = "GRAPHQL_LIMIT"

    def __init__(
        self,
        what: str,
        seen: float,
        limit: float,
        *,
        setting: str,
        hint: str,
        shown: str | None = None,
        told: bool = True,
    ) -> None:
        """`shown` stands for the number that was seen; `told` False keeps it from whoever is restricted."""
        number = f"{seen:,.0f}" if shown is None else shown
        super().__init__(
            f"{what}: {number}, {limit:,.0f} are allowed",
            where=f"JUMEAU_{setting.upper()}",
            hint=hint,
            details={"seen": seen, "limit": limit} if told else {"limit": limit},
        )


class DocumentTooLargeError(GraphQLLimitError):
    """A GraphQL document has more bytes than are accepted."""

    code = "GRAPHQL_DOCUMENT_SIZE"


class TooManyTokensError(GraphQLLimitError):
    """A GraphQL document has more tokens than are accepted."""

    code = "GRAPHQL_TOKENS"


class TooManyOperationsError(GraphQLLimitError):
    """A GraphQL document holds more operations than are accepted."""

    code = "GRAPHQL_OPERATIONS"


class TooManyDirectivesError(GraphQLLimitError):
    """A GraphQL document has more directives than are accepted."""

    code = "GRAPHQL_DIRECTIVES"


class FragmentCycleError(QueryError):
    """A GraphQL fragment contains itself."""

    code = "GRAPHQL_FRAGMENT_CYCLE"


class DocumentTooDeepError(GraphQLLimitError):
    """A GraphQL operation nests its fields more deeply than is accepted."""

    code = "GRAPHQL_DEPTH"


class TooManyFieldsError(GraphQLLimitError):
    """A GraphQL operation has more fields, its fragments expanded, than are accepted."""

    code = "GRAPHQL_FIELDS"


class TooManyAliasesError(GraphQLLimitError):
    """A GraphQL operation has more aliases, its fragments expanded, than are accepted."""

    code = "GRAPHQL_ALIASES"


class TooManyRootFieldsError(GraphQLLimitError):
    """A GraphQL operation has more fields at its root than are accepted."""

    code = "GRAPHQL_ROOT_FIELDS"


class VariablesTooLargeError(GraphQLLimitError):
    """The variables of a GraphQL request have more bytes, or nest more deeply, than is accepted."""

    code = "GRAPHQL_VARIABLES"


class TooManyNodesError(GraphQLLimitError):
    """The page sizes of a GraphQL request, multiplied along its nested lists, ask for more nodes than are allowed."""

    code = "GRAPHQL_NODES"


class RequestTooCostlyError(QueryError):
    """The root fields of a GraphQL request together are expected to visit more of the graph than is allowed."""

    code = "GRAPHQL_COST"


class RequestTimeError(QueryError):
    """A GraphQL request has used up its time before all its fields were answered."""

    code = "GRAPHQL_TIME"
    status = 504


class IntrospectionRefusedError(QueryError):
    """The GraphQL schema is not told to whoever asks."""

    code = "GRAPHQL_INTROSPECTION"
    status = 403


class BatchRefusedError(UsageError):
    """Several GraphQL requests in one: each has to be sent by itself."""

    code = "GRAPHQL_BATCH"


class BodyTooLargeError(UsageError):
    """A GraphQL request has more bytes than are accepted."""

    code = "GRAPHQL_BODY_SIZE"
    status = 413


class OperationMethodError(UsageError):
    """A GraphQL operation that is no query, asked for with GET."""

    code = "GRAPHQL_METHOD"
    status = 405


class MediaTypeError(UsageError):
    """A GraphQL request of another media type than application/json."""

    code = "GRAPHQL_MEDIA_TYPE"
    status = 415


class SubscriptionTransportError(UsageError):
    """A GraphQL subscription that was asked for over HTTP: it needs a websocket."""

    code = "SUBSCRIPTION_TRANSPORT"

"""`jumeau ask` and `jumeau chat`: questions in French or English, here or through the server that has the twin open."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from cli.answers import print_error
from cli.options import AsOfOption, BackendOption, BranchOption, PerimeterOption
from cli.output import Output, print_json, print_rows, say
from core.errors import JumeauError, UsageError
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from services.moments import Asked
from services.rendezvous import running_server

Asker = Callable[[str, Sequence[str], Mapping[str, Any] | None], dict[str, Any]]
"""A question, those before it, and what the latest of those was understood as, to the answer as JSON has it."""


class Form(StrEnum):
    """Forms of an answer."""

    TEXT = "text"
    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


class Tongue(StrEnum):
    """Languages of an answer."""

    FR = "fr"
    EN = "en"


FormOption = Annotated[Form, typer.Option("--output", "-o", help="text, table, markdown or json.")]
TongueOption = Annotated[
    Tongue | None, typer.Option("--lang", help="Language of the answer; by default the question's.")
]
_OF_A_STEP = ("purpose", "outcome", "rows", "engine", "elapsed_ms", "provider", "model", "tokens", "cost", "call")
ExplainOption = Annotated[bool, typer.Option("--explain", help="Show the queries, the steps and what they took.")]


def ask(
    question: Annotated[str, typer.Argument(help="A question, or - to read it from standard input.")],
    lang: TongueOption = None,
    explain: ExplainOption = False,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Ask in French or English: an answer from rows, a question back, a refusal, or what the twin does not hold.

    Examples:

      jumeau ask "Combien de serveurs Windows en production ?"

      jumeau ask "Which critical applications have no recovery plan?" --output json
    """
    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        raise UsageError("there is no question", where="jumeau ask", hint='jumeau ask "Combien de serveurs ?"')
    with asker(load_settings(backend=backend), as_perimeter, Asked(as_of, branch), lang) as asked:
        show(asked(text.strip(), (), None), output, explain)


def chat(
    lang: TongueOption = None,
    explain: ExplainOption = False,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Talk with the twin: each question may go on from the one before ("et par équipe ?"); a number takes a choice.

    `:new` forgets the conversation, `:quit` ends it. Example: jumeau chat --lang fr
    """
    with asker(load_settings(backend=backend), as_perimeter, Asked(as_of, branch), lang) as asked:
        Conversation(asked, output, explain).run(sys.stdin, prompt=sys.stdin.isatty())


class Conversation:
    """Questions one after the other. What was refused or not understood is not gone on from."""

    def __init__(self, asked: Asker, output: Form, explain: bool) -> None:
        self._asked, self._output, self._explain = asked, output, explain
        self.earlier: list[str] = []
        self.understood: Mapping[str, Any] | None = None
        self.choices: list[str] = []

    def run(self, lines: Iterator[str] | Any, prompt: bool = False) -> None:
        """Until the lines end, or one is `:quit`."""
        while True:
            if prompt:
                sys.stderr.write("? ")
                sys.stderr.flush()
            line = next(iter(lines), None)
            if line is None or line.strip() == ":quit":
                return
            self.say(line.strip())

    def say(self, line: str) -> None:
        """One line of the person."""
        if not line:
            return
        if line == ":new":
            self.earlier, self.choices, self.understood = [], [], None
            return
        if line.isascii() and line.isdigit() and 0 < int(line) <= len(self.choices):
            line = self.choices[int(line) - 1]
        try:
            answer = self._asked(line, self.earlier, self.understood)
        except JumeauError as error:
            print_error(error)
            return
        show(answer, self._output, self._explain)
        self.choices = [choice["question"] for choice in answer["choices"]]
        if answer["outcome"] == "answer":
            self.earlier.append(line)
            self.understood = answer.get("understood")


@contextmanager
def asker(settings: Settings, perimeters: Sequence[str] | None, asked: Asked, lang: Tongue | None) -> Iterator[Asker]:
    """What answers questions as long as the context lasts: the running server, else the twin opened here."""
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    language: Literal["fr", "en"] | None = None if lang is None else "fr" if lang is Tongue.FR else "en"
    if server is not None:
        more: dict[str, Any] = {
            "perimeters": perimeters,
            "as_of": asked.as_of,
            "branch": asked.branch,
            "language": language,
        }
        body = {name: value for name, value in more.items() if value is not None}

        def there(text: str, after: Sequence[str], understood: Mapping[str, Any] | None) -> dict[str, Any]:
            before = {"after": list(after), **({} if understood is None else {"understood": dict(understood)})}
            return server.post("/api/ask", {"question": text, **before, **body})

        yield there
        return
    from agent.ask import Asking  # here: the words of two languages take a while
    from agent.conversation import turns
    from agent.opening import Asks
    from services.audit.reading import opened
    from services.catalogue import CatalogueService
    from services.moments import MomentService
    from services.query import QueryService
    from services.twin import open_twin

    with open_twin(settings, to_ask=True) as twin, opened(settings) as recorder:
        queries = QueryService(twin)
        moments = MomentService(twin, queries, CatalogueService(twin, queries))
        principal = LOCAL_OPERATOR.narrowed(perimeters)
        try:
            road = Asks(moments, recorder=recorder).service()

            def here(text: str, after: Sequence[str], understood: Mapping[str, Any] | None) -> dict[str, Any]:
                asking = Asking(principal, turns(after, understood), language, asked)
                return road.ask(text, asking).to_dict()

            yield here
        finally:
            moments.close()


def show(answer: Mapping[str, Any], output: Form, explain: bool) -> None:
    """Print an answer; exit code 0 whatever its outcome: that is in it."""
    if output is Form.JSON:
        print_json(answer)
        return
    if output is Form.MARKDOWN:
        from agent.answer.markdown import markdown_of

        sys.stdout.write(markdown_of(answer))
        return
    sys.stdout.write(answer["answer"] + "\n")
    for number, choice in enumerate(answer["choices"], start=1):
        sys.stdout.write(f"  {number}. {choice['label']}\n")
    if output is Form.TABLE and answer["rows"]:
        print_rows(answer["labels"] or answer["columns"], answer["rows"], Output.TABLE)
    for assumption in answer["assumptions"]:
        say(f"~ {assumption}")
    for note in answer["notes"]:
        say(f"note: {note}")
    if explain:
        _explain(answer)


def _explain(answer: Mapping[str, Any]) -> None:
    for step in answer["trace"]:
        told = " ".join(f"{name}={step[name]}" for name in _OF_A_STEP if name in step)
        say(f"- {step['step']} {told}")
    if answer["cypher"]:
        say(f"\n{answer['cypher']}\n")
    for name, value in answer["parameters"].items():
        say(f"${name} = {value}")
    if answer["gsql"]:
        say(f"\n{answer['gsql']}")

"""The interactive console: statements end with a semicolon, commands begin with a colon, a pipe may stand for a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cli.answers import print_error, print_result
from cli.asking import Asking
from cli.completion import DELIMITERS, Completion
from cli.options import parse_parameters
from cli.output import Output, print_rows, say
from cli.statements import is_blank, split_statements
from core.errors import JumeauError, UsageError
from graph.cypher.explain import explained
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema

PROMPT: Final = "jumeau> "
MORE: Final = "   ...> "
HISTORY: Final = ".jumeau_history"
KEPT_LINES: Final = 2_000
HELP: Final = """\
MATCH ... RETURN ... ;        a query ends with a semicolon and may take several lines
:explain [QUERY ;]            explain one query, or every query from now on (again: no longer)
:param NAME VALUE             set $NAME for the queries that follow (VALUE is JSON where it parses, else a string)
:params [clear]               show the parameters, or forget them
:list                         the queries of the catalogue
:run NAME [name=value ...]    run one of them
:output [table|json|csv]      how answers are printed
:help, :quit                  this text; the end (also Ctrl-D)"""


@dataclass(slots=True)
class Console:
    """The state of a session. `failed` is the exit code of the first error, 0 without one."""

    asking: Asking
    output: Output
    parameters: dict[str, Any] = field(default_factory=dict)
    explains: bool = False
    failed: int = 0
    over: bool = False

    def run(self, lines: Iterator[str], prompt: Callable[[bool], None] = lambda _: None) -> None:
        """Read lines until there are none or `:quit`; `prompt` is told before each whether a statement is open."""
        text = ""
        while not self.over:
            prompt(not is_blank(text))
            try:
                line = next(lines, None)
            except KeyboardInterrupt:  # what was typed is dropped, the console stays
                say("")
                text = ""
                continue
            if line is None:
                break
            if is_blank(text) and line.lstrip().startswith(":"):
                text = self._line(line.strip())
                continue
            statements, text = split_statements(text + line + "\n")
            for _, statement in statements:
                self._statement(statement)
        if not is_blank(text) and not self.over:
            self._statement(text)

    def _line(self, line: str) -> str:
        """Carry out a command; what it leaves open of a statement."""
        name, _, rest = line.partition(" ")
        if name == ":explain" and rest.strip():
            statements, left = split_statements(f"EXPLAIN {rest}\n")
            for _, statement in statements:
                self._statement(statement)
            return "" if is_blank(left) else left
        try:
            self._command(name.rstrip(";"), rest.strip().rstrip(";").strip())
        except JumeauError as error:
            self._fail(error)
        return ""

    def _command(self, name: str, rest: str) -> None:
        match name:
            case ":help" | ":h":
                say(HELP)
            case ":quit" | ":exit" | ":q":
                self.over = True
            case ":params" if rest == "clear":
                self.parameters.clear()
            case ":params":
                for key, value in self.parameters.items():
                    say(f"${key} = {value!r}")
            case ":param":
                key, _, value = rest.replace("=", " ", 1).partition(" ") if "=" in rest else rest.partition(" ")
                self.parameters.update(parse_parameters([f"{key.lstrip('$').strip()}={value.strip()}"]))
            case ":explain":
                self.explains = not self.explains
                say("queries are explained" if self.explains else "queries are run")
            case ":output":
                self.output = _output(rest) if rest else self.output
                say(f"output: {self.output.value}")
            case ":list":
                print_rows(("name", "title"), [(q.name, q.title_en) for q in load_catalogue().values()], self.output)
            case ":run":
                query, *given = rest.split()
                print_result(self.asking.named(query, parse_parameters(given)), self.output, query)
            case _:
                raise UsageError(f"{name!r} is no command of the console", where="console", hint=":help lists them")

    def _statement(self, text: str) -> None:
        try:
            asked = f"EXPLAIN {text}" if self.explains and explained(text) is None else text
            print_result(self.asking.cypher(asked, self.parameters), self.output)
        except JumeauError as error:
            self._fail(error)
        except KeyboardInterrupt:
            say("interrupted")

    def _fail(self, error: JumeauError) -> None:
        print_error(error)
        self.failed = self.failed or error.exit_code


def _output(name: str) -> Output:
    try:
        return Output(name)
    except ValueError as error:
        raise UsageError(f"no output {name!r}", where=":output", hint="table, json or csv") from error


def converse(asking: Asking, schema: Schema, output: Output, parameters: dict[str, Any]) -> int:
    """Talk to whoever is at standard input; the exit code: 0 for a person, the first error's for a pipe."""
    console = Console(asking, output, parameters)
    if not sys.stdin.isatty():
        console.run(line.rstrip("\n") for line in sys.stdin)
        return console.failed
    say("queries end with a semicolon; :help tells the rest, Ctrl-D ends")
    with _line_editing(Completion(schema, load_catalogue(), console.parameters)):
        prompts = [PROMPT]

        def ask(is_open: bool) -> None:
            prompts[0] = MORE if is_open else PROMPT

        console.run(_typed(lambda: prompts[0]), ask)
    return 0


class _typed(Iterator[str]):
    """Lines that a person types."""

    def __init__(self, prompt: Callable[[], str]) -> None:
        self._prompt = prompt

    def __next__(self) -> str:
        try:
            return input(self._prompt())
        except EOFError:
            raise StopIteration from None


@contextmanager
def _line_editing(completion: Completion, history: Path | None = None) -> Iterator[None]:
    """Editing, completion with Tab and a history in the home directory, where the platform has readline."""
    try:
        import readline  # here and not above: not every platform has it
    except ImportError:
        yield
        return
    path = history or Path.home() / HISTORY
    readline.set_completer_delims(DELIMITERS)
    readline.set_completer(completion.completer(readline.get_line_buffer))
    readline.parse_and_bind("tab: complete")
    readline.set_history_length(KEPT_LINES)
    with suppress(OSError):  # the first time, or a home that cannot be read: without
        readline.read_history_file(path)
    try:
        yield
    finally:
        try:
            path.touch(mode=0o600)
            readline.write_history_file(path)
        except OSError as error:
            say(f"the history is not kept: {error}")

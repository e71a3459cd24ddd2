"""From text to tokens, in one pass of one regular expression.

A token's `kind` is its class (`NAME`, `INTEGER` ...) or, for punctuation, the sign itself. `word` is the upper-case form
of an unquoted name, so that keywords compare without regard to case; it is empty for everything else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from graph.cypher.ast import Span
from graph.cypher.diagnostics import CypherError, CypherSyntaxError, report

NAME, QUOTED, INTEGER, FLOAT, STRING, PARAMETER, END = (
    "name",
    "quoted name",
    "integer",
    "float",
    "string",
    "parameter",
    "end of query",
)

_TOKEN = re.compile(
    r"""
      (?P<space>(?:\s+|//[^\n]*|/\*.*?\*/)+)
    | (?P<name>[^\W\d]\w*)
    | (?P<float>(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<integer>0[xX][0-9a-fA-F]+|0[oO][0-7]+|\d+)
    | (?P<string>'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")
    | (?P<quoted>`(?:[^`]|``)*`)
    | (?P<parameter>\$(?:\w+|`(?:[^`]|``)*`))
    | (?P<sign><>|<=|>=|=~|\.\.|\|\||\+=|::|/(?!\*)|[-+*%^=<>()\[\]{},.:;|&!?])
    | (?P<broken>.)  # so that the search never skips ahead, which would make it quadratic
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "'": "'", '"': '"', "\\": "\\", "`": "`"}
_ESCAPE = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"  # a pair of surrogates is one character
    r"|\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)
_MAXIMUM_INTEGER = 2**63


class Token(NamedTuple):
    """A token: its class, its value (names unquoted, strings unescaped), its keyword form, and where it stands."""

    kind: str
    value: str
    word: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, the last of kind END. Raises CypherSyntaxError on a sign, string or comment that is broken."""
    tokens: list[Token] = []
    append = tokens.append
    new = tuple.__new__  # half the price of the named tuple's own constructor
    length = len(text)
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        group = found.lastgroup
        if group == "space":
            continue
        value = found.group()
        if group == "name":
            append(new(Token, (NAME, value, value.upper(), start, end)))
        elif group == "sign":
            append(new(Token, (value, value, "", start, end)))
        elif group == "string":
            append(new(Token, (STRING, _unescape(text, value, start), "", start, end)))
        elif group == "quoted":
            append(new(Token, (QUOTED, _unquote(text, value, start), "", start, end)))
        elif group == "parameter":
            name = value[1:]
            append(new(Token, (PARAMETER, _unquote(text, name, start) if name[0] == "`" else name, "", start, end)))
        elif group == "broken":
            raise _broken(text, start)
        else:
            if end < length and (text[end].isalnum() or text[end] == "_"):
                raise _broken_number(text, start, end)
            append(new(Token, (FLOAT if group == "float" else INTEGER, value, "", start, end)))
    append(Token(END, "", "", length, length))
    return tokens


def integer_value(digits: str) -> int:
    """The value of an integer token: decimal, 0x hexadecimal or 0o octal."""
    prefix = digits[:2].lower()
    if prefix == "0x":
        return int(digits, 16)
    if prefix == "0o":
        return int(digits, 8)
    return int(digits)


def fits_int64(value: int) -> bool:
    """Whether a literal is within the 64 bits that integers have."""
    return -_MAXIMUM_INTEGER <= value < _MAXIMUM_INTEGER


def _unescape(text: str, quoted: str, position: int) -> str:
    body = quoted[1:-1]
    if "\\" not in body:
        return body

    def replace(found: re.Match[str]) -> str:
        if found.group(1) is not None:
            high, low = int(found.group(1), 16) - 0xD800, int(found.group(2), 16) - 0xDC00
            return chr(0x10000 + (high << 10) + low)
        code = found.group(3) or found.group(4)
        if code is None:
            known = _ESCAPES.get(found.group(5))
        else:
            number = int(code, 16)
            known = None if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF else chr(number)
        return known if known is not None else _bad_escape(text, position + 1 + found.start(), found.group())

    return _ESCAPE.sub(replace, body)


def _bad_escape(text: str, position: int, escape: str) -> str:
    raise report(
        CypherSyntaxError,
        f"{escape!r} is not an escape of a string",
        text=text,
        span=Span(position, position + len(escape)),
        expected=(r"\\", r"\'", r"\"", r"\n", r"\t", r"\r", r"\b", r"\f", r"\uXXXX", r"\UXXXXXXXX"),
    )


def _unquote(text: str, quoted: str, position: int) -> str:
    name = quoted[1:-1].replace("``", "`")
    if not name:
        raise report(
            CypherSyntaxError, "a name is empty", text=text, span=Span(position, position + 2), expected=("a name",)
        )
    return name


def _broken(text: str, position: int) -> CypherError:
    sign = text[position]
    span = Span(position, position + 1)
    if sign in "'\"":
        return report(
            CypherSyntaxError, "a string is not closed", text=text, span=span, expected=(f"a closing {sign}",)
        )
    if sign == "`":
        return report(CypherSyntaxError, "a quoted name is not closed", text=text, span=span, expected=("a closing `",))
    if text.startswith("/*", position):
        return report(CypherSyntaxError, "a comment is not closed", text=text, span=span, expected=("a closing */",))
    if sign == "$":
        return report(CypherSyntaxError, "a parameter has no name", text=text, span=span, expected=("a name after $",))
    return report(
        CypherSyntaxError,
        f"{sign!r} (U+{ord(sign):04X}) means nothing here",
        text=text,
        span=span,
        hint="outside strings and quoted names, only letters, digits and the signs of Cypher may stand",
    )


def _broken_number(text: str, position: int, end: int) -> CypherError:
    while end < len(text) and (text[end].isalnum() or text[end] in "_."):
        end += 1
    return report(
        CypherSyntaxError,
        f"{text[position:end]!r} is not a number",
        text=text,
        span=Span(position, end),
        hint="names cannot start with a digit unless they stand between backticks",
    )

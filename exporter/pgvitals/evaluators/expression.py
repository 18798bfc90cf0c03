"""An expression as pg_get_expr() prints it, read into tokens and what brackets enclose.

It need not be understood to be read: that is left to those who look for something in it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias, TypeGuard

LONGEST = 100_000
"""Characters; longer expressions are not read."""

Kind = Literal["word", "name", "text", "number", "operator", "mark"]


class Token(NamedTuple):
    """A word as it stands, a quoted `name`, a `text` literal, a number, an operator or a mark.

    `text` is without the quotes of names and literals.
    """

    kind: Kind
    text: str


class Group(NamedTuple):
    """What stands between an opening bracket and its closing one, or between CASE and END."""

    opening: str
    items: "Items"


Item: TypeAlias = Token | Group
Items: TypeAlias = Sequence[Item]

_CLOSING = {"(": ")", "[": "]", "CASE": "END"}
_TOKEN = re.compile(
    r"""\s*+(?:
      (?P<escaped>[eE]'(?:[^'\\]|''|\\[\\'])*+')
    | (?P<text>'(?:[^']|'')*+')
    | (?P<name>"(?:[^"]|"")*+")
    | (?P<number>[0-9][\w.]*+)
    | (?P<word>(?![eE]')[a-zA-Z_]\w*+)
    | (?P<operator>(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])++)
    | (?P<mark>::|[][(),.:])
    )\s*+""",
    re.ASCII | re.VERBOSE,
)


def read(expression: str) -> Items:
    """The items of an expression; raises ValueError for what pg_get_expr() would not print."""
    groups: list[tuple[str, list[Item]]] = [("", [])]
    for token in _tokens(expression):
        sign = spelled([token])
        if sign in _CLOSING:
            groups.append((sign, []))
        elif sign in _CLOSING.values():
            opening, items = groups.pop()
            if _CLOSING.get(opening) != sign:
                raise ValueError(f"found {sign!r}, expected what closes {opening!r}")
            groups[-1][1].append(Group(opening, items))
        else:
            groups[-1][1].append(token)
    if len(groups) > 1:
        raise ValueError(f"found the end, expected what closes {groups[-1][0]!r}")
    return groups[0][1]


def _tokens(expression: str) -> Iterator[Token]:
    if len(expression) > LONGEST:
        raise ValueError(f"found {len(expression)} characters, expected at most {LONGEST}")
    at = 0
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if not found:
            raise ValueError(f"found {expression[at : at + 20]!r}, expected a token")
        at = found.end()
        yield _token(found)


def _token(found: re.Match[str]) -> Token:
    if escaped := found["escaped"]:
        return Token("text", re.sub(r"[\\']([\\'])", r"\1", escaped[2:-1]))
    if text := found["text"]:
        return Token("text", text[1:-1].replace("''", "'"))
    if name := found["name"]:
        return Token("name", name[1:-1].replace('""', '"'))
    for kind in ("word", "number", "operator"):
        if found[kind]:
            return Token(kind, found[kind])
    return Token("mark", found["mark"])


def is_a(item: Item, *kinds: Kind) -> TypeGuard[Token]:
    """Whether it is a token of one of these kinds."""
    return isinstance(item, Token) and item.kind in kinds


def says(item: Item, *words: str) -> bool:
    """Whether it is one of these words or signs, in capitals; quoted, none is."""
    return spelled([item]) in words


def spelled(items: Items) -> str:
    """Words and signs in capitals with blanks between; anything else is `?`."""
    return " ".join(
        item.text.upper() if is_a(item, "word", "operator", "mark") else "?" for item in items
    )


def split(items: Items, *words: str) -> list[Items]:
    """What stands between these words or signs; not looking into groups."""
    at = [-1, *(i for i, item in enumerate(items) if says(item, *words)), len(items)]
    return [items[i + 1 : j] for i, j in pairwise(at)]


def selected(items: Items) -> Items:
    """What a subquery selects, with what follows; what is no subquery is left as it is."""
    if spelled(items[:1]) != "SELECT":
        return items
    return items[1:-2] if spelled(items[-2:-1]) == "AS" else items[1:]


def everywhere(items: Items) -> Iterator[Items]:
    """These items, and those of every group in them, however deep."""
    waiting = [items]
    while waiting:
        yield (found := waiting.pop())
        waiting += [item.items for item in found if isinstance(item, Group)]

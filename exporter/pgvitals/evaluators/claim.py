"""Whether an expression reads what users may edit about themselves: the user_metadata of their token.

The token is auth.jwt() or the setting it is made of; its copy in auth.users is raw_user_meta_data.
"""

import re
from collections.abc import Collection, Iterator
from itertools import pairwise

from pgvitals.evaluators.expression import (
    Group,
    Items,
    Token,
    everywhere,
    is_a,
    read,
    says,
    selected,
    spelled,
    split,
)

_KEY = re.compile(r"\W*user_metadata\b")
"""A key, or the first one of a path or of an object."""


def reads_user_metadata(expression: str) -> bool:
    """Whether an expression, as pg_get_expr() prints it, reads it from the token or from auth.users.

    A column, a key or a text of that name is no such thing by itself.
    """
    try:
        found = list(everywhere(read(expression)))
    except ValueError:
        return False
    names = {name for items in found for name in _names_of_users(items)}
    return any(_reads_users(items, names) or _reads_token(items) for items in found)


def _names_of_users(items: Items) -> Iterator[str]:
    """What auth.users is called where a subquery reads it; keywords are printed in capitals."""
    for at in range(len(items) - 2):
        if _texts(items[at : at + 3]) == ["auth", ".", "users"]:
            after = items[at + 3 : at + 4]
            alias = [
                one.text for one in after if is_a(one, "word", "name") and not _is_keyword(one)
            ]
            yield from alias or ["users"]


def _is_keyword(token: Token) -> bool:
    return token.kind == "word" and token.text == token.text.upper()


def _reads_users(items: Items, names: Collection[str]) -> bool:
    texts = _texts(items)
    columns = zip(texts, texts[1:], texts[2:], strict=False)
    return any(
        name in names and (dot, column) == (".", "raw_user_meta_data")
        for name, dot, column in columns
    )


def _texts(items: Items) -> list[str]:
    return [item.text if isinstance(item, Token) else "" for item in items]


def _reads_token(items: Items) -> bool:
    """By an operator, as arguments of a function, or by a subscript: the token, and then the key."""
    return any(
        _KEY.match(_first_text(key)) and _is_token(of) for of, key in pairwise(_parts(items))
    )


def _parts(items: Items) -> Iterator[Items]:
    """Operands, arguments and subscripts."""
    start = 0
    for at, item in enumerate(items):
        bracket = isinstance(item, Group) and item.opening == "["
        subscript = bracket and spelled(items[at - 1 : at]) != "ARRAY"
        if subscript or is_a(item, "operator") or says(item, ","):
            yield items[start:at]
            start = at if subscript else at + 1
    yield items[start:]


def _first_text(items: Items) -> str:
    """Of what may be cast, in brackets and in an array, and no deeper."""
    for _ in range(4):
        wanted = (item for item in items if isinstance(item, Group) or item.kind == "text")
        found = next(wanted, None)
        if not isinstance(found, Group):
            return found.text if found else ""
        items = found.items
    return ""


def _is_token(items: Items) -> bool:
    """Whether it is the whole token, with casts, in brackets, selected or made sure not to be empty."""
    while True:
        items = selected(split(items, "::")[0])
        if spelled(items) == "CURRENT_SETTING ?":
            return _first_text(items) == "request.jwt.claims"
        inner = items[-1] if spelled(items) in ("?", "NULLIF ?", "COALESCE ?") else None
        if not isinstance(inner, Group):
            return spelled(items) == "AUTH . JWT ?"
        items = split(inner.items, ",")[0]

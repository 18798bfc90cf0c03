"""Strict types: what msgspec checks and how it complains, in the words of someone who writes YAML."""

import re
from typing import Any

import msgspec
from msgspec import inspect

Step = str | int
Where = tuple[Step, ...]
"""A path of keys and indexes into a document."""

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_KINDS = {str: "a text", int: "a number", float: "a number", bool: "true or false"}
_PHRASES = {
    " | nothing": "",
    " | ": " or ",
    "a text of length >= 1": "a text that is not empty",
    "a text matching regex '^[a-zA-Z_][a-zA-Z0-9_]*$'": "a name of letters, digits and _",
    "a text matching regex '^[^.]+\\\\.[^.]+$'": "schema.name",
    "a text matching regex '^[a-z][a-z_]*$'": "a name of small letters and _",
    "a text matching regex '^[a-zA-Z_:][a-zA-Z0-9_:]*$'": "a name of letters, digits, _ and :",
}
_KEY, _VALUE = "at `key`", "[...]"


class Duration(float):
    """Seconds, written as Prometheus writes durations: `500ms`, `15s`, `10m`, `1h30m`."""

    @classmethod
    def parse(cls, text: object) -> "Duration":
        """Read `text`; raises ValueError with what was expected."""
        if isinstance(text, str) and re.fullmatch(r"([0-9]{1,9}(ms|[smhd]))+", text):
            parts = re.findall(r"([0-9]+)(ms|[smhd])", text)
            return cls(sum(int(number) * _UNIT_SECONDS[unit] for number, unit in parts))
        raise ValueError("Expected a duration such as 500ms, 15s, 10m or 1h30m")


def decode(type_: type, value: object) -> object:
    """Read the types that msgspec does not know; its `dec_hook`."""
    if type_ is Duration:
        return Duration.parse(value)
    raise NotImplementedError(f"no way to read a {type_.__name__}")


def explain(
    message: str, data: Any, type_: type, private: tuple[str, ...] = ()
) -> tuple[Where, str]:
    """Say where `data` is not of `type_`, and what was found and expected there, from msgspec's message.

    Of what was found below the keys `private` only the kind is told.
    """
    problem, _, path = message.partition(" - at ")
    of_key = path.startswith("`key`")
    where = _where(path.rpartition("`$")[2].rstrip("`"), data, type_)
    hidden = bool(where) and where[0] in private
    if unknown := _UNKNOWN.match(problem):
        problem = f"unknown key, expected one of {_listed(_at(type_, where))}"
        where += (unknown["key"],)
    elif problem.startswith("Invalid value"):  # of the key that says which model it is
        found = shown(_value(data, where))
        problem = f"found {found}, expected one of {', '.join(_tags(_at(type_, where)))}"
    elif problem.startswith("Object missing"):
        problem = f"found no key '{problem.partition('`')[2].rstrip('`')}', expected it"
    elif of_key:
        key = _refused(where, data, type_, _KEY)
        expected = _expected(_key_type(_at(type_, where)), _in_words(problem))
        problem = f"found the key {key!r}, expected {expected}"
        where += (key,)
    else:
        expected = _expected(_at(type_, where), _in_words(problem))
        problem = f"found {shown(_value(data, where), private=hidden)}, expected {expected}"
    return where, problem.replace("`", "'")


def _where(path: str, data: Any, type_: type) -> Where:
    """Turn msgspec's path into steps; it hides the keys of mappings behind `[...]`: they are tried."""
    where: Where = ()
    for field, index in re.findall(r"\.([^.\[]+)|\[([^\]]+)\]", path):
        if index == "...":
            where += (_refused(where, data, type_, _VALUE),)
        else:
            where += (int(index) if index else field,)
    return where


def _refused(where: Where, data: Any, type_: type, mark: str) -> Step:
    """The key of the mapping at `where` that msgspec refuses: alone there, it still fails as `mark` says."""
    for key in _value(data, where):
        try:
            msgspec.convert(_only(data, where, key), type_, dec_hook=decode)
        except msgspec.ValidationError as error:
            if mark in str(error):
                return key  # type: ignore[no-any-return]  # YAML's keys are of any type
    return "?"


def _only(data: Any, where: Where, key: Step) -> Any:
    """A copy of `data` in which the mapping at `where` has `key` alone."""
    if not where:
        return {key: data[key]}
    changed: Any = dict(data) if isinstance(data, dict) else list(data)
    changed[where[0]] = _only(data[where[0]], where[1:], key)
    return changed


def _value(data: Any, where: Where) -> Any:
    for step in where:
        data = data[step]
    return data


def shown(value: Any, *, private: bool = False) -> str:
    """What was found, for a message; of a `private` value only the kind."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return _KINDS.get(type(value), "something else") if private else f"{value!r:.100}"


def _in_words(problem: str) -> str:
    """What msgspec expects, as YAML calls it: "Expected `str | object`, got ..." is a text or a mapping."""
    expected = problem.removeprefix("Expected ").partition(", got")[0]
    names = "|".join(_WORDS)
    expected = re.sub(rf"`((?:{names})(?: \| (?:{names}))*)`", lambda match: match[1], expected)
    words = re.sub(rf"\b({names})\b", lambda match: _WORDS[match[1]], expected)
    for theirs, ours in _PHRASES.items():
        words = words.replace(theirs, ours)
    return words


def _at(type_: type, where: Where) -> inspect.Type:
    """The type that stands at `where` inside `type_`."""
    info = _bare(inspect.type_info(type_))
    for step in where:
        options = info.types if isinstance(info, inspect.UnionType) else (info,)
        info = next((_bare(found) for o in options if (found := _inside(_bare(o), step))), info)
    return info


def _bare(info: inspect.Type) -> inspect.Type:
    return info.type if isinstance(info, inspect.Metadata) else info


def _inside(info: inspect.Type, step: Step) -> inspect.Type | None:
    if isinstance(info, inspect.StructType):
        return next((f.type for f in info.fields if f.encode_name == step), None)
    if isinstance(info, inspect.DictType):
        return info.value_type
    return getattr(info, "item_type", None)


def _listed(info: inspect.Type) -> str:
    """The keys of a model, also of one that may be left out."""
    return ", ".join(dict.fromkeys(f.encode_name for m in _models(info) for f in m.fields))


def _tags(info: inspect.Type) -> list[str]:
    """What tells the models of a union apart."""
    return [repr(model.tag) for model in _models(info)]


def _models(info: inspect.Type) -> list[inspect.StructType]:
    options = info.types if isinstance(info, inspect.UnionType) else (info,)
    return [m for m in map(_bare, options) if isinstance(m, inspect.StructType)]


def _key_type(info: inspect.Type) -> inspect.Type:
    """What the keys of a mapping are."""
    return _bare(info.key_type) if isinstance(info, inspect.DictType) else info


def _expected(info: inspect.Type, words: str) -> str:
    """What may stand there, with what the type says more than `words`, msgspec's."""
    options = info.types if isinstance(info, inspect.UnionType) else (info,)
    for option in map(_bare, options):
        if isinstance(option, inspect.LiteralType):
            return "one of " + ", ".join(map(repr, option.values))
    keys = _listed(info)
    return words.replace("a mapping", f"a mapping with {keys}", 1) if keys else words

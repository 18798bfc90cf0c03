"""YAML documents, read strictly: a mistake has a file, a line, a path, what was found and what was expected.

PyYAML parses and keeps the positions, msgspec checks the types; this module joins the two and
refuses duplicate keys, which YAML forbids and PyYAML accepts.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import yaml

from pgvitals.strict import Where, decode, explain, shown

T = TypeVar("T")

_MERGE = "tag:yaml.org,2002:merge"
_WITH_SECRETS = ("instances", "basic_auth_users", "tls_server_config")
_SECRET = re.compile(r"(?s):.*|(?<=\$2).*")
"""A secret in a key: behind a colon that lacks a space, or behind the `$2` with which hashes begin."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mistake(NamedTuple):
    """One thing wrong in one file.

    `line` counts from 1, `path` is dotted (`metrics.pg_x.type`), `problem` says what was found and
    what was expected.
    """

    file: str
    line: int
    path: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " + (f"{self.path}: " if self.path else "")
        return where + self.problem


class Mistakes(Exception):  # noqa: N818 - it carries mistakes, it is not one
    """Raised when documents cannot be used; `mistakes` has all of them, in file order."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))


class Document:
    """One YAML file: its data, and where in the text everything stands.

    Raises Mistakes when the file is not YAML, repeats a key or is not a mapping.
    """

    def __init__(self, file: Path, text: str) -> None:
        self.file = str(file)
        self.data: dict[Any, Any] = {}
        self._lines: dict[Where, int] = {(): 1}
        try:
            loader = _LOADER(text)
            node = loader.get_single_node()
            mistakes = [] if node is None else list(self._index(node, (), loader))
            data = {} if node is None else loader.construct_document(node)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise Mistakes([self._broken(error, text)]) from None
        if not isinstance(data, dict):
            mistakes.append(
                self.mistake((), f"found {shown(data, private=True)}, expected a mapping")
            )
        if mistakes:
            raise Mistakes(mistakes)
        self.data = data

    @classmethod
    def open(cls, file: Path) -> "Document":
        """Read `file`; raises Mistakes also when it cannot be read."""
        try:
            text = file.read_text("utf-8")
        except (OSError, ValueError) as error:  # the latter for a path with a NUL, too
            told = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            reason = getattr(error, "strerror", None) or told
            raise Mistakes([Mistake(str(file), 1, "", f"cannot be read: {reason}")]) from None
        return cls(file, text)

    def read(self, type_: type[T], private: tuple[str, ...] = ()) -> T:
        """Give the document as `type_`, a msgspec Struct; raises Mistakes with the first thing wrong.

        What was found below the keys `private` is not repeated: it may be a password.
        """
        try:
            return msgspec.convert(self.data, type_, dec_hook=decode)
        except msgspec.ValidationError as error:
            raise Mistakes(
                [self.mistake(*explain(str(error), self.data, type_, private))]
            ) from None

    def mistake(self, where: Where, problem: str) -> Mistake:
        """Say that something is wrong at `where`, a path of keys and indexes."""
        known = where
        while known not in self._lines:
            known = known[:-1]
        return Mistake(self.file, self._lines[known], _path(where), problem)

    def _index(self, node: yaml.Node, where: Where, loader: Any) -> Iterator[Mistake]:
        """Note the line of every key below `node`, and give the keys that stand there twice."""
        children: list[tuple[str | int, yaml.Node, int]] = []
        if isinstance(node, yaml.MappingNode):
            children = [(_key(k, loader), v, k.start_mark.line + 1) for k, v in node.value]
        elif isinstance(node, yaml.SequenceNode):
            children = [(i, v, v.start_mark.line + 1) for i, v in enumerate(node.value)]
        for step, child, line in children:
            here = (*where, step)
            if here in self._lines:
                first = self._lines[here]
                yield Mistake(
                    self.file,
                    line,
                    _path(here),
                    f"found again, it stands in line {first} already; expected once",
                )
            self._lines.setdefault(here, line)
            yield from self._index(child, here, loader)

    def _broken(self, error: Exception, text: str) -> Mistake:
        line, problem = 1, str(error).partition("\n")[0]
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            unclosed = error.context_mark if "end of stream" in str(error.problem) else None
            line = (unclosed or error.problem_mark).line + 1
            problem = error.problem or problem
        if isinstance(error, yaml.reader.ReaderError):
            line = text[: error.position].count("\n") + 1
        if isinstance(error, yaml.constructor.ConstructorError):
            problem = "found a tag or a value that plain YAML does not have"
        elif isinstance(error, RecursionError):
            problem = "it is nested without an end"
        return Mistake(self.file, line, "", f"not YAML: {problem}")


def _key(node: yaml.Node, loader: Any) -> Any:
    """A key as it will be in the data, however it is written."""
    plain = isinstance(node, yaml.ScalarNode) and node.tag != _MERGE
    return loader.construct_object(node) if plain else str(node.value)


def _path(where: Where) -> str:
    """A path for people; a key with a secret, such as `password:secret`, is not repeated whole."""
    steps = [str(step) for step in where]
    if where and where[0] in _WITH_SECRETS:
        steps = [_SECRET.sub("", step) for step in steps]
    return ".".join(steps)

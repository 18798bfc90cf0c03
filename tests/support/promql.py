"""PromQL as a tree: what an expression selects, and which labels are left of it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import promql_parser
from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

Labels = frozenset[str]
SCRAPED: Labels = frozenset({"job", "instance"})
"""Labels that Prometheus adds to what it scrapes."""
SETS = {"and", "or", "unless"}
COUNTING = {"rate", "irate", "increase", "changes"}
"""Functions that look back, at what has happened since."""
KEEPING = {"topk", "bottomk"}
"""Aggregations that keep series as they are."""
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


class Selector(NamedTuple):
    """What a selector names and asks for: values by label, whatever the operator; `text` is all of it."""

    name: str
    asked: Mapping[str, str]
    text: str


def walk(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    yield node
    for below in _below(node):
        yield from walk(below)


def parse(expr: str) -> Any:
    """The tree; raises ValueError with what is wrong."""
    return promql_parser.parse(expr)


def selectors(node: Any) -> list[Selector]:
    """Every selector below a node, or of an expression, those of ranges too."""
    tree = parse(node) if isinstance(node, str) else node
    return [_selector(found) for found in walk(tree) if isinstance(found, VectorSelector)]


def calls(expr: str) -> list[Call]:
    """Every call of a function."""
    return [node for node in walk(parse(expr)) if isinstance(node, Call)]


def operators(expr: str) -> set[str]:
    """Every binary operator."""
    return {str(node.op) for node in walk(parse(expr)) if isinstance(node, BinaryExpr)}


def labels(node: Any, known: Mapping[str, Labels]) -> Labels:
    """The labels that a result may have; `known` are those of each metric.

    Raises KeyError for a metric that is not known, ValueError for a label that cannot be there.
    """
    match node:
        case VectorSelector():
            name, asked, _ = _selector(node)
            return _demand(known[name], set(asked), name)
        case MatrixSelector():
            return labels(node.vector_selector, known)
        case AggregateExpr():
            return _aggregated(node, known)
        case BinaryExpr():
            return _joined(node, known)
        case Call():
            return _called(node, known)
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return labels(node.expr, known)
    return frozenset()


def _selector(node: VectorSelector) -> Selector:
    asked = {matcher.name: matcher.value for matcher in node.matchers.matchers}
    return Selector(node.name or asked["__name__"], asked, str(node))


def _below(node: Any) -> list[Any]:
    match node:
        case BinaryExpr():
            return [node.lhs, node.rhs]
        case Call():
            return list(node.args)
        case MatrixSelector():
            return [node.vector_selector]
        case AggregateExpr() | ParenExpr() | UnaryExpr() | SubqueryExpr():
            return [node.expr]
    return []


def _aggregated(node: AggregateExpr, known: Mapping[str, Labels]) -> Labels:
    inner, modifier = labels(node.expr, known), node.modifier
    named = set(modifier.labels) if modifier else set()
    _demand(inner, named, str(node.op))
    if str(node.op) in KEEPING and modifier is None:
        return inner
    without = modifier is not None and str(modifier.type).endswith("Without")
    return inner - named if without else frozenset(named)


def _called(node: Call, known: Mapping[str, Labels]) -> Labels:
    inner = frozenset[str]().union(*(labels(argument, known) for argument in node.args))
    if node.func.name in {"absent", "absent_over_time", "scalar"}:
        return frozenset()
    if node.func.name == "label_replace":
        target, source = node.args[1].val, node.args[3].val
        return _demand(inner, {source}, "label_replace") | {target}
    return inner


def _joined(node: BinaryExpr, known: Mapping[str, Labels]) -> Labels:
    left, right = labels(node.lhs, known), labels(node.rhs, known)
    on, named = _matching(node, left, right)
    if str(node.op) == "or":
        return left | right
    if str(node.op) in SETS:
        return left
    if node.modifier and "ManyToOne" in str(node.modifier.card):
        brought = set(node.modifier.group_labels or ())
        _demand(right, brought, "group_left")
        return left | brought
    if on and right:
        return frozenset(named)
    return (left or right) - named


def _matching(node: BinaryExpr, left: Labels, right: Labels) -> tuple[bool, set[str]]:
    """Whether it matches on labels, or on all but those, and which; both sides must be able to match."""
    matching = node.modifier.matching if node.modifier else None
    named = set(matching.labels) if matching else set()
    if matching is not None and str(matching.type).endswith("Include"):
        _demand(left, named, str(node.op))
        _demand(right, named, str(node.op))
        return True, named
    _demand(left | right, named, str(node.op))
    if left and right and str(node.op) != "or" and left - named != right - named:
        raise ValueError(f"{node.op} never matches {sorted((left - named) ^ (right - named))}")
    return False, named


def _demand(has: Labels, wanted: set[str], by: str) -> Labels:
    if lacking := wanted - has - {"__name__"}:
        raise ValueError(f"{by} asks for {sorted(lacking)}, there are {sorted(has)}")
    return has

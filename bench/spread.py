"""The spread: the same tables in one database and in twenty, for us and for a bare client."""

from contextlib import ExitStack
from typing import NamedTuple

from bench.bare import bare
from bench.cost import Cost
from bench.entry import TABLES, Entry
from bench.ground import ground
from bench.runner import Spent, Turns, in_turn

DATABASES = 20
EVERY = 30.0
"""Seconds from one refresh to the next: the databases have their turns half a second apart."""


class Spread(NamedTuple):
    """What a refresh of all tables takes, in one database and in many.

    `bare_one` and `bare_many` are what it costs a client that does nothing with the rows.
    """

    tables: int
    one: Spent
    many: Spent
    bare_one: Cost
    bare_many: Cost


def spread(tables: int, number: int, databases: int = DATABASES) -> Spread:
    """Measure so many refreshes of both, in turn."""
    with ExitStack() as stack:
        grounds = [stack.enter_context(ground(tables, parts)) for parts in (1, databases)]
        one, many = in_turn(Entry("tables", TABLES, {}, False), grounds, Turns(number, EVERY))
        return Spread(tables, one, many, *bare(grounds, number))

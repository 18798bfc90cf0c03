"""A session: one connection in one database, reading query by query as a guest.

Each query has its own read-only transaction with short timeouts, and leaves nothing behind: no
prepared statement, no setting; so it works behind a transaction pooler too.
"""

import functools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import abc, adapt, errors, generators, pq, sql
from psycopg.types.string import TextLoader

from pgvitals.courtesy import COURTESY
from pgvitals.facts import Facts
from pgvitals.sample import Cell

CHUNK_ROWS = 250
UNREADABLE = "\ufffd"
"""Stands for bytes that are no UTF-8."""
LOCK_TIMEOUT_MS = 100
LOOK_TIMEOUT = 5.0
"""Seconds for what a person asks for at the command line."""

Connection = psycopg.Connection[tuple[Any, ...]]
Row = tuple[Cell, ...]
Settings = tuple[tuple[str, str | Sequence[str]], ...]
"""Names and values of settings; a list is written as an array."""

_BEGIN = sql.SQL(
    "BEGIN READ ONLY; SELECT set_config('statement_timeout', {timeout}, true),"
    " set_config('lock_timeout', {lock_timeout}, true), set_config('search_path', {path}, true),"
    " set_config('IntervalStyle', 'postgres', true), set_config('DateStyle', 'ISO', true),"
    " set_config('extra_float_digits', '1', true),"
    " set_config('row_security', 'off', true), set_config('jit', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true){more}"
)
# Otherwise the backend copies every statistic that a transaction reads: megabytes at 10,000 tables.
_UNCOPIED_STATISTICS = sql.SQL(", set_config('stats_fetch_consistency', 'none', true)")
_SETTING = sql.SQL(", set_config({}, {}::text, true)")
_SINCE_UNCOPIED = 150_000
_FACTS = """
select current_setting('server_version_num')::int, pg_is_in_recovery(),
       (select json_object_agg(e.extname, n.nspname)
          from pg_extension e join pg_namespace n on n.oid = e.extnamespace),
       array(select n.nspname || '.' || c.relname
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where (n.nspname, c.relname)
                    in (select split_part(r, '.', 1), split_part(r, '.', 2) from unnest(%s::text[]) r))
"""


@functools.lru_cache
def _beginning(
    milliseconds: int, schemas: tuple[str, ...], uncopied: bool, settings: Settings
) -> bytes:
    """The beginning of a transaction with its settings."""
    path = sql.SQL(", ").join(map(sql.Identifier, schemas))
    more: list[sql.Composable] = [_UNCOPIED_STATISTICS] if uncopied else []
    for name, value in settings:
        written = value if isinstance(value, str) else list(value)
        more.append(_SETTING.format(name, written))
    return _BEGIN.format(
        timeout=str(milliseconds),
        lock_timeout=str(LOCK_TIMEOUT_MS),
        path=path.as_string(),
        more=sql.Composed(more),
    ).as_bytes()


class NoRows(psycopg.ProgrammingError):
    """A statement that is no query, such as COPY; the connection is not used after it."""


class Shape(NamedTuple):
    """The columns of a result: their names, and their types (pg_type oids)."""

    names: tuple[str, ...]
    types: tuple[int, ...]

    @classmethod
    def of(cls, result: pq.abc.PGresult) -> "Shape":
        """The shape that a result has."""
        return cls(_names(result), tuple(map(result.ftype, range(result.nfields))))


class Chunk:
    """Some rows of a result: the `names` and `types` of its columns, and the `size`, their number."""

    def __init__(
        self,
        result: pq.abc.PGresult,
        shape: Shape,
        connection: Connection,
        adapters: adapt.AdaptersMap,
    ) -> None:
        self.names, self.types = shape
        self.size = result.ntuples
        self._result, self._connection, self._adapters = result, connection, adapters

    def rows(self) -> list[Row]:
        """Make the rows; a chunk that is only counted never pays for them."""
        try:
            return self._read_with(self._adapters)
        except UnicodeDecodeError:  # the shared catalogs of a server have names in any encoding
            return self._read_with(_BYTES)

    def _read_with(self, adapters: adapt.AdaptersMap) -> list[Row]:
        transformer = adapt.Transformer(_AsText(self._connection, adapters))
        transformer.set_pgresult(self._result)
        return transformer.load_rows(0, self.size, tuple)


def _names(result: pq.abc.PGresult) -> tuple[str, ...]:
    columns = range(result.nfields)
    return tuple((result.fname(c) or b"").decode("utf-8", "replace") for c in columns)


class _AnyBytes(adapt.Loader):
    """Reads text that may hold any bytes: what is no UTF-8 is marked."""

    def load(self, data: abc.Buffer) -> str:
        return bytes(data).decode("utf-8", "replace")


class _AsText(NamedTuple):
    """A context in which every column is read as text; values are converted later, cell by cell."""

    connection: Connection
    adapters: adapt.AdaptersMap


def _reading_with(loader: type[abc.Loader]) -> adapt.AdaptersMap:
    adapters = adapt.AdaptersMap()
    adapters.register_loader(_ANY_TYPE, loader)
    return adapters


_ANY_TYPE = 0
_TEXT, _BYTES = _reading_with(TextLoader), _reading_with(_AnyBytes)


class Session:
    """A connection that reads; it is not used again once `broken`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.database = connection.info.dbname
        self.opened_at = time.monotonic()
        self._any_bytes = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
        self._uncopied = connection.info.server_version >= _SINCE_UNCOPIED

    @property
    def broken(self) -> bool:
        """Whether the connection is lost, or in a state that must not be reused."""
        return self.connection.info.transaction_status != pq.TransactionStatus.IDLE

    def read_facts(self, relations: Iterable[str], timeout: float) -> Facts:
        """Learn about this database; `relations` are the names to look for. Raises psycopg.Error."""
        self._begin(timeout, ())
        try:
            cursor = self.connection.execute(_FACTS, [list(relations)])
            version, in_recovery, schemas, present = cursor.fetchone() or (0, False, {}, [])
        finally:
            self._end()
        return Facts(version, in_recovery, schemas or {}, frozenset(present))

    def read(
        self,
        statement: str,
        timeout: float,
        schemas: Iterable[str] = (),
        settings: Settings = (),
    ) -> Iterator[Chunk]:
        """Run `statement` for at most `timeout` seconds and give its rows in chunks.

        `schemas` follow pg_catalog on the search path; `settings` hold until it ends. The result
        must be read to its end, so that the connection stays usable; there is always one chunk.
        Raises psycopg.Error.
        """
        self._begin(timeout, schemas, settings)
        try:
            if self._any_bytes:
                # Only unconverted do bytes that are no text arrive at all.
                self.connection.execute("SET LOCAL client_encoding = 'SQL_ASCII'")
            yield from self._stream(statement)
        finally:
            self._end()

    def describe(self, statement: str, schemas: Iterable[str] = ()) -> tuple[str, ...]:
        """Let the server parse `statement` and name its columns, without running it; raises psycopg.Error."""
        self._begin(LOOK_TIMEOUT, schemas)
        try:
            pgconn = self.connection.pgconn
            for result in (pgconn.prepare(b"", statement.encode()), pgconn.describe_prepared(b"")):
                if result.status != pq.ExecStatus.COMMAND_OK:
                    raise errors.error_from_result(result)
            return _names(result)
        finally:
            self._end()

    def explain(
        self, statement: str, schemas: Iterable[str] = (), *, options: str = ""
    ) -> list[str]:
        """The lines of the server's plan for `statement`; `options` are EXPLAIN's. Raises psycopg.Error."""
        chunks = self.read(f"EXPLAIN ({options or 'COSTS'}) {statement}", LOOK_TIMEOUT, schemas)
        return [line or "" for chunk in chunks for (line,) in chunk.rows()]

    def _begin(self, timeout: float, schemas: Iterable[str], settings: Settings = ()) -> None:
        milliseconds = max(1, round(timeout * 1000))
        self._tell(_beginning(milliseconds, ("pg_catalog", *schemas), self._uncopied, settings))

    def _end(self) -> None:
        if self.connection.info.transaction_status in (
            pq.TransactionStatus.INTRANS,
            pq.TransactionStatus.INERROR,
        ):
            self._tell(b"COMMIT")

    def _tell(self, statement: bytes) -> None:
        """Send what gives nothing to read; over a cursor it would cost three times as much."""
        result = self.connection.pgconn.exec_(statement)
        if result.status == pq.ExecStatus.FATAL_ERROR:
            error = errors.error_from_result(result)
            # Without SQLSTATE it is not the server that speaks: the connection is lost.
            raise error if error.sqlstate else psycopg.OperationalError(str(error))

    def _stream(self, statement: str) -> Iterator[Chunk]:
        """psycopg's own stream() cancels over another connection when left early; this never does."""
        pgconn, failed, shape = self.connection.pgconn, None, None
        pgconn.send_query_params(statement.encode(), None)
        pgconn.set_chunked_rows_mode(CHUNK_ROWS)
        self.connection.wait(generators.send(pgconn))
        while result := self.connection.wait(generators.fetch(pgconn)):
            if result.status in (pq.ExecStatus.TUPLES_CHUNK, pq.ExecStatus.TUPLES_OK):
                shape = shape or Shape.of(result)
                adapters = _BYTES if self._any_bytes else _TEXT
                COURTESY.step_aside()
                yield Chunk(result, shape, self.connection, adapters)
            elif result.status == pq.ExecStatus.FATAL_ERROR:
                failed = result
            else:
                raise NoRows("the statement gives no rows, expected a query")
        if failed is not None:
            raise errors.error_from_result(failed)

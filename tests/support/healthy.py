"""A small shop in which nothing is wrong, and the load of its users."""

import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from support import binaries
from support.cluster import ENVIRONMENT
from support.faults import ROLE, make_roles
from support.servers import Server, launch

SCHEMA = f"""
create role anon nologin;
create role authenticated nologin;
create table customers (
    id bigint generated always as identity primary key,
    name text not null,
    spent bigint not null default 0
);
create table orders (
    id bigint generated always as identity primary key,
    customer_id bigint not null references customers,
    total bigint not null
);
create index orders_customer_id_idx on orders (customer_id);
alter table customers enable row level security;
create policy own on customers for select to authenticated using (name = current_user);
grant select on customers to authenticated;
insert into customers (name) select 'customer ' || n from generate_series(1, 20000) n;
insert into orders (customer_id, total) select 1 + n % 20000, n from generate_series(1, 40000) n;
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (
    version text primary key, name text, statements text[]
);
insert into supabase_migrations.schema_migrations (version) values ('1'), ('2'), ('3'), ('4');
grant usage on schema supabase_migrations to {ROLE};
grant select on supabase_migrations.schema_migrations to {ROLE};
vacuum analyze customers, orders
"""
READ = r"""
\set id random(1, 20000)
select c.name, sum(o.total) from customers c join orders o on o.customer_id = c.id
 where c.id = :id group by c.name;
"""
WRITE = r"""
\set id random(1, 20000)
update customers set spent = spent + 1 where id = :id;
"""
READS, WRITES = 19, 1
PER_SECOND = 100


def shop(**settings: Any) -> Server:
    """A server of its own with the shop in its database postgres, and the exporter's role."""
    server = launch(fsync=True, **settings)
    make_roles(server)
    with closing(server.connect()) as connection:
        for statement in SCHEMA.split(";"):
            connection.execute(statement.encode())
    return server


class Load:
    """pgbench, select-heavy, at a steady pace, as long as the `with` block lasts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._home = tempfile.TemporaryDirectory(prefix="pgvitals-load-")

    def __enter__(self) -> Self:
        scripts = {"read": (READ, READS), "write": (WRITE, WRITES)}
        command = [binaries.client("pgbench"), "--no-vacuum", "--client=2", "--time=86400"]
        for name, (text, weight) in scripts.items():
            file = Path(self._home.name, name)
            file.write_text(text)
            command.append(f"--file={file}@{weight}")
        command += [f"--rate={PER_SECOND}", self._server.dsn()]
        with Path(self._home.name, "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self

    def __exit__(self, *_: object) -> None:
        said = Path(self._home.name, "log").read_text()
        ended = self._process.poll()
        self._process.kill()
        self._process.wait()
        self._home.cleanup()
        assert ended is None, f"pgbench ended with {ended}: {said[-1000:]}"

-- The shop, and what is wrong with it. A line that begins with "-- #" begins a section: its text is
-- told as progress, its statements run as one transaction. So VACUUM stands alone in its own.

-- # customers: open to the API, and row level security is off
create table customers (
  id         bigint generated always as identity primary key,
  name       text not null,
  email      text not null,  -- should be unique; two of them are not, see faults.py
  created_at timestamptz not null default now()
);
insert into customers (name, email)
select 'Customer ' || n,
       'customer' || nullif(n, 2000) || '@shop.example'
  from generate_series(1, 1999) n
 union all
select 'Customer 1 again', 'customer1@shop.example';
-- Whoever has the public API key reads every customer, and changes them.
grant select, insert, update, delete on customers to anon, authenticated;

-- # addresses: row level security is on, and no policy lets anybody in
create table addresses (
  id          bigint generated always as identity primary key,
  customer_id bigint not null references customers,
  street      text not null
);
create index addresses_customer_id_idx on addresses (customer_id);
insert into addresses (customer_id, street)
select id, id || ' High Street' from customers;
alter table addresses enable row level security;
grant select, insert, update, delete on addresses to authenticated;

-- # reviews: a policy that is always true protects nothing
create table reviews (
  id          bigint generated always as identity primary key,
  customer_id bigint not null references customers,
  stars       int not null check (stars between 1 and 5)
);
create index reviews_customer_id_idx on reviews (customer_id);
insert into reviews (customer_id, stars)
select id, 1 + id % 5 from customers;
alter table reviews enable row level security;
create policy reviews_for_all on reviews to authenticated using (true) with check (true);
grant select, insert, update, delete on reviews to authenticated;

-- # orders: 200,000 rows, and every report reads all of them
create table orders (
  id          bigint generated always as identity primary key,
  customer_id bigint not null,
  status      text not null,  -- what reports ask for, without an index
  total       numeric(10, 2) not null,
  placed_at   timestamptz not null
);
insert into orders (customer_id, status, total, placed_at)
select 1 + n % 2000,
       case when n % 100 = 0 then 'refunded' else 'paid' end,
       n % 500,
       now() - n * interval '1 minute'
  from generate_series(1, 200000) n;

-- # orders: a foreign key without an index
-- Deleting one customer reads all orders.
alter table orders add foreign key (customer_id) references customers;

-- # orders: an index that nothing uses, and one that stands there twice
create index orders_total_idx on orders (total);
create index orders_placed_at_idx on orders (placed_at);
create index orders_placed_at_again_idx on orders (placed_at);

-- # audit_log: a table without a primary key
create table audit_log (at timestamptz not null, who text not null, what text not null);
insert into audit_log
select now() - n * interval '1 hour', 'customer ' || n, 'login' from generate_series(1, 5000) n;

-- # carts: dead rows, and nobody to remove them
create table carts (
  id    bigint generated always as identity primary key,
  items int not null
) with (autovacuum_enabled = off);
insert into carts (items) select 1 from generate_series(1, 20000);
update carts set items = items + 1;

-- # visits: nine of ten rows were deleted, and their room is still taken
create table visits (
  id      bigint generated always as identity primary key,
  browser text not null
);
insert into visits (browser) select repeat('x', 400) from generate_series(1, 50000);
delete from visits where id % 10 <> 0;

-- # visits: vacuumed, which gives the room back to the table, not to the disk
vacuum (analyze) visits;

-- # a migration history with a gap: 4 was never applied
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (
  version    text primary key,
  name       text,
  statements text[]
);
insert into supabase_migrations.schema_migrations
values ('1', 'customers', '{create table customers ()}'),
       ('2', 'orders', '{create table orders ()}'),
       ('3', 'reviews', '{create table reviews ()}'),
       ('5', 'carts', '{create table carts ()}');
grant usage on schema supabase_migrations to pgvitals;
grant select on supabase_migrations.schema_migrations to pgvitals;

-- # what the planner knows of it
analyze;

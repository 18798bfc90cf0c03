-- Faults beyond those of the demo's shop, whose tables are there already: pgvitals/demo/faults.sql.

create role service_role nologin bypassrls;
create role reporting login bypassrls connection limit 5;

-- A schema auth that was begun and never finished, and whose users everyone can read.
create schema auth;
create table auth.users (id uuid primary key, email text);
insert into auth.users select gen_random_uuid(), 'user' || n || '@shop.example' from generate_series(1, 500) n;
analyze auth.users;
create view people as select id, email from auth.users;
grant select on people to anon;
create schema storage;
create table storage.buckets (id text primary key, public boolean not null);
insert into storage.buckets values ('invoices', true);
create table storage.objects (id bigint primary key, bucket_id text);
alter table storage.objects enable row level security;
create policy everyone_lists on storage.objects for select to anon using (true);
grant usage on schema storage to pgvitals;
grant select on storage.buckets to pgvitals;

-- Rows that died since somebody last vacuumed.
update visits set browser = browser where id % 20 = 0;

-- References that nobody declared, or that may be null, and rows that nothing tells apart.
create table shipments (
  id          bigint generated always as identity primary key,
  order_id    bigint,
  customer_id bigint references customers,
  weight      int
);
insert into shipments (order_id, customer_id, weight) select n, 1 + n % 2000, n % 30 from generate_series(1, 20000) n;
create index shipments_weight_idx on shipments (weight);
alter table shipments add constraint shipments_weight_check check (weight > 0) not valid;
alter table orders add constraint orders_status_check check (status in ('open', 'paid')) not valid;

-- Two tables without a key, and two gaps: of each, and of other faults, one is excused in excuses.yaml.
insert into supabase_migrations.schema_migrations values ('7', 'carts again', '{alter table carts ()}');
create table imports (line text);
create table drafts (line text);

-- Secrets in the open, and nothing written down of what service_role does with them.
create table logins (
  id       bigint generated always as identity primary key,
  password text,
  token    text
);
grant select, insert, update, delete on logins, shipments, orders to service_role;
grant select on orders to public;

-- Policies that are for those whom none binds, that are not in force, or that trust the user.
create policy service_only on customers using (current_setting('request.role', true) = 'service_role');
create policy not_deleted on reviews as restrictive for select using (stars > 0);
create policy no_delete on reviews for delete to service_role using (false);
create policy own_insert on reviews for insert to authenticated with check (true);
create view order_totals as select customer_id, sum(total) from orders group by customer_id;
create view review_stars as select customer_id, stars from reviews;
create materialized view best_customers as select customer_id, count(*) from orders group by customer_id;
grant select on order_totals, review_stars, best_customers to anon, authenticated;

-- SQL put together from what a caller says, and run as the owner.
create function find_orders(wanted text) returns bigint language plpgsql security definer as $$
declare
  found bigint;
begin
  execute 'select count(*) from orders where status = ''' || wanted || '''' into found;
  return found;
end
$$;
create function count_rows(of_table regclass) returns bigint language plpgsql as $$
declare
  found bigint;
begin
  execute format('select count(*) from %s', of_table) into found;
  return found;
end
$$;

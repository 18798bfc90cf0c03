-- What the healthy shop lacks for every promise to be kept. Roles, customers, orders and the history of
-- migrations are there already: support/healthy.py.

create role service_role nologin bypassrls;

-- Supabase's own part, as far as queries and targets look at it.
create schema auth;
create table auth.users (id uuid primary key, email text not null unique);
insert into auth.users select gen_random_uuid(), 'user' || n || '@shop.example' from generate_series(1, 500) n;
create function auth.uid() returns uuid language sql stable as 'select null::uuid';
create function auth.role() returns text language sql stable as 'select null::text';
create function auth.email() returns text language sql stable as 'select null::text';
create function auth.jwt() returns jsonb language sql stable as 'select null::jsonb';
analyze auth.users;

-- Vacuumed and analyzed while somebody looks.
alter table customers set (autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_scale_factor = 0);

-- Everything that service_role changes is written down.
create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    what text not null check (what <> '')
);
create function audit() returns trigger language plpgsql set search_path = '' as $$
begin
    if current_user = 'service_role' then
        insert into public.audit_log (what) values (tg_op);
    end if;
    return null;
end
$$;
create trigger audit after insert or update or delete on customers for each statement execute function audit();
create trigger audit after insert or update or delete on orders for each statement execute function audit();
grant select, insert, update, delete on customers, orders to service_role;

-- Users see their own rows of what the API serves.
alter table customers add password_hash text not null default '', add unique (name, id);
create policy own_insert on customers for insert to authenticated with check (name = current_user);
create policy own_update on customers for update to authenticated using (name = current_user);
grant insert, update on customers to authenticated;
alter table orders enable row level security, add check (total >= 0);
create policy own on orders for select to authenticated
    using (customer_id in (select id from customers where name = current_user));
create policy never_free on orders as restrictive for select to authenticated using (total > 0);
grant select on orders to authenticated;

comment on table customers is 'Who buys';
comment on column customers.id is 'Number of the customer';
comment on column customers.name is 'Name as the login has it';
comment on column customers.spent is 'What was spent until now, in cents';
comment on column customers.password_hash is 'Hash of the password';
comment on table orders is 'What was bought';
comment on column orders.id is 'Number of the order';
comment on column orders.customer_id is 'Who bought';
comment on column orders.total is 'What it came to, in cents';
comment on table audit_log is 'What service_role changed';
comment on column audit_log.id is 'Number of the change';
comment on column audit_log.at is 'When it was';
comment on column audit_log.what is 'The statement';
analyze;

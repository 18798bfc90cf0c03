-- What all targets share; it stands before the SQL of each, after WITH RECURSIVE.
asked as (
  select current_setting('pgvitals.api_roles')::text[]       as api_roles,
         current_setting('pgvitals.exposed_schemas')::text[] as exposed_schemas,
         current_setting('pgvitals.exempt_schemas')::text[]  as exempt_schemas
),
wanted_role as (
  select unnest(case when api_roles = '{}' then array['anon', 'authenticated'] else api_roles end) as rolname,
         api_roles <> '{}' as configured
    from asked
),
api_role as (
  select r.oid, r.rolname from pg_roles r join wanted_role w on w.rolname = r.rolname
),
-- Whose privileges an API role has: PUBLIC's, its own, and those of roles that it is a member of.
reached as (
  select 0::oid as oid where exists (select from api_role)
   union all
  select r.oid from pg_roles r
   where exists (select from api_role a where pg_has_role(a.oid, r.oid, 'MEMBER'))
),
-- What PostgREST reads: the setting of its login role, in this database before that in all.
declared as (
  select regexp_split_to_array(btrim(substr(entry, length('pgrst.db_schemas=') + 1)), '\s*,\s*') as names
    from pg_db_role_setting s
   cross join unnest(s.setconfig) as entry
   where pg_get_userbyid(s.setrole) = 'authenticator'
     and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
     and entry ~ '^pgrst[.]db_schemas=.*\S'
   order by s.setdatabase desc
   limit 1
),
exposed_schema as (
  select n.oid, n.nspname
    from asked, pg_namespace n
   where n.nspname = any (case when exposed_schemas <> '{}' then exposed_schemas
                               else coalesce((select names from declared), array['public', 'graphql_public']) end)
     and n.nspname <> all (exempt_schemas)
),
user_schema as (
  select n.oid, n.nspname
    from asked, pg_namespace n
   where n.nspname !~ '^(pg_|_?timescaledb_)'
     and n.nspname <> all (exempt_schemas)
     and n.nspname not in (
       'information_schema', 'auth', 'storage', 'realtime', '_realtime', '_analytics', '_supavisor', 'extensions',
       'graphql', 'graphql_public', 'vault', 'pgsodium', 'pgsodium_masks', 'pgbouncer', 'net', 'cron', 'pgmq', 'pgtle',
       'etl', 'dbdev', 'repack', 'supabase_functions', 'supabase_migrations', 'tiger', 'tiger_data', 'topology', 'pgroonga')
),
-- Not materialized, so that who looks for a few by name finds them by an index.
own_relation as not materialized (
  select c.oid, n.oid as nspoid, n.nspname as schemaname, c.relname as object, c.relkind, c.relispartition,
         c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relpages::float8 as weight
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.relpersistence <> 't'
     and n.nspname !~ '^pg_'
     -- By what depends on extensions: an index finds these few.
     and c.oid not in (select d.objid from pg_depend d
                        where d.refclassid = 'pg_extension'::regclass
                          and d.classid = 'pg_class'::regclass and d.deptype = 'e')
),
user_table as (
  select r.* from own_relation r join user_schema s on s.oid = r.nspoid
   where r.relkind in ('r', 'p') and not r.relispartition
),
-- The type below all domains.
base as (
  select oid, oid as type from pg_type where typtype <> 'd'
   union all
  select d.oid, b.type from base b join pg_type d on d.typbasetype = b.oid and d.typtype = 'd'
),
-- What the API roles may do with relations, wholly or with a column.
api_privilege as (
  select c.oid, x.privilege_type as privilege
    from pg_class c
   cross join aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    join reached r on r.oid = x.grantee
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
   union
  select a.attrelid, x.privilege_type
    from pg_attribute a
   cross join aclexplode(a.attacl) x
    join reached r on r.oid = x.grantee
   where a.attacl is not null and not a.attisdropped
   union
  -- What predefined roles may do with every relation, without a grant that says so.
  select c.oid, everything.privilege
    from (values ('pg_read_all_data', 'SELECT'), ('pg_write_all_data', 'INSERT'),
                 ('pg_write_all_data', 'UPDATE'), ('pg_write_all_data', 'DELETE')) as everything (rolname, privilege)
    join pg_roles r on r.rolname = everything.rolname
    join reached on reached.oid = r.oid
   cross join pg_class c
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
)

-- A fingerprint of what the targets with `on_change` read of the catalogs: another one after each change of that.
--
-- Each row gives a hash that has the oid of its object in it, and the fingerprint is the sum of all, in whatever order
-- rows come. Where only DDL makes a new row, it is a hash of xmin: an xid comes back after four billion transactions,
-- and a minute has fewer; to freeze a row leaves its xmin, since 9.4. Where rows are also made by ANALYZE, TRUNCATE,
-- REFRESH or CLUSTER, or change in place (pg_index before 14), it is a hash of what is asked for. What is temporary
-- gives none, nor does TOAST, which changes with rewrites.
with mark (hash) as (
  select case when relkind in ('i', 'I') then hashoidextended(oid, 0)
              else hashtextextended(
                     concat_ws(' ', relname, relnamespace, relkind, relowner, relispartition, relrowsecurity,
                               relforcerowsecurity, relacl, reloptions),
                     oid::bigint)
         end
    from pg_class
   where oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'f', 'i', 'I') and relpersistence <> 't'
     and relnamespace <> 'pg_toast'::regnamespace
   union all
  select hashoidextended(i.indexrelid, 1)
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
   where not (i.indisvalid and i.indisready and i.indislive) and c.relpersistence <> 't'
   union all
  -- Since 18, NOT NULL is among them.
  select hashoidextended(k.oid, (k.conparentid::bigint << 1) + k.convalidated::int)
    from pg_constraint k
    join pg_namespace n on n.oid = k.connamespace
   where k.contype in ('p', 'f', 'n') and n.nspname !~ '^pg_'
   union all
  -- With its table's columns: whether one may be null decides what a policy lets through.
  select hashtextextended(
           concat_ws(' ', p.xmin, (select sum(hashtextextended(a.xmin::text, a.attnum)) from pg_attribute a
                                    where a.attrelid = p.polrelid and a.attnum > 0)),
           p.oid::bigint)
    from pg_policy p
   union all
  -- Grants of columns, by the dependencies on those who have them: to read all columns would cost as much as the rest.
  -- One to PUBLIC or to a role of the system makes none, and waits for the interval.
  select hashtextextended(concat_ws(' ', a.attnum, a.attacl), a.attrelid::bigint)
    from pg_shdepend d
    join pg_attribute a on a.attrelid = d.objid and a.attnum = d.objsubid
    join pg_class c on c.oid = d.objid
   where d.dbid = (select oid from pg_database where datname = current_database())
     and d.classid = 'pg_class'::regclass and d.objsubid > 0 and c.relpersistence <> 't'
   union all
  select hashtextextended(w.xmin::text, w.oid::bigint)
    from pg_rewrite w
   where w.oid >= 16384
     -- One look into an index for each costs less than the join with all of pg_class that would be planned.
     and (select c.relpersistence from pg_class c where c.oid = w.ev_class) <> 't'
   union all
  select hashtextextended(f.xmin::text, f.oid::bigint)
    from pg_proc f
    join pg_namespace n on n.oid = f.pronamespace
   where f.oid >= 16384 and n.nspname !~ '^pg_'
   union all
  select hashtextextended(nspname, oid::bigint) from pg_namespace where nspname !~ '^pg_'
   union all
  -- What belongs to extensions.
  select hashtextextended(xmin::text, objid::bigint)
    from pg_depend
   where refclassid = 'pg_extension'::regclass and deptype = 'e'
   union all
  select hashtextextended(concat_ws(' ', rolname, rolsuper, rolinherit, rolcanlogin, rolbypassrls), oid::bigint)
    from pg_roles
   union all
  select hashtextextended(xmin::text, roleid::bigint) from pg_auth_members
   union all
  select hashtextextended(xmin::text, setrole::bigint)
    from pg_db_role_setting
   where setdatabase in (0, (select oid from pg_database where datname = current_database()))
)
select sum(hash) as fingerprint from mark

-- History tables of migration tools, and tables that only look like them.

CREATE SCHEMA supabase_migrations;
CREATE SCHEMA flyway;
CREATE SCHEMA flyway_stamped;
CREATE SCHEMA alembic;
CREATE SCHEMA alembic_empty;
CREATE SCHEMA django;
CREATE SCHEMA rails;
CREATE SCHEMA rails_numbered;
CREATE SCHEMA rails_zero_based;
CREATE SCHEMA gomigrate;
CREATE SCHEMA ecto;
CREATE SCHEMA dbmate;

-- Supabase: 14-digit stamps as text

CREATE TABLE supabase_migrations.schema_migrations (
    version text PRIMARY KEY, statements text[], name text
);
INSERT INTO supabase_migrations.schema_migrations (version, name) VALUES
    ('20240101000000', 'first'),
    ('20240229235959', 'leap_day'),
    ('20240301000000', 'years_apart_no_gap'),
    ('20260301120000', NULL),
    ('20230229120000', 'no_leap_year'),
    ('20241399000000', 'month_13'),
    ('20240431000000', 'april_31'),
    ('20240101250000', 'hour_25'),
    ('20240101006100', 'minute_61');

-- Flyway: dotted versions and repeatable migrations (no version) stand among the numbers

CREATE TABLE flyway.flyway_schema_history (
    installed_rank int PRIMARY KEY,
    version varchar(50),
    description varchar(200) NOT NULL,
    type varchar(20) NOT NULL,
    script varchar(1000) NOT NULL,
    checksum int,
    installed_by varchar(100) NOT NULL,
    installed_on timestamp NOT NULL DEFAULT now(),
    execution_time int NOT NULL,
    success boolean NOT NULL
);
CREATE TABLE "Odd Schema.x".flyway_schema_history (LIKE flyway.flyway_schema_history INCLUDING ALL);
CREATE TABLE flyway_stamped.flyway_schema_history (LIKE flyway.flyway_schema_history INCLUDING ALL);
INSERT INTO flyway.flyway_schema_history
    SELECT rank, version, 'x', kind, 'x.sql', 0, 'x', now(), 1, success
    FROM (VALUES
        (1, '1', 'BASELINE', true),
        (2, '2', 'SQL', true),
        (3, '2.1', 'SQL', true),
        (4, '3', 'SQL', true),
        (5, NULL, 'SQL', true),
        (6, '5', 'SQL', true),
        (7, '6', 'SQL', true),
        (8, '7', 'JDBC', true),
        (9, NULL, 'SQL', true),
        (10, '8', 'SQL', true),
        (11, '9', 'SQL', true),
        (12, '10', 'SQL', true),
        (13, '11', 'SQL', false)
    ) AS history (rank, version, kind, success);
INSERT INTO "Odd Schema.x".flyway_schema_history
    SELECT rank, version, 'x', 'SQL', 'x.sql', 0, 'x', now(), 1, true
    FROM (VALUES (1, '0'), (2, '2'), (3, '1'), (4, '2.5'), (5, '4.0'), (6, NULL)) AS history (rank, version);
INSERT INTO flyway_stamped.flyway_schema_history
    SELECT rank, version, 'x', 'SQL', 'x.sql', 0, 'x', now(), 1, true
    FROM (VALUES (1, '20240101000000'), (2, '20250101000000')) AS history (rank, version);

-- Alembic: the heads only

CREATE TABLE alembic.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic.alembic_version VALUES ('1975ea83b712');
CREATE TABLE app.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO app.alembic_version VALUES ('ae1027a6acf'), ('27c6a30d7c24');
CREATE TABLE alembic_empty.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
CREATE TABLE public.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('1'), ('2');
ALTER EXTENSION plpgsql ADD TABLE public.alembic_version;

-- Django: numbered per app; all apps together have every number from 1 to 6

CREATE TABLE django.django_migrations (
    id bigint PRIMARY KEY,
    app varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    applied timestamptz NOT NULL DEFAULT now()
);
INSERT INTO django.django_migrations (id, app, name) VALUES
    (1, 'accounts', '0001_initial'),
    (2, 'accounts', '0002_more'),
    (3, 'accounts', '0003_and_2024_more'),
    (4, 'blog', '0001_initial'),
    (5, 'blog', '0003_after_a_gap'),
    (6, 'blog', '0006_after_two'),
    (7, 'late', '0004_starts_here'),
    (8, 'late', '0005_goes_on'),
    (9, 'O''Odd App', '0001_initial'),
    (10, 'O''Odd App', '0003_gap'),
    (11, 'zero', '0000_initial'),
    (12, 'zero', '0001_next'),
    (13, 'nameless', 'initial'),
    (14, 'nameless', 'more');
CREATE TABLE app.django_migrations (
    id bigint PRIMARY KEY,
    app varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    applied timestamptz NOT NULL DEFAULT now()
);
INSERT INTO app.django_migrations (id, app, name) VALUES
    (1, 'b', '0001_initial'), (2, 'a', '0001_initial'), (3, 'a', '0002_more');

-- Rails: versions as text; it keeps ar_internal_metadata beside them

CREATE TABLE rails.schema_migrations (version varchar NOT NULL PRIMARY KEY);
CREATE TABLE rails.ar_internal_metadata (
    key varchar NOT NULL PRIMARY KEY,
    value varchar,
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now()
);
INSERT INTO rails.schema_migrations VALUES ('20230101000000'), ('20240229101112'), ('20250601000001');
CREATE TABLE "Odd Schema.x".schema_migrations (version varchar NOT NULL);
CREATE TABLE "Odd Schema.x".ar_internal_metadata (LIKE rails.ar_internal_metadata INCLUDING ALL);
INSERT INTO "Odd Schema.x".schema_migrations VALUES
    ('20230101000000'), ('20240101000000'), ('20240101000000'), ('20240230000000');
CREATE TABLE rails_numbered.schema_migrations (version varchar NOT NULL PRIMARY KEY);
CREATE TABLE rails_numbered.ar_internal_metadata (LIKE rails.ar_internal_metadata INCLUDING ALL);
INSERT INTO rails_numbered.schema_migrations
    SELECT lpad(n::text, 3, '0') FROM generate_series(1, 12) AS n WHERE n NOT IN (8, 9);
CREATE TABLE rails_zero_based.schema_migrations (version varchar NOT NULL PRIMARY KEY);
CREATE TABLE rails_zero_based.ar_internal_metadata (LIKE rails.ar_internal_metadata INCLUDING ALL);
INSERT INTO rails_zero_based.schema_migrations SELECT n::text FROM generate_series(0, 11) AS n;

-- golang-migrate: one row, the state

CREATE TABLE gomigrate.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO gomigrate.schema_migrations VALUES (12, false);
CREATE TABLE app.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO app.schema_migrations VALUES (7, true);

-- Not among the tools, or another product's own

CREATE TABLE ecto.schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp);
INSERT INTO ecto.schema_migrations VALUES (1, now()), (3, now());
CREATE TABLE dbmate.schema_migrations (version varchar(128) PRIMARY KEY);
INSERT INTO dbmate.schema_migrations VALUES ('1'), ('3');
CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
INSERT INTO auth.schema_migrations VALUES ('20171026211738'), ('20241399000000');
CREATE TABLE storage.migrations (
    id int PRIMARY KEY, name varchar(100), hash varchar(40), executed_at timestamp
);
INSERT INTO storage.migrations VALUES (0, 'a', 'a', now()), (2, 'b', 'b', now());

-- Impostors

CREATE VIEW public.schema_migrations AS SELECT 7::bigint AS version, true AS dirty;
CREATE TABLE public.django_migrations (app text PRIMARY KEY, flights int);
INSERT INTO public.django_migrations VALUES ('geese', 1), ('storks', 3);
CREATE TABLE app.flyway_schema_history (version int PRIMARY KEY, wingspan int);
INSERT INTO app.flyway_schema_history VALUES (1, 1), (3, 1);
CREATE TABLE public.bird_migrations (version int PRIMARY KEY, name text);
INSERT INTO public.bird_migrations VALUES (1, 'a'), (3, 'b');
CREATE TABLE app.schema_version (major int, minor int, PRIMARY KEY (major, minor));
INSERT INTO app.schema_version VALUES (1, 0), (3, 0);
CREATE TABLE "Odd Schema.x"."Schema_Migrations" (version bigint PRIMARY KEY, dirty boolean);
INSERT INTO "Odd Schema.x"."Schema_Migrations" VALUES (9, true);
CREATE TEMP TABLE temporary_django_migrations (LIKE django.django_migrations);

-- What would run code of others as whoever reads it
CREATE SCHEMA hostile;
CREATE TYPE hostile.version AS (n int);
CREATE FUNCTION hostile.spring(v hostile.version) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;
CREATE CAST (hostile.version AS text) WITH FUNCTION hostile.spring(hostile.version);
CREATE TABLE hostile.alembic_version (version_num hostile.version);
INSERT INTO hostile.alembic_version VALUES (ROW(1));

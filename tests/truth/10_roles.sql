-- Roles, schemas and the managed part of a Supabase-like database; every other script builds on it.
-- Roles belong to the server, not to the database: a second load finds them there.

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES
            -- The API's own.
            ('anon', 'NOLOGIN INHERIT'),
            ('authenticated', 'NOLOGIN INHERIT'),
            ('service_role', 'NOLOGIN BYPASSRLS'),
            ('authenticator', 'LOGIN NOINHERIT'),
            -- Groups the API roles are members of.
            ('group_of_anon', 'NOLOGIN'),
            ('group_of_group', 'NOLOGIN'),
            ('group_of_authenticated', 'NOLOGIN'),
            ('group_by_set_role', 'NOLOGIN'),
            ('group_of_service', 'NOLOGIN'),
            -- Owners.
            ('plain_owner', 'NOLOGIN'),
            ('owner_with_bypass', 'NOLOGIN BYPASSRLS'),
            ('owner_with_member', 'NOLOGIN'),
            ('superuser_owner', 'NOLOGIN SUPERUSER'),
            -- Logins.
            ('bypass_login', 'LOGIN BYPASSRLS'),
            ('Bypass "Login"', 'LOGIN BYPASSRLS'),
            ('bypass_nologin', 'NOLOGIN BYPASSRLS'),
            ('super_login', 'LOGIN SUPERUSER BYPASSRLS'),
            ('plain_login', 'LOGIN'),
            ('login_in_bypass', 'LOGIN'),
            ('unrelated', 'NOLOGIN')
        ) AS roles (name, options)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.options);
        END IF;
    END LOOP;
    IF NOT pg_has_role('authenticator', 'anon', 'member') THEN
        GRANT anon, authenticated, service_role TO authenticator;
        GRANT group_of_anon TO anon;
        GRANT group_of_group TO group_of_anon;
        GRANT group_of_authenticated, owner_with_member TO authenticated;
        GRANT group_of_service TO service_role;
        -- An attribute such as BYPASSRLS is never inherited.
        GRANT bypass_nologin TO login_in_bypass;
        IF current_setting('server_version_num')::int >= 160000 THEN
            EXECUTE 'GRANT group_by_set_role TO anon WITH INHERIT FALSE, SET TRUE';
        ELSE
            GRANT group_by_set_role TO anon;
        END IF;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;

CREATE SCHEMA app;
CREATE SCHEMA "Odd Schema.x";
CREATE SCHEMA graphql_public;
GRANT USAGE ON SCHEMA graphql_public TO anon, authenticated, service_role;
GRANT USAGE ON SCHEMA app, "Odd Schema.x" TO service_role;

-- Managed schemas.
CREATE SCHEMA auth;
CREATE SCHEMA storage;
CREATE SCHEMA extensions;
CREATE SCHEMA pgmq;

CREATE TABLE auth.users (
    id uuid PRIMARY KEY,
    email text,
    encrypted_password text,
    raw_user_meta_data jsonb,
    raw_app_meta_data jsonb
);
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
    AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT (auth.jwt() ->> 'sub')::uuid $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT auth.jwt() ->> 'role' $$;
CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT auth.jwt() ->> 'email' $$;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;

CREATE TABLE storage.buckets (
    id text PRIMARY KEY,
    name text NOT NULL,
    owner uuid,
    public boolean DEFAULT false
);
CREATE TABLE storage.objects (
    id uuid PRIMARY KEY,
    bucket_id text REFERENCES storage.buckets (id),
    name text,
    owner uuid
);
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA storage TO anon, authenticated, service_role;
GRANT ALL ON storage.buckets, storage.objects TO anon, authenticated, service_role;

GRANT USAGE ON SCHEMA pgmq TO anon, authenticated, service_role;

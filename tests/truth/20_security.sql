-- Traps of rls_coverage, auth_bypass and service_role_audited.
-- Unless a trap needs something else, a table has the columns n (its key) and owner.

-- Which tables are user-facing: by the kind of grant

CREATE TABLE rls_off_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON rls_off_granted TO anon;
CREATE TABLE rls_off_insert_granted (n int PRIMARY KEY, owner uuid);
GRANT INSERT ON rls_off_insert_granted TO authenticated;
CREATE TABLE rls_off_update_granted (n int PRIMARY KEY, owner uuid);
GRANT UPDATE ON rls_off_update_granted TO authenticated;
CREATE TABLE rls_off_delete_granted (n int PRIMARY KEY, owner uuid);
GRANT DELETE ON rls_off_delete_granted TO anon;
CREATE TABLE rls_off_column_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT (n) ON rls_off_column_granted TO anon;
CREATE TABLE rls_off_column_update_granted (n int PRIMARY KEY, owner uuid);
GRANT UPDATE (owner) ON rls_off_column_update_granted TO authenticated;
CREATE TABLE rls_off_public_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON rls_off_public_granted TO PUBLIC;
CREATE TABLE rls_off_public_column_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT (n) ON rls_off_public_column_granted TO PUBLIC;
CREATE TABLE rls_off_group_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON rls_off_group_granted TO group_of_anon;
CREATE TABLE rls_off_group_of_group_granted (n int PRIMARY KEY, owner uuid);
GRANT INSERT (n) ON rls_off_group_of_group_granted TO group_of_group;
CREATE TABLE rls_off_set_role_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON rls_off_set_role_granted TO group_by_set_role;
CREATE TABLE rls_off_truncate_granted (n int PRIMARY KEY, owner uuid);
GRANT TRUNCATE, REFERENCES, TRIGGER ON rls_off_truncate_granted TO anon, authenticated;
CREATE TABLE rls_off_references_column_granted (n int PRIMARY KEY, owner uuid);
GRANT REFERENCES (n) ON rls_off_references_column_granted TO anon;
CREATE TABLE rls_off_maintain_granted (n int PRIMARY KEY, owner uuid);
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON rls_off_maintain_granted TO anon';
    END IF;
END
$$;
CREATE TABLE rls_off_ungranted (n int PRIMARY KEY, owner uuid);
CREATE TABLE rls_off_revoked (n int PRIMARY KEY, owner uuid);
GRANT ALL ON rls_off_revoked TO anon;
REVOKE ALL ON rls_off_revoked FROM anon;
CREATE TABLE rls_off_service_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON rls_off_service_granted TO service_role;
CREATE TABLE rls_off_unrelated_granted (n int PRIMARY KEY, owner uuid);
GRANT ALL ON rls_off_unrelated_granted TO unrelated, plain_login;
CREATE TABLE rls_off_authenticator_granted (n int PRIMARY KEY, owner uuid);
GRANT ALL ON rls_off_authenticator_granted TO authenticator;

-- By state

CREATE TABLE rls_on_without_policy (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_on_without_policy ENABLE ROW LEVEL SECURITY;
GRANT ALL ON rls_on_without_policy TO anon, authenticated;
CREATE TABLE rls_on_with_policy (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_on_with_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON rls_on_with_policy USING (owner = auth.uid());
GRANT ALL ON rls_on_with_policy TO anon, authenticated;
CREATE TABLE rls_on_forced (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_on_forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT ON rls_on_forced TO authenticated;
CREATE TABLE rls_forced_but_off (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_forced_but_off FORCE ROW LEVEL SECURITY;
GRANT SELECT ON rls_forced_but_off TO authenticated;
CREATE TABLE rls_on_then_off (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_on_then_off ENABLE ROW LEVEL SECURITY;
ALTER TABLE rls_on_then_off DISABLE ROW LEVEL SECURITY;
GRANT SELECT ON rls_on_then_off TO authenticated;
CREATE TABLE rls_on_ungranted (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_on_ungranted ENABLE ROW LEVEL SECURITY;

-- By owner

CREATE TABLE owned_by_api_role (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_api_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE owned_by_api_role OWNER TO authenticated;
CREATE TABLE owned_by_api_role_forced (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_api_role_forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE owned_by_api_role_forced OWNER TO authenticated;
CREATE TABLE owned_by_anon_off (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_anon_off OWNER TO anon;
CREATE TABLE owned_by_anon_forced_but_off (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_anon_forced_but_off FORCE ROW LEVEL SECURITY;
ALTER TABLE owned_by_anon_forced_but_off OWNER TO anon;
CREATE TABLE owned_by_api_role_revoked (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_api_role_revoked OWNER TO authenticated;
REVOKE ALL ON owned_by_api_role_revoked FROM authenticated;
CREATE TABLE owned_by_group_of_api_role (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_group_of_api_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE owned_by_group_of_api_role OWNER TO owner_with_member;
CREATE TABLE owned_by_service_role (n int PRIMARY KEY, owner uuid);
ALTER TABLE owned_by_service_role OWNER TO service_role;

-- By kind of relation

CREATE TABLE parted_on (n int PRIMARY KEY, owner uuid) PARTITION BY RANGE (n);
CREATE TABLE parted_on_leaf_off PARTITION OF parted_on FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_on_leaf_off_ungranted PARTITION OF parted_on FOR VALUES FROM (10) TO (20);
CREATE TABLE parted_on_leaf_on PARTITION OF parted_on FOR VALUES FROM (20) TO (30);
CREATE TABLE parted_on_middle_off PARTITION OF parted_on FOR VALUES FROM (30) TO (40)
    PARTITION BY RANGE (n);
CREATE TABLE parted_on_bottom_on PARTITION OF parted_on_middle_off FOR VALUES FROM (30) TO (35);
CREATE TABLE app.parted_on_leaf_elsewhere PARTITION OF parted_on FOR VALUES FROM (40) TO (50);
ALTER TABLE parted_on ENABLE ROW LEVEL SECURITY;
ALTER TABLE parted_on_leaf_on ENABLE ROW LEVEL SECURITY;
ALTER TABLE parted_on_bottom_on ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON parted_on, parted_on_leaf_off, parted_on_leaf_on, parted_on_middle_off,
    parted_on_bottom_on, app.parted_on_leaf_elsewhere TO authenticated;
CREATE TABLE parted_off (n int PRIMARY KEY, owner uuid) PARTITION BY HASH (n);
CREATE TABLE parted_off_leaf_on PARTITION OF parted_off FOR VALUES WITH (MODULUS 1, REMAINDER 0);
ALTER TABLE parted_off_leaf_on ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON parted_off, parted_off_leaf_on TO anon;
CREATE TABLE app.parted_elsewhere (n int PRIMARY KEY, owner uuid) PARTITION BY LIST (n);
CREATE TABLE leaf_of_parted_elsewhere PARTITION OF app.parted_elsewhere FOR VALUES IN (1);
GRANT SELECT ON app.parted_elsewhere, leaf_of_parted_elsewhere TO anon;

CREATE TABLE inherited_on (n int PRIMARY KEY, owner uuid);
CREATE TABLE inheriting_off (PRIMARY KEY (n)) INHERITS (inherited_on);
CREATE TABLE inheriting_off_ungranted (PRIMARY KEY (n)) INHERITS (inherited_on);
ALTER TABLE inherited_on ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON inherited_on, inheriting_off TO authenticated;

CREATE UNLOGGED TABLE unlogged_off (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON unlogged_off TO anon;
CREATE TEMP TABLE temporary_off (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON temporary_off TO anon;
CREATE TABLE member_of_extension (n int PRIMARY KEY, owner uuid);
ALTER EXTENSION plpgsql ADD TABLE member_of_extension;
GRANT ALL ON member_of_extension TO anon, service_role;

-- By schema and name

CREATE TABLE app.rls_off_granted (n int PRIMARY KEY, owner uuid);
GRANT ALL ON app.rls_off_granted TO anon;
CREATE TABLE "Odd Schema.x".rls_off_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON "Odd Schema.x".rls_off_granted TO anon;
CREATE TABLE "Odd Schema.x".rls_on_elsewhere (n int PRIMARY KEY, owner uuid);
ALTER TABLE "Odd Schema.x".rls_on_elsewhere ENABLE ROW LEVEL SECURITY;
CREATE TABLE rls_on_elsewhere (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON "Odd Schema.x".rls_on_elsewhere, rls_on_elsewhere TO anon;
CREATE TABLE rls_off_elsewhere (n int PRIMARY KEY, owner uuid);
ALTER TABLE rls_off_elsewhere ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.rls_off_elsewhere (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON rls_off_elsewhere, app.rls_off_elsewhere TO anon;
CREATE TABLE graphql_public.rls_off_exposed_twice (n int PRIMARY KEY, owner uuid);
GRANT SELECT ON graphql_public.rls_off_exposed_twice TO anon;
CREATE TABLE graphql_public.rls_on_exposed_twice (n int PRIMARY KEY, owner uuid);
ALTER TABLE graphql_public.rls_on_exposed_twice ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON graphql_public.rls_on_exposed_twice TO anon;

CREATE TABLE "MixedCaseOff" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "MixedCaseOn" (n int PRIMARY KEY, owner uuid);
CREATE TABLE mixedcaseon (n int PRIMARY KEY, owner uuid);
CREATE TABLE "quoted ""off"" 'name'" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "new
line off" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "new
line on" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "app.rls_off" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "select" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "über_страница_表" (n int PRIMARY KEY, owner uuid);
CREATE TABLE a_name_of_sixty_three_characters_which_is_the_longest_there_is_ (n int PRIMARY KEY, owner uuid);
CREATE TABLE "back\slash %s {0} $1" (n int PRIMARY KEY, owner uuid);
ALTER TABLE "MixedCaseOn" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "new
line on" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "MixedCaseOff", "MixedCaseOn", mixedcaseon, "quoted ""off"" 'name'", "new
line off", "new
line on", "app.rls_off", "select", "über_страница_表",
    a_name_of_sixty_three_characters_which_is_the_longest_there_is_, "back\slash %s {0} $1"
    TO anon;

-- Policies that are always true: on both tables everything is granted and row security is on

CREATE TABLE policy_true (n int PRIMARY KEY, owner uuid, is_public boolean);
ALTER TABLE policy_true ENABLE ROW LEVEL SECURITY;
GRANT ALL ON policy_true TO anon, authenticated;
CREATE POLICY insert_true ON policy_true FOR INSERT WITH CHECK (true);
CREATE POLICY update_true ON policy_true FOR UPDATE USING (true);
CREATE POLICY delete_true ON policy_true FOR DELETE TO anon USING (true);
CREATE POLICY all_true ON policy_true TO authenticated USING (true);
CREATE POLICY all_true_own_check ON policy_true USING (true) WITH CHECK (owner = auth.uid());
CREATE POLICY all_own_true_check ON policy_true USING (owner = auth.uid()) WITH CHECK (true);
CREATE POLICY update_own_true_check ON policy_true FOR UPDATE
    USING (owner = auth.uid()) WITH CHECK (true);
CREATE POLICY update_true_own_check ON policy_true FOR UPDATE
    USING (true) WITH CHECK (owner = auth.uid());
CREATE POLICY to_service_and_api ON policy_true FOR DELETE TO service_role, authenticated
    USING (true);
CREATE POLICY to_group_of_api ON policy_true FOR DELETE TO group_of_authenticated USING (true);
CREATE POLICY "odd ""policy""
name: x" ON policy_true FOR DELETE USING (true);
CREATE POLICY is_equal_numbers ON policy_true FOR DELETE USING ((1 = 1));
CREATE POLICY is_equal_texts ON policy_true FOR DELETE USING ('a' = 'a');
CREATE POLICY is_not_false ON policy_true FOR DELETE USING (NOT false);
CREATE POLICY is_true_or_own ON policy_true FOR DELETE USING (true OR owner = auth.uid());
CREATE POLICY is_own_or_true ON policy_true FOR DELETE USING (owner = auth.uid() OR true);
CREATE POLICY is_true_and_true ON policy_true FOR DELETE USING (true AND 1 = 1);
CREATE POLICY is_cast_true ON policy_true FOR DELETE USING ('t'::text::boolean);
CREATE POLICY is_key_equal_itself ON policy_true FOR DELETE USING (n = n);
CREATE POLICY is_null_or_not_null ON policy_true FOR DELETE USING (owner IS NULL OR owner IS NOT NULL);
CREATE POLICY is_key_not_null ON policy_true FOR DELETE USING (n IS NOT NULL);
CREATE POLICY is_coalesce ON policy_true FOR DELETE USING (coalesce(true, false));
CREATE POLICY is_length ON policy_true FOR DELETE USING (length('x') = 1);
CREATE POLICY is_array_containing ON policy_true FOR DELETE USING ('{a}'::text[] @> '{a}');
CREATE POLICY is_in_list ON policy_true FOR DELETE USING (1 IN (1, 2));
CREATE POLICY is_true_is_true ON policy_true FOR DELETE USING (true IS TRUE);
CREATE POLICY is_case ON policy_true FOR DELETE USING (CASE WHEN true THEN true ELSE false END);
CREATE POLICY is_scalar_subquery ON policy_true FOR DELETE USING ((SELECT true));
CREATE POLICY is_exists ON policy_true FOR INSERT WITH CHECK (EXISTS (SELECT 1));

CREATE TABLE policy_not_true (
    n int PRIMARY KEY, owner uuid, is_public boolean, truename text, "true" boolean
);
ALTER TABLE policy_not_true ENABLE ROW LEVEL SECURITY;
GRANT ALL ON policy_not_true TO anon, authenticated;
CREATE POLICY select_true ON policy_not_true FOR SELECT USING (true);
CREATE POLICY restrictive_true ON policy_not_true AS RESTRICTIVE USING (true);
CREATE POLICY to_service_role ON policy_not_true TO service_role USING (true) WITH CHECK (true);
CREATE POLICY to_bypassing_roles ON policy_not_true FOR DELETE TO service_role, bypass_nologin
    USING (true);
CREATE POLICY insert_own ON policy_not_true FOR INSERT WITH CHECK (owner = auth.uid());
CREATE POLICY update_own ON policy_not_true FOR UPDATE USING (owner = auth.uid());
CREATE POLICY no_expression ON policy_not_true;
CREATE POLICY is_false ON policy_not_true FOR DELETE USING (false);
CREATE POLICY is_unequal ON policy_not_true FOR DELETE USING (1 = 2);
CREATE POLICY is_not_true ON policy_not_true FOR DELETE USING (NOT true);
CREATE POLICY is_null ON policy_not_true FOR DELETE USING (NULL::boolean);
CREATE POLICY is_column_true ON policy_not_true FOR DELETE USING (is_public = true);
CREATE POLICY is_bare_column ON policy_not_true FOR DELETE USING (is_public);
CREATE POLICY is_truename ON policy_not_true FOR DELETE USING (truename = 'x');
CREATE POLICY is_column_named_true ON policy_not_true FOR DELETE USING ("true");
CREATE POLICY is_text_true ON policy_not_true FOR DELETE USING (truename = 'x OR true');
CREATE POLICY is_true_and_own ON policy_not_true FOR DELETE USING (true AND owner = auth.uid());
CREATE POLICY is_false_or_own ON policy_not_true FOR DELETE USING (false OR owner = auth.uid());
CREATE POLICY is_own_and_either ON policy_not_true FOR DELETE
    USING (owner = auth.uid() AND (true OR is_public));
CREATE POLICY is_nullable_equal_itself ON policy_not_true FOR DELETE USING (owner = owner);
CREATE POLICY is_nullable_not_null ON policy_not_true FOR DELETE USING (owner IS NOT NULL);
CREATE POLICY is_coalesce_column ON policy_not_true FOR DELETE USING (coalesce(is_public, true));
CREATE POLICY is_role_authenticated ON policy_not_true FOR DELETE
    USING (auth.role() = 'authenticated');
CREATE POLICY is_logged_in ON policy_not_true FOR DELETE USING (auth.uid() IS NOT NULL);
CREATE POLICY is_setting_missing_ok ON policy_not_true FOR DELETE
    USING (current_setting('request.tenant', true) = 'x');
CREATE POLICY is_length_other ON policy_not_true FOR DELETE USING (length('x') = 2);
CREATE POLICY is_scalar_subquery_false ON policy_not_true FOR DELETE USING ((SELECT false));
CREATE POLICY is_exists_with_condition ON policy_not_true FOR DELETE
    USING (EXISTS (SELECT 1 FROM auth.users AS u WHERE u.id = owner));

CREATE TABLE app.policy_true_elsewhere (n int PRIMARY KEY, owner uuid);
ALTER TABLE app.policy_true_elsewhere ENABLE ROW LEVEL SECURITY;
GRANT ALL ON app.policy_true_elsewhere TO anon;
CREATE POLICY all_true ON app.policy_true_elsewhere USING (true);
CREATE TABLE policy_true_of_extension (n int PRIMARY KEY, owner uuid);
ALTER TABLE policy_true_of_extension ENABLE ROW LEVEL SECURITY;
GRANT ALL ON policy_true_of_extension TO anon;
CREATE POLICY all_true ON policy_true_of_extension USING (true);
ALTER EXTENSION plpgsql ADD TABLE policy_true_of_extension;

-- Policies that trust what a user may edit

CREATE TABLE policy_metadata (n int PRIMARY KEY, owner uuid, user_metadata jsonb, label text);
ALTER TABLE policy_metadata ENABLE ROW LEVEL SECURITY;
GRANT ALL ON policy_metadata TO authenticated;
CREATE POLICY by_arrow ON policy_metadata FOR SELECT
    USING ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin');
CREATE POLICY by_path ON policy_metadata FOR SELECT
    USING ((auth.jwt() #>> '{user_metadata,role}') = 'admin');
CREATE POLICY by_subquery ON policy_metadata FOR SELECT
    USING (((SELECT auth.jwt()) -> 'user_metadata' ->> 'role') = 'admin');
CREATE POLICY by_function ON policy_metadata FOR SELECT
    USING (jsonb_extract_path_text(auth.jwt(), 'user_metadata', 'role') = 'admin');
CREATE POLICY by_setting ON policy_metadata FOR SELECT
    USING ((current_setting('request.jwt.claims', true)::jsonb -> 'user_metadata' ->> 'role') = 'admin');
CREATE POLICY by_check ON policy_metadata FOR INSERT
    WITH CHECK (owner = auth.uid() AND (auth.jwt() -> 'user_metadata' ->> 'role') = 'admin');
CREATE POLICY by_users_table ON policy_metadata FOR SELECT
    USING (EXISTS (SELECT 1 FROM auth.users AS u
        WHERE u.id = auth.uid() AND u.raw_user_meta_data ->> 'role' = 'admin'));
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 140000 THEN
        EXECUTE $policy$CREATE POLICY by_subscript ON policy_metadata FOR SELECT
            USING ((auth.jwt())['user_metadata']['role'] = '"admin"')$policy$;
    END IF;
END
$$;
CREATE POLICY by_app_metadata ON policy_metadata FOR SELECT
    USING ((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');
CREATE POLICY by_raw_app_meta_data ON policy_metadata FOR SELECT
    USING (EXISTS (SELECT 1 FROM auth.users AS u
        WHERE u.id = auth.uid() AND u.raw_app_meta_data ->> 'role' = 'admin'));
CREATE POLICY by_own_column ON policy_metadata FOR SELECT
    USING (owner = auth.uid() AND user_metadata IS NOT NULL);
CREATE POLICY by_literal ON policy_metadata FOR SELECT USING (label = 'user_metadata');

-- Policies while row security is off

CREATE TABLE policies_rls_off (n int PRIMARY KEY, owner uuid);
CREATE POLICY own_rows ON policies_rls_off USING (owner = auth.uid());
GRANT SELECT ON policies_rls_off TO authenticated;
CREATE TABLE policies_rls_forced_but_off (n int PRIMARY KEY, owner uuid);
ALTER TABLE policies_rls_forced_but_off FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON policies_rls_forced_but_off USING (owner = auth.uid());
GRANT SELECT ON policies_rls_forced_but_off TO authenticated;
CREATE TABLE policies_rls_on (n int PRIMARY KEY, owner uuid);
ALTER TABLE policies_rls_on ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON policies_rls_on USING (owner = auth.uid());
GRANT SELECT ON policies_rls_on TO authenticated;
CREATE TABLE policies_dropped_rls_off (n int PRIMARY KEY, owner uuid);
CREATE POLICY own_rows ON policies_dropped_rls_off USING (owner = auth.uid());
DROP POLICY own_rows ON policies_dropped_rls_off;
GRANT SELECT ON policies_dropped_rls_off TO authenticated;
CREATE TABLE app.policies_rls_off (n int PRIMARY KEY, owner uuid);
CREATE POLICY own_rows ON app.policies_rls_off USING (owner = auth.uid());
GRANT SELECT ON app.policies_rls_off TO authenticated;

-- Views over protected tables

CREATE TABLE guarded (n int PRIMARY KEY, owner uuid);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON guarded USING (owner = auth.uid());
GRANT SELECT ON guarded TO plain_owner, owner_with_bypass, authenticated;
CREATE TABLE app.guarded_elsewhere (n int PRIMARY KEY, owner uuid);
ALTER TABLE app.guarded_elsewhere ENABLE ROW LEVEL SECURITY;
CREATE TABLE guarded_of_owner (n int PRIMARY KEY, owner uuid);
ALTER TABLE guarded_of_owner ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded_of_owner OWNER TO plain_owner;
CREATE TABLE guarded_of_owner_forced (n int PRIMARY KEY, owner uuid);
ALTER TABLE guarded_of_owner_forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE guarded_of_owner_forced OWNER TO plain_owner;
CREATE TABLE unguarded (n int PRIMARY KEY, owner uuid);

CREATE VIEW view_definer AS SELECT * FROM guarded;
CREATE VIEW view_barrier WITH (security_barrier = true) AS SELECT * FROM guarded;
CREATE VIEW view_named_security_invoker AS SELECT n AS security_invoker FROM guarded;
CREATE VIEW view_column_granted AS SELECT * FROM guarded;
CREATE VIEW view_insert_granted AS SELECT * FROM guarded;
CREATE VIEW view_public_granted AS SELECT * FROM guarded;
CREATE VIEW view_group_granted AS SELECT * FROM guarded;
CREATE VIEW view_ungranted AS SELECT * FROM guarded;
CREATE VIEW view_service_granted AS SELECT * FROM guarded;
CREATE VIEW view_joining AS SELECT a.n FROM unguarded AS a JOIN guarded AS b USING (n);
CREATE VIEW view_with_subquery AS SELECT (SELECT max(n) FROM guarded) AS highest;
CREATE VIEW view_with_cte AS WITH x AS (SELECT * FROM guarded) SELECT * FROM x;
CREATE VIEW view_of_elsewhere AS SELECT * FROM app.guarded_elsewhere;
CREATE VIEW view_of_partitioned AS SELECT * FROM parted_on;
CREATE VIEW view_of_unguarded AS SELECT * FROM unguarded;
CREATE VIEW view_of_nothing AS SELECT 1 AS n;
CREATE VIEW view_of_setting AS SELECT auth.uid() AS me;
CREATE VIEW "View ""Definer""
Odd" AS SELECT * FROM guarded;
GRANT SELECT ON view_definer, view_barrier, view_named_security_invoker, view_joining,
    view_with_subquery, view_with_cte, view_of_elsewhere, view_of_partitioned, view_of_unguarded,
    view_of_nothing, view_of_setting, "View ""Definer""
Odd" TO anon, authenticated;
GRANT SELECT (n) ON view_column_granted TO anon;
GRANT INSERT ON view_insert_granted TO authenticated;
GRANT SELECT ON view_public_granted TO PUBLIC;
GRANT SELECT ON view_group_granted TO group_of_group;
GRANT SELECT ON view_service_granted TO service_role;

CREATE VIEW view_of_superuser AS SELECT * FROM guarded;
ALTER VIEW view_of_superuser OWNER TO superuser_owner;
CREATE VIEW view_of_bypassing_owner AS SELECT * FROM guarded;
ALTER VIEW view_of_bypassing_owner OWNER TO owner_with_bypass;
CREATE VIEW view_of_subject_owner AS SELECT * FROM guarded;
ALTER VIEW view_of_subject_owner OWNER TO plain_owner;
CREATE VIEW view_of_table_owner AS SELECT * FROM guarded_of_owner;
ALTER VIEW view_of_table_owner OWNER TO plain_owner;
CREATE VIEW view_of_forced_table_owner AS SELECT * FROM guarded_of_owner_forced;
ALTER VIEW view_of_forced_table_owner OWNER TO plain_owner;
CREATE VIEW view_of_member_of_table_owner AS SELECT * FROM owned_by_group_of_api_role;
ALTER VIEW view_of_member_of_table_owner OWNER TO authenticated;
CREATE VIEW view_of_api_role AS SELECT * FROM guarded;
ALTER VIEW view_of_api_role OWNER TO authenticated;
GRANT SELECT ON view_of_superuser, view_of_bypassing_owner, view_of_subject_owner,
    view_of_table_owner, view_of_forced_table_owner, view_of_member_of_table_owner TO anon;

CREATE VIEW view_over_definer AS SELECT * FROM view_ungranted;
CREATE VIEW app.view_hidden_definer AS SELECT * FROM guarded;
CREATE VIEW view_over_hidden_definer AS SELECT * FROM app.view_hidden_definer;
CREATE VIEW app.view_hidden_of_subject_owner AS SELECT * FROM guarded;
ALTER VIEW app.view_hidden_of_subject_owner OWNER TO plain_owner;
CREATE VIEW view_over_hidden_of_subject_owner AS SELECT * FROM app.view_hidden_of_subject_owner;
CREATE VIEW view_of_subject_owner_over_definer AS SELECT * FROM app.view_hidden_definer;
ALTER VIEW view_of_subject_owner_over_definer OWNER TO plain_owner;
GRANT SELECT ON app.view_hidden_definer TO plain_owner;
CREATE VIEW app.view_granted_definer AS SELECT * FROM guarded;
CREATE VIEW graphql_public.view_definer AS SELECT * FROM guarded;
CREATE VIEW view_definer_of_extension AS SELECT * FROM guarded;
ALTER EXTENSION plpgsql ADD VIEW view_definer_of_extension;
GRANT SELECT ON view_over_definer, view_over_hidden_definer, view_over_hidden_of_subject_owner,
    view_of_subject_owner_over_definer, app.view_granted_definer, graphql_public.view_definer,
    view_definer_of_extension TO authenticated;

-- security_invoker came with 15: before, the same views are definer views.
CREATE VIEW view_invoker_true AS SELECT * FROM guarded;
CREATE VIEW view_invoker_on AS SELECT * FROM guarded;
CREATE VIEW view_invoker_1 AS SELECT * FROM guarded;
CREATE VIEW view_invoker_yes AS SELECT * FROM guarded;
CREATE VIEW view_invoker_upper_case AS SELECT * FROM guarded;
CREATE VIEW view_invoker_without_value AS SELECT * FROM guarded;
CREATE VIEW view_invoker_false AS SELECT * FROM guarded;
CREATE VIEW view_invoker_off AS SELECT * FROM guarded;
CREATE VIEW view_invoker_0 AS SELECT * FROM guarded;
CREATE VIEW view_invoker_reset AS SELECT * FROM guarded;
CREATE VIEW view_invoker_over_definer AS SELECT * FROM view_definer;
CREATE VIEW view_over_invoker AS SELECT * FROM view_invoker_true;
GRANT SELECT ON view_invoker_true, view_invoker_on, view_invoker_1, view_invoker_yes,
    view_invoker_upper_case, view_invoker_without_value, view_invoker_false, view_invoker_off,
    view_invoker_0, view_invoker_reset, view_invoker_over_definer, view_over_invoker
    TO authenticated;

-- Views over the users table

CREATE VIEW users_view AS SELECT id AS n, email FROM auth.users;
CREATE VIEW users_column_granted AS SELECT id AS n, email FROM auth.users;
CREATE VIEW users_ungranted AS SELECT id AS n, email FROM auth.users;
CREATE VIEW users_service_granted AS SELECT id AS n, email FROM auth.users;
CREATE VIEW users_joined AS SELECT a.n, u.email FROM unguarded AS a JOIN auth.users AS u ON u.id = a.owner;
CREATE VIEW users_nested AS SELECT * FROM users_ungranted;
CREATE VIEW users_invoker AS SELECT id AS n, email FROM auth.users;
CREATE MATERIALIZED VIEW users_materialized AS SELECT id AS n, email FROM auth.users;
CREATE VIEW app.users_view AS SELECT id AS n, email FROM auth.users;
CREATE TABLE app.users (n int PRIMARY KEY, email text);
CREATE VIEW users_of_app AS SELECT * FROM app.users;
GRANT SELECT ON users_view, users_joined, users_nested, users_invoker, users_materialized,
    app.users_view, users_of_app TO authenticated;
GRANT SELECT (email) ON users_column_granted TO anon;
GRANT SELECT ON users_service_granted TO service_role;

DO $$
DECLARE
    options record;
BEGIN
    IF current_setting('server_version_num')::int < 150000 THEN
        RETURN;
    END IF;
    FOR options IN
        SELECT * FROM (VALUES
            ('view_invoker_true', 'security_invoker = true'),
            ('view_invoker_on', 'security_invoker = on'),
            ('view_invoker_1', 'security_invoker = 1'),
            ('view_invoker_yes', 'security_barrier, security_invoker = yes'),
            ('view_invoker_upper_case', 'security_invoker = ''TRUE'''),
            ('view_invoker_without_value', 'security_invoker'),
            ('view_invoker_false', 'security_invoker = false'),
            ('view_invoker_off', 'security_invoker = off, security_barrier = true'),
            ('view_invoker_0', 'security_invoker = 0'),
            ('view_invoker_reset', 'security_invoker = true'),
            ('view_invoker_over_definer', 'security_invoker = true'),
            ('users_invoker', 'security_invoker = true')
        ) AS settings (name, value)
    LOOP
        EXECUTE format('ALTER VIEW %I SET (%s)', options.name, options.value);
    END LOOP;
    ALTER VIEW view_invoker_reset RESET (security_invoker);
END
$$;

-- Materialized views and foreign tables, which know no row security

CREATE MATERIALIZED VIEW materialized_granted AS SELECT 1 AS n;
CREATE MATERIALIZED VIEW materialized_column_granted AS SELECT 1 AS n;
CREATE MATERIALIZED VIEW materialized_public_granted AS SELECT 1 AS n;
CREATE MATERIALIZED VIEW materialized_ungranted AS SELECT * FROM guarded;
CREATE MATERIALIZED VIEW materialized_service_granted AS SELECT * FROM guarded;
CREATE MATERIALIZED VIEW materialized_insert_granted AS SELECT 1 AS n;
CREATE MATERIALIZED VIEW app.materialized_granted AS SELECT 1 AS n;
GRANT SELECT ON materialized_granted, app.materialized_granted TO anon;
GRANT SELECT (n) ON materialized_column_granted TO authenticated;
GRANT SELECT ON materialized_public_granted TO PUBLIC;
GRANT SELECT ON materialized_service_granted TO service_role;
GRANT INSERT ON materialized_insert_granted TO anon;

CREATE FOREIGN DATA WRAPPER nowhere_wrapper;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere_wrapper;
CREATE FOREIGN TABLE foreign_granted (n int) SERVER nowhere;
CREATE FOREIGN TABLE foreign_column_granted (n int, owner uuid) SERVER nowhere;
CREATE FOREIGN TABLE foreign_ungranted (n int) SERVER nowhere;
CREATE FOREIGN TABLE foreign_service_granted (n int) SERVER nowhere;
CREATE FOREIGN TABLE foreign_insert_granted (n int) SERVER nowhere;
CREATE FOREIGN TABLE app.foreign_granted (n int) SERVER nowhere;
GRANT SELECT ON foreign_granted, app.foreign_granted TO anon;
GRANT SELECT (n) ON foreign_column_granted TO authenticated;
GRANT ALL ON foreign_service_granted TO service_role;
GRANT INSERT ON foreign_insert_granted TO anon;

-- Functions that run as their owner; everyone may call a function unless that is revoked

CREATE FUNCTION definer_unpinned() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION definer_pinned_empty() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path = '' AS 'SELECT 1';
CREATE FUNCTION definer_pinned_public() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path = public AS 'SELECT 1';
CREATE FUNCTION definer_pinned_list() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET work_mem = '4MB' SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
SET search_path = public;
CREATE FUNCTION definer_pinned_from_current() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path FROM CURRENT AS 'SELECT 1';
RESET search_path;
CREATE FUNCTION definer_pinned_later() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
ALTER FUNCTION definer_pinned_later() SET search_path = '';
CREATE FUNCTION definer_pin_reset() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path = '' AS 'SELECT 1';
ALTER FUNCTION definer_pin_reset() RESET search_path;
CREATE FUNCTION definer_other_setting() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET work_mem = '4MB' AS 'SELECT 1';
CREATE FUNCTION definer_setting_named_alike() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET my.search_path = 'public' AS 'SELECT 1';
CREATE FUNCTION definer_setting_valued_alike() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET application_name = 'search_path=public' AS 'SELECT 1';
CREATE FUNCTION definer_set_in_body() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    AS 'BEGIN PERFORM set_config(''search_path'', '''', true); END';
CREATE FUNCTION definer_revoked() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION definer_revoked() FROM PUBLIC;
CREATE FUNCTION definer_revoked_from_api_only() RETURNS int LANGUAGE sql SECURITY DEFINER
    AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION definer_revoked_from_api_only() FROM anon, authenticated;
CREATE FUNCTION definer_granted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION definer_granted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION definer_granted() TO authenticated;
CREATE FUNCTION definer_group_granted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION definer_group_granted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION definer_group_granted() TO group_of_group;
CREATE FUNCTION definer_service_granted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION definer_service_granted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION definer_service_granted() TO service_role;
CREATE FUNCTION invoker_unpinned() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION definer_overloaded(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION definer_overloaded(a text) RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path = '' AS 'SELECT 1';
CREATE FUNCTION definer_overloaded(VARIADIC a int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION definer_with_default(a int, b text DEFAULT 'x, y') RETURNS int LANGUAGE sql
    SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION "Definer ""Odd""
name"("Arg" int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION definer_of_trigger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION definer_of_event_trigger() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    AS 'BEGIN END';
CREATE PROCEDURE definer_procedure(a int) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE PROCEDURE definer_procedure_pinned(a int) LANGUAGE sql SECURITY DEFINER
    SET search_path = '' AS 'SELECT 1';
CREATE AGGREGATE invoker_aggregate(int) (sfunc = int4pl, stype = int);
CREATE FUNCTION definer_of_extension() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
ALTER EXTENSION plpgsql ADD FUNCTION definer_of_extension();
CREATE FUNCTION app.definer_unpinned() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION graphql_public.definer_unpinned() RETURNS int LANGUAGE sql SECURITY DEFINER
    AS 'SELECT 1';
CREATE FUNCTION auth.definer_unpinned() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';

-- Queues

CREATE TABLE pgmq.q_granted (msg bigint PRIMARY KEY);
CREATE TABLE pgmq.a_granted (msg bigint PRIMARY KEY);
CREATE TABLE pgmq.q_column_granted (msg bigint PRIMARY KEY);
CREATE TABLE pgmq.q_public_granted (msg bigint PRIMARY KEY);
CREATE UNLOGGED TABLE pgmq.q_unlogged_granted (msg bigint PRIMARY KEY);
CREATE TABLE pgmq.q_partitioned_granted (msg bigint PRIMARY KEY) PARTITION BY RANGE (msg);
CREATE TABLE pgmq.q_ungranted (msg bigint PRIMARY KEY);
CREATE TABLE pgmq.a_service_granted (msg bigint PRIMARY KEY);
CREATE TABLE pgmq.meta (queue_name text PRIMARY KEY);
CREATE TABLE pgmq.quota (n int PRIMARY KEY);
CREATE TABLE pgmq.archive_of_nothing (n int PRIMARY KEY);
CREATE TABLE q_outside_pgmq (n int PRIMARY KEY);
ALTER TABLE q_outside_pgmq ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON pgmq.q_granted, pgmq.q_unlogged_granted, pgmq.q_partitioned_granted, pgmq.meta,
    pgmq.quota, pgmq.archive_of_nothing, q_outside_pgmq TO anon;
GRANT INSERT ON pgmq.a_granted TO authenticated;
GRANT SELECT (msg) ON pgmq.q_column_granted TO authenticated;
GRANT SELECT ON pgmq.q_public_granted TO PUBLIC;
GRANT ALL ON pgmq.a_service_granted TO service_role;

-- Buckets: anyone may list the objects

CREATE POLICY anyone_lists ON storage.objects FOR SELECT USING (true);
INSERT INTO storage.buckets (id, name, public) VALUES
    ('bucket_open', 'Open', true),
    ('bucket ''Open'' "odd"', 'Odd', true),
    ('bucket_closed', 'public', false),
    ('bucket_unset', 'Unset', NULL);

-- Tables service_role may write: in app, so that they concern no other target of security

CREATE FUNCTION app.audit_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION app.note_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
-- Without its library in the server the setting is a word without effect.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET pgaudit.log = %L', current_database(), 'all');
END
$$;

CREATE TABLE app.written_unaudited (n int PRIMARY KEY, owner uuid);
CREATE TABLE app.written_audited (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_audited
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_audited_by_statement (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON app.written_audited_by_statement FOR EACH STATEMENT EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_audited_before (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes BEFORE INSERT OR UPDATE OR DELETE ON app.written_audited_before
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_trigger_named_audit (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER audit_it AFTER INSERT OR UPDATE OR DELETE ON app.written_trigger_named_audit
    FOR EACH ROW EXECUTE FUNCTION app.note_change();
CREATE TABLE app.written_constraint_trigger (n int PRIMARY KEY, owner uuid);
CREATE CONSTRAINT TRIGGER changes AFTER INSERT OR UPDATE OR DELETE
    ON app.written_constraint_trigger DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_trigger_not_audit (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_trigger_not_audit
    FOR EACH ROW EXECUTE FUNCTION app.note_change();
CREATE TABLE app.audit_of_nothing (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.audit_of_nothing
    FOR EACH ROW EXECUTE FUNCTION app.note_change();
CREATE TABLE app.written_trigger_disabled (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_trigger_disabled
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
ALTER TABLE app.written_trigger_disabled DISABLE TRIGGER changes;
CREATE TABLE app.written_trigger_replica (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_trigger_replica
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
ALTER TABLE app.written_trigger_replica ENABLE REPLICA TRIGGER changes;
CREATE TABLE app.written_trigger_always (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_trigger_always
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
ALTER TABLE app.written_trigger_always ENABLE ALWAYS TRIGGER changes;
CREATE TABLE app.written_update_audited (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER UPDATE ON app.written_update_audited
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_delete_unaudited (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE ON app.written_delete_unaudited
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_truncate_audited (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER TRUNCATE ON app.written_truncate_audited
    FOR EACH STATEMENT EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_audited_by_several (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER a AFTER INSERT ON app.written_audited_by_several
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TRIGGER b AFTER UPDATE ON app.written_audited_by_several
    FOR EACH STATEMENT EXECUTE FUNCTION app.audit_change();
CREATE TRIGGER audit_deletes AFTER DELETE ON app.written_audited_by_several
    FOR EACH ROW EXECUTE FUNCTION app.note_change();
CREATE TABLE app.written_several_one_disabled (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER a AFTER INSERT OR UPDATE ON app.written_several_one_disabled
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TRIGGER b AFTER DELETE ON app.written_several_one_disabled
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
ALTER TABLE app.written_several_one_disabled DISABLE TRIGGER b;
CREATE TABLE app.written_several_one_not_audit (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER a AFTER INSERT OR UPDATE ON app.written_several_one_not_audit
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TRIGGER b AFTER DELETE ON app.written_several_one_not_audit
    FOR EACH ROW EXECUTE FUNCTION app.note_change();
CREATE TABLE app.written_audited_when (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER a AFTER INSERT OR UPDATE ON app.written_audited_when
    FOR EACH ROW WHEN (new.n > 10) EXECUTE FUNCTION app.audit_change();
CREATE TRIGGER b AFTER DELETE ON app.written_audited_when
    FOR EACH ROW WHEN (old.n > 10) EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_audited_update_of (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OF n OR DELETE ON app.written_audited_update_of
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_parted (n int PRIMARY KEY, owner uuid) PARTITION BY LIST (n);
CREATE TABLE app.written_parted_leaf PARTITION OF app.written_parted FOR VALUES IN (1);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_parted
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_parted_unaudited (n int PRIMARY KEY, owner uuid) PARTITION BY LIST (n);
CREATE TABLE app.written_parted_unaudited_leaf PARTITION OF app.written_parted_unaudited
    FOR VALUES IN (1);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_parted_unaudited_leaf
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_inherited (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.written_inherited
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();
CREATE TABLE app.written_inheriting (PRIMARY KEY (n)) INHERITS (app.written_inherited);
CREATE UNLOGGED TABLE app.written_unlogged (n int PRIMARY KEY, owner uuid);
CREATE VIEW app.written_view AS SELECT * FROM app.written_unaudited;
CREATE TABLE "Odd Schema.x"."Written ""Unaudited""
odd" (n int PRIMARY KEY, owner uuid);
CREATE TABLE "Odd Schema.x"."Written ""Audited""
odd" (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER "odd audit
trigger" AFTER INSERT OR UPDATE OR DELETE ON "Odd Schema.x"."Written ""Audited""
odd" FOR EACH ROW EXECUTE FUNCTION app.note_change();
CREATE TABLE written_in_public (n int PRIMARY KEY, owner uuid);
GRANT INSERT, UPDATE, DELETE ON app.written_unaudited, app.written_audited,
    app.written_audited_by_statement, app.written_audited_before, app.written_trigger_named_audit,
    app.written_constraint_trigger, app.written_trigger_not_audit, app.audit_of_nothing,
    app.written_trigger_disabled, app.written_trigger_replica, app.written_trigger_always,
    app.written_update_audited, app.written_delete_unaudited, app.written_truncate_audited,
    app.written_audited_by_several, app.written_several_one_disabled,
    app.written_several_one_not_audit, app.written_audited_when, app.written_audited_update_of,
    app.written_parted, app.written_parted_leaf, app.written_parted_unaudited,
    app.written_parted_unaudited_leaf, app.written_inherited, app.written_inheriting,
    app.written_unlogged, app.written_view, "Odd Schema.x"."Written ""Unaudited""
odd", "Odd Schema.x"."Written ""Audited""
odd", written_in_public TO service_role;

CREATE TABLE app.written_by_column_grant (n int PRIMARY KEY, owner uuid);
GRANT UPDATE (owner) ON app.written_by_column_grant TO service_role;
CREATE TABLE app.written_by_public_grant (n int PRIMARY KEY, owner uuid);
GRANT INSERT ON app.written_by_public_grant TO PUBLIC;
CREATE TABLE app.written_by_public_column_grant (n int PRIMARY KEY, owner uuid);
GRANT INSERT (n) ON app.written_by_public_column_grant TO PUBLIC;
CREATE TABLE app.written_by_group_grant (n int PRIMARY KEY, owner uuid);
GRANT DELETE ON app.written_by_group_grant TO group_of_service;
CREATE TABLE app.written_by_truncate_grant (n int PRIMARY KEY, owner uuid);
GRANT TRUNCATE ON app.written_by_truncate_grant TO service_role;
CREATE TABLE app.read_only_granted (n int PRIMARY KEY, owner uuid);
GRANT SELECT, REFERENCES, TRIGGER ON app.read_only_granted TO service_role;
CREATE TABLE app.written_by_others (n int PRIMARY KEY, owner uuid);
GRANT ALL ON app.written_by_others TO anon, authenticated, authenticator, plain_owner;
CREATE TABLE app.audited_ungranted (n int PRIMARY KEY, owner uuid);
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON app.audited_ungranted
    FOR EACH ROW EXECUTE FUNCTION app.audit_change();

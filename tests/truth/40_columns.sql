-- Traps of fk_constraints, not_null_critical, sensitive_encrypted and schema_documented.
-- A foreign key is called fk unless its name is the trap: names are unique per table only.

CREATE SCHEMA vault;
CREATE TABLE vault.secrets (id uuid PRIMARY KEY, name text, secret text NOT NULL, key_id uuid);

-- Implied references: what columns may be named after

CREATE TABLE app.customers (id int PRIMARY KEY);
CREATE TABLE public.customers (id int PRIMARY KEY);
CREATE TABLE app.person (n int PRIMARY KEY);
CREATE TABLE app.buses (id int PRIMARY KEY);
CREATE TABLE app.categories (id int PRIMARY KEY);
CREATE TABLE app.orders (id bigint PRIMARY KEY);
CREATE TABLE app.crate (id int PRIMARY KEY);
CREATE TABLE app.crates (id int PRIMARY KEY);
CREATE TABLE app.flag (id int PRIMARY KEY);
CREATE TABLE app.flags (id text PRIMARY KEY);
CREATE VIEW app.gadgets AS SELECT id FROM app.customers;
CREATE FOREIGN TABLE app.widgets (id int) SERVER truth_server;
CREATE TABLE app.extras (id int PRIMARY KEY);
ALTER EXTENSION plpgsql ADD TABLE app.extras;
CREATE TABLE auth.sessions (id uuid PRIMARY KEY);
CREATE TABLE app.journeys (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE app.planets (id int NOT NULL UNIQUE);
CREATE TABLE app.pa (id int PRIMARY KEY);
CREATE TABLE public.harbours (code varchar(20) PRIMARY KEY);
CREATE DOMAIN app.customer_number AS int CHECK (VALUE > 0);
CREATE TABLE app.parcels (n app.customer_number PRIMARY KEY);
CREATE TABLE app.shipments (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE app.shipments_1 PARTITION OF app.shipments FOR VALUES FROM (0) TO (10);
CREATE TABLE app.zones (region int, id int PRIMARY KEY, UNIQUE (region, id));
CREATE TABLE "Odd Schema.x"."Straße" (id int PRIMARY KEY);

-- Implied references: the columns

CREATE TABLE app.implied_plural (n int PRIMARY KEY, customer_id int);
CREATE TABLE app.implied_same_name (n int PRIMARY KEY, person_id int);
CREATE TABLE app.implied_plural_es (n int PRIMARY KEY, bus_id int);
CREATE TABLE app.implied_plural_ies (n int PRIMARY KEY, category_id int);
CREATE TABLE app.implied_camel (n int PRIMARY KEY, "orderId" bigint);
CREATE TABLE app.implied_not_null_indexed (n int PRIMARY KEY, customer_id int NOT NULL);
CREATE INDEX ON app.implied_not_null_indexed (customer_id);
CREATE TABLE app.implied_partitioned_target (n int PRIMARY KEY, shipment_id int);
CREATE TABLE app.implied_domain (n int PRIMARY KEY, customer_id app.customer_number);
CREATE TABLE app.implied_domain_key (n int PRIMARY KEY, parcel_id int);
CREATE TABLE app.implied_generated (
    n int PRIMARY KEY, customer_id int GENERATED ALWAYS AS (n + 1) STORED
);
CREATE TABLE app.implied_other_schema (n int PRIMARY KEY, harbour_id varchar(36));
CREATE TABLE app.implied_one_of_two_types (n int PRIMARY KEY, flag_id int);
CREATE TABLE app.implied_as_key (customer_id int PRIMARY KEY);
CREATE TABLE app.implied_parted (n int PRIMARY KEY, customer_id int) PARTITION BY RANGE (n);
CREATE TABLE app.implied_parted_1 PARTITION OF app.implied_parted FOR VALUES FROM (0) TO (10);
CREATE TABLE app.declared_parent (
    n int PRIMARY KEY, customer_id int NOT NULL CONSTRAINT fk REFERENCES app.customers
);
CREATE TABLE app.implied_child (PRIMARY KEY (n)) INHERITS (app.declared_parent);
CREATE TABLE public.implied_own_schema (n int PRIMARY KEY, customer_id int);
CREATE TABLE "Odd Schema.x"."Implied.Odd
table" (n int PRIMARY KEY, "Straße_id" int);
CREATE UNLOGGED TABLE pgapp.implied_unlogged (n int PRIMARY KEY, category_id int);

CREATE TABLE "Odd Schema.x".not_implied_two_schemas (n int PRIMARY KEY, customer_id int);
CREATE TABLE app.not_implied_wider (n int PRIMARY KEY, customer_id bigint);
CREATE TABLE app.not_implied_text (n int PRIMARY KEY, customer_id text);
CREATE TABLE app.not_implied_array (n int PRIMARY KEY, customer_id int[]);
CREATE TABLE app.not_implied_two_tables (n int PRIMARY KEY, crate_id int);
CREATE TABLE app.not_implied_no_table (n int PRIMARY KEY, gizmo_id int);
CREATE TABLE app.not_implied_view (n int PRIMARY KEY, gadget_id int);
CREATE TABLE app.not_implied_foreign (n int PRIMARY KEY, widget_id int);
CREATE TABLE app.not_implied_extension (n int PRIMARY KEY, extra_id int);
CREATE TABLE app.not_implied_managed (n int PRIMARY KEY, session_id uuid);
CREATE TABLE app.not_implied_pair (n int PRIMARY KEY, journey_id int);
CREATE TABLE app.not_implied_keyless (n int PRIMARY KEY, planet_id int);
CREATE TABLE app.not_implied_polymorphic (
    n int PRIMARY KEY, commentable_id bigint, commentable_type text
);
CREATE TABLE app.not_implied_prefixed (n int PRIMARY KEY, billing_customer_id int);
CREATE TABLE app.not_implied_no_separator (n int PRIMARY KEY, paid int, customerid int);
CREATE TABLE app.not_implied_bare (id int PRIMARY KEY, "Id" int, _id int);
CREATE TABLE app.not_implied_other_suffix (n int PRIMARY KEY, customer_ids int, customer_id_old int);
CREATE TABLE app.shop (shop_id int PRIMARY KEY);
CREATE TABLE app.implied_shared_key (shop_id int PRIMARY KEY, opens time);
CREATE TABLE app.not_implied_composite (
    n int PRIMARY KEY, region int NOT NULL, zone_id int NOT NULL,
    CONSTRAINT fk FOREIGN KEY (region, zone_id) REFERENCES app.zones (region, id)
);
CREATE TABLE app.not_implied_declared (
    n int PRIMARY KEY, customer_id int NOT NULL CONSTRAINT fk REFERENCES app.person
);
CREATE TABLE app.not_implied_dropped (n int PRIMARY KEY, customer_id int);
ALTER TABLE app.not_implied_dropped DROP COLUMN customer_id;
CREATE TABLE app.not_implied_of_extension (n int PRIMARY KEY, customer_id int);
ALTER EXTENSION plpgsql ADD TABLE app.not_implied_of_extension;
CREATE FOREIGN TABLE app.not_implied_in_foreign (n int, customer_id int) SERVER truth_server;
CREATE TABLE extensions.not_implied_in_managed (n int PRIMARY KEY, customer_id int);
CREATE TEMP TABLE not_implied_in_temporary (n int PRIMARY KEY, customer_id int);
CREATE VIEW app.not_implied_in_view AS SELECT n, customer_id FROM app.implied_plural;

-- Declared references: validated, enabled, enforced

CREATE TABLE app.declared_plain (
    n int PRIMARY KEY, customer_id int NOT NULL CONSTRAINT fk REFERENCES app.customers
);
CREATE TABLE app.declared_deferred (
    n int PRIMARY KEY,
    a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE app.declared_match_full (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target MATCH FULL
);
CREATE TABLE app.declared_to_unique (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.planets (id)
);
CREATE TABLE app.declared_not_valid (n int PRIMARY KEY, a int NOT NULL);
ALTER TABLE app.declared_not_valid
    ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target NOT VALID;
CREATE TABLE app.declared_validated_later (n int PRIMARY KEY, a int NOT NULL);
ALTER TABLE app.declared_validated_later
    ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target NOT VALID;
ALTER TABLE app.declared_validated_later VALIDATE CONSTRAINT fk;
CREATE TABLE app.declared_valid_and_not (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
ALTER TABLE app.declared_valid_and_not
    ADD CONSTRAINT fk_again FOREIGN KEY (a) REFERENCES app.fk_target NOT VALID;
CREATE TABLE app.declared_disabled (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
ALTER TABLE app.declared_disabled DISABLE TRIGGER ALL;
CREATE TABLE app.declared_enabled_again (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
ALTER TABLE app.declared_enabled_again DISABLE TRIGGER ALL;
ALTER TABLE app.declared_enabled_again ENABLE TRIGGER ALL;
CREATE TABLE app.target_disabled (a int PRIMARY KEY);
CREATE TABLE app.declared_target_disabled (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.target_disabled
);
ALTER TABLE app.target_disabled DISABLE TRIGGER ALL;
CREATE TABLE app.declared_user_disabled (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TRIGGER unrelated BEFORE UPDATE ON app.declared_user_disabled
    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE app.declared_user_disabled DISABLE TRIGGER USER;
CREATE TABLE app.declared_trigger_replica (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.declared_trigger_always (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.declared_one_disabled (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT tgrelid::regclass AS relation, tgname,
            CASE tgrelid::regclass::text
                WHEN 'app.declared_trigger_replica' THEN 'ENABLE REPLICA'
                WHEN 'app.declared_trigger_always' THEN 'ENABLE ALWAYS'
                ELSE 'DISABLE'
            END AS action
        FROM pg_trigger
        WHERE tgrelid IN ('app.declared_trigger_replica'::regclass,
                'app.declared_trigger_always'::regclass)
            OR tgrelid = 'app.declared_one_disabled'::regclass AND tgfoid = '"RI_FKey_check_upd"'::regproc
    LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER %I', found.relation, found.action, found.tgname);
    END LOOP;
END
$$;
CREATE TABLE app.declared_with_orphan (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
SET session_replication_role = replica;
INSERT INTO app.declared_with_orphan VALUES (1, 404);
SET session_replication_role = origin;
CREATE TABLE app.declared_pair_not_valid (n int PRIMARY KEY, a int NOT NULL, b int NOT NULL);
ALTER TABLE app.declared_pair_not_valid
    ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair NOT VALID;
CREATE TABLE app.declared_parted (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.declared_parted_1 PARTITION OF app.declared_parted FOR VALUES FROM (0) TO (10);
CREATE TABLE app.declared_parted_leaf_disabled (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.declared_parted_leaf_disabled_1 PARTITION OF app.declared_parted_leaf_disabled
    FOR VALUES FROM (0) TO (10);
CREATE TABLE app.declared_parted_leaf_disabled_2 PARTITION OF app.declared_parted_leaf_disabled
    FOR VALUES FROM (10) TO (20);
ALTER TABLE app.declared_parted_leaf_disabled_2 DISABLE TRIGGER ALL;
CREATE TABLE app.declared_to_parted (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_parted_target
);
CREATE TABLE app.declared_in_versions (n int PRIMARY KEY, a int NOT NULL, b int NOT NULL);
CREATE INDEX ON app.declared_in_versions (a);
CREATE INDEX ON app.declared_in_versions (b);
CREATE TABLE app.declared_parted_in_versions (n int PRIMARY KEY, a int NOT NULL)
    PARTITION BY RANGE (n);
CREATE INDEX ON app.declared_parted_in_versions (a);
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        EXECUTE 'ALTER TABLE app.declared_in_versions ADD CONSTRAINT not_enforced
            FOREIGN KEY (a) REFERENCES app.fk_target NOT ENFORCED';
        EXECUTE 'ALTER TABLE app.declared_in_versions ADD CONSTRAINT enforced_again
            FOREIGN KEY (b) REFERENCES app.fk_target NOT ENFORCED';
        EXECUTE 'ALTER TABLE app.declared_in_versions ALTER CONSTRAINT enforced_again ENFORCED';
        EXECUTE 'ALTER TABLE app.declared_parted_in_versions ADD CONSTRAINT not_valid
            FOREIGN KEY (a) REFERENCES app.fk_target NOT VALID';
    END IF;
END
$$;

-- NOT NULL on references

CREATE DOMAIN app.never_null AS int NOT NULL;
CREATE DOMAIN app.still_never_null AS app.never_null;
CREATE DOMAIN app.maybe_null AS int;
CREATE TABLE app.null_allowed (n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target);
CREATE TABLE app.null_forbidden (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_on_delete (
    n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target ON DELETE SET NULL
);
CREATE TABLE app.null_on_delete_forbidden (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target ON DELETE SET NULL
);
CREATE TABLE app.null_on_update (
    n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target ON UPDATE SET NULL
);
CREATE TABLE app.null_default_on_delete (
    n int PRIMARY KEY, a int DEFAULT 1 CONSTRAINT fk REFERENCES app.fk_target ON DELETE SET DEFAULT
);
CREATE TABLE app.null_cascade (
    n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target ON DELETE CASCADE
);
CREATE TABLE app.null_restrict (
    n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target ON DELETE RESTRICT
);
CREATE TABLE app.null_in_key (a int PRIMARY KEY CONSTRAINT fk REFERENCES app.fk_target);
CREATE TABLE app.null_half_in_key (
    a int, b int, n int NOT NULL, PRIMARY KEY (n, a),
    CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair
);
CREATE TABLE app.null_unique (
    n int PRIMARY KEY, a int UNIQUE CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_half (
    n int PRIMARY KEY, a int NOT NULL, b int,
    CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair
);
CREATE TABLE app.null_pair_on_delete (
    n int PRIMARY KEY, a int, b int,
    CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair ON DELETE SET NULL
);
CREATE TABLE app.null_check_only (
    n int PRIMARY KEY, a int CHECK (a IS NOT NULL) CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_default (
    n int PRIMARY KEY, a int DEFAULT 1 CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_generated (
    n int PRIMARY KEY,
    a int GENERATED ALWAYS AS (n + 1) STORED CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_domain (
    n int PRIMARY KEY, a app.never_null CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_domain_of_domain (
    n int PRIMARY KEY, a app.still_never_null CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_domain_allows (
    n int PRIMARY KEY, a app.maybe_null CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.null_two_references (
    n int PRIMARY KEY,
    a int CONSTRAINT fk REFERENCES app.fk_target CONSTRAINT fk_again REFERENCES app.person
);
CREATE TABLE app.null_not_valid_reference (n int PRIMARY KEY, a int);
ALTER TABLE app.null_not_valid_reference
    ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target NOT VALID;
CREATE TABLE app.null_forbidden_then_allowed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
ALTER TABLE app.null_forbidden_then_allowed ALTER COLUMN a DROP NOT NULL;
CREATE TABLE app.null_in_versions (
    n int PRIMARY KEY,
    a int CONSTRAINT fk_a REFERENCES app.fk_target, b int CONSTRAINT fk_b REFERENCES app.fk_target
);
CREATE TABLE app.null_list (n int PRIMARY KEY, a int, b int);
CREATE TABLE app.null_list_forbidden (n int PRIMARY KEY, a int NOT NULL, b int);
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'ALTER TABLE app.null_list ADD CONSTRAINT fk
            FOREIGN KEY (a, b) REFERENCES app.fk_pair ON DELETE SET NULL (b)';
        EXECUTE 'ALTER TABLE app.null_list_forbidden ADD CONSTRAINT fk
            FOREIGN KEY (a, b) REFERENCES app.fk_pair ON DELETE SET NULL (b)';
    END IF;
    IF current_setting('server_version_num')::int >= 180000 THEN
        EXECUTE 'ALTER TABLE app.null_in_versions
            ADD CONSTRAINT a_not_valid NOT NULL a NOT VALID,
            ADD CONSTRAINT b_validated NOT NULL b NOT VALID';
        EXECUTE 'ALTER TABLE app.null_in_versions VALIDATE CONSTRAINT b_validated';
    END IF;
END
$$;
CREATE TABLE app.null_parted (n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target)
    PARTITION BY RANGE (n);
CREATE TABLE app.null_parted_1 PARTITION OF app.null_parted FOR VALUES FROM (0) TO (10);
ALTER TABLE app.null_parted_1 ALTER COLUMN a SET NOT NULL;
CREATE TABLE app.null_parted_forbidden (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.null_parted_forbidden_1 PARTITION OF app.null_parted_forbidden
    FOR VALUES FROM (0) TO (10);
CREATE TABLE app.null_parent (n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target);
CREATE TABLE app.null_child (
    PRIMARY KEY (n), CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target
) INHERITS (app.null_parent);
CREATE TABLE app.null_child_forbidden (
    a int NOT NULL, PRIMARY KEY (n), CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target
) INHERITS (app.null_parent);
CREATE TABLE app.null_of_extension (n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target);
ALTER EXTENSION plpgsql ADD TABLE app.null_of_extension;
CREATE TABLE "Odd Schema.x"."Null ""Odd""" (
    n int PRIMARY KEY, "Reference
column" int CONSTRAINT "fk (odd)" REFERENCES app.fk_target
);

-- Sensitive columns

CREATE TABLE app.sensitive_plain (
    n int PRIMARY KEY, password text, passwd varchar(50), secret text, token text, api_key text,
    apikey text, private_key text, privatekey text, ssn char(9), credit_card text, creditcard text,
    card_number numeric, cardnumber text, cvv text, iban text, user_password text,
    password_old text, old_token_value text, reset_token uuid, client_secret jsonb,
    recovery_token text[], ssn_last4 text, "apiKey" text, "accessToken" text, "creditCardNumber" text,
    "Password" text, "PASSWORD" text, token_with_default text DEFAULT '' NOT NULL
);
CREATE TABLE app.sensitive_noise (
    n int PRIMARY KEY, secretary text, credits text, tokenized text, tokenizer text, key text,
    monkey text, turkey text, keyboard text, public_key text, sort_key text, discard_number text,
    postcard_number text, libanon text, compass text, passport text, passenger text,
    lesson text, classname text, wildcard text, credit_limit text,
    is_password_set boolean, has_token boolean, password_changed_at timestamptz,
    token_expires timestamp, secret_until date, token_count int, password_length smallint,
    secret_rank bigint
);
CREATE TABLE app.sensitive_protected (
    n int PRIMARY KEY, password_hash text, password_hashed text, token_encrypted text,
    secret_ciphertext text, token_digest text, "passwordHash" text, private_key bytea,
    ssn text, iban text, token uuid CONSTRAINT fk REFERENCES vault.secrets
);
COMMENT ON COLUMN app.sensitive_protected.ssn IS 'Encrypted by the application.';
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
    SELECT attrelid, 'pg_class'::regclass, attnum, 'pgsodium', 'ENCRYPT WITH KEY ID x'
    FROM pg_attribute WHERE attrelid = 'app.sensitive_protected'::regclass AND attname = 'iban';
CREATE TABLE app.secrets (id uuid PRIMARY KEY);
CREATE TABLE app.sensitive_nearly (
    n int PRIMARY KEY, password text, secret text, cvv text,
    token uuid CONSTRAINT fk REFERENCES app.secrets
);
COMMENT ON TABLE app.sensitive_nearly IS 'All encrypted.';
COMMENT ON COLUMN app.sensitive_nearly.n IS 'encrypted';
COMMENT ON COLUMN app.sensitive_nearly.password IS 'Stored unencrypted.';
COMMENT ON COLUMN app.sensitive_nearly.secret IS 'A secret of the customer.';
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) VALUES
    ('app.sensitive_nearly'::regclass, 'pg_class'::regclass, 0, 'pgsodium', 'the table'),
    ('app.sensitive_nearly'::regclass, 'pg_class'::regclass, 1, 'pgsodium', 'another column');
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
    SELECT attrelid, 'pg_type'::regclass, attnum, 'pgsodium', 'another catalog'
    FROM pg_attribute WHERE attrelid = 'app.sensitive_nearly'::regclass AND attname = 'cvv';
CREATE DOMAIN app.any_text AS text;
CREATE DOMAIN app.any_bytes AS bytea;
CREATE DOMAIN app.any_flag AS boolean;
CREATE TABLE app.sensitive_domains (
    n int PRIMARY KEY, token app.any_text, secret app.any_bytes, password app.any_flag
);
CREATE TABLE app.sensitive_dropped (n int PRIMARY KEY, password text);
ALTER TABLE app.sensitive_dropped DROP COLUMN password;
CREATE TABLE app.sensitive_parted (n int PRIMARY KEY, password text) PARTITION BY RANGE (n);
CREATE TABLE app.sensitive_parted_1 PARTITION OF app.sensitive_parted FOR VALUES FROM (0) TO (10);
CREATE TABLE app.sensitive_parent (n int PRIMARY KEY, password text);
CREATE TABLE app.sensitive_child (PRIMARY KEY (n)) INHERITS (app.sensitive_parent);
CREATE VIEW app.sensitive_view AS SELECT password FROM app.sensitive_parent;
CREATE MATERIALIZED VIEW app.sensitive_materialized AS SELECT password FROM app.sensitive_parent;
CREATE FOREIGN TABLE app.sensitive_foreign (password text) SERVER truth_server;
CREATE TEMP TABLE sensitive_temporary (password text);
CREATE TABLE app.sensitive_of_extension (n int PRIMARY KEY, password text);
ALTER EXTENSION plpgsql ADD TABLE app.sensitive_of_extension;
CREATE UNLOGGED TABLE public.sensitive_unlogged (n int PRIMARY KEY, token text);
CREATE TABLE "Odd Schema.x"."password" (n int PRIMARY KEY, hint text, "user_token" text);
CREATE TABLE extensions.sensitive_in_managed (n int PRIMARY KEY, password text);

-- Descriptions

CREATE TABLE app.described_fully (n int PRIMARY KEY, a text);
COMMENT ON TABLE app.described_fully IS 'A table.';
COMMENT ON COLUMN app.described_fully.n IS 'Its key.';
COMMENT ON COLUMN app.described_fully.a IS 'A text.';
CREATE TABLE app.described_table_only (n int PRIMARY KEY);
COMMENT ON TABLE app.described_table_only IS 'A table.';
CREATE TABLE app.described_columns_only (n int PRIMARY KEY, a text);
COMMENT ON COLUMN app.described_columns_only.n IS 'Its key.';
COMMENT ON COLUMN app.described_columns_only.a IS 'A text.';
CREATE TABLE app.described_with_blanks (n int PRIMARY KEY);
COMMENT ON TABLE app.described_with_blanks IS '   ';
COMMENT ON COLUMN app.described_with_blanks.n IS E'\n\t';
CREATE TABLE app.described_then_emptied (n int PRIMARY KEY);
COMMENT ON TABLE app.described_then_emptied IS 'A table.';
COMMENT ON TABLE app.described_then_emptied IS '';
COMMENT ON COLUMN app.described_then_emptied.n IS 'Its key.';
COMMENT ON COLUMN app.described_then_emptied.n IS NULL;
CREATE TABLE app.described_new_column (n int PRIMARY KEY);
COMMENT ON TABLE app.described_new_column IS 'A table.';
COMMENT ON COLUMN app.described_new_column.n IS 'Its key.';
ALTER TABLE app.described_new_column ADD COLUMN a text;
CREATE TABLE app.described_dropped_column (gone text, n int PRIMARY KEY, never_described text);
COMMENT ON TABLE app.described_dropped_column IS 'A table.';
COMMENT ON COLUMN app.described_dropped_column.gone IS 'Not for long.';
COMMENT ON COLUMN app.described_dropped_column.n IS 'Its key.';
ALTER TABLE app.described_dropped_column DROP COLUMN gone, DROP COLUMN never_described;
CREATE TABLE app.described_around (n int CONSTRAINT key_of_described_around PRIMARY KEY);
COMMENT ON INDEX app.key_of_described_around IS 'Its index.';
COMMENT ON CONSTRAINT key_of_described_around ON app.described_around IS 'Its constraint.';
CREATE VIEW app.view_of_described_around AS SELECT n FROM app.described_around;
COMMENT ON VIEW app.view_of_described_around IS 'Its view.';
COMMENT ON COLUMN app.view_of_described_around.n IS 'A column of the view.';
CREATE TABLE app.described_in_other_catalog (n int PRIMARY KEY);
INSERT INTO pg_description (objoid, classoid, objsubid, description)
    SELECT 'app.described_in_other_catalog'::regclass, 'pg_proc'::regclass, subid, 'Something else.'
    FROM (VALUES (0), (1)) AS parts (subid);
CREATE TABLE app.described_zero_columns ();
COMMENT ON TABLE app.described_zero_columns IS 'An empty table.';
CREATE TABLE app.described_parted (n int PRIMARY KEY) PARTITION BY RANGE (n);
COMMENT ON TABLE app.described_parted IS 'A table.';
COMMENT ON COLUMN app.described_parted.n IS 'Its key.';
CREATE TABLE app.described_parted_1 PARTITION OF app.described_parted FOR VALUES FROM (0) TO (10);
CREATE TABLE app.described_leaf_only (n int PRIMARY KEY) PARTITION BY RANGE (n);
CREATE TABLE app.described_leaf_only_1 PARTITION OF app.described_leaf_only
    FOR VALUES FROM (0) TO (10);
COMMENT ON TABLE app.described_leaf_only_1 IS 'A partition.';
COMMENT ON COLUMN app.described_leaf_only_1.n IS 'Its key.';
CREATE TABLE app.described_parent (n int PRIMARY KEY);
COMMENT ON TABLE app.described_parent IS 'A table.';
COMMENT ON COLUMN app.described_parent.n IS 'Its key.';
CREATE TABLE app.described_child (PRIMARY KEY (n)) INHERITS (app.described_parent);
CREATE TABLE app.described_of_extension (n int PRIMARY KEY);
ALTER EXTENSION plpgsql ADD TABLE app.described_of_extension;
COMMENT ON TABLE app.described_of_extension IS 'A table of an extension.';
CREATE FOREIGN TABLE app.described_foreign (n int) SERVER truth_server;
COMMENT ON FOREIGN TABLE app.described_foreign IS 'A foreign table.';
CREATE TABLE app.twin_described (n int PRIMARY KEY);
COMMENT ON TABLE app.twin_described IS 'A table.';
COMMENT ON COLUMN app.twin_described.n IS 'Its key.';
CREATE TABLE public.twin_described (n int PRIMARY KEY);
CREATE TABLE "Odd Schema.x"."Described ""Odd"".
table" ("Odd ""column""
name" int PRIMARY KEY, "select" text);
COMMENT ON TABLE "Odd Schema.x"."Described ""Odd"".
table" IS 'Описание';
COMMENT ON COLUMN "Odd Schema.x"."Described ""Odd"".
table"."Odd ""column""
name" IS 'Its ''key''.';

-- As where the vault is an extension
ALTER EXTENSION plpgsql ADD TABLE vault.secrets;

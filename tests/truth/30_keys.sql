-- Traps of primary_keys and fk_indexed.
-- A foreign key is called fk unless its name is the trap: names are unique per table only.

CREATE SCHEMA pgapp;
CREATE SCHEMA "Auth";
CREATE FOREIGN DATA WRAPPER truth_wrapper;
CREATE SERVER truth_server FOREIGN DATA WRAPPER truth_wrapper;

-- Primary keys: ordinary tables

CREATE TABLE key_ordinary (n int PRIMARY KEY);
CREATE TABLE key_composite (a int, b int, PRIMARY KEY (b, a));
CREATE TABLE key_deferrable (n int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE key_with_include (n int, a int, PRIMARY KEY (n) INCLUDE (a));
CREATE TABLE key_identity (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE key_from_index (n int NOT NULL);
CREATE UNIQUE INDEX "odd index.name" ON key_from_index (n);
ALTER TABLE key_from_index ADD CONSTRAINT "not called pkey" PRIMARY KEY USING INDEX "odd index.name";
CREATE TABLE key_none (n int);
CREATE TABLE key_dropped (n int PRIMARY KEY);
ALTER TABLE key_dropped DROP CONSTRAINT key_dropped_pkey;
CREATE TABLE key_unique_not_null (n int NOT NULL UNIQUE);
CREATE TABLE key_unique_called_pkey (n int NOT NULL CONSTRAINT key_unique_called_pkey_pkey UNIQUE);
CREATE TABLE key_unique_is_identity (n int NOT NULL CONSTRAINT key_unique_is_identity_n UNIQUE);
ALTER TABLE key_unique_is_identity REPLICA IDENTITY USING INDEX key_unique_is_identity_n;
CREATE TABLE key_identity_column_only (n bigint GENERATED ALWAYS AS IDENTITY);
CREATE TABLE key_column_called_id (id int NOT NULL);
CREATE TABLE key_exclusion_only (r int4range NOT NULL, EXCLUDE USING gist (r WITH =));
CREATE TABLE key_zero_columns ();
CREATE TABLE key_like_without_indexes (LIKE key_ordinary);
CREATE TABLE key_like_with_indexes (LIKE key_ordinary INCLUDING INDEXES);
CREATE TABLE key_from_select AS SELECT n FROM key_ordinary;
CREATE UNLOGGED TABLE key_unlogged (n int PRIMARY KEY);
CREATE UNLOGGED TABLE key_unlogged_none (n int);
CREATE TYPE app.key_type AS (n int);
CREATE TABLE key_typed OF app.key_type (PRIMARY KEY (n));
CREATE TABLE key_typed_none OF app.key_type;
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        EXECUTE 'CREATE TABLE public.key_without_overlaps
            (zone int4range, during tsrange, PRIMARY KEY (zone, during WITHOUT OVERLAPS))';
    END IF;
END
$$;

-- Primary keys: inheritance and partitions

CREATE TABLE key_parent (n int PRIMARY KEY);
CREATE TABLE key_child_none () INHERITS (key_parent);
CREATE TABLE key_child_own (PRIMARY KEY (n)) INHERITS (key_parent);
CREATE TABLE key_parent_none (n int);
CREATE TABLE key_child_of_none (PRIMARY KEY (n)) INHERITS (key_parent_none);

CREATE TABLE key_parted (n int PRIMARY KEY) PARTITION BY RANGE (n);
CREATE TABLE key_parted_leaf PARTITION OF key_parted FOR VALUES FROM (0) TO (10);
CREATE TABLE key_parted_middle PARTITION OF key_parted FOR VALUES FROM (10) TO (20)
    PARTITION BY RANGE (n);
CREATE TABLE key_parted_bottom PARTITION OF key_parted_middle FOR VALUES FROM (10) TO (15);
CREATE TABLE key_parted_empty (n int PRIMARY KEY) PARTITION BY HASH (n);
CREATE TABLE key_parted_none (n int) PARTITION BY RANGE (n);
CREATE TABLE key_parted_none_leaf PARTITION OF key_parted_none (PRIMARY KEY (n))
    FOR VALUES FROM (0) TO (10);
CREATE TABLE key_parted_none_leaf_none PARTITION OF key_parted_none FOR VALUES FROM (10) TO (20);
CREATE FOREIGN TABLE key_parted_none_foreign PARTITION OF key_parted_none
    FOR VALUES FROM (20) TO (30) SERVER truth_server;
CREATE TABLE key_parted_none_empty (n int) PARTITION BY LIST (n);
CREATE TABLE key_detached PARTITION OF key_parted FOR VALUES FROM (30) TO (40);
ALTER TABLE key_parted DETACH PARTITION key_detached;
CREATE TABLE key_detached_none PARTITION OF key_parted_none FOR VALUES FROM (30) TO (40);
ALTER TABLE key_parted_none DETACH PARTITION key_detached_none;

-- Primary keys: what is no table of the user's

CREATE FOREIGN TABLE key_foreign (n int) SERVER truth_server;
CREATE VIEW key_view AS SELECT n FROM key_ordinary;
CREATE MATERIALIZED VIEW key_materialized AS SELECT n FROM key_ordinary;
CREATE TEMP TABLE key_temporary (n int);
CREATE TABLE key_of_extension (n int);
ALTER EXTENSION plpgsql ADD TABLE key_of_extension;
CREATE TABLE key_left_extension (n int);
ALTER EXTENSION plpgsql ADD TABLE key_left_extension;
ALTER EXTENSION plpgsql DROP TABLE key_left_extension;
CREATE DOMAIN app.domain_of_extension AS int;
ALTER EXTENSION plpgsql ADD DOMAIN app.domain_of_extension;
CREATE TABLE key_uses_extension (n app.domain_of_extension);

-- Primary keys: schemas and names

CREATE TABLE twin_key (n int);
CREATE TABLE app.twin_key (n int PRIMARY KEY);
CREATE TABLE "Odd Schema.x".twin_key (n int PRIMARY KEY);
CREATE TABLE pgapp.key_none (n int);
CREATE TABLE pgapp.key_ordinary (n int PRIMARY KEY);
CREATE TABLE "Auth".key_none (n int);
CREATE TABLE extensions.key_none (n int);
CREATE TABLE "Odd Schema.x"."Mixed Case Key" (n int PRIMARY KEY);
CREATE TABLE "Odd Schema.x"."Mixed Case None" (n int);
CREATE TABLE "Odd Schema.x"."mixed case none" (n int PRIMARY KEY);
CREATE TABLE "Odd Schema.x"."with ""quotes"" and 'apostrophes'" (n int);
CREATE TABLE "Odd Schema.x"."dotted.name" (n int);
CREATE TABLE "Odd Schema.x"."public.key_ordinary" (n int);
CREATE TABLE "Odd Schema.x"."new
line key" (n int PRIMARY KEY);
CREATE TABLE "Odd Schema.x"."new
line none" (n int);
CREATE TABLE "Odd Schema.x"."table" (n int);
CREATE TABLE "Odd Schema.x"."таблица без ключа" (n int);
CREATE TABLE "Odd Schema.x"."percent %s {0} $1 back\slash" (n int);
CREATE TABLE "Odd Schema.x".sixty_three_bytes_is_the_longest_name_and_this_one_has_no_key_x (n int);
CREATE TABLE "Odd Schema.x"." " (n int);

-- Foreign keys: what they point to

CREATE TABLE app.fk_target (a int PRIMARY KEY);
CREATE TABLE app.fk_pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE app.fk_triple (a int, b int, c int, PRIMARY KEY (a, b, c));
CREATE TABLE app.fk_text (a text PRIMARY KEY);
CREATE TABLE app.fk_range (a int4range PRIMARY KEY);
CREATE TABLE app.fk_array (a int[] PRIMARY KEY);
CREATE TABLE app.fk_parted_target (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE app.fk_parted_target_1 PARTITION OF app.fk_parted_target FOR VALUES FROM (0) TO (10);
CREATE TABLE app.fk_parted_target_2 PARTITION OF app.fk_parted_target FOR VALUES FROM (10) TO (20);

-- Foreign keys of one column: each table has n, the key a and b

DO $$
DECLARE
    trap record;
BEGIN
    FOR trap IN
        SELECT * FROM (VALUES
            ('indexed_by_nothing', NULL),
            ('indexed_exactly', 'CREATE INDEX ON %s (a)'),
            ('indexed_as_leading', 'CREATE INDEX ON %s (a, b)'),
            ('indexed_not_leading', 'CREATE INDEX ON %s (b, a)'),
            ('indexed_by_unique', 'ALTER TABLE %s ADD UNIQUE (a)'),
            ('indexed_by_hash', 'CREATE INDEX ON %s USING hash (a)'),
            ('indexed_by_brin', 'CREATE INDEX ON %s USING brin (a)'),
            ('indexed_by_exclusion', 'ALTER TABLE %s ADD EXCLUDE USING btree (a WITH =)'),
            ('indexed_include_only', 'CREATE INDEX ON %s (b) INCLUDE (a)'),
            ('indexed_with_include', 'CREATE INDEX ON %s (a) INCLUDE (b)'),
            ('indexed_by_expression', 'CREATE INDEX ON %s ((a + 0))'),
            ('indexed_in_parentheses', 'CREATE INDEX ON %s ((a))'),
            ('indexed_expression_first', 'CREATE INDEX ON %s ((a + 0), a)'),
            ('indexed_expression_second', 'CREATE INDEX ON %s (a, (b + 0))'),
            ('indexed_partial_unrelated', 'CREATE INDEX ON %s (a) WHERE b > 0'),
            ('indexed_partial_value', 'CREATE INDEX ON %s (a) WHERE a > 0'),
            ('indexed_partial_null', 'CREATE INDEX ON %s (a) WHERE a IS NULL'),
            ('indexed_partial_not_null', 'CREATE INDEX ON %s (a) WHERE a IS NOT NULL'),
            ('indexed_partial_other_not_null', 'CREATE INDEX ON %s (a) WHERE b IS NOT NULL'),
            ('indexed_partial_not_null_and_more',
                'CREATE INDEX ON %s (a) WHERE a IS NOT NULL AND b > 0'),
            ('indexed_partial_not_null_hash',
                'CREATE INDEX ON %s USING hash (a) WHERE a IS NOT NULL'),
            ('indexed_partial_beside_whole',
                'CREATE INDEX ON %1$s (a) WHERE b > 0; CREATE INDEX ON %1$s (a)'),
            ('indexed_descending', 'CREATE INDEX ON %s (a DESC NULLS FIRST)'),
            ('indexed_invalid', 'CREATE INDEX indexed_invalid_a ON %s (a)'),
            ('indexed_not_ready', 'CREATE INDEX indexed_not_ready_a ON %s (a)'),
            ('indexed_not_live', 'CREATE INDEX indexed_not_live_a ON %s (a)'),
            ('indexed_invalid_beside_valid',
                'CREATE INDEX indexed_invalid_beside_valid_a ON %1$s (a); CREATE INDEX ON %1$s (a)'),
            ('indexed_then_dropped', 'CREATE INDEX gone ON %s (a); DROP INDEX app.gone')
        ) AS traps (name, statement)
    LOOP
        EXECUTE format('CREATE TABLE app.%I (n int PRIMARY KEY, a int NOT NULL, b int,
            CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target)', trap.name);
        IF trap.statement IS NOT NULL THEN
            EXECUTE format(trap.statement, format('app.%I', trap.name));
        END IF;
    END LOOP;
END
$$;
UPDATE pg_index SET indisvalid = false
    WHERE indexrelid IN ('app.indexed_invalid_a'::regclass,
        'app.indexed_invalid_beside_valid_a'::regclass);
UPDATE pg_index SET indisready = false WHERE indexrelid = 'app.indexed_not_ready_a'::regclass;
UPDATE pg_index SET indislive = false WHERE indexrelid = 'app.indexed_not_live_a'::regclass;

CREATE TABLE app.indexed_as_primary_key (
    a int PRIMARY KEY CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.indexed_as_leading_key (
    a int CONSTRAINT fk REFERENCES app.fk_target, b int, PRIMARY KEY (a, b)
);
CREATE TABLE app.indexed_as_second_key (
    a int CONSTRAINT fk REFERENCES app.fk_target, b int, PRIMARY KEY (b, a)
);
CREATE TABLE app.indexed_by_pattern (
    n int PRIMARY KEY, a text NOT NULL CONSTRAINT fk REFERENCES app.fk_text
);
CREATE INDEX ON app.indexed_by_pattern (a text_pattern_ops);
CREATE TABLE app.indexed_by_gist (
    n int PRIMARY KEY, a int4range NOT NULL CONSTRAINT fk REFERENCES app.fk_range
);
CREATE INDEX ON app.indexed_by_gist USING gist (a);
CREATE TABLE app.indexed_by_spgist (
    n int PRIMARY KEY, a int4range NOT NULL CONSTRAINT fk REFERENCES app.fk_range
);
CREATE INDEX ON app.indexed_by_spgist USING spgist (a);
CREATE TABLE app.indexed_by_gin (
    n int PRIMARY KEY, a int[] NOT NULL CONSTRAINT fk REFERENCES app.fk_array
);
CREATE INDEX ON app.indexed_by_gin USING gin (a);
CREATE TABLE app.indexed_after_drop (
    gone int, n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
ALTER TABLE app.indexed_after_drop DROP COLUMN gone;
CREATE INDEX ON app.indexed_after_drop (a);
CREATE TABLE app.indexed_beside_dropped (
    gone int, n int PRIMARY KEY, b int, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
ALTER TABLE app.indexed_beside_dropped DROP COLUMN gone;
CREATE INDEX ON app.indexed_beside_dropped (b);
CREATE TABLE app.indexed_elsewhere (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE indexed_elsewhere (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE INDEX ON indexed_elsewhere (a);
CREATE TABLE app.unindexed_not_valid (n int PRIMARY KEY, a int NOT NULL);
ALTER TABLE app.unindexed_not_valid
    ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target NOT VALID;
CREATE TABLE app.unindexed_self (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.unindexed_self
);
CREATE TABLE app.indexed_self (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.indexed_self
);
CREATE INDEX ON app.indexed_self (a);
CREATE TABLE app.indexed_for_two (
    n int PRIMARY KEY,
    a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
        CONSTRAINT "fk again" REFERENCES app.indexed_self
);
CREATE INDEX ON app.indexed_for_two (a);
CREATE TABLE app.indexed_one_of_two (
    n int PRIMARY KEY,
    a int NOT NULL CONSTRAINT fk_a REFERENCES app.fk_target,
    b int NOT NULL CONSTRAINT fk_b REFERENCES app.fk_target
);
CREATE INDEX ON app.indexed_one_of_two (b, a);
CREATE TABLE app.unindexed_to_managed (
    n int PRIMARY KEY, person uuid NOT NULL CONSTRAINT fk REFERENCES auth.users
);
CREATE TABLE pgapp.unindexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE extensions.unindexed_in_managed (
    n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.unindexed_of_extension (
    n int PRIMARY KEY, a int CONSTRAINT fk REFERENCES app.fk_target
);
ALTER EXTENSION plpgsql ADD TABLE app.unindexed_of_extension;
CREATE UNLOGGED TABLE app.unindexed_unlogged (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TEMP TABLE temporary_target (a int PRIMARY KEY);
CREATE TEMP TABLE unindexed_temporary (a int CONSTRAINT fk REFERENCES temporary_target);

-- Foreign keys of several columns

DO $$
DECLARE
    trap record;
BEGIN
    FOR trap IN
        SELECT * FROM (VALUES
            ('pair_by_nothing', NULL),
            ('pair_exactly', 'CREATE INDEX ON %s (a, b)'),
            ('pair_permuted', 'CREATE INDEX ON %s (b, a)'),
            ('pair_leading', 'CREATE INDEX ON %s (a, b, c)'),
            ('pair_permuted_leading', 'CREATE INDEX ON %s (b, a, c)'),
            ('pair_interrupted', 'CREATE INDEX ON %s (a, c, b)'),
            ('pair_shifted', 'CREATE INDEX ON %s (c, a, b)'),
            ('pair_half', 'CREATE INDEX ON %s (a)'),
            ('pair_half_hash', 'CREATE INDEX ON %s USING hash (a)'),
            ('pair_in_two_indexes', 'CREATE INDEX ON %1$s (a); CREATE INDEX ON %1$s (b)'),
            ('pair_half_included', 'CREATE INDEX ON %s (a) INCLUDE (b)'),
            ('pair_repeated', 'CREATE INDEX ON %s (a, a, b)'),
            ('pair_half_expression', 'CREATE INDEX ON %s (a, (b + 0))'),
            ('pair_brin', 'CREATE INDEX ON %s USING brin (a, b)'),
            ('pair_mixed_order', 'CREATE INDEX ON %s (a DESC, b ASC NULLS FIRST)'),
            ('pair_unique', 'ALTER TABLE %s ADD UNIQUE (b, a)'),
            ('pair_partial_one_not_null', 'CREATE INDEX ON %s (a, b) WHERE b IS NOT NULL'),
            ('pair_partial_both_not_null',
                'CREATE INDEX ON %s (a, b) WHERE a IS NOT NULL AND b IS NOT NULL'),
            ('pair_partial_other_not_null', 'CREATE INDEX ON %s (a, b, c) WHERE c IS NOT NULL'),
            ('pair_partial_three_not_null',
                'CREATE INDEX ON %s (a, b) WHERE a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL')
        ) AS traps (name, statement)
    LOOP
        EXECUTE format('CREATE TABLE app.%I (n int PRIMARY KEY, a int NOT NULL, b int NOT NULL,
            c int, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair)', trap.name);
        IF trap.statement IS NOT NULL THEN
            EXECUTE format(trap.statement, format('app.%I', trap.name));
        END IF;
    END LOOP;
END
$$;
CREATE TABLE app.pair_declared_permuted (
    a int, b int, n int NOT NULL, PRIMARY KEY (a, b),
    CONSTRAINT fk FOREIGN KEY (b, a) REFERENCES app.fk_pair (b, a)
);
CREATE TABLE app.triple_permuted (
    n int PRIMARY KEY, a int NOT NULL, b int NOT NULL, c int NOT NULL,
    CONSTRAINT fk FOREIGN KEY (a, b, c) REFERENCES app.fk_triple
);
CREATE INDEX ON app.triple_permuted (c, a, b);
CREATE TABLE app.triple_by_two (
    n int PRIMARY KEY, a int NOT NULL, b int NOT NULL, c int NOT NULL,
    CONSTRAINT fk FOREIGN KEY (a, b, c) REFERENCES app.fk_triple
);
CREATE INDEX ON app.triple_by_two (a, b);
CREATE TABLE app.pair_far_apart (
    n int PRIMARY KEY, a int NOT NULL, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int,
    c10 int, b int NOT NULL, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair
);
CREATE INDEX ON app.pair_far_apart (b, a);
-- Columns 1 and 12 against an index on columns 11 and 2: the digits are the same.
CREATE TABLE app.pair_same_digits (
    a int NOT NULL, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int, c10 int,
    c11 int, b int NOT NULL, n int PRIMARY KEY,
    CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.fk_pair
);
CREATE INDEX ON app.pair_same_digits (c11, c2);
CREATE TABLE "Odd Schema.x"."Odd ""Reference""
table" (
    "select" int NOT NULL, "with ""quote"".dot" int NOT NULL, n int PRIMARY KEY,
    CONSTRAINT "Odd (fk) ""name""" FOREIGN KEY ("with ""quote"".dot", "select")
        REFERENCES app.fk_pair
);
CREATE TABLE "Odd Schema.x"."Odd.Indexed" (
    "select" int NOT NULL, "Größe" int NOT NULL, n int PRIMARY KEY,
    CONSTRAINT "Odd fk" FOREIGN KEY ("Größe", "select") REFERENCES app.fk_pair
);
CREATE INDEX ON "Odd Schema.x"."Odd.Indexed" ("select", "Größe");

-- Foreign keys, partitions and inheritance

CREATE TABLE app.parted_indexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.parted_indexed_1 PARTITION OF app.parted_indexed FOR VALUES FROM (0) TO (10);
CREATE TABLE app.parted_indexed_2 PARTITION OF app.parted_indexed FOR VALUES FROM (10) TO (20);
CREATE INDEX ON app.parted_indexed (a);
CREATE TABLE app.parted_unindexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.parted_unindexed_1 PARTITION OF app.parted_unindexed FOR VALUES FROM (0) TO (10);
CREATE TABLE app.parted_unindexed_2 PARTITION OF app.parted_unindexed FOR VALUES FROM (10) TO (20);
CREATE TABLE app.parted_indexed_on_only (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.parted_indexed_on_only_1 PARTITION OF app.parted_indexed_on_only
    FOR VALUES FROM (0) TO (10);
CREATE INDEX ON ONLY app.parted_indexed_on_only (a);
CREATE TABLE app.parted_one_leaf_indexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
) PARTITION BY RANGE (n);
CREATE TABLE app.parted_one_leaf_indexed_1 PARTITION OF app.parted_one_leaf_indexed
    FOR VALUES FROM (0) TO (10);
CREATE TABLE app.parted_one_leaf_indexed_2 PARTITION OF app.parted_one_leaf_indexed
    FOR VALUES FROM (10) TO (20);
CREATE INDEX ON app.parted_one_leaf_indexed_1 (a);
CREATE TABLE app.parted_without_key (n int, a int NOT NULL) PARTITION BY RANGE (n);
CREATE TABLE app.leaf_with_own_reference PARTITION OF app.parted_without_key
    FOR VALUES FROM (0) TO (10);
ALTER TABLE app.leaf_with_own_reference
    ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target;
CREATE TABLE app.to_parted_indexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_parted_target
);
CREATE INDEX ON app.to_parted_indexed (a);
CREATE TABLE app.to_parted_unindexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_parted_target
);
CREATE TABLE app.to_leaf_unindexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_parted_target_1
);

CREATE TABLE app.parent_indexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE INDEX ON app.parent_indexed (a);
CREATE TABLE app.child_unindexed (
    PRIMARY KEY (n), CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target
) INHERITS (app.parent_indexed);
CREATE TABLE app.child_indexed (
    PRIMARY KEY (n), CONSTRAINT fk FOREIGN KEY (a) REFERENCES app.fk_target
) INHERITS (app.parent_indexed);
CREATE INDEX ON app.child_indexed (a);
CREATE TABLE app.parent_unindexed (
    n int PRIMARY KEY, a int NOT NULL CONSTRAINT fk REFERENCES app.fk_target
);
CREATE TABLE app.child_of_unindexed (PRIMARY KEY (n)) INHERITS (app.parent_unindexed);
CREATE INDEX ON app.child_of_unindexed (a);

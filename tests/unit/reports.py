"""Reports of checks: verdicts on the shipped targets, as a server could have brought them."""

from collections.abc import Collection, Mapping

from hypothesis import strategies as st

from pgvitals import agenda, verdict
from pgvitals.check import Checked, Report
from pgvitals.outcome import Outcome
from pgvitals.verdict import REASONS, Key, Measurement, Row
from unit.material import CHARACTERS

AT = 1_793_000_000.0
TARGETS = agenda.shipped()
NOT_YET = Outcome("skipped", "not_implemented")

Seen = Measurement | Outcome


def checked(
    target: str, seen: Seen, datname: str = "shop", exempt: Collection[Key] = ()
) -> Checked:
    """A target in a database, by what was measured there, or by how the attempt ended."""
    if isinstance(seen, Outcome):
        return Checked(verdict.of_outcome(TARGETS[target], datname, seen), seen.message)
    judged = verdict.judge(TARGETS[target], datname, seen, exempt, 20)
    return Checked(judged._replace(evaluated_at=AT))


def report(*results: Checked, role: str = "pgvitals", in_recovery: bool = False) -> Report:
    """What a check of one server brought."""
    return Report("127.0.0.1:5432", 180_001, in_recovery, role, results)


def whole(seen: Mapping[str, Seen], *datnames: str) -> Report:
    """All targets in each database; those that were not `seen` are not implemented yet."""
    names = datnames or ("shop",)
    return report(
        *(
            checked(target.id, seen.get(target.id, NOT_YET), name)
            for target in TARGETS.values()
            for name in (names if target.scope == "database" else names[:1])
        )
    )


def tables(*names: str, kind: str = "", detail: str = "") -> tuple[Row, ...]:
    """Rows that found something wrong with tables of the schema public."""
    return tuple(Row("public", name, detail, kind) for name in names)


SHOP: Mapping[str, Seen] = {
    "migration_sequence": Measurement(
        3, 1, (Row("public", "schema_migrations", "rails: 20260131", "invalid"),)
    ),
    "rls_coverage": Measurement(
        42,
        2,
        (
            *tables("addresses", kind="no_policy"),
            *tables("customers", "orders"),
        ),
    ),
    "auth_bypass": Measurement(
        61,
        7,
        (
            *tables(*(f"report_{n}" for n in range(4)), kind="definer_view", detail="definer_view"),
            Row("", "robot", "bypassrls_login", "bypassrls_login"),
            *tables("a", "b", kind="policy_always_true", detail="everyone"),
        ),
    ),
    "service_role_audited": Measurement(0, 0, reason="not_applicable"),
    "sensitive_encrypted": Measurement(12, 0),
    "fk_indexed": Measurement(
        2_500, 1, (Row("public", "orders", "orders_customer_fkey (customer)"),)
    ),
    "fk_constraints": Outcome("skipped", "privilege", "permission denied for schema private"),
    "orphaned_rows": Outcome("skipped", "not_enabled"),
    "not_null_critical": Outcome(
        "timeout", "statement_timeout", "canceling statement due to statement timeout"
    ),
    "primary_keys": Measurement(42, 0),
    "schema_documented": Measurement(0, 0),
}
"""What a small shop showed: something of every state."""

_names = st.text(CHARACTERS, max_size=40) | st.sampled_from(
    (
        "x" * 10_000,
        "a\nb\r\n## c",
        "\x1b[31mred\x1b]8;;http://evil.example\x07",
        "`` | <img src=x onerror=alert(1)> [a](javascript:b) \\|",
        "]]><!-- & \"' \ufffe\ud800",
        "https://evil.example/ www.evil.example @everyone",
        "{0} {role} [red]rich[/red] :smile:",
    )
)
_row = st.builds(
    Row,
    _names,
    _names,
    _names,
    st.sampled_from(("", "no_policy", "definer_view", "gap", "another")),
    st.sampled_from((True, None)),
)
_measurement = st.builds(
    lambda scope, rows, more, reason, listed: Measurement(
        scope + len(rows) + more, len(rows) + more, tuple(rows), reason, listed
    ),
    st.integers(0, 10**9),
    st.lists(_row, max_size=8),
    st.integers(0, 10**6),
    st.sampled_from(("", "", "", "not_applicable", "not_configured", "incomplete")),
    st.booleans(),
)
_outcome = st.builds(Outcome, st.just("skipped"), st.sampled_from(REASONS), _names) | st.builds(
    Outcome, st.just("error"), st.just("42P01"), _names.map("permission denied for table {}".format)
)
_checked = st.builds(checked, st.sampled_from(list(TARGETS)), _measurement | _outcome, _names)
any_report = st.builds(
    Report,
    _names,
    st.integers(130_000, 200_000),
    st.booleans(),
    _names,
    st.lists(_checked, max_size=8),
)
"""A report full of names that somebody has chosen with care."""

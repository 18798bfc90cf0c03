"""The agenda: the twenty targets are those of the document, and the configuration may change each."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pgvitals import agenda
from pgvitals.agenda import SHARED
from pgvitals.config import Config, InstanceConfig, Loaded, Scope
from pgvitals.document import Document, Mistakes
from pgvitals.strict import Duration
from pgvitals.target import Bar, Change, Target
from pgvitals.verdict import REASONS
from unit.drafts import target
from unit.material import complaint

FIX, PAUSE, DELEGATE = "fix", "pause", "delegate"
DBA, REVIEWER, CODER, LEAD = "database-architect", "code-reviewer", "coder", "orchestrator"


class Promise(NamedTuple):
    """A line of the document's list."""

    number: int
    id: str
    comparison: str
    threshold: float
    evidence: str
    decision: str
    owner: str


PROMISES = [
    Promise(1, "migration_sequence", ">=", 1, "measured", FIX, DBA),
    Promise(2, "migration_rollback", ">=", 1, "proxy", FIX, DBA),
    Promise(3, "migration_idempotent", ">=", 1, "proxy", FIX, DBA),
    Promise(4, "migration_duration", "<", 60, "measured", PAUSE, LEAD),
    Promise(5, "rls_coverage", ">=", 1, "measured", PAUSE, REVIEWER),
    Promise(6, "auth_bypass", "<=", 0, "proxy", PAUSE, REVIEWER),
    Promise(7, "service_role_audited", ">=", 1, "proxy", DELEGATE, REVIEWER),
    Promise(8, "sensitive_encrypted", ">=", 1, "proxy", DELEGATE, REVIEWER),
    Promise(9, "fk_indexed", ">=", 1, "measured", FIX, DBA),
    Promise(10, "query_latency_p95", "<", 0.5, "estimated", DELEGATE, CODER),
    Promise(11, "large_table_seq_scans", "<=", 0, "measured", FIX, DBA),
    Promise(12, "table_bloat", "<", 0.05, "estimated", FIX, DBA),
    Promise(13, "fk_constraints", ">=", 1, "proxy", DELEGATE, CODER),
    Promise(14, "orphaned_rows", "<=", 0, "measured", PAUSE, LEAD),
    Promise(15, "not_null_critical", ">=", 1, "measured", DELEGATE, CODER),
    Promise(16, "primary_keys", ">=", 1, "measured", FIX, DBA),
    Promise(17, "backup_verified", "<", 93_600, "proved", PAUSE, LEAD),
    Promise(18, "detection_time", "<", 300, "estimated", PAUSE, LEAD),
    Promise(19, "migration_tested", ">=", 1, "proved", DELEGATE, "testing"),
    Promise(20, "schema_documented", ">=", 1, "measured", FIX, DBA),
]
MAY_ALERT = {
    "rls_coverage",
    "auth_bypass",
    "fk_indexed",
    "primary_keys",
    "orphaned_rows",
    "query_latency_p95",
    "migration_sequence",
    "backup_verified",
    "detection_time",
}
TARGETS = agenda.shipped()
PLAIN = InstanceConfig()
INSTANCE_WIDE = {"query_latency_p95", "backup_verified", "detection_time"}


def agenda_of(config: Config, instance: InstanceConfig = PLAIN) -> dict[str, Target]:
    return {one.id: one for one in config.agenda_of(instance, Loaded({})).targets}


# The twenty


def test_the_targets_are_those_of_the_document_in_its_order() -> None:
    shown = [Promise(*(getattr(t, name) for name in Promise._fields)) for t in TARGETS.values()]
    assert shown == PROMISES
    assert list(TARGETS) == [promise.id for promise in PROMISES]


def test_those_of_the_whole_instance_are_known() -> None:
    assert {t.id for t in TARGETS.values() if t.scope == "cluster"} == INSTANCE_WIDE


@pytest.mark.parametrize("one", TARGETS.values(), ids=TARGETS)
def test_a_target_runs_on_the_primary_alone(one: Target) -> None:
    assert one.requires.role == "primary"


@pytest.mark.parametrize("one", TARGETS.values(), ids=TARGETS)
def test_a_target_says_what_is_wrong_and_what_to_do(one: Target) -> None:
    for kind in ("", *one.kinds):
        assert one.means_of(kind)
        assert one.remedy_of(kind).endswith(".")
        assert one.decision_of(kind) in (FIX, PAUSE, DELEGATE)
        assert one.owner_of(kind)


@pytest.mark.parametrize("one", TARGETS.values(), ids=TARGETS)
def test_a_target_gives_reasons_that_are_known(one: Target) -> None:
    assert set(one.not_evaluated_when) <= set(REASONS)


def test_row_security_without_a_policy_is_a_remark_to_mend() -> None:
    one = TARGETS["rls_coverage"]
    assert one.remarks == ("no_policy",)
    assert (one.decision_of("no_policy"), one.owner_of("no_policy")) == (FIX, DBA)


@pytest.mark.parametrize("kind", ["gap", "duplicate", "invalid"])
def test_a_simple_fault_of_numbering_is_to_mend(kind: str) -> None:
    assert TARGETS["migration_sequence"].decision_of(kind) == FIX


@pytest.mark.parametrize("kind", ["branch", "dirty"])
def test_a_conflict_of_migrations_is_to_stop_for(kind: str) -> None:
    one = TARGETS["migration_sequence"]
    assert (one.decision_of(kind), one.owner_of(kind)) == (PAUSE, LEAD)


@pytest.mark.parametrize("name", ["rls_coverage", "auth_bypass"])
def test_without_an_api_the_two_about_it_are_not_configured(name: str) -> None:
    assert list(TARGETS[name].not_evaluated_when) == ["not_configured"]


def test_orphans_are_looked_for_only_when_asked() -> None:
    assert {t.id for t in TARGETS.values() if not t.enabled} == {"orphaned_rows"}


# What may alert


def test_by_default_those_of_the_contract_may_alert() -> None:
    assert {name for name, one in agenda_of(Config()).items() if one.enforced} == MAY_ALERT


def test_the_configuration_says_which_may_alert() -> None:
    enforced = agenda_of(Config(enforce=("table_bloat",)))
    assert [name for name, one in enforced.items() if one.enforced] == ["table_bloat"]
    assert not any(one.enforced for one in agenda_of(Config(enforce=())).values())


def test_roles_are_mapped_to_teams() -> None:
    mapped = agenda_of(Config(owners={DBA: "team-db", "testing": "qa"}))
    owners = {name: one.owner_of() for name, one in mapped.items()}
    assert owners["primary_keys"] == "team-db"
    assert owners["migration_tested"] == "qa"
    assert owners["rls_coverage"] == REVIEWER
    assert mapped["rls_coverage"].owner_of("no_policy") == "team-db"


# Changes


def test_a_change_everywhere_is_changed_again_for_an_instance() -> None:
    config = Config(targets={"fk_indexed": Change(threshold=0.9, timeout=Duration(2))})
    instance = InstanceConfig(targets={"fk_indexed": Change(threshold=0.8)})
    assert agenda_of(config)["fk_indexed"].threshold == 0.9
    changed = agenda_of(config, instance)["fk_indexed"]
    assert (changed.threshold, changed.timeout) == (0.8, Duration(2))
    assert changed.interval == TARGETS["fk_indexed"].interval


def test_a_change_of_one_target_is_of_no_other() -> None:
    changed = agenda_of(Config(targets={"fk_indexed": Change(enabled=False, threshold=0.9)}))
    same = {name for name, one in changed.items() if (one.enabled, one.threshold) == before(name)}
    assert set(TARGETS) - same == {"fk_indexed"}


def before(name: str) -> tuple[bool, float]:
    return TARGETS[name].enabled, TARGETS[name].threshold


def test_a_database_has_a_threshold_of_its_own() -> None:
    bars = {"shop": Bar(threshold=0.5), "bank": Bar(enabled=False)}
    one = agenda_of(Config(targets={"fk_indexed": Change(threshold=0.9, databases=bars)}))[
        "fk_indexed"
    ]
    assert [one.threshold_in(name) for name in ("shop", "bank", "other")] == [0.5, 0.9, 0.9]
    assert [one.enabled_in(name) for name in ("shop", "bank", "other")] == [True, False, True]


def test_what_is_off_may_be_on_in_a_database() -> None:
    change = Change(databases={"shop": Bar(enabled=True)})
    one = agenda_of(Config(targets={"orphaned_rows": change}))["orphaned_rows"]
    assert (one.enabled_in("shop"), one.enabled_in("other")) == (True, False)


def test_databases_of_an_instance_stand_beside_those_of_all() -> None:
    config = Config(targets={"fk_indexed": Change(databases={"shop": Bar(threshold=0.5)})})
    bars = {"bank": Bar(threshold=0.6)}
    instance = InstanceConfig(targets={"fk_indexed": Change(databases=bars)})
    one = agenda_of(config, instance)["fk_indexed"]
    assert [one.threshold_in(name) for name in ("shop", "bank", "other")] == [0.5, 0.6, 1]


def test_a_threshold_of_zero_is_a_threshold() -> None:
    one = TARGETS["fk_indexed"].change(Change(threshold=0, databases={"shop": Bar(threshold=0)}))
    assert (one.threshold, one.threshold_in("shop")) == (0, 0)


def test_settings_are_changed_one_by_one() -> None:
    names = Change(settings={"sensitive_names": "x", "protected_names": "y"})
    instance = InstanceConfig(
        targets={"sensitive_encrypted": Change(settings={"protected_names": "z"})}
    )
    config = Config(targets={"sensitive_encrypted": names})
    one = agenda_of(config, instance)["sensitive_encrypted"]
    known = TARGETS["sensitive_encrypted"].settings
    assert one.settings == known | {"sensitive_names": "x", "protected_names": "z"}


def test_a_change_leaves_what_is_shipped_as_it_was() -> None:
    TARGETS["not_null_critical"].change(Change(settings={"critical_columns": ("x",)}))
    assert agenda.shipped()["not_null_critical"].settings == {"critical_columns": ()}


def test_the_scope_is_that_of_the_instance_or_of_all() -> None:
    config = Config(scope=Scope(api_roles=("web",)))
    own = InstanceConfig(scope=Scope(exposed_schemas=("api",)))
    assert config.agenda_of(PLAIN, Loaded({})).shared["api_roles"] == ("web",)
    assert config.agenda_of(own, Loaded({})).shared == {
        "api_roles": (),
        "exposed_schemas": ("api",),
        "exempt_schemas": (),
    }
    assert set(Scope.__struct_fields__) == set(SHARED)


# What is wrong


def problems(name: str, **changes: Any) -> list[str]:
    found = agenda.change_problems(name, Change(**changes))
    return [f"{'.'.join(map(str, where))}: {what}" for where, what in found]


SETTINGS = {name: one.settings for name, one in TARGETS.items() if one.settings}
EACH = [(name, setting) for name, settings in SETTINGS.items() for setting in settings]


def test_the_settings_are_known() -> None:
    assert {name: list(settings) for name, settings in SETTINGS.items()} == {
        "auth_bypass": ["bypass_allowed"],
        "service_role_audited": ["audit_names"],
        "sensitive_encrypted": ["sensitive_names", "protected_names", "protected_comments"],
        "not_null_critical": ["critical_columns"],
    }


@pytest.mark.parametrize(("name", "setting"), EACH)
def test_a_setting_keeps_its_form(name: str, setting: str) -> None:
    right, wrong = (("x",), "x")[:: -1 if isinstance(SETTINGS[name][setting], str) else 1]
    assert problems(name, settings={setting: right}) == []
    expected = "a text" if isinstance(right, str) else "a list"
    said = f"settings.{setting}: found {wrong!r}, expected {expected}"
    assert problems(name, settings={setting: wrong}) == [said]


@pytest.mark.parametrize("name", TARGETS)
def test_a_setting_that_a_target_has_not_is_refused(name: str) -> None:
    known = list(SETTINGS.get(name, ()))
    expected = f"expected one of {', '.join(known)}" if known else "it has none"
    said = f"settings.colour: no such setting of {name}, {expected}"
    assert problems(name, settings={"colour": "red"}) == [said]


def test_a_target_that_there_is_not_is_refused() -> None:
    assert problems("fk_index") == [f": no such target, expected one of {', '.join(TARGETS)}"]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, 100, float("nan"), float("inf")])
def test_a_ratio_is_between_nothing_and_all(threshold: float) -> None:
    said = f"found {threshold:g}, expected a ratio from 0 to 1"
    assert problems("fk_indexed", threshold=threshold) == [f"threshold: {said}"]
    databases = {"a.b": Bar(threshold=threshold), "fine": Bar(threshold=1), "none": Bar()}
    assert problems("fk_indexed", databases=databases) == [f"databases.a.b.threshold: {said}"]


@pytest.mark.parametrize("name", ["auth_bypass", "backup_verified"])
@pytest.mark.parametrize("threshold", [-1, float("nan"), float("inf")])
def test_a_count_and_a_time_are_finite(name: str, threshold: float) -> None:
    said = f"threshold: found {threshold:g}, expected 0 or more"
    assert problems(name, threshold=threshold) == [said]
    assert problems(name, threshold=0) == problems(name, threshold=10**9) == []


@pytest.mark.parametrize(("timeout", "fine"), [(0.009, False), (0.01, True), (5, True), (6, False)])
def test_a_timeout_has_its_limits(timeout: float, fine: bool) -> None:
    assert (problems("fk_indexed", timeout=Duration(timeout)) == []) is fine


@pytest.mark.parametrize(("interval", "fine"), [(0.5, False), (1, True), (86_400, True)])
def test_an_interval_has_its_limit(interval: float, fine: bool) -> None:
    assert (problems("fk_indexed", interval=Duration(interval)) == []) is fine


@pytest.mark.parametrize("name", ["nobody", "nobody.judge", ".task", "..task", "auth bypass", "9"])
def test_an_evaluator_is_a_module_of_ours(name: str) -> None:
    said = f"found {name!r}, expected a module below pgvitals.evaluators"
    assert list(agenda.problems(target(evaluator=name))) == [(("evaluator",), said)]


@pytest.mark.parametrize("name", ["", "auth_bypass", "migration_sequence"])
def test_an_evaluator_of_ours_is_found(name: str) -> None:
    assert list(agenda.problems(target(evaluator=name))) == []


@pytest.mark.parametrize("name", SHARED)
def test_no_setting_has_the_name_of_one_that_all_have(name: str) -> None:
    assert [where for where, _ in agenda.problems(target(settings={name: "x"}))] == [
        ("settings", name)
    ]


def test_a_file_is_a_target_under_its_name(tmp_path: Path) -> None:
    original = Path(TARGETS["primary_keys"].file)
    copy = tmp_path / "own_keys.yaml"
    copy.write_bytes(original.read_bytes())
    made = agenda.read(copy)
    assert (made.id, made.file) == ("own_keys", str(copy))
    assert made.sql == TARGETS["primary_keys"].sql
    assert Document.open(copy).data["number"] == made.number


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = complaint(lambda: agenda.read(tmp_path / "x.yaml"), Mistakes)
    assert said == f"{tmp_path / 'x.yaml'}:1: cannot be read: No such file or directory"

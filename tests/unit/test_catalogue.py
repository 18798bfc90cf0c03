"""The catalogue: every query together, and nobody's names twice."""

from pathlib import Path

import pytest

from pgvitals import catalogue
from pgvitals.document import Mistakes
from pgvitals.query import Override
from pgvitals.strict import Duration

METRIC = "{column: n, type: gauge, help: H.}"


def write(file: Path, families: str = "", prefix: str = "") -> Path:
    """A query file with these families, or one that makes them from rows."""
    file.parent.mkdir(parents=True, exist_ok=True)
    made = "".join(f"  {name}: {METRIC}\n" for name in families.split())
    source = f"families_from: {{prefix: {prefix}, name: a, value: b, help: c}}\n"
    tail = source if prefix else f"metrics:\n{made}"
    head = "description: D\nscope: cluster\ninterval: 15s\nsql: select 1\n"
    file.write_text(head + tail, "utf-8")
    return file


def wrong(directory: Path) -> list[str]:
    with pytest.raises(Mistakes) as raised:
        catalogue.load([directory])
    return [str(m).replace(f"{directory}/", "") for m in raised.value.mistakes]


def test_queries_are_named_after_their_files_and_come_by_name(tmp_path: Path) -> None:
    write(tmp_path / "b.yaml", "pg_b")
    write(tmp_path / "deep" / "er" / "a.yaml", "pg_a")
    loaded = catalogue.load([tmp_path])
    assert list(loaded) == ["a", "b"]
    assert (loaded["a"].name, loaded["a"].file) == ("a", str(tmp_path / "deep/er/a.yaml"))


def test_the_targets_are_no_queries(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "pg_a")
    write(tmp_path / "targets" / "t.yaml", "pg_t")
    assert list(catalogue.load([tmp_path])) == ["a"]


def test_a_mounted_config_map_has_each_query_once(tmp_path: Path) -> None:
    write(tmp_path / "..2026_11_23" / "a.yaml", "pg_a")
    (tmp_path / "..data").symlink_to("..2026_11_23")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert catalogue.load([tmp_path])["a"].file == str(tmp_path / "a.yaml")


def test_directories_are_loaded_together(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.yaml", "pg_a")
    write(tmp_path / "two" / "b.yaml", "pg_b")
    assert list(catalogue.load([tmp_path / "one", tmp_path / "two"])) == ["a", "b"]


def test_the_release_has_queries_that_load() -> None:
    loaded = catalogue.shipped()
    assert {"server", "settings", "stat_database"} <= loaded.keys()
    assert catalogue.shipped_directory().is_dir()


def test_a_directory_without_queries_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as raised:
        catalogue.load([tmp_path])
    assert str(raised.value) == (
        f"{tmp_path}:1: no query files, expected one with *.yaml files below it"
    )


def test_all_wrong_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- a\n", "utf-8")
    (tmp_path / "b.yaml").write_text("- b\n", "utf-8")
    write(tmp_path / "c.yaml", "pg_c")
    assert wrong(tmp_path) == [
        "a.yaml:1: found a list, expected a mapping",
        "b.yaml:1: found a list, expected a mapping",
    ]


def test_one_family_has_one_query(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "pg_a pg_shared")
    write(tmp_path / "b.yaml", "pg_b pg_shared")
    assert wrong(tmp_path) == [
        "b.yaml:1: pg_shared: the family belongs to a.yaml; expected one owner"
    ]


def test_one_name_in_two_directories_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.yaml", "pg_a")
    write(tmp_path / "two" / "a.yaml", "pg_b")
    assert wrong(tmp_path) == [
        "two/a.yaml:1: the query a stands in one/a.yaml already; expected another file name"
    ]


@pytest.mark.parametrize("name", ["catalog_changes", "target_a"])
def test_the_names_of_our_own_tasks_are_taken(tmp_path: Path, name: str) -> None:
    write(tmp_path / f"{name}.yaml", "pg_a")
    [said] = wrong(tmp_path)
    assert said.startswith(f"{name}.yaml:1: found the name {name}, which pgvitals gives a task")


def test_a_family_under_the_prefix_of_another_query_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "pg_settings_mine pg_setting pg_a")
    write(tmp_path / "settings.yaml", prefix="pg_settings_")
    assert wrong(tmp_path) == [
        "a.yaml:1: pg_settings_mine: settings.yaml owns all pg_settings_*; expected another name"
    ]


def test_one_prefix_has_one_query(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", prefix="pg_s_")
    write(tmp_path / "b.yaml", prefix="pg_s_")
    assert wrong(tmp_path) == ["b.yaml:1: pg_s_*: the family belongs to a.yaml; expected one owner"]


def test_a_prefix_under_another_prefix_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", prefix="pg_s_")
    write(tmp_path / "b.yaml", prefix="pg_s_more_")
    assert wrong(tmp_path) == [
        "b.yaml:1: pg_s_more_*: a.yaml owns all pg_s_*; expected another name"
    ]


@pytest.mark.parametrize("family", ["pg_up", "pgvitals_visits_total", "process_cpu_seconds_total"])
def test_our_own_families_belong_to_no_query(tmp_path: Path, family: str) -> None:
    write(tmp_path / "a.yaml", family)
    assert wrong(tmp_path)


def test_the_series_of_a_histogram_are_its_own(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml")
    parts = "type: histogram, help: H., bounds: b, buckets: c, sum: s, count: n"
    file.write_text(file.read_text("utf-8") + f"  pg_h: {{{parts}}}\n", "utf-8")
    write(tmp_path / "b.yaml", "pg_h_count")
    assert wrong(tmp_path)


def test_an_override_reaches_only_its_query(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "pg_a")
    write(tmp_path / "b.yaml", "pg_b")
    loaded = catalogue.load([tmp_path])
    changed = catalogue.override(loaded, {"a": Override(interval=Duration(99))})
    assert (changed["a"].interval, changed["b"]) == (99.0, loaded["b"])
    assert loaded["a"].interval == 15.0


def test_what_is_switched_off_is_gone(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "pg_a")
    write(tmp_path / "b.yaml", "pg_b")
    loaded = catalogue.load([tmp_path])
    assert list(catalogue.override(loaded, {"a": Override(enabled=False)})) == ["b"]


def test_what_is_off_runs_only_when_it_is_switched_on(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "pg_a")
    write(tmp_path / "b.yaml", "pg_b")
    file = tmp_path / "b.yaml"
    file.write_text(file.read_text("utf-8") + "\nenabled: false\n", "utf-8")
    loaded = catalogue.load([tmp_path])
    assert list(catalogue.override(loaded)) == ["a"]
    assert list(catalogue.override(loaded, {"b": Override(enabled=True)})) == ["a", "b"]
    assert list(catalogue.override(loaded, {"b": Override(interval=Duration(9))})) == ["a"]

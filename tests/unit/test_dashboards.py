"""The dashboards, read: made from their boards, complete, and of metrics and labels that exist."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grafana import __main__ as maker
from grafana import board as boards
from grafana.page import ITEMS
from pgvitals import agenda
from support import families, known, promql, rules
from support.dashboard import FOLDER, interpolated
from support.promql import Labels

UIDS = {
    f"pgvitals-{name}"
    for name in ("scorecard", "fleet", "instance", "tables", "security", "replication", "exporter")
}
SOME = {
    "job": ".*",
    "instance": ".*",
    "datname": ".*",
    "__rate_interval": "5m",
    "__range": "3h",
    "__interval": "1m",
}
"""Values with which an expression of Grafana is one of Prometheus."""
CHOSEN = {"job": "J", "instance": "I"}
EVERY: Mapping[str, Mapping[str, Any]] = {
    file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))
}


class Asked(NamedTuple):
    """One query of one panel."""

    name: str
    panel: Mapping[str, Any]
    target: Mapping[str, Any]

    @property
    def expr(self) -> str:
        """The expression, with variables of Grafana in it."""
        return str(self.target["expr"])


def panels(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [panel for panel in about["panels"] if panel["type"] != "row"]


def variables(about: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {variable["name"]: variable for variable in about["templating"]["list"]}


def queries(about: Mapping[str, Any]) -> Iterator[Asked]:
    for panel in panels(about):
        for target in panel["targets"]:
            yield Asked(f"{panel['title']} {target['refId']}", panel, target)


BOARDS = [pytest.param(about, id=uid) for uid, about in EVERY.items()]
HONEST = re.compile(r"no data|none (seen|known|judged)|no [\w ]+ seen|not (known|evaluated)")
"""Words for a panel without data: there may be none of it, or nobody who says so."""
COUNTED = {"rate", "irate", "increase", "resets"}


def labels(asked: Asked) -> Labels:
    """What the result has; says of which query it is that it cannot be had."""
    try:
        tree = promql.parse(interpolated(asked.expr, SOME))
        return promql.labels(tree, known_of(tree))
    except (KeyError, ValueError) as error:
        raise AssertionError(f"{asked.name}: {error}") from error


def known_of(tree: Any) -> Mapping[str, Labels]:
    """Labels of what an expression selects; raises KeyError for what nobody serves or records."""
    names = {selector.name for selector in promql.selectors(tree)}
    return {name: known.labels().get(name) or families.find(name).labels for name in names}


def columns(panel: Mapping[str, Any]) -> Mapping[str, str]:
    """What a table shows, by what it is called before."""
    by_id = {step["id"]: step["options"] for step in panel["transformations"]}
    named: Mapping[str, str] = by_id["organize"]["renameByName"]
    return named


def test_there_are_seven_and_each_file_has_its_uid() -> None:
    assert {uid: about["uid"] for uid, about in EVERY.items()} == {u: u for u in UIDS}


def test_what_is_committed_is_what_the_boards_make() -> None:
    assert maker.main(["--check"]) == 0, "run make docs"


def test_making_them_twice_gives_the_same_and_removes_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(maker, "MADE", tmp_path)
    monkeypatch.setattr(maker, "PAGE", tmp_path / "page.md")
    (tmp_path / "page.md").write_text("stale")
    (tmp_path / "pgvitals-gone.json").write_text("{}")
    assert maker.main(["--check"]) == 1
    assert capsys.readouterr().err.count("run make docs") == 9
    assert maker.main([]) == 0
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert maker.main([]) == 0
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first
    assert "pgvitals-gone.json" not in first
    assert maker.main(["--check"]) == 0


@pytest.mark.parametrize("about", BOARDS)
def test_it_is_classic_read_only_and_finds_the_others(about: Mapping[str, Any]) -> None:
    assert "id" not in about or about["id"] is None
    assert about["schemaVersion"] <= 41
    assert not about["editable"]
    assert about["title"]
    assert about["description"]
    (link,) = about["links"]
    assert link["type"] == "dashboards"
    assert set(link["tags"]) <= set(about["tags"])
    assert link["includeVars"]
    assert link["keepTime"]


@pytest.mark.parametrize("about", BOARDS)
def test_the_variables_are_asked_again_and_start_with_the_data_source(
    about: Mapping[str, Any],
) -> None:
    found = variables(about)
    assert list(found)[:3] == ["datasource", "job", "instance"]
    assert found["datasource"]["query"] == "prometheus"
    for variable in found.values():
        if variable["type"] == "query":
            assert variable["refresh"] == 2
            assert variable["datasource"]["uid"] == "${datasource}"
            assert variable["label"]


@pytest.mark.parametrize("about", BOARDS)
def test_every_variable_that_is_used_is_there(about: Mapping[str, Any]) -> None:
    text = json.dumps(about)
    used = {one or other for one, other in re.findall(r"\$(?:(\w+)|\{(\w+)[:.\w]*\})", text)}
    assert {name for name in used if not name.startswith("__")} <= set(variables(about))


@pytest.mark.parametrize("about", BOARDS)
def test_no_data_source_is_hard_coded(about: Mapping[str, Any]) -> None:
    for one in (*panels(about), *(asked.target for asked in queries(about))):
        assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, one


@pytest.mark.parametrize("about", BOARDS)
def test_ids_are_unique_and_nothing_overlaps_or_is_beyond_the_grid(
    about: Mapping[str, Any],
) -> None:
    everything = about["panels"]
    titles = Counter(panel["title"] for panel in panels(about))
    assert [title for title, times in titles.items() if times > 1] == []
    assert [n for n, times in Counter(p["id"] for p in everything).items() if times > 1] == []
    places = [panel["gridPos"] for panel in everything]
    assert max(place["x"] + place["w"] for place in places) <= 24
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


@pytest.mark.parametrize("about", BOARDS)
def test_a_panel_says_what_it_means_and_where_to_read_more(about: Mapping[str, Any]) -> None:
    for panel in panels(about):
        assert panel["title"]
        assert len(panel["description"]) > 40
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        (link,) = panel["links"]
        file = link["url"].removeprefix("${docs}/")
        assert (Path(__file__).parents[2] / "docs" / file).is_file()


@pytest.mark.parametrize("about", BOARDS)
def test_every_number_has_a_unit(about: Mapping[str, Any]) -> None:
    for panel in panels(about):
        if panel["type"] != "table":
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            continue
        said = {
            over["matcher"]["options"]: {p["id"]: p["value"] for p in over["properties"]}
            for over in panel["fieldConfig"]["overrides"]
        }
        for before, title in columns(panel).items():
            words = {mapping["type"] for mapping in said[title]["mappings"]}
            assert not before.startswith("Value") or "unit" in said[title] or "value" in words, (
                title
            )


@pytest.mark.parametrize("about", BOARDS)
def test_what_is_not_known_is_never_said_to_be_nothing(about: Mapping[str, Any]) -> None:
    for panel in panels(about):
        assert HONEST.match(panel["fieldConfig"]["defaults"]["noValue"]), panel["title"]


@pytest.mark.parametrize("about", BOARDS)
def test_every_expression_parses_and_every_metric_and_label_is_there(
    about: Mapping[str, Any],
) -> None:
    for asked in queries(about):
        labels(asked)


@pytest.mark.parametrize("about", BOARDS)
def test_every_selector_is_of_the_chosen_servers(about: Mapping[str, Any]) -> None:
    for asked in queries(about):
        for selector in promql.selectors(interpolated(asked.expr, SOME | CHOSEN)):
            assert CHOSEN.items() <= selector.asked.items(), (asked.name, selector.text)


@pytest.mark.parametrize("about", BOARDS)
def test_only_counters_are_counted(about: Mapping[str, Any]) -> None:
    for asked in queries(about):
        for call in promql.calls(interpolated(asked.expr, SOME)):
            if call.func.name in COUNTED:
                assert {families.type_of(s.name) for s in promql.selectors(call)} == {"counter"}, (
                    asked.name
                )


@pytest.mark.parametrize("about", BOARDS)
def test_a_rate_is_over_the_steps_of_grafana_or_over_hours(about: Mapping[str, Any]) -> None:
    for asked in queries(about):
        for window in re.findall(r"\[([^\]]+)\]", asked.expr):
            if window.startswith("$__"):
                assert window.partition(":")[0] in {"$__rate_interval", "$__range"}, asked.name
            else:
                assert rules.seconds(window.partition(":")[0]) >= 900, asked.name


@pytest.mark.parametrize("about", BOARDS)
def test_what_is_as_of_now_is_asked_as_of_now(about: Mapping[str, Any]) -> None:
    for asked in queries(about):
        over_time = asked.panel["type"] in {"timeseries", "state-timeline"}
        assert (asked.target["range"], asked.target["instant"]) == (over_time, not over_time), (
            asked.name
        )
        # A step of its own would take the place of the data source's, which knows how often it scrapes.
        assert rules.seconds(asked.target.get("interval", "1m")) > rules.EVERY, asked.name


@pytest.mark.parametrize("about", BOARDS)
def test_a_legend_names_labels_that_are_left(about: Mapping[str, Any]) -> None:
    for asked in queries(about):
        has = labels(asked)
        if asked.panel["type"] != "table":
            legend = asked.target["legendFormat"]
            assert set(re.findall(r"{{ *(\w+) *}}", legend)) <= has
            assert has <= promql.SCRAPED or "{{" in legend, (legend, has)


@pytest.mark.parametrize("about", BOARDS)
def test_a_table_shows_labels_that_are_left_in_its_queries(about: Mapping[str, Any]) -> None:
    for panel in (panel for panel in panels(about) if panel["type"] == "table"):
        shown = {name for name in columns(panel) if not name.startswith("Value")}
        found = [asked for asked in queries(about) if asked.panel is panel]
        has = [labels(asked) for asked in found]
        assert shown <= frozenset().union(*has), panel["title"]
        # Lines of several queries are one where the labels that all have are the same.
        assert len(has) == 1 or frozenset.intersection(*has) & shown, panel["title"]


def test_no_query_of_a_table_is_called_like_a_label() -> None:
    every = frozenset().union(*known.labels().values())
    for board in boards.every_board():
        for panel in board.panels:
            if isinstance(panel, boards.Table):
                assert not set(panel.queries) & every, panel.title


def test_a_threshold_is_one_that_is_exported_and_its_alert_is_the_panels() -> None:
    exported = {rule.labels["alert"] for rule in rules.recorded()["pgvitals:alert_threshold"]}
    for board in boards.every_board():
        for panel in board.panels:
            assert not panel.threshold or panel.threshold in exported, panel.title


def test_every_dashboard_that_an_alert_leads_to_is_there() -> None:
    for rule in rules.alerts():
        path = rule.annotations["dashboard"].removeprefix("/d/")
        uid, _, query = path.partition("?")
        assert uid in EVERY, rule.name
        if query:
            assert "instance" in variables(EVERY[uid])


def test_each_promise_and_each_item_of_the_document_has_its_panel() -> None:
    answered = {item for board in boards.every_board() for p in board.panels for item in p.answers}
    pillars = {target.pillar for target in agenda.shipped().values()}
    assert answered >= set(ITEMS) | pillars
    assert answered <= set(ITEMS) | pillars | set(agenda.shipped())

"""Every dashboard, against a good shop and a faulty one: each panel shows something at one of them."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pgvitals.document import Document
from support import preview
from support.browser import chromium
from support.contrast import Contrast
from support.dashboard import Dashboard, interpolated
from support.sight import RUNS, Live, Name, look

LISTED = Path(__file__).parents[1] / "dashboards" / "empty.yaml"
MADE = re.compile(r"Time|Value( #[A-Z])?")
"""Columns that Grafana makes of a table's values."""


@pytest.fixture(scope="module")
def contrast(local_majors: list[int]) -> Iterator[Contrast]:
    assert local_majors
    with Contrast() as contrast:
        contrast.wait_ready()
        yield contrast


@pytest.fixture(scope="module")
def live(contrast: Contrast) -> Live:
    live = look(contrast.prometheus, time.time())
    print(live.table())
    return live


@pytest.fixture(scope="module")
def listed() -> Mapping[str, Mapping[Name, str]]:
    return listing(Document.open(LISTED).data)


def listing(data: Any) -> dict[str, dict[Name, str]]:
    """The list as it stands in the file: reasons by run and name."""
    return {
        run: {f"{uid}: {what}": why for uid, of in boards.items() for what, why in of.items()}
        for run, boards in data.items()
    }


def test_what_shows_nothing_is_named_with_its_run() -> None:
    live = Live([], {"shop: $job": {"good": {"postgresql"}, "faulty": set()}})
    assert live.empty("good") == set()
    assert live.empty("faulty") == {"shop: $job"}


def test_a_variable_that_nobody_defines_is_an_error() -> None:
    assert interpolated('up{job="$job"} > ${x:regex}', {"job": "a", "x": "1"}) == 'up{job="a"} > 1'
    assert interpolated('label_replace(up, "a", "$1", "b", "(.*)")', {}).count("$1") == 1
    with pytest.raises(KeyError, match="jobs"):
        interpolated("up{$jobs}", {"job": "a"})


def test_a_variable_that_is_no_label_of_something_is_an_error(tmp_path: Path) -> None:
    variable = {"type": "query", "name": "job", "query": {"query": "metrics(pg_.*)"}}
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"uid": "shop", "templating": {"list": [variable]}}))
    with pytest.raises(ValueError, match=r"\$job: found 'metrics.*expected label_values"):
        _ = Dashboard(file).variables


def test_prometheus_answers_every_query(live: Live) -> None:
    refused = [
        said
        for looked in live.panels
        for _, ref in looked.names()
        for seen in looked.every(ref)
        for said in seen.refused
    ]
    assert refused == []


def test_every_query_has_a_name_of_its_own(live: Live) -> None:
    names = Counter(name for looked in live.panels for name, _ in looked.names())
    assert [name for name, times in names.items() if times > 1] == []


def test_everything_shows_something_at_one_of_the_shops(live: Live) -> None:
    assert sorted(live.empty("good") & live.empty("faulty")) == []


@pytest.mark.parametrize("run", RUNS)
def test_what_is_empty_is_listed_and_nothing_else(
    live: Live, listed: Mapping[str, Mapping[Name, str]], run: str
) -> None:
    empty = live.empty(run)
    assert {"not listed": sorted(empty - set(listed[run]))} == {"not listed": []}
    assert {"not empty": sorted(set(listed[run]) - empty)} == {"not empty": []}


def test_the_list_gives_reasons_and_nothing_stands_there_twice(
    listed: Mapping[str, Mapping[Name, str]],
) -> None:
    assert set(listed) == set(RUNS)
    assert [name for of in listed.values() for name, why in of.items() if len(why) < 10] == []
    assert set(listed["good"]) & set(listed["faulty"]) == set()


def test_labels_that_legends_show_are_there(live: Live) -> None:
    lacking = {
        name: sorted(target.labels - {label for seen in looked.every(ref) for label in seen.labels})
        for looked in live.panels
        for (name, ref), target in zip(looked.names(), looked.panel.targets, strict=True)
    }
    assert {name: labels for name, labels in lacking.items() if labels} == {}


def test_columns_that_tables_arrange_are_there(live: Live) -> None:
    lacking = {}
    for looked in (looked for looked in live.panels if looked.panel.table):
        unknown = looked.panel.columns - looked.labels
        titles = set(looked.panel.renamed.values()) | looked.panel.columns
        unknown = {name for name in unknown if not MADE.fullmatch(name)}
        lacking[looked.panel.title] = sorted(unknown | (looked.panel.overridden - titles))
    assert {title: names for title, names in lacking.items() if names} == {}


def test_fields_that_look_different_are_there(live: Live) -> None:
    lacking = {}
    for looked in (looked for looked in live.panels if not looked.panel.table):
        shown = {
            target.name(series["metric"])
            for target in looked.panel.targets
            for seen in looked.every(target.ref)
            for series in seen.series
        }
        lacking[looked.panel.title] = sorted(looked.panel.overridden - shown)
    assert {title: names for title, names in lacking.items() if names} == {}


def test_every_value_is_a_number(live: Live) -> None:
    odd = {
        name: [series["metric"] for seen in looked.every(ref) for series in seen.odd]
        for looked in live.panels
        for name, ref in looked.names()
    }
    assert {name: series for name, series in odd.items() if series} == {}


@pytest.mark.long
def test_every_panel_is_drawn(contrast: Contrast, live: Live, tmp_path: Path) -> None:
    """With what Grafana itself draws them with, and nobody complains; `make preview` is for eyes."""
    assert live
    with preview.served() as site, chromium() as browser:
        for board, scene, chosen in preview.scenes(contrast, [1366]):
            picture = preview.take(browser, site, board, scene, tmp_path / f"{board}.png", **chosen)
            assert picture.complaints == ()
            assert "error" not in picture.states.values()

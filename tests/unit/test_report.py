"""The report: what a page says about servers and queries, as it is when the page is written."""

from prometheus_client.parser import text_string_to_metric_families

from pgvitals import report
from pgvitals.config import InstanceConfig
from pgvitals.deadline import Deadlines
from pgvitals.instance import Instance
from unit.material import CONFIG, NOW, read


def of_instance(instance: Instance, now: float = NOW) -> dict[str, dict[tuple[str, ...], float]]:
    return read(report.of_instance(instance, now))


def test_while_the_first_beat_is_under_way_a_server_is_neither_up_nor_down(
    instance: Instance,
) -> None:
    instance.heartbeat.since = NOW - 19
    found = of_instance(instance)
    assert "pg_up" not in found
    assert "pgvitals_down_reason" not in found
    late = of_instance(instance, NOW + 2)
    assert (late["pg_up"], late["pgvitals_down_reason"]) == ({(): 0}, {("heartbeat_overdue",): 1})
    assert "pgvitals_heartbeat_age_seconds" not in found


def test_up_is_computed_when_the_page_is_written(instance: Instance) -> None:
    instance.heartbeat.answered(NOW, 0.25)
    found = of_instance(instance, NOW + 3)
    assert (found["pg_up"], found["pgvitals_heartbeat_age_seconds"]) == ({(): 1}, {(): 3})
    assert found["pgvitals_heartbeat_duration_seconds"] == {(): 0.25}
    assert "pgvitals_down_reason" not in found
    late = of_instance(instance, NOW + 60)
    assert (late["pg_up"], late["pgvitals_down_reason"]) == ({(): 0}, {("heartbeat_overdue",): 1})


def test_many_instances_share_a_page_by_their_names(instance: Instance) -> None:
    other = Instance('o"ther', CONFIG, {}, Deadlines())
    instance.heartbeat.answered(NOW, 0.1)
    other.heartbeat.refused("refused")
    try:
        found = read(report.of_instances([instance, other], NOW))
    finally:
        other.close()
    assert found["pg_up"] == {("main",): 1, ('o"ther',): 0}
    assert found["pgvitals_visits_total"][("main", "error")] == 0


def test_no_connection_is_open_before_the_first_login(instance: Instance) -> None:
    assert instance.connections == 0
    instance.beating = True
    assert of_instance(instance)["pgvitals_connections"] == {(): 1}


def test_every_family_of_a_full_report_is_listed_for_the_reference(instance: Instance) -> None:
    instance.heartbeat.answered(NOW, 1)
    instance.heartbeat.refused("tls")
    instance.adopt(InstanceConfig(thresholds={"PgDeadlocks": 3}), {})
    text = report.of_instance(instance, NOW).decode()
    found = [(f.name, f.type, f.documentation) for f in text_string_to_metric_families(text)]
    assert sorted(found) == sorted(
        (name.removesuffix("_total"), type_, help_) for name, type_, help_ in report.families()
    )


def test_thresholds_stand_on_the_page_of_their_server_alone(instance: Instance) -> None:
    assert "pgvitals_alert_threshold" not in of_instance(instance)
    instance.adopt(InstanceConfig(thresholds={"PgConnectionsHigh": 0.7, "PgDeadlocks": 0}), {})
    own = {("PgConnectionsHigh",): 0.7, ("PgDeadlocks",): 0}
    assert of_instance(instance)["pgvitals_alert_threshold"] == own
    assert "pgvitals_alert_threshold" not in read(report.of_instances([instance], NOW))

"""Telemetry: what the process says about itself."""

from prometheus_client.parser import text_string_to_metric_families

from pgvitals import __version__, telemetry
from pgvitals.telemetry import Telemetry

SUCCESSFUL = "pgvitals_config_last_reload_successful"
SINCE = "pgvitals_config_last_reload_success_timestamp_seconds"


def read(telemetry: Telemetry) -> dict[str, float]:
    """The samples by name; no family has more than one."""
    families = text_string_to_metric_families(telemetry.text().decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_the_process_tells_its_version() -> None:
    text = Telemetry().text().decode()
    assert f'version="{__version__}"' in text
    assert read(Telemetry())["pgvitals_build_info"] == 1


def test_a_failed_reload_is_told_and_what_is_in_force_keeps_its_time() -> None:
    told = Telemetry()
    before = read(told)
    told.loaded(successful=False)
    after = read(told)
    assert (before[SUCCESSFUL], after[SUCCESSFUL]) == (1, 0)
    assert after[SINCE] == before[SINCE]
    told.loaded(successful=True)
    assert read(told)[SUCCESSFUL] == 1
    assert read(told)[SINCE] >= before[SINCE]


def test_every_family_is_listed_for_the_reference() -> None:
    listed = telemetry.families()
    assert {name for name, _, _ in listed} == read(Telemetry()).keys()
    assert all(help_ for _, _, help_ in listed)


def test_two_of_them_do_not_share_their_numbers() -> None:
    one, other = Telemetry(), Telemetry()
    one.loaded(successful=False)
    assert read(other)[SUCCESSFUL] == 1

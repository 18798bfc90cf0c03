"""One file per mistake, and what is said about it: tests/invalid; the first lines have the messages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grafana import board
from pgvitals import agenda, catalogue, settings, web_config
from pgvitals.document import Mistakes

INVALID = Path(__file__).parents[1] / "invalid"
EXPECT = "# expect: "


def files(folder: Path) -> list[object]:
    return [pytest.param(file, id=file.stem) for file in sorted(folder.glob("*.yaml"))]


def check(file: Path, load: Callable[[Path], object]) -> None:
    lines = file.read_text("latin-1").splitlines()
    expected = [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]
    with pytest.raises(Mistakes) as raised:
        load(file)
    assert expected, "the file does not say what is expected"
    assert str(raised.value).splitlines() == [f"{file}:{said}" for said in expected]


@pytest.mark.parametrize("file", files(INVALID))
def test_a_wrong_query_file_is_refused_with_line_path_found_and_expected(file: Path) -> None:
    check(file, catalogue.read)


@pytest.mark.parametrize("file", files(INVALID / "board"))
def test_a_wrong_board_is_refused_with_line_path_found_and_expected(file: Path) -> None:
    check(file, board.open_board)


@pytest.mark.parametrize("file", files(INVALID / "config"))
def test_a_wrong_configuration_is_refused_with_line_path_found_and_expected(file: Path) -> None:
    check(file, lambda wrong: settings.load(wrong, {}))


@pytest.mark.parametrize("file", files(INVALID / "target"))
def test_a_wrong_target_file_is_refused_with_line_path_found_and_expected(file: Path) -> None:
    check(file, agenda.read)


@pytest.mark.parametrize("file", files(INVALID / "web"))
def test_a_wrong_web_configuration_is_refused_with_line_path_found_and_expected(file: Path) -> None:
    check(file, web_config.load)


def test_there_are_files_to_check() -> None:
    assert len(files(INVALID)) > 90
    assert len(files(INVALID / "config")) > 30
    assert len(files(INVALID / "target")) > 50
    assert len(files(INVALID / "web")) > 40

"""docs/credentials.md: its configurations load, and it has all forms of tokens and all limits as they are."""

import re
from pathlib import Path

import pytest

from pgvitals import command, issuer, lease, settings, token

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "credentials.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_a_configuration_on_the_page_loads(number: int, tmp_path: Path) -> None:
    file = tmp_path / "pgvitals.yaml"
    file.write_text(EXAMPLES[number], "utf-8")
    config, _ = settings.load(file, {})
    assert config.instances


def test_every_form_of_a_token_is_on_the_page() -> None:
    named = {path for form in token.FORMS for path in form if path}
    assert [path for path in named if f"`{path}`" not in PAGE] == []


def test_the_limits_on_the_page_are_those_of_the_program() -> None:
    prose = " ".join(PAGE.split())
    assert f"for {command.TIME_LIMIT:g} s at most" in prose
    assert f"may print {command.MOST // 1024} KiB" in prose
    assert f"for {issuer.PATIENCE:g} s at most" in prose
    assert f"at least {lease.SPACING:g} s apart" in prose
    assert lease.DEFAULT_LIFETIME == 60
    assert "a minute unless you set it" in prose

"""What is made from definitions and kept in the repository, beside the reference of `pgvitals docs`.

    PYTHONPATH=tests python -m support.generated

writes it, as a part of `make docs`; a test fails when a file is stale.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from support import alert_page, target_rules
from support.rules import ALERTS

FILES: Mapping[Path, Callable[[], str]] = {
    ALERTS / "rules" / "targets.yaml": target_rules.rules,
    ALERTS / "tests" / "targets.yaml": target_rules.tests,
    ALERTS.parent / "docs" / "alerts.md": alert_page.page,
}
"""The files, and what makes the text of each."""


def main() -> None:
    """Write all."""
    for file, text in FILES.items():
        file.write_text(text())


if __name__ == "__main__":
    main()

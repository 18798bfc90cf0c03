"""Fixtures that several files of integration tests share."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.secure import Secure
from support.servers import launch


@pytest.fixture(scope="session")
def secure(local_majors: list[int]) -> Iterator[Secure]:
    with TemporaryDirectory() as home, closing(launch(min(local_majors))) as server:
        Path(home).chmod(0o755)
        yield Secure(server, Path(home))

"""What several unit tests start from."""

from collections.abc import Iterator

import pytest

from pgvitals.deadline import Deadlines
from pgvitals.facts import Identity
from pgvitals.instance import Instance
from unit.material import CATALOGUE, CONFIG


@pytest.fixture
def instance() -> Iterator[Instance]:
    """An instance whose server answered, and was not visited yet."""
    made = Instance("main", CONFIG, CATALOGUE, Deadlines())
    made.identity = Identity(160_000, in_recovery=False)
    made.adopt(CONFIG, CATALOGUE)
    yield made
    made.close()

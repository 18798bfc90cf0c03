"""Editions: what is served holds, is the same in every form, and is made as rarely as can be."""

import gzip
import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals import account
from pgvitals.account import Run
from pgvitals.collector import Collector
from pgvitals.edition import LAG, LARGE, SPACING, Edition, Editions, Part, pieces
from pgvitals.exposition import Buffers, Family
from pgvitals.outcome import Outcome
from pgvitals.task import Status
from unit.material import GAUGE, NOW, query, quick

INTERVAL = 15.0
LIFETIME = 3 * INTERVAL
"""Seconds for which a result of that interval is served."""

parts = st.lists(st.lists(st.binary(max_size=30), max_size=3), max_size=4)


def edition_of(*contents: Buffers) -> Edition:
    return Edition(Part.joined([Part.of(buffers) for buffers in contents]), (), NOW)


@quick
@given(parts, st.lists(st.binary(max_size=30), max_size=3))
def test_the_compressed_page_is_always_the_page(
    contents: Sequence[Buffers], tails: Sequence[bytes]
) -> None:
    edition = edition_of(*contents)
    for tail in tails:
        whole = b"".join([*edition.buffers, tail])
        assert gzip.decompress(b"".join(edition.gzip(tail))) == whole


def test_the_compressed_page_is_one_member() -> None:
    whole = b"".join(edition_of([b"a" * 1000, b"b"], [b"c"]).gzip(b"tail"))
    reader = zlib.decompressobj(31)
    assert reader.decompress(whole) == b"a" * 1000 + b"bctail"
    assert (reader.eof, reader.unused_data) == (True, b"")


class Desk:
    """Two collectors, and the editions of what they have."""

    def __init__(self) -> None:
        self.collectors = [self.collector("a"), self.collector("b")]
        self.editions = Editions(lambda: self.collectors)

    @staticmethod
    def collector(name: str) -> Collector:
        return Collector(query(name, metrics={f"pg_{name}": GAUGE}, interval="15s"), "db")

    def brings(self, which: int, body: bytes, at: float) -> None:
        """A collector has a result."""
        family = Family(f"pg_{which}", b"", body)
        self.collectors[which].status = Status(
            Outcome("success"), success_at=at, success_time=at, block=(family,)
        )

    def served(self, now: float) -> bytes:
        """What a scrape gets of results, the same in both forms."""
        edition = self.editions.newest(now)
        whole = b"".join(edition.buffers)
        assert gzip.decompress(b"".join(edition.gzip(b""))) == whole
        return whole.partition(b"# HELP pgvitals_")[0]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.brings(0, b"old", NOW)
    assert desk.served(NOW) == b"old"
    return desk


def test_a_scrape_gets_what_was_renewed_last(desk: Desk) -> None:
    desk.brings(0, b"new", NOW + 1)
    assert desk.served(NOW + 1) == b"old"
    desk.editions.renew(NOW + 1)
    assert desk.served(NOW + 1) == b"new"


def test_what_nobody_renewed_is_renewed_by_a_scrape(desk: Desk) -> None:
    desk.brings(0, b"new", NOW + 1)
    assert desk.served(NOW + LAG) == b"old"
    assert desk.served(NOW + LAG + 0.001) == b"new"


def test_what_is_too_old_goes_at_once(desk: Desk) -> None:
    desk.brings(1, b"younger", NOW + 3)
    desk.editions.renew(NOW + LIFETIME - 1)
    assert desk.served(NOW + LIFETIME) == b"oldyounger"
    assert desk.served(NOW + LIFETIME + 0.001) == b"younger"
    assert desk.served(NOW + LIFETIME + 3.001) == b""


def test_what_is_no_longer_wanted_goes_at_once(desk: Desk) -> None:
    desk.collectors = [desk.collector("c")]
    desk.editions.forget()
    assert desk.served(NOW) == b""


def test_what_did_not_change_is_compressed_once(desk: Desk) -> None:
    desk.brings(1, b"before", NOW)
    desk.editions.renew(NOW + 1)
    first, second, told = desk.editions._parts.values()
    desk.brings(1, b"after", NOW + 2)
    desk.editions.renew(NOW + 2)
    again, changed, anew = desk.editions._parts.values()
    assert again is first
    assert (second.buffers, changed.buffers) == ([b"", b"before"], [b"", b"after"])
    assert anew is not told


@quick
@given(st.lists(st.integers(0, 3), max_size=8))
def test_pieces_end_with_large_buffers_and_lose_nothing(sizes: list[int]) -> None:
    buffers = [b"x" * (LARGE // 2 * size) for size in sizes]
    cut = list(pieces(buffers))
    assert [buffer for piece in cut for buffer in piece] == buffers
    assert all(len(buffer) < LARGE for piece in cut for buffer in piece[:-1])
    assert all(len(piece[-1]) >= LARGE for piece in cut[:-1])


def test_a_large_family_that_changed_is_compressed_alone(desk: Desk) -> None:
    def brings(*bodies: bytes) -> None:
        block = tuple(Family(f"pg_{i}", b"#", body) for i, body in enumerate(bodies))
        desk.collectors[0].status = Status(Outcome("success"), success_at=NOW, block=block)
        desk.editions.renew(NOW)

    large, other, small = b"a" * LARGE, b"b" * LARGE, b"c"
    brings(large, small, other, small)
    *before, _ = desk.editions._parts.values()
    brings(large, small, other + b"b", small)
    *after, _ = desk.editions._parts.values()
    assert [len(part.buffers) for part in after] == [2, 4, 2]
    assert [a is b for a, b in zip(after, before, strict=True)] == [True, False, True]


def test_the_account_is_of_what_is_served(desk: Desk) -> None:
    desk.brings(0, b"new", NOW + 1)
    ((_, status),) = desk.editions.newest(NOW + 1).runs
    assert status.success_at == NOW
    desk.editions.renew(NOW + 1)
    ((_, status),) = desk.editions.newest(NOW + 1).runs
    assert status.success_at == NOW + 1


def test_while_visits_follow_each_other_editions_keep_their_distance(desk: Desk) -> None:
    desk.brings(0, b"new", NOW + 0.1)
    desk.editions.keep_up(NOW + SPACING)
    assert desk.served(NOW + SPACING) == b"old"
    desk.editions.keep_up(NOW + SPACING + 0.001)
    assert desk.served(NOW + SPACING + 0.001) == b"new"


def meanwhile(desk: Desk, happens: Callable[[], object], work: Callable[[], object]) -> None:
    """Do `work` in another thread, and let something happen while it looks at the collectors."""
    begun, go_on = threading.Event(), threading.Event()

    def collectors() -> Sequence[Collector]:
        begun.set()
        assert go_on.wait(30)
        return desk.collectors

    desk.editions._tasks = collectors
    working = threading.Thread(target=work, daemon=True)
    working.start()
    assert begun.wait(30)
    try:
        happens()
    finally:
        go_on.set()
        working.join(30)
        desk.editions._tasks = lambda: desk.collectors


def test_a_scrape_does_not_wait_for_an_edition_in_the_making(desk: Desk) -> None:
    served = []
    with ThreadPoolExecutor(1) as pool:
        meanwhile(
            desk,
            lambda: served.append(pool.submit(desk.served, NOW + 1).result(10)),
            lambda: desk.editions.renew(NOW + 1),
        )
    assert served == [b"old"]


def test_a_scrape_has_its_edition_even_if_that_is_forgotten_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew = desk.editions.renew

    def renewed(now: float) -> Edition:
        made = renew(now)
        desk.editions.forget()
        return made

    monkeypatch.setattr(desk.editions, "renew", renewed)
    assert desk.served(NOW + LAG + 1) == b"old"


def test_a_result_that_comes_while_an_edition_is_made_does_not_make_an_older_one_fresh(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, told = NOW + 7200, account.of_runs

    def tell(runs: Sequence[Run]) -> bytes:
        desk.brings(0, b"new", late)
        return told(runs)

    monkeypatch.setattr(account, "of_runs", tell)
    assert desk.served(late) == b""
    assert desk.served(late + LAG + 1) == b"new"

"""Leases: a token is used while it serves, and the next one is asked for in time and not too often."""

from hypothesis import given
from hypothesis import strategies as st

from pgvitals.heartbeat import INTERVAL
from pgvitals.lease import DEFAULT_LIFETIME, SPACING, Lease
from pgvitals.login import LIMIT
from pgvitals.token import Token
from unit.material import quick

NOW = 1000.0
lifetimes = st.floats(0.001, 86_400)


def lease(lifetime: float | None = 900) -> Lease:
    made = Lease()
    made.issued(Token("a", lifetime), NOW)
    return made


def test_without_a_token_one_is_asked_for_at_once() -> None:
    assert Lease().due(NOW)
    assert Lease().doubted
    assert not Lease().usable(NOW)


def test_a_token_serves_until_shortly_before_its_end() -> None:
    assert lease().usable(NOW + 894)
    assert not lease().usable(NOW + 896)


def test_a_token_without_an_end_serves_as_long_as_was_configured() -> None:
    assert lease(None).ends == lease(DEFAULT_LIFETIME).ends
    longer = Lease(600)
    longer.issued(Token("a"), NOW)
    assert longer.ends == lease(600).ends


@quick
@given(lifetimes)
def test_the_next_is_asked_for_while_the_old_one_serves(lifetime: float) -> None:
    made = lease(lifetime)
    assert NOW < made.ends <= NOW + lifetime
    assert made.renew_at <= made.ends
    if lifetime > 5 * INTERVAL:
        assert made.ends - made.renew_at > 2 * INTERVAL + LIMIT


@quick
@given(lifetimes)
def test_no_answer_is_followed_by_another_asking_at_once(lifetime: float) -> None:
    made = lease(lifetime)
    made.refused()
    assert not made.due(NOW + SPACING - 0.01)
    assert made.due(NOW + SPACING)
    made.failed("no", NOW + 100)
    assert not made.due(NOW + 100 + SPACING - 0.01)
    assert made.due(NOW + 100 + SPACING)


@quick
@given(lifetimes)
def test_a_refusal_ends_the_patience_of_a_failure_before_it(lifetime: float) -> None:
    made = lease(lifetime)
    made.failed("no", NOW + 100)
    made.refused()
    assert not made.due(NOW + 100 + SPACING - 0.01)
    assert made.due(NOW + 100 + SPACING)


def test_spacing_does_not_skip_a_heartbeat() -> None:
    assert SPACING < INTERVAL - LIMIT


def test_a_refused_token_serves_on_but_the_next_one_is_worth_waiting_for() -> None:
    made = lease()
    made.refused()
    assert made.doubted
    assert made.usable(NOW + 1)
    made.issued(Token("b", 900), NOW + 10)
    assert not made.doubted
    assert made.token == "b"


def test_a_failure_is_told_until_it_is_over_and_the_old_token_serves_on() -> None:
    made = lease()
    made.failed("no", NOW + 700)
    assert (made.problem, made.token) == ("no", "a")
    assert made.usable(NOW + 800)
    assert not made.due(NOW + 700 + 19)  # there are 195 s left
    assert made.due(NOW + 700 + 20)
    made.issued(Token("b", 900), NOW + 720)
    assert made.problem == ""


def test_a_lease_does_not_show_its_token() -> None:
    made = Lease()
    made.issued(Token("S3CR3T"), NOW)
    assert "S3CR3T" not in repr(made)

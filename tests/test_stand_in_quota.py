"""The stand-in's token buckets, and how its 429s speak."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.stand_in.quota import FORMS, Bucket, Gate, Rate, ThrottleForm, throttle_form
from manyeyes.stand_in.world import Quotas

LOW_CREDIT = Rate(6, 1)


def test_one_create_leaves_599_and_a_reset_of_one_second() -> None:
    passage = Gate().take("t", Quotas(), 0.0, create=True)
    assert passage.wait == 0
    assert passage.headers == {"ratelimit-remaining": "599", "ratelimit-reset": "1"}


def test_creates_and_other_requests_have_buckets_of_their_own_and_so_has_each_account() -> None:
    gate, quotas = Gate(), Quotas(create_burst=1)
    assert gate.take("t", quotas, 0.0, create=True).wait == 0
    assert gate.take("t", quotas, 0.0, create=True).wait > 0
    assert gate.take("t", quotas, 0.0, create=False).headers["ratelimit-remaining"] == "2999"
    assert gate.take("u", quotas, 0.0, create=True).wait == 0


def test_low_credit_allows_six_a_minute_with_a_burst_of_one() -> None:
    gate, quotas = Gate(), Quotas(low_credit=True, refused_count=False)
    waits = [gate.take("t", quotas, t, create=True).wait for t in (0.0, 5.0, 10.0, 19.0, 20.0)]
    assert waits == pytest.approx([0, 5, 0, 1, 0])


def test_a_refused_call_counts_and_the_debt_ends_at_one_burst() -> None:
    bucket, _ = Bucket(1, 0.0).taken(0.0, LOW_CREDIT, refused_count=True)
    waits = []
    for _ in range(3):
        bucket, wait = bucket.taken(0.0, LOW_CREDIT, refused_count=True)
        waits.append(wait)
    assert waits == pytest.approx([20, 20, 20])


@given(
    st.lists(st.floats(0, 20), min_size=1, max_size=60),
    st.floats(1, 600),
    st.integers(1, 50),
    st.booleans(),
)
def test_who_waits_as_told_and_is_alone_gets_in(
    gaps: list[float], per_minute: float, burst: int, refused_count: bool
) -> None:
    rate, bucket, now = Rate(per_minute, burst), Bucket(burst, 0.0), 0.0
    for gap in gaps:
        now += gap
        bucket, wait = bucket.taken(now, rate, refused_count=refused_count)
        assert -burst <= bucket.level <= burst
        if wait:
            now += math.ceil(wait - 1e-9)
            bucket, wait = bucket.taken(now, rate, refused_count=refused_count)
            assert wait == 0


def test_no_more_pass_in_a_window_than_burst_and_flow_allow() -> None:
    gate, quotas = Gate(), Quotas(creates_per_minute=60, create_burst=5)
    passed = sum(gate.take("t", quotas, tick / 10, create=True).wait == 0 for tick in range(100))
    assert passed <= 5 + 10


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("resets", "Request was throttled. Your rate limit resets in ~5s."),
        (
            "reduced",
            "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per "
            "minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit "
            "resets in ~5s.",
        ),
        ("expected", "Request was throttled. Expected available in 5 seconds."),
        ("silent", "Request was throttled."),
    ],
)
def test_a_429_speaks_each_sentence_that_was_seen(name: str, detail: str) -> None:
    body, headers = throttle_form(name, 0, low_credit=False).answer(4.2, LOW_CREDIT)
    assert (body, headers) == ({"detail": detail}, {})


def test_every_way_of_telling_the_wait_comes_alone_and_together() -> None:
    told = {(form.text, form.header, form.body, form.limits) for form in FORMS}
    assert len(told) == len(FORMS) == 4 * 2 * 2 * 2
    body, headers = throttle_form("reduced+body+header+title", 0, low_credit=False).answer(5, LOW_CREDIT)
    assert (body["status"], body["retry_after"], body["title"]) == (429, 5, "Request was throttled")
    assert headers == {"Retry-After": "5"}
    assert FORMS[-1] == ThrottleForm("silent", limits=False)


def test_each_takes_the_forms_in_turn_and_natural_depends_on_credit() -> None:
    assert [throttle_form("each", n, low_credit=False) for n in range(len(FORMS))] == list(FORMS)
    assert throttle_form("natural", 0, low_credit=True) == ThrottleForm("reduced", body=True)
    assert throttle_form("natural", 0, low_credit=False) == ThrottleForm("resets")


def test_an_unknown_throttle_form_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=re.escape("'resets+telegram'")):
        throttle_form("resets+telegram", 0, low_credit=False)

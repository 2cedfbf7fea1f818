"""Limits: samples in, a number out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.limit import Ending, FixedLimit, Sample

samples = st.builds(
    Sample,
    sent_at=st.floats(0, 1e6),
    ended_at=st.floats(0, 1e6),
    in_flight=st.integers(1, 100),
    ending=st.sampled_from(Ending),
)


@given(st.integers(1, 1000), st.lists(samples))
def test_a_pinned_number_is_moved_by_nothing(value: int, history: list[Sample]) -> None:
    limit = FixedLimit(value)
    for sample in history:
        limit = limit.after(sample)
        assert limit.value == value

"""A provider that is down is probed, not hammered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.pacing.circuit import FAILURES, LONGEST_PROBE, Circuit
from manyeyes.pacing.limit import Ending


def after(circuit: Circuit, *endings: Ending, now: float = 10.0, probe: bool = False) -> Circuit:
    for ending in endings:
        circuit = circuit.after(ending, now, probe=probe, alone=False)
    return circuit


def broken(times: int) -> Circuit:
    return after(Circuit(), *[Ending.BROKEN] * times)


def test_failures_in_a_row_open_it() -> None:
    assert not broken(FAILURES - 1).is_open
    assert broken(FAILURES).is_open
    mixed = after(broken(FAILURES - 1), Ending.ANSWERED, *[Ending.BROKEN] * (FAILURES - 1))
    assert not mixed.is_open


def test_while_it_is_open_one_probe_goes_at_a_time() -> None:
    circuit = broken(FAILURES)
    assert circuit.wait(10.0) == 1.0
    assert circuit.wait(11.0) == 0.0
    assert circuit.taken().wait(11.0) is None


def test_a_probe_that_fails_makes_the_next_one_wait_longer_and_one_that_is_answered_closes_it() -> None:
    circuit = broken(FAILURES)
    waits = []
    for _ in range(8):
        circuit = after(circuit.taken(), Ending.BROKEN, now=100.0, probe=True)
        waits.append(circuit.wait(100.0))
    assert waits == [2.0, 4.0, 8.0, 16.0, *[LONGEST_PROBE] * 4]
    assert circuit.down_for(100.0) == 90.0
    assert after(circuit.taken(), Ending.ANSWERED, probe=True) == Circuit()


def test_a_call_that_was_in_flight_when_it_opened_is_no_probe() -> None:
    circuit = broken(FAILURES).taken()
    assert after(circuit, Ending.BROKEN) == circuit
    assert after(circuit, Ending.ANSWERED) == Circuit()


@pytest.mark.parametrize("ending", [Ending.HEARD, Ending.DEFERRED])
def test_whoever_says_no_is_there(ending: Ending) -> None:
    circuit = after(broken(FAILURES - 1), ending, *[Ending.BROKEN] * (FAILURES - 1))
    assert not circuit.is_open
    assert after(broken(FAILURES).taken(), ending, probe=True) == Circuit()


def test_a_permit_that_was_not_used_says_nothing() -> None:
    assert after(broken(FAILURES - 1), Ending.SAYS_NOTHING, Ending.BROKEN).is_open


def test_a_refusal_for_being_one_too_many_is_no_failure_and_one_alone_is() -> None:
    circuit = Circuit()
    for _ in range(50):
        circuit = circuit.after(Ending.PUSHED_BACK, 1.0, probe=False, alone=False)
    assert not circuit.is_open
    for _ in range(FAILURES):
        circuit = circuit.after(Ending.PUSHED_BACK, 1.0, probe=False, alone=True)
    assert circuit.is_open


@given(st.lists(st.tuples(st.sampled_from(Ending), st.booleans(), st.booleans()), max_size=60))
def test_an_answer_closes_it_whatever_came_before(history: list[tuple[Ending, bool, bool]]) -> None:
    circuit = Circuit()
    for now, (ending, probe, alone) in enumerate(history):
        circuit = circuit.taken().after(ending, float(now), probe=probe, alone=alone)
    circuit = circuit.after(Ending.ANSWERED, 99.0, probe=False, alone=False)
    assert (circuit.is_open, circuit.failures, circuit.wait(99.0)) == (False, 0, 0.0)

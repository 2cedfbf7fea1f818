"""Who goes next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.analyzers.prompt import default_ask
from manyeyes.engine.admission import RETRIES_IN_A_ROW, Admission
from manyeyes.engine.job import Job, Picture
from manyeyes.model.image import ImageRef, Locator, PreparedImage
from manyeyes.model.ticket import Intent, Key


def job(number: int) -> Job:
    ref = ImageRef(str(number), Locator(str(number)), "1", 1)
    intent = Intent(str(number), Key(str(number), ""), 0.0, 1.0)
    picture = Picture(ref, str(number), number)
    return Job(picture, PreparedImage(ref, "", b"", "jpeg", 1, 1, 1, 1), default_ask(), intent)


def number(job: Job) -> int:
    return job.picture.position


def test_prepared_pictures_go_in_order() -> None:
    admission = Admission()
    for each in range(3):
        admission.add(job(each))
    assert admission.due_in(0.0) == 0.0
    assert [number(admission.next(0.0)) for _ in range(3)] == [0, 1, 2]
    assert admission.due_in(0.0) is None


def test_retries_go_by_the_time_they_are_due() -> None:
    admission = Admission()
    for each, due in enumerate((5.0, 1.0, 3.0)):
        admission.park(job(each), due)
    assert admission.due_in(0.0) == 1.0
    assert [number(admission.next(9.0)) for _ in range(3)] == [1, 2, 0]


def test_nobody_goes_before_it_is_due() -> None:
    admission = Admission()
    admission.park(job(0), 5.0)
    admission.add(job(1))
    assert number(admission.next(4.9)) == 1
    assert admission.due_in(4.0) == 1.0


def test_two_retries_in_a_row_at_most_while_a_fresh_picture_waits() -> None:
    admission = Admission()
    for each in range(10):
        admission.park(job(100 + each), 0.0)
    for each in range(3):
        admission.add(job(each))
    order = [number(admission.next(1.0)) for _ in range(13)]
    assert order == [100, 101, 0, 102, 103, 1, 104, 105, 2, 106, 107, 108, 109]


def test_where_enough_is_parked_fresh_pictures_wait() -> None:
    admission = Admission()
    admission.park(job(0), 5.0)
    admission.add(job(1))
    assert admission.due_in(0.0, only_retries=True) == 5.0
    assert number(admission.next(5.0, only_retries=True)) == 0


@given(st.lists(st.one_of(st.just("fresh"), st.just("next"), st.integers(0, 50)), max_size=80))
def test_everyone_goes_once_and_no_retry_before_its_time(turns: list[str | int]) -> None:
    admission, now, came = Admission(), 0.0, 0
    due: dict[int, float] = {}
    gone: list[int] = []
    in_a_row = 0

    def go() -> None:
        nonlocal in_a_row
        fresh = admission.fresh
        gone.append(number(admission.next(now)))
        assert due.get(gone[-1], 0.0) <= now
        in_a_row = in_a_row + 1 if gone[-1] in due else 0
        assert in_a_row <= RETRIES_IN_A_ROW or not fresh

    for turn in turns:
        now += 1
        if turn == "next":
            if admission.due_in(now) == 0:
                go()
            continue
        if turn == "fresh":
            admission.add(job(came))
        else:
            due[came] = now + float(turn)
            admission.park(job(came), due[came])
        came += 1
    now += 100
    while admission.due_in(now) is not None:
        go()
    assert sorted(gone) == list(range(came))
    admission.close()
    assert admission.is_over

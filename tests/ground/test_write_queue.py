"""The order of commits: small writes go before large ones, which wait for a few commits only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ground.write_queue import MAX_GROUP, PASSES, REMEMBERED, ROWS_BESIDE_SMALL, SMALL, WriteQueue


def queue_of(**rows: int) -> WriteQueue[str]:
    queue: WriteQueue[str] = WriteQueue()
    for name, number in rows.items():
        queue.put(name, number)
    return queue


def test_small_writes_go_next_and_without_the_large_ones_that_came_before_them() -> None:
    large = {f"large{number}": 50 for number in range(9)}
    queue = queue_of(**large, one=1, other=SMALL)

    assert queue.take() == ["one", "other"]
    assert len(queue) == 9


def test_a_large_write_lets_small_ones_pass_so_often_and_then_goes_before_them() -> None:
    queue = queue_of(large=50, second=50)
    groups = []
    for turn in range(PASSES + 1):
        queue.put(f"small{turn}", 1)
        groups.append(queue.take())

    assert groups == [*([f"small{turn}"] for turn in range(PASSES)), ["large", f"small{PASSES}"]]
    queue.put("late", 1)
    assert queue.take() == ["second", "late"], "one large write in each commit beside small ones"


def test_large_writes_share_a_commit_as_far_as_no_small_one_would_wait_long_for_it() -> None:
    half = ROWS_BESIDE_SMALL // 2
    queue = queue_of(small=1, a=half, b=half, c=half, huge=10 * ROWS_BESIDE_SMALL, d=half)

    assert [queue.take() for _ in range(6)] == [["small"], ["a", "b"], ["c"], ["huge"], ["d"], []]


def test_all_large_writes_share_a_commit_where_nobody_has_had_small_ones_lately() -> None:
    assert queue_of(a=100, b=100, c=100).take() == ["a", "b", "c"]

    queue = queue_of(small=1, **{f"large{number}": 100 for number in range(REMEMBERED + 2)})
    sizes = [len(queue.take()) for _ in range(REMEMBERED + 1)]
    assert sizes == [*[1] * REMEMBERED, 3], "the small one is remembered for so many commits"


TAKES, SMALL_ONES, LARGE_ONES = st.none(), st.integers(1, SMALL), st.integers(SMALL + 1, 3 * ROWS_BESIDE_SMALL)


@given(st.lists(st.one_of(TAKES, SMALL_ONES, LARGE_ONES), max_size=150))
def test_each_write_is_taken_once_its_kind_in_order_and_no_large_one_waits_longer_than_it_may(
    steps: list[int | None],
) -> None:
    queue: WriteQueue[int] = WriteQueue()
    groups: list[list[int]] = []
    came_before: dict[int, int] = {}
    for number, rows in enumerate(steps):
        if rows is None:
            groups.append(queue.take())
        else:
            queue.put(number, rows)
            came_before[number] = len(groups)
    while group := queue.take():
        groups.append(group)

    taken = [each for group in groups for each in group]
    assert sorted(taken) == sorted(came_before)
    assert all(len(group) <= MAX_GROUP for group in groups)
    for is_small in (True, False):
        kind = [each for each in taken if (int(steps[each] or 0) <= SMALL) == is_small]
        assert kind == sorted(kind)
    at = {each: position for position, group in enumerate(groups) for each in group}
    large = [each for each in came_before if int(steps[each] or 0) > SMALL]
    for place, each in enumerate(large):
        ahead = sum(1 for other in large[:place] if at[other] >= came_before[each])
        empty = sum(1 for group in groups[came_before[each] : at[each]] if not group)
        assert at[each] - came_before[each] - empty <= PASSES + ahead * (PASSES + 1)

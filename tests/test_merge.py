"""What becomes of what several people write at once: by key, and by set of keys that make sense only together."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.merge import merge_three_ways

Values = Mapping[str, str | None]
PAIR = frozenset({"number", "no_number"})
VALUES = st.dictionaries(st.sampled_from(["city", "number", "no_number", "phone"]), st.sampled_from(["a", "b", None]))


def join(key: str) -> frozenset[str]:
    return PAIR if key in PAIR else frozenset({key})


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "changed", "conflicts"),
    [
        ({"city": "a"}, {"city": "a"}, {"city": "b"}, {}, {}),
        ({"city": "a"}, {"city": "b"}, {"city": "a"}, {"city": "b"}, {}),
        ({"city": "a"}, {"city": "b"}, {"city": "b"}, {"city": "b"}, {}),
        ({"city": "a"}, {"city": "b"}, {"city": "c"}, {}, {"city": "b"}),
        ({}, {"city": "b"}, {}, {"city": "b"}, {}),
        ({"city": "a"}, {"city": None}, {"city": "c"}, {}, {"city": None}),
        ({"city": "a"}, {"city": "b"}, {}, {}, {"city": "b"}),
        ({"city": "a"}, {"city": "b", "phone": "1"}, {"city": "c"}, {"phone": "1"}, {"city": "b"}),
    ],
    ids=[
        "a value sent as it was",
        "changed by me alone",
        "changed to the same by both",
        "changed by both",
        "new",
        "taken away by me, changed by them",
        "changed by me, taken away by them",
        "one in conflict, the other written",
    ],
)
def test_a_key_alone(base: Values, mine: Values, theirs: Values, changed: Values, conflicts: Values) -> None:
    assert merge_three_ways(base, mine, theirs) == (changed, conflicts)


@pytest.mark.parametrize(
    ("mine", "theirs", "changed", "conflicts"),
    [
        ({"number": "1"}, {"no_number": "yes"}, {}, {"number": "1"}),
        ({"number": "1", "no_number": None}, {"no_number": "yes"}, {}, {"number": "1", "no_number": None}),
        ({"no_number": None}, {"no_number": "yes"}, {}, {}),
        ({"number": "1"}, {}, {"number": "1"}, {}),
        ({"number": "1", "city": "b"}, {"no_number": "yes"}, {"city": "b"}, {"number": "1"}),
        (
            {"number": "1", "no_number": "yes"},
            {"number": "2", "no_number": "yes"},
            {"no_number": "yes"},
            {"number": "1"},
        ),
    ],
    ids=[
        "they changed the other key of the set",
        "what was sent unchanged clashes, too",
        "nothing was edited",
        "nobody else touched the set",
        "a key outside the set is written all the same",
        "what both say alike is no conflict",
    ],
)
def test_keys_that_make_sense_only_together(mine: Values, theirs: Values, changed: Values, conflicts: Values) -> None:
    assert merge_three_ways({}, mine, theirs, join) == (changed, conflicts)


@given(base=VALUES, mine=VALUES, theirs=VALUES)
def test_nothing_that_somebody_else_wrote_is_lost(base: Values, mine: Values, theirs: Values) -> None:
    changed, _ = merge_three_ways(base, mine, theirs, join)
    assert all(theirs.get(key) in (base.get(key), value) for key, value in changed.items())


@given(base=VALUES, mine=VALUES, theirs=VALUES)
def test_all_that_was_edited_is_written_or_told_of(base: Values, mine: Values, theirs: Values) -> None:
    changed, conflicts = merge_three_ways(base, mine, theirs, join)
    edited = {key for key, value in mine.items() if value != base.get(key)}
    assert changed.keys().isdisjoint(conflicts)
    assert edited <= changed.keys() | conflicts.keys() <= mine.keys()


@given(base=VALUES, mine=VALUES)
def test_alone_one_writes_what_one_edited(base: Values, mine: Values) -> None:
    edited = {key: value for key, value in mine.items() if value != base.get(key)}
    assert merge_three_ways(base, mine, base, join) == (edited, {})


@given(base=VALUES, mine=VALUES, theirs=VALUES)
def test_once_merged_the_rest_merges_to_the_same(base: Values, mine: Values, theirs: Values) -> None:
    changed, conflicts = merge_three_ways(base, mine, theirs)
    assert merge_three_ways(base, mine, {**theirs, **changed}) == (changed, conflicts)

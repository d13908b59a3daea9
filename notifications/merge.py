"""The three-way merge by key: what several people write at the same time, each on a page of their own."""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Merge(NamedTuple, Generic[Key, Value]):
    """What comes of a merge, each key with the value that was sent: those to write, those in conflict."""

    changed: dict[Key, Value | None]
    conflicts: dict[Key, Value | None]


def stand_alone(key: Key) -> tuple[Key, ...]:
    """Return the keys that make sense only together with this one where there is no other."""
    return (key,)


def merge_three_ways(
    base: Mapping[Key, Value | None],
    mine: Mapping[Key, Value | None],
    theirs: Mapping[Key, Value | None],
    joined_keys: Callable[[Key], Collection[Key]] = stand_alone,
) -> Merge[Key, Value]:
    """Merge what was sent (`mine`) with what is stored now (`theirs`), both begun from `base`; a key that is not there
    holds nothing, None.

    A value sent as it was in `base` says nothing. One that changed is written if nobody else changed it, or changed it
    to the same; else it is in conflict, while the other keys are written. `joined_keys` gives, for a key, all those
    that make sense only together, itself included: what somebody else changed in such a set clashes with what was sent
    of it, be it another of its keys, and they are written together or not at all."""
    merge: Merge[Key, Value] = Merge({}, {})
    for keys in dict.fromkeys(frozenset(joined_keys(key)) for key in mine):
        sent = [key for key in mine if key in keys]
        edited = [key for key in sent if mine[key] != base.get(key)]
        if edited and any(theirs.get(key) not in (base.get(key), mine.get(key, base.get(key))) for key in keys):
            merge.conflicts.update({key: mine[key] for key in sent if mine[key] != theirs.get(key)})
        merge.changed.update({key: mine[key] for key in edited if key not in merge.conflicts})
    return merge

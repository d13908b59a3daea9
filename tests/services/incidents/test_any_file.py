"""Whatever a stranger's file holds: it is refused in words, or it is a dossier that every page can show."""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from notifications import seeds
from notifications.documents import dossier_file
from notifications.files.dossier_files import read_dossier
from notifications.questionnaire import Unusable
from notifications.report import DossierData, build_report
from tests.broken_files import GOOD, good
from tests.dossiers import LATE, PARIS, revision

KNOWN = {each.origin: each for each in (revision(f"weda-2025-11.{number}") for number in (1, 2, 3))}
WORDS = [
    "practice",
    "import",
    "default",
    "known",
    "unknown",
    "cleared",
    "not_applicable",
    "suspected",
    "other",
    "source",
    "text",
    "origin",
    "yes",
    "no",
    "day",
    "time",
    "*",
    "-",
    "2025-11-12",
    "2025-11-12T18:07:00+23:59",
    "1990-01-01",
    "2099-12-31",
    "incident:weda-2025-11@2",
    "nom@exemple.fr",
    "123456782",
    "12345678200010",
    "FR40123456782",
    "",
]
SCALARS = st.none() | st.booleans() | st.integers(-3, 10**16) | st.sampled_from(WORDS) | st.text(max_size=20)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=9), inner),
    max_leaves=8,
)


def here(slug):
    return {origin: each for origin, each in KNOWN.items() if each.slug == slug}


def places(value, path=()):
    """Every way into nested tables and lists, as the keys to follow."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


def put(content, path, value):
    content = inside = copy.deepcopy({"": content})
    for name in ("", *path)[:-1]:
        inside = inside[name]
    inside[("", *path)[-1]] = value
    return content[""]


PLACES = sorted(places(good()), key=str)


@given(st.lists(st.tuples(st.sampled_from(PLACES), ANY_JSON), min_size=1, max_size=3))
def test_any_value_at_any_place_is_refused_or_can_be_shown(changes):
    content = good()
    for path, value in changes:
        try:
            content = put(content, path, value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    taken_or_refused(json.dumps(content).encode())


@given(st.data())
def test_any_bytes_at_any_place_are_refused_or_can_be_shown(data):
    before = GOOD.read_bytes()
    at = data.draw(st.integers(0, len(before)))
    length = data.draw(st.integers(0, 40))
    taken_or_refused(before[:at] + data.draw(st.binary(max_size=40)) + before[at + length :])


def taken_or_refused(data):
    try:
        imported = read_dossier(data, revisions_of=here, now=LATE)
    except Unusable as error:
        refused = error.problems
    else:
        refused = None
        can_be_shown(imported)
    assert refused is None or (refused and all(problem.endswith((".", ")")) for problem in refused))


def can_be_shown(imported):
    assert not {entry["origin"] for entry in imported.answers.values()} - {"practice", "import", "default", *KNOWN}
    dossier_data = DossierData(
        imported.questionnaire,
        imported.answers,
        PARIS,
        seeds.load_duties(),
        imported.revision,
        imported.revision and KNOWN["incident:weda-2025-11@3"],
        KNOWN,
    )
    out = dossier_file.dump(build_report(dossier_data, LATE))
    again = read_dossier(out, revisions_of=here, now=LATE)
    assert again.answers == imported.answers

"""What all tests share. Random tests are repeated with TEST_SEED=<the number in the header>."""

import gc
import os
import random

import hypothesis
import pytest

pytest_plugins = ["tests.servers"]

SHARE = int(os.environ.get("TEST_SHARE", "1"))  # of the tests, one in so many, by chance
SEED = os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(10**9)))

# No deadline: the machine may be busy. The printed blob repeats a failure anywhere.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile("full", deadline=None, print_blob=True, max_examples=2000)
hypothesis.settings.register_profile("few", deadline=None, print_blob=True, max_examples=10)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_report_header() -> str:
    return f"TEST_SEED={SEED}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever touches the database in this process is marked so: these are run again on PostgreSQL (`-m database`)."""
    for item in items:
        if item.get_closest_marker("sqlite"):
            continue
        if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
    if SHARE > 1:
        items[:] = [item for item in items if random.Random(f"{SEED} {item.nodeid}").randrange(SHARE) == 0]


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def seeded(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be repeated, and differs from test to test."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture
def seeds_loaded(db: None) -> None:
    """A database that holds what ships."""
    from tests.stored import store_seeds  # models: only once Django is set up

    store_seeds()

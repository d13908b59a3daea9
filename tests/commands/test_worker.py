"""The worker goes on, whatever goes wrong in one of its rounds."""

import pytest
from django.db import OperationalError

from notifications.management.commands.worker import Round, follow


@pytest.mark.django_db
def test_a_round_that_fails_comes_again_and_the_others_go_on():
    calls, clock = [], [0.0]

    def wait(seconds):
        clock[0] += seconds
        return clock[0] > 20

    def fail(stop):
        calls.append("fail")
        raise OperationalError("database is locked")

    def find_more(stop):
        calls.append("more")
        return calls.count("more") < 3

    follow([Round("fail", 15.0, fail), Round("more", 10.0, find_more)], wait, clock=lambda: clock[0])
    assert calls == ["fail", "more", "more", "more", "more", "fail", "more"][: len(calls)]
    assert calls.count("fail") == 2

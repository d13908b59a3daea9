"""A dossier's page left open: the countdown goes on by the browser's clock, and ends calmly."""

import re
from datetime import UTC, datetime, timedelta

from tests.browser.test_journey import begin, go_on, open_step
from tests.dossiers import PARIS


def learn(page, ago):
    """Say on the page of the dates that the practice learned of it so long ago; open the dossier's page."""
    begin(page)
    open_step(page, "dates")
    moment = (datetime.now(UTC) - ago).astimezone(PARIS)
    aware = page.locator("#q-aware_at")
    aware.get_by_label("Jour").fill(f"{moment:%Y-%m-%d}")
    aware.get_by_label(re.compile("Heure")).fill(f"{moment:%H:%M}")
    go_on(page)
    page.goto(re.sub(r"(/dossiers/[^/]+/).*", r"\1", page.url))


def test_the_countdown_goes_on_ends_calmly_and_interrupts_nobody(browse):
    page = browse()
    page.clock.install(time=datetime(2031, 1, 1, tzinfo=UTC))  # a clock set wrong: only what has passed counts
    learn(page, timedelta(hours=69, minutes=3))
    left = page.locator(".deadline-left")
    assert re.fullmatch(r"Il reste 2 heures et 5\d minutes, nuits et week-end compris\.", left.inner_text())
    page.clock.fast_forward("01:00:00")
    assert re.fullmatch(r"Il reste 1 heure et 5\d minutes, nuits et week-end compris\.", left.inner_text())
    assert left.evaluate("each => !each.closest('[aria-live], [role=status], [role=alert], [role=timer]')")
    page.clock.fast_forward("02:30:00")
    assert "notifiez quand même" in left.inner_text()
    assert "Il reste" not in left.inner_text()
    page.clock.fast_forward("48:00:00")  # left open over the week-end: no other sentence, no fault
    assert "notifiez quand même" in left.inner_text()

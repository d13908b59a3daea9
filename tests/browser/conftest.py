"""A real browser (Debian's Chromium) on the real server. What leaves the machine or breaks the policy is a failure."""

import os
import re
import shutil
from urllib.parse import urlsplit

import pytest

# The build without windows draws the same pages with less work.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    """The longest test first, so that no process of the suite ends long after the other."""
    items.sort(key=lambda item: not item.name.startswith("test_axe_and_nu"))


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM:
        pytest.skip("CHROMIUM IS MISSING: browser tests did not run (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    # Playwright runs an event loop in this thread, which Django would take for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, server):
    """`browse(width=390, javascript=False)` opens a page on the server in a browser of its own. It asks for no movement
    unless told otherwise: the driver would wait for each smooth scroll to end before it clicks."""
    contexts, faults = [], []

    def open_page(*, width=1280, height=900, javascript=True, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            base_url=server.url,
            locale="fr-FR",
            accept_downloads=True,
            **{"reduced_motion": "reduce", **options},
        )
        contexts.append(context)
        context.on("request", lambda request: _watch(request, faults))
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: _listen(message, faults))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.faults = faults
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def _listen(message, faults):
    """Errors of scripts and of the policy; a page refused (401, 403, 404, 422) is for its own test to judge."""
    if message.type == "error" and not re.search(r"status of (401|403|404|422)", message.text):
        faults.append(message.text)


def _watch(request, faults):
    address = urlsplit(request.url)
    if address.scheme in ("http", "https") and address.hostname not in ("127.0.0.1", "localhost"):
        faults.append(f"request to {request.url}")

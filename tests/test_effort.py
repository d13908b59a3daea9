"""How much work « L'essentiel » is, measured on the real pages beside every step without an incident."""

import json
import subprocess
import sys

import pytest

from tests.dossiers import ROOT
from tests.servers import STATIC_IS_READY


@pytest.mark.slow
def test_the_short_way_asks_little(tmp_path):
    from tests.browser.conftest import CHROMIUM

    if not CHROMIUM or not STATIC_IS_READY:
        pytest.skip("CHROMIUM OR STATIC FILES ARE MISSING: the work was not measured")
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "effort.py"], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    measured = json.loads(done.stdout.strip().splitlines()[-1])
    assert 10 <= measured["essential"]["questions"] <= 11
    assert measured["ratio"] <= 0.3
    assert measured["essential"]["seconds"] < measured["full"]["seconds"]

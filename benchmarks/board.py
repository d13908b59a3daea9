"""The board with thousands of dossiers, beside the same with one page of them.

    .venv/bin/python benchmarks/board.py [dossiers]        # SQLite
    DATABASE_URL=postgresql://… .venv/bin/python benchmarks/board.py

Builds everything in a test database, which it drops again. Prints, for each request, the median of five (of one for the
whole table) with 50 dossiers and with so many: the time on the clock, that of this process's processor (without the
server of PostgreSQL), the ratio of these two, and the number of queries.
"""

import os
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()  # before models are imported

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from notifications.models import Dossier, User
from tests.many import copies
from tests.stored import WEDA, start_weda, store_seeds
from tests.world import BACKEND

REQUESTS = {
    "page 1": "/tableau/",
    "last page": "/tableau/?page={last}",
    "to do, one incident": f"/tableau/?filtre=a-faire&incident={WEDA}",
    "by name": "/tableau/?q=cabinet",
    "CSV": "/tableau/tableau.csv",
}


def measure(client: Client, address: str, times: int) -> tuple[float, float, int]:
    """(seconds on the clock, seconds of the processor, queries)"""
    with CaptureQueriesContext(connection) as captured:
        client.get(address).getvalue()
    queries = len(captured)  # before the next request forgets them
    taken = [_timed(client, address) for _ in range(times)]
    wall, cpu = (statistics.median(each) for each in zip(*taken, strict=True))
    return wall, cpu, queries


def _timed(client: Client, address: str) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    client.get(address).getvalue()
    return time.perf_counter() - wall, time.process_time() - cpu


def round_of(client: Client, count: int) -> dict[str, tuple[float, float, int]]:
    client.get("/tableau/")  # what is read once for each process
    found = {}
    for name, address in REQUESTS.items():
        found[name] = measure(client, address.format(last=-(-count // 50)), 1 if name == "CSV" else 5)
    return found


def main(count: int) -> None:
    store_seeds()
    user = User.objects.create(email="manager@example.org")
    client, first = Client(), start_weda()
    client.force_login(user, backend=BACKEND)
    copies(first, 50, user, random.Random(1))
    few = round_of(client, 50)
    copies(Dossier.objects.get(pk=first.pk), count - 50, user, random.Random(2))
    many = round_of(client, count)
    print(f"{connection.vendor}: {count} dossiers beside 50")
    print(f"{'ms':20}{'clock':>16}{'processor':>17}{'ratio':>9}{'queries':>12}")
    for name, (wall, cpu, asked) in few.items():
        walls, cpus, asks = many[name]
        clock, processor = (f"{a * 1000:.0f} / {b * 1000:.0f}" for a, b in ((wall, walls), (cpu, cpus)))
        print(f"{name:20}{clock:>16}{processor:>17}{cpus / cpu:>9.1f}{f'{asked} / {asks}':>12}")


if __name__ == "__main__":
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
    finally:
        teardown_databases(databases, verbosity=0)

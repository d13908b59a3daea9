"""`kill -9` of the whole server while browsers save: whatever was acknowledged is there afterwards."""

import http.client
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.servers import reading

CLIENTS = 8
SAVES = 12  # acknowledged by all clients together, at least, before a kill
CUT = (OSError, http.client.HTTPException, json.JSONDecodeError)


class Typist(threading.Thread):
    """A browser that saves numbered values, one after the other, and notes each one that was acknowledged."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.cookies = urllib.request.HTTPCookieProcessor()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), self.cookies)
        page = self.open("/commencer/").read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        begun = self.open("/commencer/", {"csrfmiddlewaretoken": token, "timezone": "Europe/Paris"})
        self.public_id = re.search(r"/dossiers/([^/]+)/", begun.url)[1]
        self.address = f"/dossiers/{self.public_id}/etapes/organisme/"
        self.base = int(re.search(r'name="base" value="(\d+)"', self.open(self.address).read().decode())[1])
        self.last, self.acknowledged, self.faults = 0, [], []
        self.stopped = threading.Event()

    def open(self, path, posted=None, **headers):
        data = urllib.parse.urlencode(posted).encode() if posted else None
        request = urllib.request.Request(self.server.url + path, data, headers)
        return self.opener.open(request, timeout=30)

    def run(self):
        while not self.stopped.is_set():
            try:
                self.save(self.last + 1)
            except urllib.error.HTTPError as refusal:
                self.faults.append(refusal.code)
            except CUT:
                self.stopped.wait(0.05)  # no server: the same number again, as the page does

    def save(self, number):
        token = next(cookie.value for cookie in self.cookies.cookiejar if cookie.name == "csrftoken")
        posted = {"csrfmiddlewaretoken": token, "base": self.base, "keys": "organisation_name"}
        posted["organisation_name"] = f"client {self.number} valeur {number}"
        with self.open(self.address, posted, Accept="application/json") as response:
            reply = json.load(response)
        assert reply["saved"] == ["organisation_name"], reply
        self.base, self.last = reply["version"], number
        self.acknowledged.append(posted["organisation_name"])


def kill_while_they_type(server, seeded, kills):
    typists = [Typist(server, number) for number in range(CLIENTS)]
    for typist in typists:
        typist.start()
    try:
        for _ in range(kills):
            enough = sum(len(typist.acknowledged) for typist in typists) + SAVES
            while sum(len(typist.acknowledged) for typist in typists) < enough:
                assert all(typist.is_alive() for typist in typists)
                typists[0].stopped.wait(0.01)
            typists[0].stopped.wait(seeded.uniform(0, 0.1))
            server.kill()
            with reading(server.var) as ask:
                for typist in typists:
                    check(ask, typist)
            server.start()
    finally:
        for typist in typists:
            typist.stopped.set()
        for typist in typists:
            typist.join(timeout=60)
    assert not [typist.faults for typist in typists if typist.faults]


def check(ask, typist, more=1):
    """The history holds every acknowledged value, in order; the answer is the last, or one of those on their way."""
    acknowledged = list(typist.acknowledged)
    rows = ask(
        "SELECT CAST(after AS text) FROM notifications_answerchange"
        " JOIN notifications_dossier ON dossier_id = notifications_dossier.id"
        " WHERE public_id = ? AND key = 'organisation_name' ORDER BY notifications_answerchange.version",
        typist.public_id,
    )
    kept = [value for [after] in rows if (value := json.loads(after).get("value"))]
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + more
    [[answers]] = ask("SELECT CAST(answers AS text) FROM notifications_dossier WHERE public_id = ?", typist.public_id)
    assert json.loads(answers)["organisation_name"]["value"] == kept[-1]


def test_acknowledged_saves_survive_kills(server, seeded):
    kill_while_they_type(server, seeded, kills=2)


@pytest.mark.slow
def test_acknowledged_saves_survive_many_kills(server, seeded):
    kill_while_they_type(server, seeded, kills=25)

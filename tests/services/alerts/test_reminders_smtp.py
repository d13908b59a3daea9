"""A real mail server that misbehaves in every way: nothing is lost, nothing goes out in clear."""

import socket
import socketserver
import threading
from datetime import timedelta
from itertools import count

import pytest

from breach_assistant import settings as production
from notifications.models import Outgoing
from notifications.services.alerts import reminders
from notifications.services.mail import outbox
from tests.mailing import BEFORE, HOUR, Server, at, certificate, fill
from tests.servers import free_port

pytestmark = pytest.mark.usefixtures("seeds_loaded")
LOOP = timedelta(seconds=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    certificate(folder)
    return folder


@pytest.fixture(scope="module")
def servers(folder):
    """One of each kind, for the whole module."""
    running = {starttls: Server(folder, starttls=starttls) for starttls in (False, True)}
    for each in running.values():
        each.start()
    yield running
    for each in running.values():
        each.stop()


@pytest.fixture
def use(settings, folder):
    """Send to a port of this machine, inside TLS from the first byte or from STARTTLS on."""

    def point(port, *, starttls=False):
        settings.EMAIL_BACKEND = "notifications.services.mail.post.TlsBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", port
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = starttls, not starttls
        settings.EMAIL_CA_FILE, settings.EMAIL_TIMEOUT = str(folder / "cert.pem"), 5
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""

    return point


@pytest.fixture
def server(servers, use):
    """The good one, which forgot all before."""
    good = servers[False]
    good.handler.mails, good.handler.behave = [], lambda recipient, step: None
    use(good.port)
    return good.handler


def tick(now):
    return reminders.run_round(clock=at(now))


def out_for(length, start=BEFORE):
    """The loop goes round while the server is out; the instant of its return. The rounds in between, when the delay no
    longer grows, are left out."""
    for _ in range(4):
        assert tick(start) == 0
        next_at = Outgoing.objects.filter(state="waiting").order_by("next_at").first().next_at
        start = max(start + LOOP, next_at)
    assert start < BEFORE + length
    assert tick(BEFORE + length - LOOP) == 0
    return BEFORE + length


def delivered(back, wanted, sink):
    """All are out within five minutes of the server's return."""
    for n in range(11):
        tick(back + LOOP * n)
        if not Outgoing.objects.filter(state="waiting").exists():
            break
    assert {to for to, _ in sink.mails} == {f"cabinet{n}@cabinet.example" for n in range(wanted)}


def test_mails_go_out_inside_tls_from_starttls_on(servers, use):
    use(servers[True].port, starttls=True)
    servers[True].handler.mails = []
    fill(3)
    assert tick(BEFORE) == 3
    [(to, mail), *_] = servers[True].handler.mails
    assert to == mail["To"]
    assert mail.get_body(("plain",)).get_content().startswith("Le délai de notification")
    assert "heure de Paris" in mail["Subject"]


# -- faults inside TLS ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("rcpt", "451 4.3.0 later"),
        ("rcpt", "421 4.3.2 going away"),
        ("data", "452 4.3.1 no room"),
        ("rcpt", "550 5.7.1 relaying denied"),
        ("data", "554 5.7.0 not now"),
    ],
)
def test_a_server_that_says_no_for_two_hours_loses_nothing(server, step, reply):
    fill(3)
    server.behave = lambda recipient, at_step: reply if at_step == step else None
    back = out_for(2 * HOUR)
    server.behave = lambda recipient, at_step: None
    if reply.startswith("5"):  # asked again every twenty minutes
        back += HOUR / 2
    delivered(back, 3, server)
    assert len(server.mails) == 3


@pytest.mark.parametrize("fault", ["250 drop", "250 after 1"])
def test_a_mail_that_is_taken_without_an_answer_is_repeated_twice_and_holds_nobody_back(server, settings, fault):
    settings.EMAIL_ANSWER_TIMEOUT = 0.2
    fill(2)
    server.behave = lambda recipient, step: fault if step == "data" and recipient.startswith("cabinet0") else None
    assert tick(BEFORE) == 1
    assert [tick(BEFORE + timedelta(minutes=minutes)) for minutes in (1, 14, 15, 16, 44, 45, 46, 90, 300)] == [0] * 9
    copies = [mail["Message-ID"] for to, mail in server.mails if to.startswith("cabinet0")]
    assert (len(copies), len(set(copies)), len(server.mails)) == (3, 1, 4)
    assert sorted(Outgoing.objects.values_list("state", "reason")) == [("sent", ""), ("sent", "remise incertaine")]


def test_a_server_that_is_slow_to_take_a_mail_is_waited_for(server, settings):
    fill(1)
    settings.EMAIL_TIMEOUT = 0.5
    server.behave = lambda recipient, step: "250 after 0.9" if step == "data" else None
    assert tick(BEFORE) == 1
    assert len(server.mails) == 1
    worst = timedelta(seconds=15 * production.EMAIL_TIMEOUT + production.EMAIL_ANSWER_TIMEOUT)
    assert worst < outbox.LEASE


def test_an_address_is_given_up_by_the_time_it_was_refused_not_by_its_age(server, use, servers):
    fill(1)
    use(free_port())
    assert tick(BEFORE) == 0
    use(servers[False].port)
    server.behave = lambda recipient, step: "550 5.7.1 not set up"
    assert tick(BEFORE + 4 * HOUR) == 0
    assert Outgoing.objects.get().state == "waiting"
    server.behave = lambda recipient, step: "451 later"
    assert tick(BEFORE + 6 * HOUR) == 0
    server.behave = lambda recipient, step: "550 5.7.1 not set up"
    assert tick(BEFORE + 8 * HOUR) == 0
    server.behave = lambda recipient, step: None
    assert tick(BEFORE + 8 * HOUR + HOUR / 2) == 1


def test_a_relay_that_is_away_for_an_hour_shows_in_the_health(use):
    fill(1)
    use(free_port())
    tick(BEFORE)
    assert reminders.is_alive(BEFORE)
    tick(BEFORE + HOUR + LOOP)
    assert not reminders.is_alive(BEFORE + HOUR + LOOP)


def test_one_bad_address_holds_nobody_back_and_is_given_up(server):
    fill(4)
    bad = "cabinet0@cabinet.example"
    server.behave = lambda recipient, step: "550 5.1.1 no such user" if recipient == bad else None
    assert tick(BEFORE) == 3
    for minutes in range(20, 200, 20):
        tick(BEFORE + timedelta(minutes=minutes))
    row = Outgoing.objects.exclude(state="sent").get()
    assert (row.state, row.reason) == ("dropped", "adresse refusée")
    assert tick(BEFORE + 4 * HOUR) == 0  # and not taken up again
    assert len(server.mails) == 3


def test_a_domain_that_is_not_ready_holds_other_domains_back_no_more_than_itself(server):
    slow = {each.pk for each in fill(2, domain="lent.example")}
    fill(2)
    server.behave = lambda recipient, step: "451 later" if recipient.endswith("lent.example") else None
    assert tick(BEFORE) == 2
    asked = count()
    server.behave = lambda recipient, step: next(asked) and None
    assert Outgoing.objects.filter(state="waiting", dossier__in=slow).count() == 2
    assert tick(BEFORE + LOOP * 4) == 2


def test_an_address_that_always_fails_starves_nobody_of_its_domain(server):
    fill(4)
    bad = "cabinet0@cabinet.example"
    server.behave = lambda recipient, step: "452 4.2.2 mailbox full" if recipient == bad else None
    assert tick(BEFORE) == 0
    assert tick(BEFORE + LOOP * 3) == 3


def test_a_server_that_closes_now_and_then_is_asked_before_it_is_used_again(server, monkeypatch):
    """As those do that take so many mails in one connection."""
    fill(3)
    post = reminders.Post
    usual = post.send

    def send(self, mail):
        usual(self, mail)
        self.connection.connection.sock.shutdown(socket.SHUT_RDWR)

    monkeypatch.setattr(post, "send", send)
    assert tick(BEFORE) == 3


# -- faults before TLS: every byte that comes is kept ---------------------------------------------------


class Clear(socketserver.StreamRequestHandler):
    """Follows a script: what is said first, then what is answered to each line."""

    def handle(self):
        server = self.server
        if server.script is None:  # hangs: says nothing until the test is over
            server.over.wait(30)
            return
        self.wfile.write(server.script["greeting"])
        for line in self.rfile:
            server.heard.append(line)
            reply = next((said for verb, said in server.script.items() if line.upper().startswith(verb.encode())), b"")
            if not reply:
                return
            self.wfile.write(reply)


@pytest.fixture
def clear():
    class Listening(socketserver.ThreadingTCPServer):
        daemon_threads = True
        script, heard, over = None, [], threading.Event()

        def handle_error(self, request, client_address):
            """The other side may leave at any moment."""

    server = Listening(("127.0.0.1", 0), Clear)
    server.heard = []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


EHLO = b"250-localhost\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
EVERYTHING = {"MAIL": b"250 ok\r\n", "RCPT": b"250 ok\r\n", "DATA": b"354 go\r\n", "RSET": b"250 ok\r\n"}
SCRIPTS = {
    "not offered": {"greeting": b"220 hi\r\n", "EHLO": b"250 localhost\r\n", **EVERYTHING},
    "refused": {"greeting": b"220 hi\r\n", "EHLO": EHLO, "STARTTLS": b"454 not now\r\n", **EVERYTHING},
    "broken": {"greeting": b"220 hi\r\n", "EHLO": EHLO, "STARTTLS": b"220 go\r\nthis is no TLS\r\n", **EVERYTHING},
    "dropped": {"greeting": b"220 hi\r\n", "EHLO": EHLO, **EVERYTHING, "STARTTLS": b""},
    "greets with no": {"greeting": b"554 no\r\n", "EHLO": EHLO, **EVERYTHING},
    "going away": {"greeting": b"421 later\r\n", "EHLO": EHLO, **EVERYTHING},
    "silent": None,
}


@pytest.mark.parametrize("fault", SCRIPTS)
def test_without_tls_nothing_is_said_and_all_goes_out_later(server, servers, clear, use, settings, fault):
    clear.script = SCRIPTS[fault]
    fill(2)
    use(clear.server_address[1], starttls=True)
    settings.EMAIL_TIMEOUT = 0.05 if fault == "silent" else 5
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "rappels@s.example", "s3cret"
    back = out_for(2 * HOUR)
    heard = b"".join(clear.heard).lower()
    for word in (b"cabinet", b"mail from", b"auth", b"rappels", b"subject", b"s3cret", b"data"):
        assert word not in heard
    use(servers[False].port)
    delivered(back, 2, server)


@pytest.mark.parametrize("starttls", [False, True])
def test_a_certificate_that_nobody_vouches_for_is_not_believed(servers, use, settings, starttls):
    use(servers[starttls].port, starttls=starttls)
    settings.EMAIL_CA_FILE = ""
    servers[starttls].handler.mails = []
    fill(1)
    assert tick(BEFORE) == 0
    assert servers[starttls].handler.mails == []
    assert Outgoing.objects.get().reason == "serveur d'envoi injoignable"


def test_a_server_that_is_gone_for_two_hours_holds_back_only_until_its_return(server, servers, use):
    fill(3)
    use(free_port())
    back = out_for(2 * HOUR)
    use(servers[False].port)
    delivered(back, 3, server)
    # what is left is counted when the mail is made, not when it was first wanted
    assert "17 heures et 5" in server.mails[0][1].get_body(("plain",)).get_content()

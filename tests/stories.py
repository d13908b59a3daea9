"""What people do with the application, told by its addresses and its commands: what the recordings are made of.

All that is imported of the application stands at the head of this module."""

import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from notifications.management.commands.worker import purge as daily_round
from notifications.models import Dossier as Dossier
from notifications.models import JournalEntry
from tests.batching import work
from tests.dossiers import ROOT
from tests.html_pages import Page
from tests.recorder import Recorder, text_of_file, text_of_json, text_of_mail
from tests.signing_in import sign_in
from tests.stored import WEDA, fact, publish, store_seeds, withdraw
from tests.views.test_matrix import BY_SECRET, LIBRARY, PDFS, rows
from tests.world import World, world

BEGINNING = datetime(2025, 11, 12, 17, 30, tzinfo=UTC)  # a little after the practice of the example learnt of it
AWARE = datetime(2025, 11, 12, 18, 7, tzinfo=ZoneInfo("Europe/Paris"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EXAMPLE, ROSTER = ROOT / "examples/cabinet-weda.toml", ROOT / "examples/cabinets.csv"
READERS = ("anonymous", "owner", "manager", "reader", "union editor", "administrator", "guest with the dossier")


def routes() -> Recorder:
    """Every address by its name."""
    recorder = Recorder()
    found = sorted(f"{pattern.name}: /{place}" for place, pattern in _patterns("", get_resolver().url_patterns))
    recorder.keep("routes", found)
    return recorder


def _patterns(before: str, patterns: list[URLPattern | URLResolver]) -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for each in patterns:
        place = before + str(each.pattern)
        found += _patterns(place, each.url_patterns) if isinstance(each, URLResolver) else [(place, each)]
    return found


# -- commands ------------------------------------------------------------------------------------------


def commands() -> Recorder:
    """What `manage.py draft` writes of the example, of no answers at all, and of a roster."""
    recorder = Recorder()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.toml").write_text("")
        for case, incident, answers in (("example", WEDA, EXAMPLE), ("almost-empty", "-", folder / "empty.toml")):
            made = {kind: folder / f"{case}.{kind}" for kind in ("pdf", "json")}
            outputs = [text for kind, path in made.items() for text in (f"--{kind}", str(path))]
            said = run("draft", incident, "--answers", str(answers), "--now", "2025-11-20T09:00:00+01:00", *outputs)
            recorder.keep(f"{case}.output", said)
            for kind, path in made.items():
                recorder.keep(f"{case}.{kind}", text_of_file(path.read_bytes()))
        (folder / "roster.csv").write_text("".join(ROSTER.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
        batch = (
            "--batch",
            str(folder / "roster.csv"),
            "--out",
            str(folder / "roster"),
            "--now",
            "2025-11-13T09:00:00+01:00",
        )
        said = run("draft", WEDA, *batch)
        recorder.keep("roster.output", [said, *sorted(path.name for path in (folder / "roster").iterdir())])
    return recorder


def run(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


# -- everybody's pages ---------------------------------------------------------------------------------


def pages() -> Recorder:
    """Every address, asked for by each of those who may know it; what two of them are shown alike stands once. Of a
    guest's dossier, who has a story of its own, only that it answers."""
    store_seeds()
    found = world()
    recorder = Recorder()
    recorder.names |= _names_of(found)
    recorded: dict[str, str] = {}  # {text: the first recording of it}
    answers: dict[str, dict[str, str]] = {}  # {address: {role: what was answered there}}
    index = []
    for role in READERS:
        client = found.client(role)
        for name, address in _addresses(found):
            if _is_known(name, address, role, answers.get(address, {})):
                continue
            response = client.get(address)
            if response.status_code == 404 or (role == "anonymous" and _to_sign_in(response)):
                continue
            text = recorder.hide(recorder.text_of(response))
            answers.setdefault(address, {})[role] = text
            shown = recorded.get(text) or text.partition("\n")[2].partition("\n")[0]
            if response.status_code == 200 and text not in recorded and found.guest_dossier.public_id not in address:
                shown = recorded[text] = f"{name}.{role.replace(' ', '-')}"
                recorder.keep(shown, text)
            index.append(f"{name} [{role}] {recorder.hide(address)} {response.status_code} {shown}")
    recorder.keep("index", sorted(index))
    recorder.keep_frames()
    return recorder


def _is_known(name: str, address: str, role: str, answers: dict[str, str]) -> bool:
    """Is it not worth its time? The PDFs stand in other stories, but for those of templates. A page that nobody and the
    owner were shown alike is so for all; to whoever manages a practice its dossiers look as to its owner."""
    if name in PDFS:
        return bool(answers) or not name.startswith("template")
    alike = role not in READERS[:2] and answers.get("anonymous", "") == answers.get("owner")
    return alike or (role == "manager" and bool(answers) and address.startswith("/dossiers/"))


def _to_sign_in(response: Any) -> bool:
    return response.status_code == 302 and "/connexion/" in response.headers["Location"]


def _names_of(found: World) -> dict[str, str]:
    names = {secret: f"secret {name}" for name, secret in found.secrets.items()}
    own = ("dossier", "guest_dossier", "practice", "group", "batch", "edit")
    return names | {getattr(found, name).public_id: name for name in own} | {found.device: "device"}


def _addresses(found: World) -> list[tuple[str, str]]:
    """(Name, address) of everything that the matrix of access holds, and of an account's own pages."""
    listed = [(name, address) for name, address, _, _ in rows(found)]
    listed += [(name, reverse(name, args=[found.secrets[secret]])) for name, (secret, _) in BY_SECRET.items()]
    own = [name for name in sorted(LIBRARY) if name not in ("mfa_remove_webauthn", "account_logout")]
    return [*listed, *((name, reverse(name)) for name in own)]


# -- one dossier from its beginning to its end --------------------------------------------------------


class Story:
    """People, the hour, and what is recorded of what they do."""

    def __init__(self) -> None:
        store_seeds()
        self.recorder = Recorder()
        self.clock = time_machine.travel(BEGINNING, tick=False)

    def __enter__(self) -> "Story":
        self.traveller = self.clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.clock.stop()

    def at(self, instant: datetime) -> None:
        self.traveller.move_to(instant)

    def mails(self, name: str) -> list[Any]:
        """Record what is due to be sent, and what was sent since the last time."""
        run("send_reminders")
        sent, mail.outbox[:] = list(mail.outbox), []
        for number, each in enumerate(sent, start=1):
            self.recorder.keep(f"{name}.{number}.mail", text_of_mail(each))
        return sent

    def journal(self, name: str, client: Client, dossier: str) -> None:
        """The page, and the lines as they are stored."""
        entries = JournalEntry.objects.filter(dossier__public_id=dossier).order_by("number")
        self.recorder.names |= {each.hash: f"hash of line {each.number}" for each in entries}  # holds the dossier's id
        self.recorder.answer(f"{name}.journal", client.get(f"/dossiers/{dossier}/journal/"))
        lines = [
            text_of_json({key: str(getattr(each, key)) for key in ("number", "at", "by", "event", "keys")})
            for each in entries
        ]
        self.recorder.keep(f"{name}.journal-entries", lines)
        self.recorder.keep(f"{name}.verify-journal", run("verify_journal"))

    def save(self, recording: str, client: Client, place: str, /, **posted: Any) -> Any:
        """What autosave is answered."""
        response = client.post(place, posted, headers={"accept": "application/json"})
        self.recorder.keep(recording, self.recorder.text_of(response))
        return response


def begin(client: Client, address: str = f"/incidents/{WEDA}/commencer/", **said: str) -> str:
    """Begin a dossier: what stands for it in addresses."""
    response = client.post(address, {"timezone": "Europe/Paris"} | said)
    assert response.status_code == 302, response.content.decode()
    return re.search(r"/dossiers/([\w-]{22})/", response.headers["Location"])[1]


def import_example(client: Client, answers: Path = EXAMPLE, incident: str = WEDA) -> str:
    """Bring in the dossier.json that `manage.py draft` makes of the example."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "dossier.json")
        run("draft", incident, "--answers", str(answers), "--json", str(made), "--now", "2025-11-20T09:00:00+01:00")
        file = SimpleUploadedFile("dossier.json", made.read_bytes())
    response = client.post("/dossiers/importer/", {"file": file})
    assert response.status_code == 302, response.content.decode()
    return re.search(r"/dossiers/([\w-]{22})/", response.headers["Location"])[1]


def steps_of(client: Client, dossier: str) -> list[str]:
    page = client.get(f"/dossiers/{dossier}/verifier/").content.decode()
    return list(dict.fromkeys(re.findall(rf"/dossiers/{dossier}/etapes/([\w-]+)/", page)))


def autosave() -> Recorder:
    """What pages that save by themselves are answered, step by step."""
    with Story() as story:
        client = Client()
        dossier = begin(client)
        root = f"/dossiers/{dossier}"
        steps = steps_of(client, dossier)
        place, base = f"{root}/etapes/organisme/", version_of(client, f"{root}/etapes/organisme/")
        save = story.save
        save("saved", client, place, base=base, keys=["city", "siren"], city="Dieppe")
        save("nothing-new", client, place, base=base, keys=["city"], city="Dieppe")
        save("refused", client, place, base=base, keys=["city", "siren"], city="Rouen", siren="123 456 789")
        save("conflict", client, place, base=base, keys=["city", "postcode"], city="Le Havre", postcode="76200")
        save("elsewhere", client, place, base=base, keys=["postcode"], postcode="76201")
        save("held", client, place, base=base, keys=["postcode"], held="city", city="Caen", postcode="76202")
        save("without-its-version", client, place, base="x", keys=["city"], city="Caen")
        save("stranger", Client(), place, base=base, keys=["city"], city="Caen")
        type_ = f"{root}/etapes/type/"
        latest = version_of(client, type_)
        save("kind", client, type_, base=latest, keys=["kind"], kind="complementary")
        save(
            "beside",
            client,
            type_,
            base=latest,
            keys=["kind", "initial_reference"],
            kind="initial",
            initial_reference="12",
        )
        nir = "Le patient 1 85 05 78 006 084 91 a appelé."
        for step in steps:
            address = f"{root}/etapes/{step}/"
            page = Page(client.get(address).content)
            save(f"as-shown.{step}", client, address, **page.sends())
            texts = {each.name: nir for each in page.controls if each.kind == "textarea"}
            save(f"with-patient-data.{step}", client, address, **page.sends() | texts)
        for subject in essentials_of(client, dossier):
            address = f"{root}/essentiel/{subject}/"
            save(f"essential.{subject}", client, address, **Page(client.get(address).content).sends())
        aware = {"aware_at-day": "2025-11-12", "aware_at-time": "18:07"}
        address = f"{root}/etapes/dates/"
        save("clock", client, address, base=version_of(client, address), keys=["aware_at"], **aware)
        save(
            "in-the-future",
            client,
            address,
            base=version_of(client, address),
            keys=["aware_at"],
            **aware | {"aware_at-day": "2026-01-01"},
        )
        save("copy-sheet", client, f"{root}/recopie/", **Page(client.get(f"{root}/recopie/").content).sends())
        story.recorder.names[dossier] = "dossier"
        story.journal("autosave", client, dossier)
        return story.recorder


def version_of(client: Client, address: str) -> str:
    return Page(client.get(address).content).named("base").value


def essentials_of(client: Client, dossier: str) -> list[str]:
    page = client.get(f"/dossiers/{dossier}/").content.decode()
    first = re.search(r"/essentiel/([\w-]+)/", page)
    found: list[str] = [first[1]] if first else ["relire"]
    for subject in found:
        page = client.get(f"/dossiers/{dossier}/essentiel/{subject}/").content.decode()
        found += [each for each in dict.fromkeys(re.findall(r"/essentiel/([\w-]+)/", page)) if each not in found]
    return found


def one_dossier() -> Recorder:
    """The shipped example as a guest has it: every page, its files, filed, completed, copied, news, erased."""
    with Story() as story:
        client, keep = Client(), story.recorder.answer
        story.at(BEGINNING + 9 * DAY)  # after what the example knows
        dossier = import_example(client)
        story.recorder.names[dossier] = "dossier"
        root = f"/dossiers/{dossier}/"
        keep("dossier", client.get(root))
        for step in steps_of(client, dossier):
            keep(f"step.{step}", client.get(f"{root}etapes/{step}/"))
        for subject in essentials_of(client, dossier):
            keep(f"essential.{subject}", client.get(f"{root}essentiel/{subject}/"))
        for name in (
            "telecharger/",
            "verifier/",
            "recopie/",
            "lien/",
            "rappels/",
            "depot/",
            "complement/",
            "nouveautes/",
            "effacer/",
            "relecture/",
            "cabinet/",
            "versions/description/",
            "versions/aware_at/",
            "echeances.ics",
            "lettre-editeur.txt",
            "lettre-editeur.pdf",
        ):
            keep(name.strip("/").replace("/", "."), client.get(root + name))
        keep("list", client.get("/dossiers/"))
        keep("list.csv", client.get("/dossiers/liste.csv"))
        keep("new-link", client.post(f"{root}lien/"))
        calendar = client.post(f"{root}rappels/", {"feed": "1"})
        keep("new-feed", calendar)
        keep("feed.ics", Client().get(re.search(r"/calendrier/[\w-]{43}\.ics", calendar.content.decode())[0]))
        asked = client.post(f"{root}relecture/", {"name": "Dr Relecteur"})
        keep("review-asked", asked)
        review = re.search(r"/relecture/[\w-]{43}/", asked.content.decode())[0]
        reader = Client()
        shown = Page(reader.get(review).content).named("version").value
        keep("reviewed", reader.post(review, {"version": shown, "read": "1"}, follow=True))
        filing = {
            "kind": "initial",
            "day": "2025-11-14",
            "hour": "09:30",
            "cnil_number": "FR-2025-77",
            "filed_by": "Dr Exemple",
        }
        form = Page(client.get(f"{root}depot/").content)
        place = {name: form.named(name).value for name in ("base", "number")}
        keep("filing-refused", client.post(f"{root}depot/", place | filing | {"day": "31/11/2025"}), 422)
        keep("filed", client.post(f"{root}depot/", place | filing, follow=True))
        address = f"{root}etapes/{steps_of(client, dossier)[2]}/"
        page = Page(client.get(address).content)
        texts = {each.name: "Autrement, depuis le dépôt." for each in page.controls if each.kind == "textarea"}
        keep("changed", client.post(address, page.sends() | texts, follow=True), 200, 422)
        publish("3.local1", changed_facts)
        for name in (
            "",
            "complement/",
            "complement.pdf",
            "depot/1/notification.pdf",
            "nouveautes/",
            "echeances.ics",
        ):
            keep(f"later.{name.strip('/').replace('/', '.') or 'dossier'}", client.get(root + name))
        story.journal("dossier", client, dossier)
        keep("erase-refused", client.post(f"{root}effacer/"), 200, 422)
        keep("erased", client.post(f"{root}effacer/", {"sure": "1"}, follow=True))
        story.recorder.keep_frames()
        return story.recorder


def changed_facts(content: dict[str, Any]) -> None:
    """What a further revision of the incident says: one fact otherwise, one no longer."""
    found = fact(content, "other_bodies_involved")
    found["value"], found["statement"] = False, "Dit autrement."
    withdraw(content, "description")


# -- mails ---------------------------------------------------------------------------------------------


def reminders() -> Recorder:
    """Each kind of mail that a dossier is followed by, at its hour."""
    with Story() as story:
        client = Client()
        dossier = begin(client)
        story.recorder.names[dossier] = "dossier"
        root = f"/dossiers/{dossier}/"
        address = f"{root}etapes/dates/"
        aware = {"aware_at-day": "2025-11-12", "aware_at-time": "18:07"}
        story.save("aware", client, address, base=version_of(client, address), keys=["aware_at"], **aware)
        keep = story.recorder.answer
        keep("asked", client.post(f"{root}rappels/", {"email": "accueil@cabinet.example"}, follow=True))
        [request] = story.mails("confirm")
        link = re.search(r"(/rappels/[^/\s]+/)", request.body)[1]
        keep("confirm", client.get(link))
        keep("confirmed", client.post(link, follow=True))
        for hours in (0.5, 24, 48, 66, 71, 73, 97, 121, 145):
            story.at(AWARE + HOUR * hours)
            story.mails(f"reminder-after-{hours:g}h")
        form = Page(client.get(f"{root}depot/").content)
        place = {name: form.named(name).value for name in ("base", "number")}
        client.post(f"{root}depot/", place | {"kind": "initial", "day": "2025-11-18", "hour": "09:30"})
        for days in (8, 11, 14, 38):
            story.at(AWARE + DAY * days)
            story.mails(f"complement-after-{days}-days")
        publish("3.local1", changed_facts)
        story.at(AWARE + DAY * 40)
        story.mails("news")
        story.at(AWARE + DAY * 41)
        sent = story.mails("news-later")
        link = re.search(r"(/rappels/fin/[^/\s]+/)", request.body if not sent else sent[-1].body)
        if link:
            keep("end", client.get(link[1]))
            keep("ended", client.post(link[1], follow=True))
        story.journal("reminded", client, dossier)
        return story.recorder


def decision() -> Recorder:
    """A dossier whose practice decides not to notify."""
    with Story() as story:
        client = Client()
        dossier = begin(client)
        story.recorder.names[dossier] = "dossier"
        root = f"/dossiers/{dossier}/"
        address = f"{root}etapes/dates/"
        said = {"aware_at-day": "2025-11-12", "aware_at-time": "18:07", "decision": "not_notify"}
        story.save("decided", client, address, base=version_of(client, address), keys=["aware_at", "decision"], **said)
        client.post(f"{root}rappels/", {"email": "accueil@cabinet.example"})
        [request] = story.mails("confirm")
        client.post(re.search(r"(/rappels/[^/\s]+/)", request.body)[1])
        for days in range(1, 10):
            story.at(AWARE + DAY * days)
            story.mails(f"review-after-{days}-days")
        story.recorder.answer("dossier", client.get(root))
        story.recorder.answer("draft.pdf", client.get(f"{root}brouillon.pdf"))
        return story.recorder


# -- a practice and those who keep many ----------------------------------------------------------------


def team() -> Recorder:
    """An account, its practice, its team, a roster, a group, exports, the end of what is kept."""
    with Story() as story:
        keep, names = story.recorder.answer, story.recorder.names
        story.at(BEGINNING + DAY)  # after what the roster knows; a session ends after an hour without a use
        client = Client()
        sign_in(client, "anne@example.org")
        story.mails("sign-in")
        made = client.post(
            "/cabinets/nouveau/",
            {"name": "Cabinet des Tilleuls", "kind": "office", "timezone": "Europe/Paris", "role": "owner"},
        )
        assert made.status_code == 302, made.content.decode()
        practice = re.search(r"/cabinets/([\w-]{22})/", made.headers["Location"])[1]
        names[practice] = "practice"
        profile = f"/cabinets/{practice}/fiche/"
        page = Page(client.get(profile).content)
        keep(
            "profile-saved",
            client.post(profile, page.sends(organisation_name="Cabinet des Tilleuls", city="Dieppe"), follow=True),
            200,
            422,
        )
        keep("profile", client.get(profile))
        invited = client.post(
            f"/cabinets/{practice}/equipe/", {"email": "zoe@example.org", "role": "member"}, follow=True
        )
        keep("invited", invited)
        [invitation] = story.mails("invitation")
        link = re.search(r"/invitations/[\w-]{43}/", invitation.body)[0]
        other = Client()
        keep("invitation", other.get(link))
        sign_in(other, "zoe@example.org")
        mail.outbox.clear()
        keep("joined", other.post(link, follow=True))
        keep("team", client.get(f"/cabinets/{practice}/equipe/"))
        started = client.get(f"/cabinets/{practice}/commencer/")
        keep("start", started)
        dossier = begin(client, f"/cabinets/{practice}/commencer/", incident=WEDA)
        names[dossier] = "dossier"
        story.journal("of-the-practice", client, dossier)
        upload = {
            "incident": WEDA,
            "timezone": "Europe/Paris",
            "file": SimpleUploadedFile("cabinets.csv", ROSTER.read_bytes()),
        }
        shown = client.post("/tableau/importer/", upload)
        keep("roster-shown", shown)
        keep(
            "roster-started",
            client.post("/tableau/importer/", {"checked": Page(shown.content).named("checked").value}, follow=True),
        )
        faulty = SimpleUploadedFile("cabinets.csv", ROSTER.read_bytes() + b"Faux;123456789;;;Dr;;;;\n")
        keep("roster-refused", client.post("/tableau/importer/", upload | {"file": faulty}), 422)
        name_dossiers(names)
        begin_group(story, client)
        for place in (
            "tableau/",
            "tableau/tableau.csv",
            "dossiers/",
            "dossiers/liste.csv",
            "registre/",
            "cabinets/",
            f"cabinets/{practice}/",
        ):
            keep(recorded_name(story.recorder.hide(place)), client.get(f"/{place}"))
        chosen = [value for value, name in names.items() if name.startswith("dossier")]
        made = client.post("/lots/", {"dossier": chosen[:1]})
        work()
        keep("batch", client.get(made.headers["Location"]))
        keep("batch.zip", client.get(f"{made.headers['Location']}fichiers.zip"))
        exported = client.post(f"/cabinets/{practice}/exporter/")
        work()
        keep("export", client.get(exported.headers["Location"]))
        keep("export.zip", client.get(f"{exported.headers['Location']}fichiers.zip"))
        data = client.post("/compte/donnees.zip")
        keep("account-data", data, 200, 302)
        story.recorder.keep_frames()
        story.at(BEGINNING + 50 * HOUR)
        story.mails("group-reminder")
        story.at(BEGINNING + DAY + 365 * DAY - 29 * DAY)
        mail.outbox.clear()
        daily_round(lambda: False)
        story.mails("end-of-retention")
        return story.recorder


def name_dossiers(names: dict[str, str]) -> None:
    for number, each in enumerate(Dossier.objects.order_by("pk").values_list("public_id", flat=True), start=1):
        names.setdefault(each, f"dossier {number}")


def recorded_name(place: str) -> str:
    return re.sub(r"[^\w.]+", "-", place).strip("-")


def begin_group(story: Story, client: Client) -> None:
    """Three controllers of one house, reminded at one address."""
    keep = story.recorder.answer
    new = client.get("/groupes/nouveau/")
    keep("new-group", new)
    said = {"incident": WEDA, "name": "MSP des Tilleuls", "timezone": "Europe/Paris"}
    newcomers = "Cabinet Ana\nCabinet Bob\nCabinet Cléo"
    once = Page(new.content).named("once").value
    made = client.post("/groupes/nouveau/", said | {"once": once, "newcomers": newcomers})
    assert made.status_code == 302, made.content.decode()
    address = made.headers["Location"]
    story.recorder.names[address.strip("/").partition("/")[2]] = "group"
    name_dossiers(story.recorder.names)
    common = f"{address}communes/"
    keep("common", client.get(common))
    aware = {"aware_at-day": "2025-11-12", "aware_at-time": "18:07"}
    keep("common-saved", client.post(common, Page(client.get(common).content).sends() | aware, follow=True), 200, 422)
    spread = Page(client.get(common).content).sends() | {"spread": "1"}
    keep("common-spread", client.post(common, spread, follow=True), 200, 422)
    for dossier in Dossier.objects.filter(group__isnull=False).values_list("public_id", flat=True):
        dates = f"/dossiers/{dossier}/etapes/dates/"
        said = {"base": version_of(client, dates), "keys": ["aware_at"]} | aware
        story.save(f"aware.{story.recorder.names[dossier].replace(' ', '-')}", client, dates, **said)
    keep("group", client.get(address))
    keep("group-deadlines.pdf", client.get(f"{address}echeances.pdf"))
    keep("group-asked", client.post(address, {"email": "accueil@msp.example"}, follow=True))
    [request] = story.mails("group-confirm")
    client.post(re.search(r"(/rappels/[^/\s]+/)", request.body)[1])


STORIES: dict[str, Callable[[], Recorder]] = {
    each.__name__.replace("_", "-"): each
    for each in (routes, commands, pages, autosave, one_dossier, reminders, decision, team)
}

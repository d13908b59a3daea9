"""Everybody × every address × every method: each opens what is theirs, and nothing of anybody else's ever leaves.

An address without a row here fails: say who may read and who may send, then it passes."""

import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Set
from typing import Any

import pypdf
import pytest
from django.core import mail
from django.db import transaction
from django.urls import URLPattern, reverse

from notifications.models import Grant
from notifications.views.dossiers.files import DOWNLOADS
from tests.dossiers import form
from tests.routes import LIBRARY, list_routes
from tests.signing_in import sent_mails
from tests.stored import WEDA, everything, store_seeds
from tests.world import GUEST_S, OURS, ROLES, THEIRS, UNION_S, World, world

TEAM = {"reader", "member", "manager", "owner"}
SIGNED_IN = TEAM | {"owner of another practice", "union editor", "administrator"}
HOLDERS = {"guest with the dossier", "link holder"}
# What each may see of the marks.
MARKS: Mapping[str, set[str]] = {
    **{role: {GUEST_S} for role in HOLDERS},
    **{role: {OURS} for role in TEAM},
    "owner of another practice": {THEIRS},
    "union editor": {UNION_S},
}
OK, MISSING, FORBIDDEN, SIGN_IN, NO_METHOD = "ok", "missing", "forbidden", "sign in", "no method"


def _by(
    allowed: set[str], refused: str = MISSING, known: set[str] = frozenset(), told: str = FORBIDDEN
) -> dict[str, str]:
    return {role: OK if role in allowed else told if role in known else refused for role in ROLES}


EVERYBODY = _by(set(ROLES))
ACCOUNTS = _by(SIGNED_IN, SIGN_IN)
IN_THE_TEAM = _by(TEAM)
WRITERS = _by({"member", "manager", "owner"}, known=TEAM)
KEEPERS = _by({"manager", "owner"}, known=TEAM)
GOVERNORS = _by({"owner"}, known=TEAM)
PREPARERS = _by({"manager", "owner"})  # of every dossier of the group
ITS_USER = _by({"manager"})
EDITORS = _by({"union editor"})
NOBODY = _by(set(), known=TEAM)
IN_NO_TEAM = _by(set())  # only for what a guest has
NEVER = dict.fromkeys(ROLES, NO_METHOD)

# Who may read, who may send; of a dossier, in the words of the one that the practice has.
OF_A_DOSSIER = {
    "dossier": (IN_THE_TEAM, NEVER),
    "step": (IN_THE_TEAM, WRITERS),
    "essential": (IN_THE_TEAM, WRITERS),
    "ready": (IN_THE_TEAM, NEVER),
    "check": (IN_THE_TEAM, WRITERS),
    "copy_sheet": (IN_THE_TEAM, WRITERS),
    "draft_pdf": (IN_THE_TEAM, NEVER),
    **{each.name: (IN_THE_TEAM, NEVER) for each in DOWNLOADS},
    "link": (IN_THE_TEAM, NOBODY),
    "claim": (IN_NO_TEAM, IN_NO_TEAM),
    "alerts": (IN_THE_TEAM, WRITERS),
    "deadlines_ics": (IN_THE_TEAM, NEVER),
    "versions": (IN_THE_TEAM, WRITERS),
    "filing": (IN_THE_TEAM, WRITERS),
    "filing_pdf": (IN_THE_TEAM, NEVER),
    "complement": (IN_THE_TEAM, NEVER),
    "journal": (IN_THE_TEAM, NEVER),
    "erase": (IN_THE_TEAM, GOVERNORS),
    "entrust": (IN_THE_TEAM, WRITERS),
    "offers": (IN_THE_TEAM, WRITERS),
    "news": (IN_THE_TEAM, WRITERS),
    "ask_review": (IN_THE_TEAM, WRITERS),
}
OF_A_PRACTICE = {
    "practice": (IN_THE_TEAM, NEVER),
    "profile": (IN_THE_TEAM, KEEPERS),
    "start_for_practice": (KEEPERS, KEEPERS),
    "team": (IN_THE_TEAM, IN_THE_TEAM),  # anybody may leave; the rest is the governors', tested with the team
    "export_practice": (KEEPERS, KEEPERS),
    "erase_practice": (GOVERNORS, GOVERNORS),
}
OF_A_UNION = {
    "manage_templates": (EDITORS, EDITORS),
    "import_template": (EDITORS, EDITORS),
    "template_roles": (EDITORS, EDITORS),
    "manage_template": (EDITORS, NEVER),
    "template_cover": (EDITORS, EDITORS),
    "template_step": (EDITORS, EDITORS),
    "template_preview": (EDITORS, NEVER),
    "template_preview_pdf": (EDITORS, NEVER),
    "publish_template": (EDITORS, EDITORS),
    "withdraw_template": (EDITORS, EDITORS),
    "template_poster": (EDITORS, NEVER),
    "template_code": (EDITORS, NEVER),
    "catalogue": (EDITORS, NEVER),
    "catalogue_incident": (EDITORS, EDITORS),
    "catalogue_edit": (EDITORS, EDITORS),
    "catalogue_new_row": (EDITORS, EDITORS),
    "catalogue_row": (EDITORS, EDITORS),
}
OTHERS = {
    "templates": (EVERYBODY, NEVER),
    "template": (EVERYBODY, NEVER),
    "start_template": (EVERYBODY, EVERYBODY),
    "template_json": (EVERYBODY, NEVER),
    "home": (EVERYBODY, NEVER),
    "incident": (EVERYBODY, NEVER),
    "start_incident": (EVERYBODY, EVERYBODY),
    "start": (EVERYBODY, EVERYBODY),
    "dossiers": (EVERYBODY, NEVER),
    "dossiers_csv": (EVERYBODY, NEVER),
    "import": (EVERYBODY, EVERYBODY),
    "forget": (EVERYBODY, EVERYBODY),
    "accessibility": (EVERYBODY, NEVER),
    "your_data": (EVERYBODY, NEVER),
    "legal_notice": (EVERYBODY, NEVER),
    "healthz": (EVERYBODY, NEVER),
    "practices": (ACCOUNTS, NEVER),
    "new_practice": (ACCOUNTS, ACCOUNTS),
    "new_group": (ACCOUNTS, ACCOUNTS),
    "board": (ACCOUNTS, ACCOUNTS),
    "board_csv": (ACCOUNTS, NEVER),
    "import_roster": (ACCOUNTS, ACCOUNTS),
    "new_batch": (ACCOUNTS, ACCOUNTS),
    "erase_account": (ACCOUNTS, ACCOUNTS),
    "account_data": (ACCOUNTS, ACCOUNTS),
    "register": (ACCOUNTS, NEVER),
    "group": (PREPARERS, PREPARERS),
    "common_answers": (PREPARERS, PREPARERS),
    "group_deadlines_pdf": (PREPARERS, NEVER),
    "batch": (ITS_USER, ITS_USER),
    "batch_zip": (ITS_USER, NEVER),
}
# Whoever holds the secret, whoever it is: its name, and the marks that it shows.
BY_SECRET: Mapping[str, tuple[str, set[str]]] = {
    "open_link": ("link", set()),
    "calendar_feed": ("feed", {OURS}),
    "invitation": ("invitation", {OURS}),
    "give_review": ("proofreading", {OURS}),
}
# Of what they may open, what we send names nothing that is there: such an answer, no version, no dossier.
NOTHING_NAMED = {"versions", "new_batch", "manage_templates", "catalogue_edit"}
BY_TOKEN = {"confirm_address", "end_reminders"}  # signed, tested with the reminders
PDFS = {
    "template_preview_pdf",
    "template_poster",
    "draft_pdf",
    "filing_pdf",
    "group_deadlines_pdf",
    *(each.name for each in DOWNLOADS if each.file.endswith(".pdf")),
}
MISSING_ID = "A" * 22
USUAL, UNUSUAL = ("get", "head", "post"), ("put", "patch", "delete", "options")


def named() -> Iterator[URLPattern]:
    yield from (pattern for pattern in list_routes() if pattern.name not in LIBRARY)


def test_every_address_has_a_row() -> None:
    rows = {*OF_A_DOSSIER, *OF_A_PRACTICE, *OF_A_UNION, *OTHERS, *BY_SECRET, *BY_TOKEN}
    assert {pattern.name for pattern in named()} == rows


@pytest.fixture
def found(db: None) -> World:
    store_seeds()
    return world()


class Undo(Exception):
    """What a request changed is taken back."""


def ask(client: Any, method: str, address: str) -> Any:
    """The answer; nothing stays of what it changed."""
    data = {"base": "1", "keys": ["kind"], "kind": "initial"} if method == "post" else None
    try:
        with transaction.atomic():
            response = getattr(client, method)(address, data)
            response.text_of_all = text_of(response)
            raise Undo
    except Undo:
        return response


def text_of(response: Any) -> str:
    """Everything that one could read in an answer: headers, and the body, also inside PDF and zip files."""
    body = b"".join(response) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return headers + "\n".join(_read(body))


def _read(body: bytes) -> Iterator[str]:
    if body.startswith(b"%PDF-1"):
        yield from (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    elif body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as files:
            for name in files.namelist():
                yield name
                yield from _read(files.read(name))
    else:
        yield body.decode("utf-8", "replace")


def outcome(response: Any) -> str:
    status = response.status_code
    assert status < 500, status
    if status == 302 and "/compte/connexion/" in response.headers["Location"]:
        return SIGN_IN
    return {404: MISSING, 403: FORBIDDEN, 405: NO_METHOD}.get(status, OK)


def same(one: Any, other: Any) -> bool:
    return (one.status_code, one.content, {**one.headers, "Expires": ""}) == (
        other.status_code,
        other.content,
        {**other.headers, "Expires": ""},
    )


def of_guest(row: dict[str, str]) -> dict[str, str]:
    """The same of a dossier that only a guest has; « link » is for guests."""
    return row if row is NEVER else _by(HOLDERS)


def addresses(name: str, **ids: Any) -> str:
    some = {"slug": form().steps[0].slug, "subject": "relire", "key": "kind", "number": 1}
    pattern = next(each for each in list_routes() if each.name == name)
    if "slug" in pattern.pattern.converters and "public_id" not in ids:
        some["slug"] = WEDA
    wanted = pattern.pattern.converters
    return reverse(name, kwargs={key: value for key, value in {**some, **ids}.items() if key in wanted})


def of_union(found: World, name: str) -> tuple[str, str]:
    """The address of what the union has, and of what nobody has."""
    ours = {"slug": found.template.slug, "kind": "svg", "step": form().steps[0].slug}
    if name == "template_roles":
        ours["slug"] = found.template.organisation.slug
    if name in ("template_poster", "template_code"):
        ours["slug"] = found.offered.slug
    if name.startswith("catalogue"):
        ours = {"slug": WEDA, "edit_id": found.edit.public_id, "table": "faits", "place": 0}
    address, missing = addresses(name, **ours), addresses(name, **{**ours, "slug": "nulle-part"})
    return address, "" if missing == address else missing


def rows(found: World) -> Iterator[tuple[str, str, str, tuple[dict[str, str], dict[str, str]]]]:
    """(name, address, the same of what does not exist or "", who may)."""
    for name, (read, send) in OF_A_DOSSIER.items():
        missing = addresses(name, public_id=MISSING_ID)
        yield name, addresses(name, public_id=found.dossier.public_id), missing, (read, send)
        yield name, addresses(name, public_id=found.guest_dossier.public_id), missing, (of_guest(read), of_guest(send))
    for name, may in OF_A_PRACTICE.items():
        missing = addresses(name, practice_id=MISSING_ID)
        yield name, addresses(name, practice_id=found.practice.public_id), missing, may
    for name, may in OF_A_UNION.items():
        yield name, *of_union(found, name), may
    ids = {"group_id": found.group.public_id, "batch_id": found.batch.public_id}
    for name, may in OTHERS.items():
        offered = {"slug": found.offered.slug, "number": "1.local1"} if "template" in name else {}
        address = addresses(name, **ids, **offered)
        missing = addresses(name, **dict.fromkeys(ids, MISSING_ID), **offered)
        yield name, address, "" if missing == address else missing, may


def expected(method: str, may: tuple[dict[str, str], dict[str, str]], role: str) -> set[str]:
    read, send = may
    if method in ("get", "head"):
        return {read[role]}
    if method == "post":
        return {send[role]} if send is not NEVER else {NO_METHOD, read[role] if read[role] != OK else NO_METHOD}
    return {NO_METHOD, MISSING, SIGN_IN, FORBIDDEN}


def leaks(response: Any, may_see: Set[str]) -> set[str]:
    """Marks in an answer, or in mails, that whoever asked may not see."""
    text = response.text_of_all + "\n".join(str(each.message()) for each in sent_mails())
    mail.outbox.clear()
    return {mark for mark in {OURS, THEIRS, GUEST_S, UNION_S} - may_see if mark in text}


def wrong_answers(found: World, role: str, methods: Collection[str], pdf: str) -> Iterator[Any]:
    """Of the PDFs, a second each, those who may open them ask for one."""
    client = found.client(role)
    for name, address, missing, may in rows(found):
        for method in methods:
            wanted = expected(method, may, role)
            if name in PDFS - {pdf} and method in ("get", "head") and OK in wanted:
                continue
            response = ask(client, method, address)
            got, leaked = outcome(response), leaks(response, MARKS.get(role, set()))
            nothing = method == "post" and name in NOTHING_NAMED and (got, wanted) == (MISSING, {OK})
            if (got not in wanted and not nothing) or leaked:
                yield method, address, name, response.status_code, wanted, leaked
            if got == MISSING and missing and not same(response, ask(client, method, missing)):
                yield method, address, name, "is not like a missing one"


@pytest.mark.parametrize("role", ROLES)
def test_everybody_opens_what_is_theirs_and_nothing_else(found: World, role: str, seeded: Any) -> None:
    """What one may not open answers like what does not exist, byte for byte. Of the other methods, one by chance."""
    methods = ["get", "post", seeded.choice(["head", *UNUSUAL])]
    wrong = list(wrong_answers(found, role, methods, seeded.choice(sorted(PDFS))))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_everybody_every_method_every_pdf(found: World, role: str) -> None:
    for pdf in PDFS:
        wrong = list(wrong_answers(found, role, [*USUAL, *UNUSUAL], pdf))
        assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ["owner", "manager", "guest with the dossier"])
def test_reading_changes_nothing(found: World, role: str, seeded: Any) -> None:
    client = found.client(role)
    Grant.objects.update(last_used_on=found.dossier.created_at)
    before = everything()
    pdf = seeded.choice(sorted(PDFS))
    for name, address, _, may in rows(found):
        if may[0][role] == OK and name not in PDFS - {pdf}:
            assert client.get(address).status_code in (200, 302), address
    assert everything() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_secret_opens_what_it_is_for_and_a_wrong_one_nothing(found: World, role: str) -> None:
    client = found.client(role)
    for name, (secret, shown) in BY_SECRET.items():
        for method in (*USUAL, *UNUSUAL):
            wrong = ask(client, method, reverse(name, args=["W" * 43]))
            assert outcome(wrong) in (MISSING, NO_METHOD), (name, method)
            assert not leaks(wrong, set())
        right = ask(client, "get", reverse(name, args=[found.secrets[secret]]))
        assert outcome(right) in (OK, SIGN_IN), name
        assert not leaks(right, shown | MARKS.get(role, set())), name


@pytest.mark.parametrize("role", ROLES)
def test_an_account_s_own_pages_and_signed_links_show_nobody_else_s(found: World, role: str) -> None:
    client = found.client(role)
    for name in sorted(LIBRARY | BY_TOKEN):
        pattern = next(each for each in list_routes() if each.name == name)
        address = reverse(name, kwargs=dict.fromkeys(pattern.pattern.converters, 1))
        for method in USUAL:
            response = ask(client, method, address)
            assert response.status_code < 500, address
            assert not leaks(response, MARKS.get(role, set())), address

"""Templates: what is published, and what editors are writing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from ... import deadlines, prefill, seeds, shared_template
from ...merge import merge_three_ways
from ...models import (
    Incident,
    IncidentRevision,
    Organisation,
    SharedTemplate,
    SharedTemplateChange,
    SharedTemplateRevision,
    User,
)
from ...questionnaire import Questionnaire, Refused, Unusable
from ...report import DossierData
from ..accounts import access
from ..incidents import incidents
from . import unions

PUBLIC_LINE = 300  # characters
ANSWERS, ADVICE = "answers.", "advice."  # what the names of elements by question begin with

NOT_ACCEPTED = "Votre organisation n'a pas encore accepté la répartition des rôles (article 28 du RGPD)."
WITHDRAWN = "Ce modèle est retiré : il ne se publie plus."
MOVED = "Ce modèle a changé depuis l'ouverture de cette page : relisez-le avant de le publier."
NO_SUMMARY = "Dites en une phrase ce qui a changé."
EMPTY = "Ce modèle ne contient encore ni réponse ni conseil."


# -- published ------------------------------------------------------------------------------------------

_known: dict[str, shared_template.SharedTemplateFile] = {}  # by digest


def form(name: str) -> Questionnaire | None:
    """A questionnaire that is known here."""
    try:
        return seeds.questionnaire(name)
    except Unusable:
        return None


def as_data(stored: SharedTemplateRevision) -> shared_template.SharedTemplateFile:
    """The stored revision as data. One digest is one content for ever: it is fetched (`defer`) and read once."""
    if stored.digest not in _known:
        _known[stored.digest] = shared_template.build(stored.content, form)
    return _known[stored.digest]


def _newest_first(stored: Iterable[SharedTemplateRevision]) -> list[SharedTemplateRevision]:
    return sorted(stored, key=lambda each: seeds.number_key(each.number), reverse=True)


def stored_revisions(template: SharedTemplate) -> list[SharedTemplateRevision]:
    """The revisions of a template, newest first; empty while nothing is published."""
    return _newest_first(template.revisions.select_related("template").defer("content"))


def revisions(slug: str) -> list[shared_template.SharedTemplateFile]:
    """The same as data, of the template at this address."""
    stored = SharedTemplateRevision.objects.filter(template__slug=slug).defer("content")
    return [as_data(each) for each in _newest_first(stored)]


def stored(revision: shared_template.SharedTemplateFile) -> SharedTemplateRevision | None:
    """Where the database holds this revision."""
    kept = SharedTemplateRevision.objects.filter(template__slug=revision.slug, number=revision.number)
    return kept.select_related("template").first()


def families(
    ids: Collection[int],
) -> dict[int, tuple[shared_template.SharedTemplateFile, list[shared_template.SharedTemplateFile]]]:
    """By the number of a stored revision, for those of `ids` and their kin: itself, and all of its template, newest
    first. What is withdrawn still serves the dossiers that were begun with it."""
    kin = SharedTemplate.objects.filter(revisions__in=ids)
    stored = _newest_first(SharedTemplateRevision.objects.filter(template__in=kin).defer("content"))
    found: dict[int, list[shared_template.SharedTemplateFile]] = {}
    read = [(each.pk, found.setdefault(each.template_id, []), as_data(each)) for each in stored]
    for _, family, revision in read:
        family.append(revision)
    return {pk: (revision, family) for pk, family, revision in read}


def newest(found: Iterable[SharedTemplate]) -> dict[int, SharedTemplateRevision]:
    """The newest revision of each template that has one, by the template's number, in one query."""
    stored = SharedTemplateRevision.objects.filter(template__in=found).select_related("template__organisation")
    return {each.template_id: each for each in reversed(_newest_first(stored.defer("content")))}


def check_fits(template: SharedTemplate, questionnaire: str, revision: IncidentRevision | None) -> None:
    """Raises ValueError for a dossier of another questionnaire or of another incident than the template's."""
    if template.questionnaire != questionnaire or template.incident_id != (revision and revision.incident_id):
        raise ValueError(f"{template}: made for another questionnaire or another incident")


# -- begun and edited -----------------------------------------------------------------------------------


@dataclass
class Saved:
    """What a save did. `conflicts` holds, for each element not written, both values and who wrote the other one when;
    `refused`, for each, why."""

    version: int
    saved: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


@transaction.atomic
def begin(*, organisation: Organisation, incident: Incident | None, now: datetime) -> SharedTemplate:
    """A template that holds nothing of its own yet: what the incident proposes shows through it, and is stored only
    where an editor writes something else."""
    known = incidents.revisions(incident.slug) if incident else []
    return SharedTemplate.objects.create(
        organisation=organisation,
        slug=_free_slug(f"{organisation.slug}-{incident.slug if incident else 'modele'}"[:70].strip("-")),
        questionnaire=known[0].questionnaire if known else seeds.QUESTIONNAIRE,
        incident=incident,
        content=_nested({"title": (known[0].title if known else "Violation de données")[: shared_template.TITLE]}),
        created_at=now,
    )


def _free_slug(wanted: str) -> str:
    taken = set(SharedTemplate.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


@transaction.atomic
def save(*, template: SharedTemplate, base: int, elements: Mapping[str, Any], by: User, now: datetime) -> Saved:
    """Write elements of the content, each by its name: `title`, `cover`, `position`, `answers.<key>`, `advice.<key>`;
    None or "" takes it away. Merged by name, three ways, like the answers of a dossier: `base` is the version that the
    page was rendered from."""
    result = Saved(template.version)
    cleaned = {}
    for name, raw in elements.items():
        try:
            cleaned[name] = _cleaned(template, name, raw)
        except Refused as refused:
            result.refused[name] = str(refused)
    row = locked(template)
    held, before = elements_of(row.content), _as_of(row, base, cleaned)
    changed, conflicts = merge_three_ways(before, cleaned, held)
    for name, mine in conflicts.items():
        result.conflicts[name] = {"mine": mine, "theirs": held.get(name), **_last_change(row, name)}
    result.saved = sorted(changed)
    _write(row, {name: mine for name, mine in changed.items() if mine != held.get(name)}, by, now)
    result.version = row.version
    return result


def locked(template: SharedTemplate) -> SharedTemplate:
    """The template as it stands; others who would change it wait until this transaction ends."""
    SharedTemplate.objects.filter(pk=template.pk).update(version=F("version"))
    return SharedTemplate.objects.select_related("organisation", "incident").get(pk=template.pk)


def _cleaned(template: SharedTemplate, name: str, raw: Any) -> Any:
    """The element as it is kept; None for one that is taken away. Raises Refused."""
    kind, _, key = name.partition(".")
    if kind not in CLEANERS:
        raise Refused("Cet élément n'existe pas dans un modèle.")
    if raw in (None, "") and kind != "title":
        return None
    return CLEANERS[kind](template, key, raw)


def _title(template: SharedTemplate, key: str, raw: Any) -> str:
    if title := shared_template.clean_line(raw, shared_template.TITLE):
        return title
    raise Refused("Donnez un titre à ce modèle.")


def _cover(template: SharedTemplate, key: str, raw: Any) -> str | None:
    return shared_template.clean_plain(raw, shared_template.COVER) or None


def _position(template: SharedTemplate, key: str, raw: Any) -> dict[str, str]:
    return shared_template.clean_position(raw)


def _answer(template: SharedTemplate, key: str, raw: Any) -> dict[str, Any]:
    return shared_template.clean_answer(_question(template, key), raw)


def _advice(template: SharedTemplate, key: str, raw: Any) -> str:
    return shared_template.clean_advice(_question(template, key), raw)


def _question(template: SharedTemplate, key: str) -> Any:
    if question := seeds.questionnaire(template.questionnaire).get(key):
        return question
    raise Refused("Cette question n'existe pas dans le questionnaire.")


CLEANERS = {"title": _title, "cover": _cover, "position": _position, "answers": _answer, "advice": _advice}


def follow(*, template: SharedTemplate, revision: shared_template.SharedTemplateFile, now: datetime) -> None:
    """What editors are writing follows a revision that came from elsewhere, unless they have begun to write something
    else, or it is an old one; the row is locked by the caller."""
    last = next(iter(stored_revisions(template)), None)
    if last and seeds.number_key(last.number) > seeds.number_key(revision.number):
        return
    mine, theirs = elements_of(template.content), elements_of(shared_template.contents(revision))
    if not mine or (last and mine == elements_of(shared_template.contents(as_data(last)))):
        names = [name for name in mine | theirs if mine.get(name) != theirs.get(name)]
        _write(template, {name: theirs.get(name) for name in names}, None, now)


def elements_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What an edited content holds, each element under its name."""
    found = {name: content[name] for name in ("title", "cover", "position") if content.get(name)}
    found |= {f"{ANSWERS}{key}": answer for key, answer in content.get("answers", {}).items()}
    return found | {f"{ADVICE}{key}": text for key, text in content.get("advice", {}).items()}


def _nested(elements: Mapping[str, Any]) -> dict[str, Any]:
    """The content again, from its elements."""
    content: dict[str, Any] = {name: elements.get(name) for name in ("title", "cover", "position")}
    for kind in (ANSWERS, ADVICE):
        named = {name.removeprefix(kind): each for name, each in elements.items() if name.startswith(kind)}
        content[kind.rstrip(".")] = {key: each for key, each in named.items() if each is not None}
    return {**content, "cover": content["cover"] or ""}


def _as_of(template: SharedTemplate, base: int, names: Iterable[str]) -> dict[str, Any]:
    """Each element as it stood after save number `base`."""
    held = elements_of(template.content)
    later = template.changes.filter(version__gt=base, key__in=list(names)).order_by("-version")
    return {name: held.get(name) for name in names} | {change.key: change.before for change in later}


def _last_change(template: SharedTemplate, name: str) -> dict[str, str]:
    last = template.changes.filter(key=name).order_by("-version").first()
    return {"by": last.by if last else "", "at": last.at.isoformat() if last else ""}


def _write(template: SharedTemplate, changed: Mapping[str, Any], by: User | None, now: datetime) -> None:
    """Store elements and their history; the row is locked by the caller."""
    if not changed:
        return
    held = elements_of(template.content)
    template.version += 1
    _note(template, {name: (held.get(name), after) for name, after in changed.items()}, by, now)
    template.content = _nested(held | changed)
    template.save(update_fields=["content", "version"])


def _note(template: SharedTemplate, changes: Mapping[str, tuple[Any, Any]], by: User | None, now: datetime) -> None:
    said = {"template": template, "version": template.version, "at": now, "by": access.account_author(by) if by else ""}
    rows = [SharedTemplateChange(key=name, before=old, after=new, **said) for name, (old, new) in changes.items()]
    SharedTemplateChange.objects.bulk_create(rows)


def edited(template: SharedTemplate, now: datetime) -> shared_template.SharedTemplateFile:
    """What editors are writing, as the revision that it would be if it were published now. Raises Unusable."""
    return shared_template.build(_file(template, "Modèle en cours de rédaction.", now), form)


def preview(template: SharedTemplate, now: datetime) -> DossierData:
    """The dossier that a practice would begin with it, of which nothing is stored."""
    own, questionnaire = edited(template, now), seeds.questionnaire(template.questionnaire)
    known = incidents.revisions(template.incident.slug) if template.incident else []
    revision = known[0] if known else None
    return DossierData(
        questionnaire=questionnaire,
        answers=prefill.prefill({}, prefill.strongest(prefill.layers(questionnaire, revision, own))),
        zone=deadlines.PARIS,
        obligations=seeds.duties(),
        revision=revision,
        newest=revision,
        revisions={each.origin: each for each in known},
        template=own,
        newest_template=own,
        templates={own.origin: own},
    )


# -- published and withdrawn ----------------------------------------------------------------------------


@transaction.atomic
def publish(*, template: SharedTemplate, base: int, summary: str, by: User, now: datetime) -> SharedTemplateRevision:
    """What editors have written becomes the next revision; `base` is the version that they have read. Raises Unusable
    with what stands in the way."""
    row = locked(template)
    if problems := _obstacles(row, base):
        raise Unusable(problems)
    data = shared_template.read(shared_template.canonical(_file(row, _summary(summary), now)), form)  # as others will
    last = next(iter(stored_revisions(row)), None)
    if last and _words(as_data(last)) == _words(data):
        raise Unusable([f"Rien n'a changé depuis la révision {last.number}."])
    return keep(template=row, revision=data, by=by)


def _obstacles(template: SharedTemplate, base: int) -> list[str]:
    content = template.content
    faults = {
        NOT_ACCEPTED: not unions.has_accepted(template.organisation),
        WITHDRAWN: template.withdrawn_at is not None,
        MOVED: template.version != base,
        EMPTY: not (content.get("answers") or content.get("advice")),
    }
    return [sentence for sentence, found in faults.items() if found]


def _summary(text: str) -> str:
    try:
        summary = shared_template.clean_line(text, shared_template.SUMMARY)
    except Refused as refused:
        raise Unusable([str(refused)]) from None
    if not summary:
        raise Unusable([NO_SUMMARY])
    return summary


def _words(revision: shared_template.SharedTemplateFile) -> dict[str, Any]:
    """What members read of it: all but what each publication writes anew."""
    told_anew = ("number", "published_at", "summary", "incident")
    return {name: each for name, each in shared_template.contents(revision).items() if name not in told_anew}


def keep(
    *,
    template: SharedTemplate,
    revision: shared_template.SharedTemplateFile,
    by: User | None = None,
    from_seed: bool = False,
) -> SharedTemplateRevision:
    """Store a checked revision; the row is locked by the caller."""
    content = shared_template.contents(revision)
    return SharedTemplateRevision.objects.create(
        template=template,
        number=revision.number,
        published_at=revision.published_at,
        summary=revision.summary,
        content=content,
        digest=shared_template.digest_of(content),
        from_seed=from_seed,
        published_by=by,
    )


def _file(template: SharedTemplate, summary: str, now: datetime) -> dict[str, Any]:
    """The tables of the file that would be published now."""
    known = incidents.stored_revisions(template.incident.slug) if template.incident else []
    number = known[0].number if known else ""
    revision = int(number) if number.isdigit() else number
    return {
        "format": shared_template.FORMAT,
        "format_version": shared_template.VERSION,
        "organisation": {"name": template.organisation.name, "contact": template.organisation.contact},
        "slug": template.slug,
        "number": next_number(template),
        "questionnaire": template.questionnaire,
        "incident": {"slug": template.incident.slug, "revision": revision} if known else None,
        "published_at": now.astimezone(deadlines.PARIS).date().isoformat(),
        "summary": summary,
        **template.content,
    }


def next_number(template: SharedTemplate) -> str:
    """`<n>.local<k>`: after revision `<n>` of those that ship, and never the number of one that will."""
    newest = next((seeds.number_key(each.number) for each in stored_revisions(template)), (1, 0))
    return f"{newest[0]}.local{newest[1] + 1}"


@transaction.atomic
def withdraw(*, template: SharedTemplate, by: User, now: datetime) -> None:
    """It is offered no more; the dossiers that were begun with it keep it."""
    row = locked(template)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        _noted(row, "withdrawn_at", None, now.isoformat(), by, now)


@transaction.atomic
def set_public_line(*, template: SharedTemplate, base: int, text: str, by: User, now: datetime) -> None:
    """The line that stands on the public page beside the revision. A page that shows an older one (`base`: the version
    it was rendered from) and leaves it alone does not bring it back. Raises Refused."""
    line, row = shared_template.clean_line(text, PUBLIC_LINE), locked(template)
    later = row.changes.filter(version__gt=base, key="public_line").order_by("version").first()
    if line != row.public_line and not (later and line == later.before):
        before, row.public_line = row.public_line, line
        _noted(row, "public_line", before, line, by, now)


def _noted(template: SharedTemplate, column: str, before: Any, after: Any, by: User, now: datetime) -> None:
    """A column changed by an editor, with a line of history of its own."""
    template.version += 1
    _note(template, {column: (before, after)}, by, now)
    template.save(update_fields=[column, "version"])

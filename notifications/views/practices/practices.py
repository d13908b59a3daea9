"""Practices: their page, their profile, dossiers begun for them or entrusted to them, what is offered to a dossier."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import Count
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import prefill
from ...forms.practices.practice import NO_INCIDENT, EntrustForm, FactsForm, NewPracticeForm, ProfileForm, StartForm
from ...models import ControllerGroup, Dossier, Practice, Role
from ...questionnaire import Context, is_blank
from ...report import build_report, describe_origin
from ...services.accounts import access, roles
from ...services.dossiers import saving
from ...services.incidents import incidents
from ...services.practices import practices as services
from ..dossiers import pages
from ..dossiers.dossiers import first_page, page_by_time_left
from ..viewer import signed_in, visible_dossier, visible_practice

CHANGED = "Cette valeur a changé ailleurs, en « {} », qui est enregistré. La vôtre est restée dans le champ."
NAMELESS = "Un cabinet a toujours un nom : l'ancien est gardé."


def _sent(request):
    return request.POST if request.method == "POST" else None


# -- practices ------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def practices(request):
    """The practices in which the account has a role."""
    held = request.user.memberships.select_related("practice").annotate(dossiers=Count("practice__dossiers"))
    return render(request, "practices/practices.html", {"held": held.order_by("practice__name", "practice")})


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_practice(request):
    """GET: its name, and who you are in it. POST: it exists, and its profile is to be filled in."""
    form = NewPracticeForm(_sent(request))
    if not form.is_valid():
        return render(request, "practices/new.html", {"form": form}, status=422 if form.errors else 200)
    practice = services.create(**form.cleaned_data, user=request.user, now=timezone.now())
    messages.success(request, "Le cabinet est créé. Complétez sa fiche : elle remplira le début de chaque dossier.")
    return redirect("profile", practice.public_id)


@never_cache
@require_safe
def practice(request, practice_id):
    """Its dossiers by time left, its team in a line, and what this role may do."""
    found = visible_practice(request, practice_id)
    placed = Dossier.objects.visible_to(request.viewer).filter(practice=found)
    context = {
        "practice": found,
        "page": page_by_time_left(request, placed),
        "role": Role(roles.role_in(request.viewer, found)),
        "groups": ControllerGroup.objects.visible_to(request.viewer).filter(dossiers__practice=found),
        "team": found.memberships.select_related("user").order_by("created_at", "pk"),
        "may_keep": roles.may_keep(request.viewer, found),
        "may_govern": roles.may_govern(request.viewer, found),
        "has_owner": roles.has_owner(found),
    }
    return render(request, "practices/practice.html", context)


# -- the profile ----------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request, practice_id):
    """GET: who the practice is. POST saves what was not refused, merged with what colleagues saved meanwhile."""
    found = visible_practice(request, practice_id)
    report = _profile_report(found)
    if not roles.may_keep(request.viewer, found):
        if request.method == "POST":
            raise PermissionDenied
        return render(request, "practices/profile_read.html", {"practice": found, "sections": report.sections})
    if request.method != "POST":
        return _profile_page(request, found, _profile_form(report), FactsForm(instance=found))
    return _profile_saved(request, found, report)


def _profile_report(practice):
    return build_report(services.as_dossier(practice), timezone.now())


def _profile_form(report):
    asked = [row.question for row in report.by_key.values() if not row.answered_elsewhere]
    return ProfileForm(asked, report.data.answers, _context(report), steps=services.questions().steps)


def _context(report):
    return Context(report.data.zone, report.now)


def _profile_page(request, practice, form, facts, *, status=200):
    base = signing.dumps(services.contents(practice), salt=practice.public_id, compress=True)
    context = {"practice": practice, "form": form, "facts": facts, "base": base}
    return render(request, "practices/profile.html", context, status=status)


def _profile_saved(request, practice, report):
    base, form, facts = _profile_sent(request, practice, report)
    told = {name: facts.cleaned_data[name] for name in facts.cleaned_data if name not in facts.errors}
    clashing = services.save_profile(practice=practice, base=base, entries=form.entries(), facts=told)
    practice = Practice.objects.get(pk=practice.pk)
    after = _profile_report(practice)
    conflicts = {key: {"lines": after.by_key[key].lines} for key in clashing & form.fields.keys()}
    for name in clashing & facts.fields.keys():
        facts.add_error(name, CHANGED.format(FactsForm.in_words(practice, name)))
    if form.errors or conflicts or facts.errors:
        form.explain(conflicts=conflicts, stored=_profile_form(after))
        return _profile_page(request, practice, form, facts, status=422)
    messages.success(request, "La fiche est enregistrée. Les dossiers ouverts proposent ce qui y a changé.")
    if _profile_form(after).fields.keys() - form.fields.keys():
        messages.info(request, "Vos réponses font apparaître d'autres questions sur cette page.")
        return redirect("profile", practice.public_id)
    return redirect("practice", practice.public_id)


def _profile_sent(request, practice, report):
    """(contents that the page was rendered from, its questions, its other fields), checked."""
    try:
        base = signing.loads(request.POST.get("base", ""), salt=practice.public_id)
    except signing.BadSignature:
        raise SuspiciousOperation("a page without its version") from None
    held = [each for each in services.questions() if each.key in request.POST.getlist("keys")]
    form = ProfileForm(held, base["entries"], _context(report), request.POST, steps=services.questions().steps)
    facts = FactsForm(request.POST, instance=Practice.objects.get(pk=practice.pk))
    facts.is_valid()
    form.is_valid()
    if services.NAME in form.cleaned_data and is_blank(form.cleaned_data[services.NAME]):
        form.add_error(services.NAME, NAMELESS)
    return base, form, facts


# -- dossiers of a practice -----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start_for_practice(request, practice_id):
    """GET: which incident. POST: a dossier of the practice, filled in with the incident and with the profile."""
    found = visible_practice(request, practice_id)
    if not roles.may_keep(request.viewer, found):
        raise PermissionDenied
    known = incidents.newest()
    form = StartForm(_sent(request), incidents=[(each.slug, each.title) for each in known])
    if not form.is_valid():
        begun = Dossier.objects.visible_to(request.viewer).filter(practice=found).order_by("-created_at")
        context = {"practice": found, "form": form, "begun": begun}
        return render(request, "practices/start.html", context, status=422 if form.errors else 200)
    slug, now = form.cleaned_data["incident"], timezone.now()
    revision = None if slug == NO_INCIDENT else incidents.stored_revisions(slug)[0]
    dossier = saving.start(
        revision=revision,
        timezone=found.timezone,
        by=access.account_author(request.user),
        now=now,
        practice=found,
    )
    return first_page(dossier, now)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entrust(request, public_id):
    """« Confier ce dossier à un cabinet ». GET: what will happen. POST: it is the practice's."""
    dossier = visible_dossier(request, public_id)
    mine = request.viewer.user is not None and dossier.owner_id == request.viewer.user.pk
    form = EntrustForm(_sent(request), practices=roles.practices(request.viewer, roles.WRITERS))
    if not mine or not form.is_valid():
        context = {"dossier": dossier, "form": form, "mine": mine, "choices": form.fields["practice"].queryset.count()}
        return render(request, "practices/entrust.html", context, status=422 if mine and form.errors else 200)
    given = form.cleaned_data["practice"]
    if services.entrust(dossier=dossier, practice=given, user=request.viewer.user, now=timezone.now()):
        messages.success(request, f"Le dossier est confié au cabinet « {given.name} ».")
    return redirect("dossier", dossier.public_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offers(request, public_id):
    """What the profile or the group proposes since the dossier was begun. POST takes one (`take`), keeps the answer
    that is there (`keep`), or takes `all`: only what the page showed."""
    dossier = visible_dossier(request, public_id)
    report = pages.report_of(dossier)
    shown = [(row, f"{row.key}:{prefill.fingerprint(row.proposal)}", _origin(report, row)) for row in report.offered]
    if request.method != "POST":
        return render(request, "practices/offers.html", {"dossier": dossier, "report": report, "shown": shown})
    seen = request.POST.getlist("seen")
    _answer_offers(request, dossier, [row.key for row, token, _ in shown if token in seen])
    dossier.refresh_from_db()
    left = pages.report_of(dossier).offered
    return redirect("offers" if left else "dossier", dossier.public_id)


def _origin(report, row):
    return describe_origin(report.data, row.proposal.entry)


def _answer_offers(request, dossier, keys):
    said = {"by": access.author(dossier, request.viewer), "now": timezone.now()}
    if (kept := request.POST.get("keep")) in keys:
        saving.keep_mine(dossier=dossier, key=kept, **said)
        messages.success(request, "Votre réponse est gardée.")
        return
    taken = keys if "all" in request.POST else [key for key in keys if key == request.POST.get("take")]
    saved = saving.take_all(dossier=dossier, keys=taken, base=pages.read_version(request, dossier), **said)
    if saved.saved:
        messages.success(request, "Le dossier est à jour.")
    if len(saved.saved) < len(taken) or not taken:
        messages.warning(request, "Une réponse ou une proposition a changé depuis l'affichage : relisez ce qui reste.")

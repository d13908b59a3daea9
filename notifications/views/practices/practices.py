"""Practices: their page, their profile, dossiers begun for them or entrusted to them, what is offered to a dossier."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import prefill
from ...forms.practices.practice import NO_INCIDENT, EntrustForm, FactsForm, NewPracticeForm, ProfileForm, StartForm
from ...models import ControllerGroup, Dossier, Practice, Role
from ...questionnaire import Context, is_blank
from ...report import Report, build_report, describe_origin
from ...services.accounts import access, roles
from ...services.dossiers import saving
from ...services.incidents import incidents
from ...services.practices import practices
from ...services.revisions import INCIDENT_REVISIONS
from ..dossiers import pages
from ..dossiers.dossiers import first_page, page_by_time_left
from ..requests import AccountRequest, ViewerRequest, get_account
from ..viewer import signed_in, visible_dossier, visible_practice

CHANGED = "Cette valeur a changé ailleurs, en « {} », qui est enregistré. La vôtre est restée dans le champ."
MOVED = "Une réponse ou une proposition a changé depuis l'affichage : relisez ce qui reste."
NAMELESS = "Un cabinet a toujours un nom : l'ancien est gardé."


# -- practices ------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def list_practices(request: AccountRequest) -> HttpResponse:
    """The practices in which the account has a role."""
    memberships = request.user.memberships.select_related("practice").annotate(dossiers=Count("practice__dossiers"))
    return render(request, "practices/practices.html", {"held": memberships.order_by("practice__name", "practice")})


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def create_practice(request: AccountRequest) -> HttpResponse:
    """GET: its name, and who you are in it. POST: it exists, and its profile is to be filled in."""
    form = NewPracticeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "practices/new.html", {"form": form}, status=422 if form.errors else 200)
    practice = practices.create_practice(**form.cleaned_data, user=request.user, now=timezone.now())
    messages.success(request, "Le cabinet est créé. Complétez sa fiche : elle remplira le début de chaque dossier.")
    return redirect("profile", practice.public_id)


@never_cache
@require_safe
def show_practice(request: ViewerRequest, practice_id: str) -> HttpResponse:
    """Its dossiers by time left, its team in a line, and what this role may do."""
    practice = visible_practice(request, practice_id)
    placed = Dossier.objects.visible_to(request.viewer).filter(practice=practice)
    context = {
        "practice": practice,
        "page": page_by_time_left(request, placed),
        "role": Role(roles.role_in(request.viewer, practice)),
        "groups": ControllerGroup.objects.visible_to(request.viewer).filter(dossiers__practice=practice),
        "team": practice.memberships.select_related("user").order_by("created_at", "pk"),
        "may_keep": roles.may_keep(request.viewer, practice),
        "may_govern": roles.may_govern(request.viewer, practice),
        "has_owner": roles.has_owner(practice),
    }
    return render(request, "practices/practice.html", context)


# -- the profile ----------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_profile(request: ViewerRequest, practice_id: str) -> HttpResponse:
    """GET: who the practice is. POST saves what was not refused, merged with what colleagues saved meanwhile."""
    practice = visible_practice(request, practice_id)
    report = build_report(practices.build_profile_data(practice), timezone.now())
    if not roles.may_keep(request.viewer, practice):
        if request.method == "POST":
            raise PermissionDenied
        return render(request, "practices/profile_read.html", {"practice": practice, "sections": report.sections})
    if request.method == "POST":
        return _save_profile(request, practice, report)
    return _show_profile(request, practice, _make_profile_form(report), FactsForm(instance=practice))


def _show_profile(
    request: ViewerRequest, practice: Practice, form: ProfileForm, facts: FactsForm, *, status: int = 200
) -> HttpResponse:
    base = signing.dumps(practices.dump_profile(practice), salt=practice.public_id, compress=True)
    context = {"practice": practice, "form": form, "facts": facts, "base": base}
    return render(request, "practices/profile.html", context, status=status)


def _make_profile_form(report: Report) -> ProfileForm:
    questions = [row.question for row in report.by_key.values() if not row.answered_elsewhere]
    context = Context(report.data.zone, report.now)
    return ProfileForm(questions, report.data.answers, context, steps=practices.build_profile_questions().steps)


def _save_profile(request: ViewerRequest, practice: Practice, report: Report) -> HttpResponse:
    """Save the page that was sent: it says what it was rendered from (`base`) and which questions it holds (`keys`)."""
    try:
        base = signing.loads(request.POST.get("base", ""), salt=practice.public_id)
    except signing.BadSignature:
        raise SuspiciousOperation("a page without its version") from None
    asked, keys = practices.build_profile_questions(), request.POST.getlist("keys")
    questions, context = [question for question in asked if question.key in keys], Context(report.data.zone, report.now)
    form = ProfileForm(questions, base["entries"], context, request.POST, steps=asked.steps)
    facts = FactsForm(request.POST, instance=Practice.objects.get(pk=practice.pk))
    facts.is_valid()
    form.is_valid()
    if practices.NAME in form.cleaned_data and is_blank(form.cleaned_data[practices.NAME]):
        form.add_error(practices.NAME, NAMELESS)
    columns = {name: value for name, value in facts.cleaned_data.items() if name not in facts.errors}
    clashing = practices.save_profile(practice=practice, base=base, entries=form.entries(), facts=columns)
    practice = Practice.objects.get(pk=practice.pk)
    after = build_report(practices.build_profile_data(practice), timezone.now())
    stored = _make_profile_form(after)
    form.conflicts = {key: {"lines": after.by_key[key].lines} for key in clashing & form.fields.keys()}
    for name in clashing & facts.fields.keys():
        facts.add_error(name, CHANGED.format(FactsForm.in_words(practice, name)))
    if form.errors or form.conflicts or facts.errors:
        form.stored = stored
        return _show_profile(request, practice, form, facts, status=422)
    messages.success(request, "La fiche est enregistrée. Les dossiers ouverts proposent ce qui y a changé.")
    if stored.fields.keys() - form.fields.keys():
        messages.info(request, "Vos réponses font apparaître d'autres questions sur cette page.")
        return redirect("profile", practice.public_id)
    return redirect("practice", practice.public_id)


# -- dossiers of a practice -----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start_for_practice(request: ViewerRequest, practice_id: str) -> HttpResponse:
    """GET: which incident. POST: a dossier of the practice, filled in with the incident and with the profile."""
    practice = visible_practice(request, practice_id)
    if not roles.may_keep(request.viewer, practice):
        raise PermissionDenied
    known = [(revision.slug, revision.title) for revision in incidents.load_newest_revisions()]
    form = StartForm(request.POST if request.method == "POST" else None, incidents=known)
    if not form.is_valid():
        begun = Dossier.objects.visible_to(request.viewer).filter(practice=practice).order_by("-created_at")
        context = {"practice": practice, "form": form, "begun": begun}
        return render(request, "practices/start.html", context, status=422 if form.errors else 200)
    slug, now = form.cleaned_data["incident"], timezone.now()
    revision = None if slug == NO_INCIDENT else INCIDENT_REVISIONS.list_stored(slug)[0]
    by = access.account_author(get_account(request))
    dossier = saving.start_dossier(revision=revision, timezone=practice.timezone, by=by, now=now, practice=practice)
    return first_page(dossier, now)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entrust_dossier(request: ViewerRequest, public_id: str) -> HttpResponse:
    """« Confier ce dossier à un cabinet ». GET: what will happen. POST: it is the practice's."""
    dossier = visible_dossier(request, public_id)
    mine = request.viewer.user is not None and dossier.owner_id == request.viewer.user.pk
    choices = roles.practices(request.viewer, roles.WRITERS)
    form = EntrustForm(request.POST if request.method == "POST" else None, practices=choices)
    if not mine or not form.is_valid():
        context = {"dossier": dossier, "form": form, "mine": mine, "choices": choices.count()}
        return render(request, "practices/entrust.html", context, status=422 if mine and form.errors else 200)
    practice = form.cleaned_data["practice"]
    if practices.entrust_dossier(dossier=dossier, practice=practice, user=get_account(request), now=timezone.now()):
        messages.success(request, f"Le dossier est confié au cabinet « {practice.name} ».")
    return redirect("dossier", dossier.public_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_offers(request: ViewerRequest, public_id: str) -> HttpResponse:
    """What the profile or the group proposes since the dossier was begun. POST takes one (`take`), keeps the answer
    that is there (`keep`), or takes `all`: only what the page showed."""
    dossier = visible_dossier(request, public_id)
    report = pages.build_page_report(dossier)
    shown = [
        (row, f"{row.key}:{prefill.hash_proposal(row.proposal)}", describe_origin(report.data, row.proposal.entry))
        for row in report.offered
        if row.proposal
    ]
    if request.method != "POST":
        return render(request, "practices/offers.html", {"dossier": dossier, "report": report, "shown": shown})
    keys = [row.key for row, token, _ in shown if token in request.POST.getlist("seen")]
    kept, by, now = request.POST.get("keep", ""), access.author(dossier, request.viewer), timezone.now()
    if kept in keys:
        saving.keep_own_answer(dossier=dossier, key=kept, by=by, now=now)
        messages.success(request, "Votre réponse est gardée.")
    else:
        taken = keys if "all" in request.POST else [key for key in keys if key == request.POST.get("take")]
        base = pages.read_version(request, dossier)
        saved = saving.take_proposals(dossier=dossier, keys=taken, base=base, by=by, now=now).saved
        if saved:
            messages.success(request, "Le dossier est à jour.")
        if len(saved) < len(taken) or not taken:
            messages.warning(request, MOVED)
    dossier.refresh_from_db()
    left = pages.build_page_report(dossier).offered
    return redirect("offers" if left else "dossier", dossier.public_id)

"""Groups of controllers: started in one go, answers in common, a sheet of deadlines."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import seeds
from ...documents import pdf
from ...forms.dossiers.step import StepForm
from ...forms.practices.group import GroupForm, MembersForm
from ...middleware import SignInNeeded
from ...models import ControllerGroup, Dossier, new_public_id
from ...questionnaire import Context
from ...questionnaire.patient_data import entry_suspicions
from ...report import ORGANISATION, build_report, list_checkboxes, listing
from ...services.accounts import access, roles
from ...services.alerts import addresses
from ...services.incidents import incidents
from ...services.mail import limits
from ...services.practices import groups, team
from ..alerts.alerts import PROBLEMS as MAIL_PROBLEMS
from ..viewer import signed_in

ONCE = "groups.once"  # salt: a page that was sent twice starts one group


def visible_group(request, group_id):
    """The group, if this viewer keeps all of it; what somebody typed before the session ended is worth a sign-in."""
    if "account" in request.POST and not request.viewer.user:
        raise SignInNeeded
    found = ControllerGroup.objects.visible_to(request.viewer).select_related("incident_revision__incident")
    return get_object_or_404(found.defer("incident_revision__content"), public_id=group_id)


# -- starting -------------------------------------------------------------------------------------------


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_group(request):
    """GET: why each controller notifies, and who they are. POST: all dossiers in one go, or none."""
    if request.method == "POST":
        begun = ControllerGroup.objects.visible_to(request.viewer).filter(public_id=_once(request)).first()
        if begun:  # by the same page, sent twice
            return redirect("group", begun.public_id)
    form = GroupForm(request.POST or None, incidents=_incidents(), **_members(request, _kept(request)))
    if form.is_valid():
        return _started(request, form)
    return _new_page(request, form)


def _kept(request):
    return roles.practices(request.viewer, roles.KEEPERS).order_by("name", "pk")


def _members(request, offered, zone="Europe/Paris"):
    naming = seeds.questionnaire().questions[ORGANISATION]
    context = Context(ZoneInfo(zone), timezone.now())
    return {"kept": _kept(request), "offered": offered, "naming": naming, "context": context}


def _incidents():
    return [(each.slug, each.title) for each in incidents.newest()]


def _new_page(request, form):
    once = request.POST.get("once") or signing.dumps(new_public_id(), salt=ONCE)
    mine = ControllerGroup.objects.visible_to(request.viewer).order_by("-created_at")
    context = {"form": form, "once": once, "groups": mine}
    return render(request, "practices/groups/new.html", context, status=422 if form.errors else 200)


def _started(request, form):
    said, public_id = form.cleaned_data, _once(request)
    stored = incidents.stored_revisions(said["incident"]) if said["incident"] else [None]
    try:
        group, made = groups.start(
            public_id=public_id,
            name=said["name"],
            revision=stored[0],
            timezone=said["timezone"],
            **_who(request, said),
        )
    except (groups.InAnotherGroup, groups.TooMany) as problem:
        return _new_page(request, _refused(form, problem))
    except IntegrityError:  # by the same page, at the same moment
        return redirect("group", visible_group(request, public_id).public_id)
    _invite(request, made, said["newcomers"])
    messages.success(request, "Le groupe est prêt : chaque cabinet a son dossier.")
    return redirect("group", group.public_id)


def _once(request):
    try:
        return signing.loads(request.POST.get("once", ""), salt=ONCE)
    except signing.BadSignature:
        raise SuspiciousOperation("a page that we did not make") from None


def _who(request, said):
    newcomers = [name for name, _ in said["newcomers"]]
    members = list(said.get("members") or [])
    return {"members": members, "newcomers": newcomers, "user": request.viewer.user, "now": timezone.now()}


def _refused(form, problem):
    if isinstance(problem, groups.TooMany):
        form.add_error("newcomers", f"Un groupe a {groups.MOST} cabinets au plus.")
    else:
        name = problem.practice.name
        form.add_error("members", f"{name} a déjà un dossier pour cet incident, dans un autre groupe.")
    return form


def _invite(request, made, newcomers):
    """Those who answer for the new practices, where an address was given. Mail that fails undoes nothing."""
    found = [(practice, email) for practice, (_, email) in zip(made, newcomers, strict=True) if email]
    failed = team.invite_owners(found=found, by=request.viewer.user, now=timezone.now())
    if failed:
        names = ", ".join(practice.name for practice in failed)
        messages.warning(request, f"Invitation non envoyée : {names}. Reprenez-la depuis l'équipe de chaque cabinet.")


# -- the group ------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def group(request, group_id):
    """GET: where each dossier stands. POST `take` or `keep`: answer a new fact for all; `leave`: a dossier goes on by
    itself; `email`: reminders for all; otherwise more controllers."""
    found = visible_group(request, group_id)
    if request.method != "POST":
        return _page(request, found)
    act = next((act for name, act in ACTS.items() if name in request.POST), _add)
    return act(request, found)


def _page(request, found, *, status=200, form=None, **shown):
    now = timezone.now()
    listed = groups.listed(found, now)
    inside = [dossier.practice_id for dossier, _ in listed]
    offered = _kept(request).exclude(pk__in=inside)
    live, waiting = addresses.list_reminded([dossier for dossier, _ in listed])
    context = {
        "group": found,
        "zone": ZoneInfo(found.timezone),
        "listed": sorted(listed, key=lambda pair: listing.sort_by_time_left(pair[1])),
        "offers": sum(row.offered for _, report in listed for row in report.rows + report.notes),
        "novelties": groups.novelties(listed),
        "common": len(found.answers),
        "mail_leaves": settings.MAIL_LEAVES,
        "live": live,
        "waiting": waiting,
        "form": form or MembersForm(None, **_members(request, offered, found.timezone)),
        "mail_problem": "",
        "typed": "",
    }
    return render(request, "practices/groups/group.html", context | shown, status=status)


def _answer(request, found):
    take = "take" in request.POST
    key = request.POST["take" if take else "keep"]
    count = groups.answer_for_all(group=found, key=key, take=take, user=request.viewer.user, now=timezone.now())
    if count:
        messages.success(request, f"C'est répondu pour {_dossiers(count)}.")
    else:
        messages.info(request, "Il n'y avait plus rien à répondre ici.")
    return redirect("group", found.public_id)


def _dossiers(count):
    return f"{count} dossier{'s' if count > 1 else ''}"


def _leave(request, found):
    mine = Dossier.objects.visible_to(request.viewer).filter(group=found).select_related("practice")
    dossier = get_object_or_404(mine, public_id=request.POST["leave"])
    groups.leave(dossier=dossier, user=request.viewer.user, now=timezone.now())
    messages.success(request, f"{dossier.practice.name} n'est plus dans le groupe. Son dossier reste tel qu'il est.")
    return redirect("group", found.public_id)


def _remind(request, found):
    typed, dossiers = request.POST["email"], list(found.dossiers.order_by("pk"))
    if not settings.MAIL_LEAVES:
        return _page(request, found, status=422)
    act = {"by": access.account_author(request.viewer.user), "now": timezone.now()}
    try:
        addresses.ask_address_for_all(dossiers=dossiers, email=typed, **act)
    except (limits.BadAddress, limits.TooOften) as problem:
        shown = {"mail_problem": MAIL_PROBLEMS[type(problem)], "typed": typed[: limits.LONGEST]}
        return _page(request, found, status=422, **shown)
    return redirect("group", found.public_id)


def _add(request, found):
    inside = found.dossiers.values("practice")
    form = MembersForm(request.POST, **_members(request, _kept(request).exclude(pk__in=inside), found.timezone))
    if not form.is_valid():
        return _page(request, found, status=422, form=form)
    try:
        made = groups.add(group=found, **_who(request, form.cleaned_data))
    except (groups.InAnotherGroup, groups.TooMany) as problem:
        return _page(request, found, status=422, form=_refused(form, problem))
    _invite(request, made, form.cleaned_data["newcomers"])
    messages.success(request, "Le groupe a grandi : chaque cabinet ajouté a son dossier.")
    return redirect("group", found.public_id)


ACTS = {"take": _answer, "keep": _answer, "leave": _leave, "email": _remind}


# -- common answers -------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def common_answers(request, group_id):
    """GET: what all answer alike. POST `spread`: write it where nobody has answered; otherwise save it."""
    found = visible_group(request, group_id)
    if "spread" in request.POST:
        return _spread(request, found)
    report = build_report(groups.as_dossier(found), timezone.now())
    if request.method != "POST":
        return _common_page(request, found, _common_form(found, report))
    form = _common_form(found, report, request.POST)
    form.is_valid()
    rendered = {key: request.POST.get(f"seen-{key}", "") for key in form.fields}
    act = {"user": request.viewer.user, "now": report.now}
    merged = groups.save_common(group=found, entries=form.entries(), rendered=rendered, **act)
    if form.errors or merged.conflicts:
        return _common_page(request, found, _told(form, found, merged), status=422)
    _tell_saved(request, found, merged)
    return redirect("common_answers", found.public_id)


def _common_form(found, report, data=None):
    asked = groups.questions(report.data.questionnaire)
    context = Context(report.data.zone, report.now)
    form = StepForm(asked, found.answers, context, data, ticks=list_checkboxes(report))
    form.advice = report.data.newest.advice if report.data.newest else {}
    return form


def _told(form, found, merged):
    """The same page, with what was refused as it was typed and the rest as it is stored now."""
    report = build_report(groups.as_dossier(found), timezone.now())
    form.stored = _common_form(found, report)
    form.conflicts = {key: {"lines": report.by_key[key].lines, "by": "", "at": ""} for key in merged.conflicts}
    return form


def _common_page(request, found, form, *, status=200):
    seen = [(key, groups.seen(key, found.answers.get(key))) for key in form.fields]
    return render(request, "practices/groups/common.html", {"group": found, "form": form, "seen": seen}, status=status)


def _tell_saved(request, found, merged):
    questions = seeds.questionnaire().questions
    if any(entry_suspicions(questions[key], found.answers.get(key)) for key in merged.saved):
        messages.warning(
            request,
            "Un texte semble contenir une donnée de patient. Retirez-la : un nombre et des catégories suffisent.",
        )
    if merged.saved:
        messages.success(request, "C'est enregistré. Chaque dossier propose ces réponses, sans rien remplacer.")


def _spread(request, found):
    count = groups.spread(group=found, user=request.viewer.user, now=timezone.now())
    if count:
        messages.success(request, f"C'est reporté dans {_dossiers(count)}. Ces réponses y restent à relire.")
    else:
        messages.info(request, "Il n'y avait rien à reporter : chaque dossier a déjà ses réponses.")
    return redirect("common_answers", found.public_id)


# -- the sheet ------------------------------------------------------------------------------------------


@never_cache
@require_safe
def group_deadlines_pdf(request, group_id):
    """To the minute, so that two downloads within it are the same bytes."""
    found = visible_group(request, group_id)
    now = timezone.now().replace(second=0, microsecond=0)
    reports = sorted((report for _, report in groups.listed(found, now)), key=listing.sort_by_time_left)
    data = pdf.deadlines_pdf(found.name, reports, now=now, zone=ZoneInfo(found.timezone))
    headers = {"Content-Disposition": 'attachment; filename="echeances.pdf"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)

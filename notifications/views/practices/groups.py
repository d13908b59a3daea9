"""Groups of controllers: started in one go, answers in common, a sheet of deadlines."""

from collections.abc import Iterable, Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError
from django.db.models import QuerySet
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
from ...models import ControllerGroup, Dossier, Practice, new_public_id
from ...questionnaire import Context
from ...questionnaire.patient_data import suspect_entry
from ...report import ORGANISATION, Report, build_report, list_checkboxes, listing
from ...services.accounts import access, roles
from ...services.alerts import addresses
from ...services.incidents import incidents
from ...services.mail import limits
from ...services.practices import groups, team
from ...services.revisions import INCIDENT_REVISIONS
from ..alerts.alerts import PROBLEMS
from ..requests import AccountRequest, ViewerRequest, get_account
from ..viewer import signed_in

PATIENT_DATA = "Un texte semble contenir une donnée de patient. Retirez-la : un nombre et des catégories suffisent."
ONCE = "groups.once"  # salt: a page that was sent twice starts one group


def visible_group(request: ViewerRequest, group_id: str) -> ControllerGroup:
    """Return the group, if this viewer keeps all of it; what somebody typed before the session ended is worth a
    sign-in."""
    if "account" in request.POST and not request.viewer.user:
        raise SignInNeeded
    visible = ControllerGroup.objects.visible_to(request.viewer).select_related("incident_revision__incident")
    return get_object_or_404(visible.defer("incident_revision__content"), public_id=group_id)


# -- starting -------------------------------------------------------------------------------------------


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def start_group(request: AccountRequest) -> HttpResponse:
    """GET: why each controller notifies, and who they are. POST: all dossiers in one go, or none."""
    groups_of_mine = ControllerGroup.objects.visible_to(request.viewer).order_by("-created_at")
    sent = request.method == "POST"
    once = request.POST.get("once", "") if sent else signing.dumps(new_public_id(), salt=ONCE)
    try:
        public_id = signing.loads(once, salt=ONCE)
    except signing.BadSignature:
        raise SuspiciousOperation("a page that we did not make") from None
    if sent and groups_of_mine.filter(public_id=public_id).exists():  # by the same page, sent twice
        return redirect("group", public_id)
    known = [(revision.slug, revision.title) for revision in incidents.load_newest_revisions()]
    form = GroupForm(request.POST or None, incidents=known, **_members(request, _kept_practices(request)))
    if form.is_valid():
        chosen = form.cleaned_data
        stored = INCIDENT_REVISIONS.list_stored(chosen["incident"]) if chosen["incident"] else [None]
        about = {"name": chosen["name"], "revision": stored[0], "timezone": chosen["timezone"]}
        try:
            group, made = groups.start_group(public_id=public_id, **about, **_controllers(request, form))
        except (groups.InAnotherGroup, groups.TooMany) as problem:
            _refuse(form, problem)
        except IntegrityError:  # by the same page, at the same moment
            return redirect("group", visible_group(request, public_id).public_id)
        else:
            _invite(request, made, chosen["newcomers"])
            messages.success(request, "Le groupe est prêt : chaque cabinet a son dossier.")
            return redirect("group", group.public_id)
    context = {"form": form, "once": once, "groups": groups_of_mine}
    return render(request, "practices/groups/new.html", context, status=422 if form.errors else 200)


def _kept_practices(request: ViewerRequest) -> QuerySet[Practice]:
    return roles.practices(request.viewer, roles.KEEPERS).order_by("name", "pk")


def _members(request: ViewerRequest, offered: QuerySet[Practice], zone: str = "Europe/Paris") -> dict[str, Any]:
    """Return what a form that asks for controllers is made with."""
    naming = seeds.find_questionnaire().questions[ORGANISATION]
    context = Context(ZoneInfo(zone), timezone.now())
    return {"kept": _kept_practices(request), "offered": offered, "naming": naming, "context": context}


def _controllers(request: ViewerRequest, form: MembersForm) -> dict[str, Any]:
    """Return whom a checked form adds, for the service."""
    return {
        "members": list(form.cleaned_data.get("members") or []),
        "newcomers": [name for name, _ in form.cleaned_data["newcomers"]],
        "user": get_account(request),
        "now": timezone.now(),
    }


def _refuse(form: MembersForm, problem: groups.InAnotherGroup | groups.TooMany) -> None:
    if isinstance(problem, groups.TooMany):
        form.add_error("newcomers", f"Un groupe a {groups.MOST} cabinets au plus.")
    else:
        name = problem.practice.name
        form.add_error("members", f"{name} a déjà un dossier pour cet incident, dans un autre groupe.")


def _invite(request: ViewerRequest, made: Iterable[Practice], newcomers: Iterable[tuple[str, str]]) -> None:
    """Invite who answers for the new practices, where an address was given. Mail that fails undoes nothing."""
    owners = [(practice, email) for practice, (_, email) in zip(made, newcomers, strict=True) if email]
    failed = team.invite_owners(found=owners, by=get_account(request), now=timezone.now())
    if failed:
        names = ", ".join(practice.name for practice in failed)
        messages.warning(request, f"Invitation non envoyée : {names}. Reprenez-la depuis l'équipe de chaque cabinet.")


# -- the group ------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_group(request: ViewerRequest, group_id: str) -> HttpResponse:
    """GET: where each dossier stands. POST `take` or `keep`: answer a new fact for all; `leave`: a dossier goes on by
    itself; `email`: reminders for all; otherwise more controllers."""
    group, user, now = visible_group(request, group_id), get_account(request), timezone.now()
    if request.method != "POST":
        return _render_group(request, group)
    if "take" in request.POST or "keep" in request.POST:
        take = "take" in request.POST
        key = request.POST["take" if take else "keep"]
        count = groups.answer_for_all(group=group, key=key, take=take, user=user, now=now)
        if count:
            messages.success(request, f"C'est répondu pour {_count_dossiers(count)}.")
        else:
            messages.info(request, "Il n'y avait plus rien à répondre ici.")
    elif "leave" in request.POST:
        visible = Dossier.objects.visible_to(request.viewer).filter(group=group).select_related("practice")
        dossier = get_object_or_404(visible, public_id=request.POST["leave"])
        groups.leave_group(dossier=dossier, user=user, now=now)
        name = cast(Practice, dossier.practice).name  # only practices' dossiers are in groups
        messages.success(request, f"{name} n'est plus dans le groupe. Son dossier reste tel qu'il est.")
    elif "email" in request.POST:
        if not settings.MAIL_LEAVES:
            return _render_group(request, group, status=422)
        typed, dossiers = request.POST["email"], list(group.dossiers.order_by("pk"))
        try:
            addresses.ask_address_for_all(dossiers=dossiers, email=typed, by=access.account_author(user), now=now)
        except (limits.BadAddress, limits.TooOften) as problem:
            typed = typed[: limits.LONGEST]
            return _render_group(request, group, status=422, mail_problem=PROBLEMS[type(problem)], typed=typed)
    else:
        offered = _kept_practices(request).exclude(dossiers__group=group)
        form = MembersForm(request.POST, **_members(request, offered, group.timezone))
        if not form.is_valid():
            return _render_group(request, group, status=422, form=form)
        try:
            made = groups.add_controllers(group=group, **_controllers(request, form))
        except (groups.InAnotherGroup, groups.TooMany) as problem:
            _refuse(form, problem)
            return _render_group(request, group, status=422, form=form)
        _invite(request, made, form.cleaned_data["newcomers"])
        messages.success(request, "Le groupe a grandi : chaque cabinet ajouté a son dossier.")
    return redirect("group", group.public_id)


def _count_dossiers(count: int) -> str:
    return f"{count} dossier{'s' if count > 1 else ''}"


def _render_group(
    request: ViewerRequest,
    group: ControllerGroup,
    *,
    status: int = 200,
    form: MembersForm | None = None,
    mail_problem: str = "",
    typed: str = "",
) -> HttpResponse:
    now = timezone.now()
    listed = groups.load_reports(group, now)
    offered = _kept_practices(request).exclude(dossiers__group=group)
    live, waiting = addresses.list_reminded([dossier for dossier, _ in listed])
    context = {
        "group": group,
        "zone": ZoneInfo(group.timezone),
        "listed": sorted(listed, key=lambda pair: listing.sort_by_time_left(pair[1])),
        "offers": sum(row.offered for _, report in listed for row in report.rows + report.notes),
        "novelties": groups.list_novelties(listed),
        "common": len(group.answers),
        "mail_leaves": settings.MAIL_LEAVES,
        "live": live,
        "waiting": waiting,
        "form": form or MembersForm(None, **_members(request, offered, group.timezone)),
        "mail_problem": mail_problem,
        "typed": typed,
    }
    return render(request, "practices/groups/group.html", context, status=status)


# -- common answers -------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_common_answers(request: ViewerRequest, group_id: str) -> HttpResponse:
    """GET: what all answer alike. POST `spread`: write it where nobody has answered; otherwise save it."""
    group, user, now = visible_group(request, group_id), get_account(request), timezone.now()
    if "spread" in request.POST:
        count = groups.spread_common(group=group, user=user, now=now)
        if count:
            where = _count_dossiers(count)
            messages.success(request, f"C'est reporté dans {where}. Ces réponses y restent à relire.")
        else:
            messages.info(request, "Il n'y avait rien à reporter : chaque dossier a déjà ses réponses.")
        return redirect("common_answers", group.public_id)
    report = build_report(groups.build_common_data(group), now)
    form = _make_common_form(group, report, request.POST if request.method == "POST" else None)
    refused = False
    if request.method == "POST":
        form.is_valid()
        rendered = {key: request.POST.get(f"seen-{key}", "") for key in form.fields}
        merged = groups.save_common(group=group, entries=form.entries(), rendered=rendered, user=user, now=now)
        refused = bool(form.errors or merged.conflicts)
        if not refused:
            questions = seeds.find_questionnaire().questions
            if any(suspect_entry(questions[key], group.answers.get(key)) for key in merged.saved):
                messages.warning(request, PATIENT_DATA)
            if merged.saved:
                messages.success(request, "C'est enregistré. Chaque dossier propose ces réponses, sans rien remplacer.")
            return redirect("common_answers", group.public_id)
        # the same page, with what was refused as it was typed and the rest as it is stored now
        report = build_report(groups.build_common_data(group), timezone.now())
        form.stored = _make_common_form(group, report)
        form.conflicts = {key: {"lines": report.by_key[key].lines, "by": "", "at": ""} for key in merged.conflicts}
    marks = [(key, groups.mark_answer(key, group.answers.get(key))) for key in form.fields]
    context = {"group": group, "form": form, "seen": marks}
    return render(request, "practices/groups/common.html", context, status=422 if refused else 200)


def _make_common_form(group: ControllerGroup, report: Report, sent: Mapping[str, Any] | None = None) -> StepForm:
    questions = groups.list_common_questions(report.data.questionnaire)
    context = Context(report.data.zone, report.now)
    form = StepForm(questions, group.answers, context, sent, checkboxes=list_checkboxes(report))
    form.advice = report.data.newest.advice if report.data.newest else {}
    return form


# -- the sheet ------------------------------------------------------------------------------------------


@never_cache
@require_safe
def download_deadlines(request: ViewerRequest, group_id: str) -> HttpResponse:
    """To the minute, so that two downloads within it are the same bytes."""
    group, now = visible_group(request, group_id), timezone.now().replace(second=0, microsecond=0)
    reports = sorted((report for _, report in groups.load_reports(group, now)), key=listing.sort_by_time_left)
    content = pdf.deadlines_pdf(group.name, reports, now=now, zone=ZoneInfo(group.timezone))
    headers = {"Content-Disposition": 'attachment; filename="echeances.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)

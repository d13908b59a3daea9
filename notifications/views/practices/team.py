"""Who works in a practice: the team's page, and the link of an invitation."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...forms.practices.team import InviteForm
from ...models import ROLE_SENTENCES, Practice, Role, User
from ...services.accounts import roles
from ...services.mail.limits import BadAddress, TooOften
from ...services.practices import team
from ..dossiers.links import without_path
from ..requests import ViewerRequest, get_account

PROBLEMS = {
    BadAddress: "Cette adresse n'est pas utilisable. Écrivez-la comme dans cet exemple : accueil@cabinet.fr",
    team.AlreadyIn: "Cette personne fait déjà partie de l'équipe : changez son rôle plus bas.",
    TooOften: "Trop d'invitations sont parties aujourd'hui, vers cette adresse ou depuis ce cabinet. "
    "Recommencez demain.",
}
REMOVED = (
    "Cette personne ne fait plus partie de l'équipe. Elle n'ouvre plus rien du cabinet et ne reçoit plus ses rappels : "
    "voyez, dans chaque dossier, s'il faut donner une autre adresse."
)
LEFT = "Vous avez quitté le cabinet : vous n'ouvrez plus ses dossiers et ne recevez plus leurs rappels."
# Why somebody cannot leave, or take a lesser role.
NEEDED = {
    team.LastOwner: "C'est la seule personne responsable de traitement de ce cabinet : elle ne peut ni le quitter, "
    "ni changer de rôle. Donnez d'abord ce rôle à une autre personne.",
    team.LastManager: "Ce cabinet n'a pas encore de responsable de traitement, et c'est la seule personne qui le "
    "gère : elle ne peut ni le quitter, ni changer de rôle. Invitez d'abord une autre personne.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_team(request: ViewerRequest, practice_id: str) -> HttpResponse:
    """GET: who works here, and who is invited. POST `revoke`, `change`, `remove`: the address of whom; `leave`: go;
    otherwise: invite."""
    practice = get_object_or_404(Practice.objects.visible_to(request.viewer), public_id=practice_id)
    if request.method != "POST":
        return _render_team(request, practice)
    act = next((act for name, act in ACTS.items() if name in request.POST), _invite)
    try:
        return act(request, practice, get_account(request), timezone.now())
    except (team.LastOwner, team.LastManager) as problem:
        return _render_team(request, practice, status=422, needed=NEEDED[type(problem)])


def _render_team(
    request: ViewerRequest, practice: Practice, *, status: int = 200, form: InviteForm | None = None, needed: str = ""
) -> HttpResponse:
    context = {
        "practice": practice,
        "zone": ZoneInfo(practice.timezone),
        "me": request.viewer.user,
        "members": team.list_members(practice),
        "waiting": team.list_waiting(practice, timezone.now()),
        "has_owner": roles.has_owner(practice),
        "governs": roles.may_govern(request.viewer, practice),
        "roles": [(role, role.label) for role in ROLE_SENTENCES],
        "explained": ROLE_SENTENCES.items(),
        "form": form or InviteForm(),
        "needed": needed,
        "days": team.FOR.days,
    }
    return render(request, "practices/team/team.html", context, status=status)


def _invite(request: ViewerRequest, practice: Practice, by: User, now: datetime) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _render_team(request, practice, status=422, form=form)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        made = team.invite(practice=practice, email=email, role=role, by=by, now=now)
    except tuple(PROBLEMS) as problem:
        form.add_error("email", PROBLEMS[type(problem)])
        return _render_team(request, practice, status=422, form=form)
    messages.success(request, f"L'invitation part à {made.email}. Elle est valable {team.FOR.days} jours.")
    return redirect("team", practice.public_id)


def _revoke(request: ViewerRequest, practice: Practice, by: User, now: datetime) -> HttpResponse:
    if team.revoke(practice=practice, email=request.POST["revoke"], by=by, now=now):
        messages.success(request, "L'invitation est retirée : son lien n'ouvre plus rien.")
    else:
        messages.info(request, "Cette invitation n'attendait plus de réponse.")
    return redirect("team", practice.public_id)


def _change_role(request: ViewerRequest, practice: Practice, by: User, now: datetime) -> HttpResponse:
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise SuspiciousOperation("no such role")
    if team.change_role(practice=practice, email=request.POST["change"], role=role, by=by, now=now):
        messages.success(request, "Le rôle est changé.")
    return redirect("team", practice.public_id)


def _remove(request: ViewerRequest, practice: Practice, by: User, now: datetime) -> HttpResponse:
    if team.remove(practice=practice, email=request.POST["remove"], by=by, now=now):
        messages.success(request, REMOVED)
    return redirect("team", practice.public_id)


def _leave(request: ViewerRequest, practice: Practice, by: User, now: datetime) -> HttpResponse:
    team.remove(practice=practice, email=by.email, by=by, now=now)
    messages.success(request, LEFT)
    return redirect("practices")


ACTS = {"revoke": _revoke, "change": _change_role, "remove": _remove, "leave": _leave}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def answer_invitation(request: ViewerRequest, secret: str) -> HttpResponse:
    """GET: who invites to what, and a button. POST: the role is taken. Unknown, used, withdrawn and out of date answer
    alike; who is invited is told to that person alone."""
    invitation, user = team.offered(secret, timezone.now()), request.viewer.user
    context, status = {"invitation": invitation, "user": user, "state": "over"}, 404
    if invitation and not (user and team.is_for(invitation, user)):
        context["state"], status = "other" if user else "sign_in", 200 if request.method != "POST" else 403
    elif invitation and request.method != "POST":
        context["state"], status = "asked", 200
    elif user and (practice := team.accept(secret=secret, user=user, now=timezone.now())):
        messages.success(request, "Vous faites maintenant partie de ce cabinet.")
        return redirect("practice", practice.public_id)
    return render(request, "practices/team/invitation.html", context, status=status)

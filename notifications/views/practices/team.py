"""Who works in a practice: the team's page, and the link of an invitation."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...forms.practices.team import ROLES, InviteForm
from ...models import Practice, Role
from ...services.accounts import roles
from ...services.mail.limits import BadAddress, TooOften
from ...services.practices import team as service
from ..dossiers.links import without_path

PROBLEMS = {
    BadAddress: "Cette adresse n'est pas utilisable. Écrivez-la comme dans cet exemple : accueil@cabinet.fr",
    service.AlreadyIn: "Cette personne fait déjà partie de l'équipe : changez son rôle plus bas.",
    TooOften: "Trop d'invitations sont parties aujourd'hui, vers cette adresse ou depuis ce cabinet. "
    "Recommencez demain.",
}
# Why somebody cannot leave, or take a lesser role.
NEEDED = {
    service.LastOwner: "C'est la seule personne responsable de traitement de ce cabinet : elle ne peut ni le quitter, "
    "ni changer de rôle. Donnez d'abord ce rôle à une autre personne.",
    service.LastManager: "Ce cabinet n'a pas encore de responsable de traitement, et c'est la seule personne qui le "
    "gère : elle ne peut ni le quitter, ni changer de rôle. Invitez d'abord une autre personne.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def team(request, practice_id):
    """GET: who works here, and who is invited. POST `revoke`, `change`, `remove`: the address of whom; `leave`: go;
    otherwise: invite."""
    practice = get_object_or_404(Practice.objects.visible_to(request.viewer), public_id=practice_id)
    if request.method != "POST":
        return _page(request, practice)
    act = next((act for name, act in ACTS.items() if name in request.POST), _invite)
    try:
        return act(request, practice, {"by": request.viewer.user, "now": timezone.now()})
    except (service.LastOwner, service.LastManager) as problem:
        return _page(request, practice, status=422, needed=NEEDED[type(problem)])


def _page(request, practice, *, status=200, form=None, needed=""):
    viewer, now = request.viewer, timezone.now()
    context = {
        "practice": practice,
        "zone": ZoneInfo(practice.timezone),
        "me": viewer.user,
        "members": service.members(practice),
        "waiting": service.waiting(practice, now),
        "has_owner": roles.has_owner(practice),
        "governs": roles.may_govern(viewer, practice),
        "roles": [(role, role.label) for role, _ in ROLES],
        "explained": ROLES,
        "form": form or InviteForm(),
        "needed": needed,
        "days": service.FOR.days,
    }
    return render(request, "practices/team/team.html", context, status=status)


def _invite(request, practice, act):
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, practice, status=422, form=form)
    try:
        made = service.invite(
            practice=practice, email=form.cleaned_data["email"], role=form.cleaned_data["role"], **act
        )
    except tuple(PROBLEMS) as problem:
        form.add_error("email", PROBLEMS[type(problem)])
        return _page(request, practice, status=422, form=form)
    messages.success(request, f"L'invitation part à {made.email}. Elle est valable {service.FOR.days} jours.")
    return redirect("team", practice.public_id)


def _revoke(request, practice, act):
    if service.revoke(practice=practice, email=request.POST["revoke"], **act):
        messages.success(request, "L'invitation est retirée : son lien n'ouvre plus rien.")
    else:
        messages.info(request, "Cette invitation n'attendait plus de réponse.")
    return redirect("team", practice.public_id)


def _change(request, practice, act):
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise SuspiciousOperation("no such role")
    if service.change_role(practice=practice, email=request.POST["change"], role=role, **act):
        messages.success(request, "Le rôle est changé.")
    return redirect("team", practice.public_id)


def _remove(request, practice, act):
    if service.remove(practice=practice, email=request.POST["remove"], **act):
        messages.success(
            request,
            "Cette personne ne fait plus partie de l'équipe. Elle n'ouvre plus rien du cabinet et ne reçoit plus ses "
            "rappels : voyez, dans chaque dossier, s'il faut donner une autre adresse.",
        )
    return redirect("team", practice.public_id)


def _leave(request, practice, act):
    service.remove(practice=practice, email=act["by"].email, **act)
    messages.success(
        request, "Vous avez quitté le cabinet : vous n'ouvrez plus ses dossiers et ne recevez plus leurs rappels."
    )
    return redirect("practices")


ACTS = {"revoke": _revoke, "change": _change, "remove": _remove, "leave": _leave}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def invitation(request, secret):
    """GET: who invites to what, and a button. POST: the role is taken. Unknown, used, withdrawn and out of date answer
    alike; who is invited is told to that person alone."""
    found, user = service.offered(secret, timezone.now()), request.viewer.user
    if found is None:
        return render(request, "practices/team/invitation.html", {"state": "over"}, status=404)
    state = "sign_in" if user is None else "asked" if service.is_for(found, user) else "other"
    if request.method != "POST" or state != "asked":
        status = 200 if request.method != "POST" else 403
        return render(
            request,
            "practices/team/invitation.html",
            {"state": state, "invitation": found, "user": user},
            status=status,
        )
    practice = service.accept(secret=secret, user=user, now=timezone.now())
    if practice is None:
        return render(request, "practices/team/invitation.html", {"state": "over"}, status=404)
    messages.success(request, "Vous faites maintenant partie de ce cabinet.")
    return redirect("practice", practice.public_id)

"""Who works in a practice: roles and invitations."""

from django.http import Http404


def team(request, practice_id):
    raise Http404


def invitation(request, secret):
    raise Http404

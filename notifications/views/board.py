"""The board: every dossier of the practices of an account; begun from a CSV."""

from django.http import Http404


def board(request):
    raise Http404


def board_csv(request):
    raise Http404


def import_roster(request):
    raise Http404

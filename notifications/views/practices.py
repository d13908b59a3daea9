"""Practices: their page, their profile, dossiers begun for them."""

from django.http import Http404


def practices(request):
    raise Http404


def new_practice(request):
    raise Http404


def practice(request, practice_id):
    raise Http404


def profile(request, practice_id):
    raise Http404


def start_for_practice(request, practice_id):
    raise Http404


def entrust(request, public_id):
    raise Http404


def offers(request, public_id):
    raise Http404

"""Rights over one's data: export, erasure, and the two pages that say what is kept and by whom."""

from django.http import Http404


def export_practice(request, practice_id):
    raise Http404


def erase_practice(request, practice_id):
    raise Http404


def erase_account(request):
    raise Http404


def account_data(request):
    raise Http404


def your_data(request):
    raise Http404


def legal_notice(request):
    raise Http404

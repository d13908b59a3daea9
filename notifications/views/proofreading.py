"""« Faire relire par le Dr X »: asking, reading by the link, the tick."""

from django.http import Http404


def proofreading(request, public_id):
    raise Http404


def proofread(request, secret):
    raise Http404

"""Many files as one zip, made by the worker."""

from django.http import Http404


def new_batch(request):
    raise Http404


def batch(request, batch_id):
    raise Http404


def batch_zip(request, batch_id):
    raise Http404

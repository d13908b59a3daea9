"""Groups of controllers: started in one go, answers in common, a sheet of deadlines."""

from django.http import Http404


def new_group(request):
    raise Http404


def group(request, group_id):
    raise Http404


def common_answers(request, group_id):
    raise Http404


def group_deadlines_pdf(request, group_id):
    raise Http404

"""The table of addresses, flat."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

from notifications.views.accounts import urls as account_urls

LIBRARY = {name for _, _, name in account_urls.VIEWS}  # the account's own pages, which the library answers


def list_routes(resolver: Any = None) -> Iterator[URLPattern]:
    """Yields every address of the site, those of each subject in their order."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield entry
        else:
            yield from list_routes(entry)

"""Messages to the user travel in a signed cookie: there are no sessions."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class PrefixedCookieStorage(CookieStorage):
    """Under the same browser-enforced name prefix as the other cookies."""

    cookie_name = settings.COOKIE_PREFIX + CookieStorage.cookie_name

"""The settings file in local mode, sharing nothing with this installation or another test process."""

import atexit
import os
import shutil
import tempfile

VAR = tempfile.mkdtemp(prefix="breach-assistant-tests-")
atexit.register(shutil.rmtree, VAR, ignore_errors=True)

os.environ.pop("SITE_URL", None)
os.environ["SECRET_KEY"] = "for-tests-only"
os.environ["VAR_DIR"] = VAR  # also for the programs that tests start

from breach_assistant.settings import *  # noqa: E402, F403
from breach_assistant.settings import DATABASES, STORAGES  # noqa: E402

if not os.environ.get("DATABASE_URL"):
    # A file, as in real life: an in-memory database is shared by threads and knows no locks.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(VAR, "test.sqlite3")}

# Looked for when they are asked for: listing them anew for each of a thousand browsers takes longer than its pages.
WHITENOISE_AUTOREFRESH = True

# Pages under test find static files where they are written, without collectstatic.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

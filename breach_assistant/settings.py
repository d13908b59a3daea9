"""Settings, driven by the environment: SITE_URL decides between local mode and production.

SITE_URL        absent, or http:// on loopback: local mode; https://: production; else refused
SECRET_KEY      needed in production; in local mode made once in VAR_DIR
TRUST_PROXY_TLS 1 when a reverse proxy always sets X-Forwarded-Proto itself
TRUSTED_PROXIES networks (10.0.0.0/8,…) whose X-Forwarded-For says who asks; absent: nobody's does
DATABASE_URL    postgresql://user:password@host:port/name; absent: a file of SQLite in VAR_DIR
VAR_DIR         what a running installation makes (default: var/)
HOST, PORT      where `manage.py serve` listens
EMAIL_URL       smtps://… or smtp+starttls://…: the server by which mails leave; without it they become files in VAR_DIR
EMAIL_FROM      their sender (default: the user of EMAIL_URL, where that is an address)
EMAIL_CA_FILE   a certificate authority of one's own for that server
OPERATOR_FILE   who runs this (default: operator.toml in VAR_DIR); needed in production, see docs/deploy/operator.toml
RETENTION       days for which things are kept, where they are to differ from breach_assistant/retention.py (guest=30 …)
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from breach_assistant import databases, operator, proxies, retention, site

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()

HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8000"

# -- mode -----------------------------------------------------------------------------------------------

SITE = site.read_site(os.environ.get("SITE_URL") or f"http://127.0.0.1:{PORT}")
SITE_URL = SITE.geturl()  # the one source of absolute links; the Host header never is
LOCAL = site.is_local(SITE)
MAIL = site.read_mail(os.environ)
RETENTION = retention.read(os.environ.get("RETENTION", ""))
OPERATOR = operator.read_operator(Path(os.environ.get("OPERATOR_FILE") or VAR_DIR / "operator.toml"), needed=not LOCAL)

DEBUG = False  # in both modes: its pages show answers and settings
SECRET_KEY = site.local_key(VAR_DIR / "secret_key") if LOCAL else site.production_key()
# Local mode answers to loopback names only, so that another site cannot reach it by DNS rebinding.
ALLOWED_HOSTS = site.LOOPBACK_HOSTS if LOCAL else [SITE.hostname]

# -- application ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",  # wanted by django.contrib.auth
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # so that TemplatesSetting finds Django's own widget templates
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "notifications",  # before allauth, whose templates it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "breach_assistant.headers.PolicyHeaders",  # first: every answer carries them, static files too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # a page of questions is 45 kB; Django pads it against BREACH
    "breach_assistant.logs.RequestLog",  # after static files, which are not worth a line
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Lazy, all of them: a page that asks for no account touches no session, sets no cookie and may be cached.
    "breach_assistant.sessions.Sessions",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "notifications.middleware.ViewerMiddleware",
    "notifications.middleware.SecondFactor",
]

ROOT_URLCONF = "breach_assistant.urls"
WSGI_APPLICATION = "breach_assistant.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets may be overridden in templates/
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# -- language and time ----------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]  # no LocaleMiddleware: the CNIL's form is French whatever the browser says
USE_I18N = True  # Django's own form messages in French
USE_TZ = True
TIME_ZONE = "UTC"  # instants are computed in UTC and shown in the dossier's own zone

# -- database -------------------------------------------------------------------------------------------

DATABASES = {"default": databases.database(os.environ.get("DATABASE_URL", ""), VAR_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- accounts -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "notifications.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dossiers"
LOGOUT_REDIRECT_URL = "account_login"  # which says so; public pages hold no message

TRUSTED_PROXIES = proxies.read_networks(os.environ.get("TRUSTED_PROXIES", ""))

# One page signs in and signs up: a code goes to the address, known or not, and the answer is the same.
ACCOUNT_ADAPTER = "notifications.views.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]  # no password
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {
    "login": "notifications.forms.accounts.account.SignInForm",
    "confirm_login_code": "notifications.forms.accounts.account.CodeForm",
    "add_email": "notifications.forms.accounts.account.NewAddressForm",
    "confirm_email_verification_code": "notifications.forms.accounts.account.NewAddressCodeForm",
}
ACCOUNT_SESSION_REMEMBER = False  # how long is said by the sessions' own settings, to all alike
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Of a code's 20⁸ values, ten may be tried in an hour for one account, whoever asks. A whole office may share an IP.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "request_login_code": "60/m/ip,3/m/key,10/h/key",
    "login_failed": "60/m/ip,10/h/key",
}

MFA_ADAPTER = "notifications.views.accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "notifications.forms.accounts.account.SecondFactorForm",
    "reauthenticate": "notifications.forms.accounts.account.ConfirmForm",
    "activate_totp": "notifications.forms.accounts.account.AppForm",
    "add_webauthn": "notifications.forms.accounts.account.PasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Breach Assistant"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL  # http://localhost

# The limits, shared by all processes and machines; the keys hold addresses, hence are hashed.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "notifications_cache",
        "KEY_FUNCTION": "breach_assistant.sessions.hashed_key",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # the default of 300 would let anybody flush the limits
    },
}

# -- mails ----------------------------------------------------------------------------------------------

EMAIL_BACKEND = f"notifications.services.mail.post.{'TlsBackend' if MAIL else 'FileBackend'}"
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL.tls == "implicit", MAIL.tls == "starttls"
EMAIL_CA_FILE = MAIL.ca_file
EMAIL_TIMEOUT = 10  # seconds for each word of the server
EMAIL_ANSWER_TIMEOUT = 300  # for its answer to the mail itself (RFC 5321, 4.5.3.2.6); all stay below outbox.LEASE
EMAIL_FILE_PATH = VAR_DIR / "mails"
DEFAULT_FROM_EMAIL = MAIL.sender
MAIL_LEAVES = bool(MAIL) or LOCAL  # somewhere that its reader looks: a public service without EMAIL_URL offers none

# -- static files ---------------------------------------------------------------------------------------

STATIC_URL = "static/"
# Built from the source tree like var/vendor, hence not under VAR_DIR, which holds an installation's data.
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", BASE_DIR / "var" / "vendor")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is ever uploaded to keep
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# -- what comes in --------------------------------------------------------------------------------------

# A whole dossier with every text at its limit stays far below 1 MiB, also as the file that one imports.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# In memory only: no answer lies about in a temporary file. A larger file is not received at all.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# -- browser's side -------------------------------------------------------------------------------------

COOKIE_PREFIX = "" if LOCAL else "__Host-"  # the browser then refuses them from a sub-domain or over http

CSRF_COOKIE_NAME = COOKIE_PREFIX + "csrftoken"
CSRF_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_HTTPONLY = False  # autosave reads the token at the moment it sends
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [] if LOCAL else [SITE_URL]
CSRF_FAILURE_VIEW = "notifications.views.site.errors.csrf_failure"

MESSAGE_STORAGE = "breach_assistant.messages.PrefixedCookieStorage"
SESSION_ENGINE = "breach_assistant.sessions"
SESSION_COOKIE_NAME = COOKIE_PREFIX + "session"
SESSION_COOKIE_AGE = 12 * 3600  # at most, from the sign-in
SESSION_IDLE_AGE = 3600
SESSION_COOKIE_SECURE = not LOCAL  # the cookie of messages follows these
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

SECURE_SSL_REDIRECT = not LOCAL
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
if not LOCAL and os.environ.get("TRUST_PROXY_TLS") == "1":
    # Only on request: without a proxy that overwrites this header, anybody could claim to be on https.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # private links must not leave in a Referer
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's style sheet draws its marks as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# -- logs -----------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "breach_assistant.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "breach_assistant": {"level": "INFO"},
        "notifications": {"level": "INFO"},
        # Django would add its own console and mail handlers here, with addresses and values in them.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},  # refusals already have their request line
    },
}

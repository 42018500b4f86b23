"""Settings, all of them from the environment (twelve-factor); every default suits a laptop, none a secret.

ANXIN_DATABASE_URL    sqlite:///relative.db, sqlite:////absolute.db, sqlite:///:memory: or
                      postgresql://user:password@host:port/name?host=/socket/directory&sslmode=require
ANXIN_SECRET_KEY      signing key; without it a random one is made once and kept in the data directory
ANXIN_DEBUG           1 shows tracebacks; never in production
ANXIN_ALLOWED_HOSTS   host names, separated by commas
ANXIN_TRUSTED_ORIGINS origins that may post forms when a proxy ends TLS, separated by commas
ANXIN_HTTPS           1 when people reach the server over TLS: secure cookies, HSTS
ANXIN_PUBLIC_URL      address that people open, written into text messages; script/server takes its own when unset
ANXIN_DATA_DIR        where the SQLite file, uploads and letters live
ANXIN_PACKS           directories of packs, separated as in PATH
ANXIN_COUNTY          six-digit code of the county this installation serves by default
ANXIN_NOTICE_BACKEND  how messages leave: inbox or console
ANXIN_DEMO            1 offers the demo log-ins on the log-in page
ANXIN_PROCESSES       how many processes share the SQLite file
"""

import os
from importlib import import_module
from pathlib import Path

from anxin.config.environment import database, flag, secret_key, words

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(os.environ.get("ANXIN_DATA_DIR") or BASE_DIR / "var").resolve()

DEBUG = flag("ANXIN_DEBUG")
SECRET_KEY = secret_key(DATA_DIR)
ALLOWED_HOSTS = words("ANXIN_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("ANXIN_TRUSTED_ORIGINS", "")

ANXIN_COUNTY = os.environ.get("ANXIN_COUNTY") or "330784"
ANXIN_DEMO = flag("ANXIN_DEMO")
ANXIN_DEMO_LOGINS = import_module("demo.logins").LOGINS if ANXIN_DEMO else []
ANXIN_PUBLIC_URL = (os.environ.get("ANXIN_PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/")
ANXIN_NOTICE_BACKEND = os.environ.get("ANXIN_NOTICE_BACKEND") or "inbox"
ANXIN_PACKS = [Path(p) for p in os.environ.get("ANXIN_PACKS", "").split(os.pathsep) if p] or [BASE_DIR / "packs"]

INSTALLED_APPS = [
    "anxin.foundation.directory.apps.Config",
    "anxin.foundation.access.apps.Config",
    "anxin.foundation.audit.apps.Config",
    "anxin.foundation.outbox.apps.Config",
    "anxin.foundation.duties.apps.Config",
    "anxin.foundation.documents.apps.Config",
    "anxin.foundation.notices.apps.Config",
    "anxin.registry.employers.apps.Config",
    "anxin.registry.workers.apps.Config",
    "anxin.registry.projects.apps.Config",
    "anxin.registry.wages.apps.Config",
    "anxin.resolution.intake.apps.Config",
    "anxin.resolution.cases.apps.Config",
    "anxin.resolution.mediation.apps.Config",
    "anxin.journeys.apps.Config",
    "anxin.entrances.ui.apps.Config",
    "anxin.entrances.portal.apps.Config",
    "anxin.entrances.console.apps.Config",
    "anxin.entrances.commands.apps.Config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django_htmx",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "anxin.config.headers.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "anxin.config.urls"
WSGI_APPLICATION = "anxin.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "anxin.entrances.ui.context.house",
            ]
        },
    }
]

FORM_RENDERER = "anxin.entrances.ui.forms.Renderer"

DATABASES = {"default": database(os.environ.get("ANXIN_DATABASE_URL") or f"sqlite:///{DATA_DIR / 'anxin.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
LOGIN_URL = "/login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

HTTPS = flag("ANXIN_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}

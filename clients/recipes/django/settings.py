"""Settings of the recipe: all that it needs, and nothing of what a site has beside it."""

import os

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["moderated"]
ROOT_URLCONF = "moderated.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE", "site.sqlite3")}}
USE_TZ = True
MODERATION_URL = os.environ["MODERATION_URL"]
MODERATION_KEY = os.environ["MODERATION_KEY"]
WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"]
PUBLIC_URL = os.environ["PUBLIC_URL"]

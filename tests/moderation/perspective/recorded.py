"""Requests as unmodified clients of Perspective send them, written down from their runs; only address and key differ."""

from __future__ import annotations

from typing import Any

TEXT = "What an idiotic thing to say, you idiot"

GOOGLE_API_PYTHON_CLIENT: dict[str, Any] = {
    "method": "POST",
    "path": "/v1alpha1/comments:analyze",
    "query_string": {"key": "KEY", "alt": "json"},
    "headers": {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "content-type": "application/json",
        "user-agent": "(gzip)",
        "x-goog-api-client": "gdcl/2.202.0 gl-python/3.11.7",
    },
    "data": '{"comment": {"text": "What an idiotic thing to say, you idiot"}, "requestedAttributes": {"TOXICITY": {}}}',
}
"""``discovery.build("commentanalyzer", "v1alpha1", developerKey=KEY, discoveryServiceUrl=..)``, as in Google's guide."""

PERSPECTIVE_API_CLIENT: dict[str, Any] = {
    "method": "POST",
    "path": "/v1alpha1/comments:analyze",
    "query_string": {"key": "KEY"},
    "headers": {
        "accept": "application/json, text/plain, */*",
        "content-type": "application/json",
        "user-agent": "axios/0.21.1",
    },
    "data": '{"comment":{"text":"What an idiotic thing to say, you idiot"},'
    '"requestedAttributes":{"TOXICITY":{},"INSULT":{}},"doNotStore":true}',
}
"""npm ``perspective-api-client``: ``analyze(text, {attributes: ["toxicity", "insult"]})``."""

CORAL: dict[str, Any] = {
    "method": "POST",
    "path": "/v1alpha1/comments:analyze",
    "query_string": {"key": "KEY"},
    "headers": {"accept": "*/*", "content-type": "application/json", "user-agent": "node-fetch/1.0"},
    "data": '{"comment":{"text":"What an idiotic thing to say, you idiot"},"languages":["en"],"doNotStore":true,'
    '"requestedAttributes":{"TOXICITY":{}}}',
}
"""Coral's toxic comments phase, with this service's address as its custom endpoint."""

ALL = {
    "google-api-python-client": GOOGLE_API_PYTHON_CLIENT,
    "perspective-api-client": PERSPECTIVE_API_CLIENT,
    "Coral": CORAL,
}

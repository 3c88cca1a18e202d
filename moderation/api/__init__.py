"""The HTTP API under ``/v1``: one module a resource, models in `schemas`, errors as problem documents."""

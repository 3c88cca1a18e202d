"""The pure core: items, detections, taxonomy, policies, rules, loops, decisions, errors.

Law, checked by import-linter: standard library and pydantic only. No Flask, SQL, RQ, boto3 or YAML; no clock, no
randomness, no network, no files: those come in as arguments.
"""

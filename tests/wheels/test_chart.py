"""The Helm chart: linted by Helm's own engine, rendered, and each object held against Kubernetes's schemas.

Only by ``make test-chart``: Helm (as a library) and the schemas are installed from the index into an environment of their own.
Nothing of it was installed into a cluster.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from moderation.cli import COMMANDS
from moderation.settings import PREFIX, Settings
from tests.paths import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

CHART = ROOT / "deploy" / "helm"
TOOLS = ("helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0", "pyyaml")
OLDEST, NEWEST = "1.25", "1.34"

LEAST: dict[str, Any] = {
    "image": {"repository": "registry.example/moderation"},
    "secret": "moderation",
    "settings": {"MODERATION_MEDIA_BUCKET": "media"},
}
MOST: dict[str, Any] = {
    **LEAST,
    "settings": {
        "MODERATION_MEDIA_BUCKET": "media",
        "MODERATION_WORKERS": 4,
        "MODERATION_PUBLIC_URL": "https://m.example",
    },
    "rules": {"contacts.yml": "policy: contacts\n"},
    "imagePullSecrets": [{"name": "pull"}],
    "ingress": {"enabled": True, "className": "nginx", "host": "m.example", "tlsSecret": "tls"},
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/moderation"}},
    "networkPolicy": {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}],
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
    },
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
}

PROGRAM = """
import json, sys
import helm_python, kubernetes_validate, yaml
chart, values, versions = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
said = {"lint": [], "objects": [], "invalid": [], "refused": ""}
try:
    linted = helm_python.lint(chart, values, strict=True, namespace="mod")
    said["lint"] = [*linted["messages"], *linted["errors"]]
    rendered = helm_python.Chart.load(chart).render(values, name="shop", namespace="mod")
    texts = [text for name, text in rendered.items() if name.endswith(".yaml")]
    said["objects"] = [each for text in texts for each in yaml.safe_load_all(text) if each]
    for each in said["objects"]:
        if "monitoring.coreos.com" in each["apiVersion"]:
            continue
        for version in versions:
            try:
                kubernetes_validate.validate(each, version, strict=True)
            except Exception as error:
                said["invalid"].append(f"{version} {each['kind']}: {type(error).__name__} {error}"[:500])
except helm_python.HelmError as error:
    said["refused"] = str(error)
print(json.dumps(said))
"""

Render = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    made = tmp_path_factory.mktemp("helm") / "venv"
    uv = ROOT / ".venv" / "bin" / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, made], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", made / "bin/python", *TOOLS], check=True)

    def rendered(values: dict[str, Any]) -> dict[str, Any]:
        asked: list[str | Path] = [made / "bin/python", "-c", PROGRAM, CHART, json.dumps(values), OLDEST, NEWEST]
        done = subprocess.run(asked, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return rendered


def found(objects: list[dict[str, Any]], kind: str, ending: str = "") -> dict[str, Any]:
    [one] = [each for each in objects if each["kind"] == kind and each["metadata"]["name"].endswith(ending)]
    return one


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_helm_and_kubernetes_have_nothing_against_it(render: Render, values: dict[str, Any]) -> None:
    said = render(values)

    assert (said["refused"], said["lint"], said["invalid"]) == ("", [], [])


def test_web_worker_and_migration_run_as_nobody_and_write_nothing(render: Render) -> None:
    objects = render(MOST)["objects"]

    pods = [each["spec"]["template"]["spec"] for each in objects if each["kind"] in ("Deployment", "Job")]
    commands = [pod["containers"][0]["args"] for pod in pods]
    assert sorted(commands) == [["migrate"], ["serve"], ["worker"]]
    assert {command for [command] in commands} <= set(COMMANDS)
    for pod in pods:
        [container] = pod["containers"]
        assert pod["automountServiceAccountToken"] is False
        assert (pod["securityContext"]["runAsNonRoot"], container["securityContext"]["readOnlyRootFilesystem"]) == (
            True,
            True,
        )
        assert container["resources"]["limits"]["memory"]
        assert container["envFrom"] == [{"secretRef": {"name": "moderation"}}]


def test_probes_ask_whether_it_lives_and_whether_it_is_ready(render: Render) -> None:
    [web] = found(render(LEAST)["objects"], "Deployment", "-web")["spec"]["template"]["spec"]["containers"]

    paths = {name: web[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


def test_settings_are_settings(render: Render) -> None:
    objects = render(MOST)["objects"]

    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for part in ("-web", "-worker"):
        [container] = found(objects, "Deployment", part)["spec"]["template"]["spec"]["containers"]
        given = {each["name"]: each["value"] for each in container["env"]}
        assert {name for name in given if name.startswith(PREFIX)} <= known
        assert given["MODERATION_WORKERS"] == "4"
    named = [line for line in (CHART / "values.yaml").read_text().replace(",", " ").split() if line.startswith(PREFIX)]
    assert {name.rstrip(":") for name in named} <= known


def test_policies_are_mounted_where_the_service_looks_but_not_for_the_migration(render: Render) -> None:
    objects = render(MOST)["objects"]

    assert found(objects, "ConfigMap")["data"] == MOST["rules"]
    mounts = {
        each["metadata"]["name"]: [
            m["mountPath"] for m in each["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        ]
        for each in objects
        if each["kind"] in ("Deployment", "Job")
    }
    assert ["/etc/moderation/rules" in paths for _, paths in sorted(mounts.items())] == [False, True, True]
    assert not [each for each in render(LEAST)["objects"] if each["kind"] == "ConfigMap"]


def test_the_network_policy_lets_nothing_private_be_called(render: Render) -> None:
    policy = found(render(MOST)["objects"], "NetworkPolicy")["spec"]

    outside = next(rule["to"][0]["ipBlock"] for rule in policy["egress"] if "ipBlock" in rule.get("to", [{}])[0])
    assert {"10.0.0.0/8", "169.254.0.0/16", "127.0.0.0/8"} <= set(outside["except"])
    assert len(policy["ingress"][0]["from"]) == 2


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "repository"),
        ({**LEAST, "secret": ""}, "secret"),
        ({**LEAST, "settings": {}}, "MODERATION_MEDIA_BUCKET"),
        ({**LEAST, "settings": {**LEAST["settings"], "MODERATION_DATABASE_URL": "postgresql://u:p@db/m"}}, "MODERATION_DATABASE_URL"),
        ({**LEAST, "ingress": {"enabled": True}}, "host"),
        ({**LEAST, "replica": 3}, "replica"),
        ({**LEAST, "rules": {"../x.yml": ""}}, "../x.yml"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_meant_are_refused_by_name(render: Render, values: dict[str, Any], named: str) -> None:
    said = render(values)

    assert named in said["refused"] + json.dumps(said["lint"])


def test_its_version_is_the_packages() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    from moderation import __version__

    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)

"""What lies in deploy/: the template passes cfn-lint and deploys, policies are as narrow as they say, files fit together."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from moderation_aws.calls import ANSWERS

from ground.media_store import places_of
from moderation.delivery.targets import addressed
from moderation.intake.sqs import QueueIntake
from moderation.media.retention import lifecycle_rules
from moderation.settings import PREFIX, Settings
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.pictures import PICTURE

DEPLOY = Path("deploy")
TEMPLATE = (DEPLOY / "template.yaml").read_text(encoding="utf-8")
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
Open = Callable[..., Api]
# moto makes the rest of the stack all the same.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..(S3..BucketPolicy|SQS..QueuePolicy)")


def test_the_template_passes_cfn_lint() -> None:
    from cfnlint.api import lint_all  # which takes long to load, and is asked here alone

    assert [str(found) for found in lint_all(TEMPLATE) if found.rule.id[0] in "EW"] == []


def deploy(aws: Aws, **parameters: str) -> dict[str, str]:
    """The stack's outputs."""
    stacks = aws.client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    stacks.create_stack(StackName="mod", TemplateBody=TEMPLATE, Parameters=given, Capabilities=["CAPABILITY_IAM"])
    [stack] = stacks.describe_stacks(StackName="mod")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    out = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    _complete(aws, out, parameters.get("PortalOrigin", "*"))
    return out


def _complete(aws: Aws, out: dict[str, str], origin: str) -> None:
    """Make what moto's CloudFormation leaves out of buckets, from the template, by the calls that AWS makes."""
    s3 = aws.client("s3")
    resources = yaml.load(TEMPLATE, _Tags)["Resources"]
    for resource, name in (("MediaBucket", out["MediaBucketName"]), ("IntakeBucket", out["IntakeBucketName"])):
        properties = resources[resource]["Properties"]
        s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"]
        )
        rules = [
            {
                "AllowedMethods": rule["AllowedMethods"],
                "AllowedOrigins": [origin] if rule["AllowedOrigins"] == ["PortalOrigin"] else ["*"],
                "AllowedHeaders": rule["AllowedHeaders"],
                "MaxAgeSeconds": rule["MaxAge"],
            }
            for rule in properties["CorsConfiguration"]["CorsRules"]
        ]
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    [told] = resources["IntakeBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Queue"] == PLACES["IntakeQueue"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=out["IntakeQueueUrl"], AttributeNames=["QueueArn"])
    queue = {"QueueArn": arn["Attributes"]["QueueArn"], "Events": [told["Event"]]}
    s3.put_bucket_notification_configuration(
        Bucket=out["IntakeBucketName"], NotificationConfiguration={"QueueConfigurations": [queue]}
    )


def test_the_stack_deploys_and_an_object_put_into_it_is_judged_and_told_of(aws: Aws, open_api: Open) -> None:
    out = deploy(aws, PortalOrigin="https://moderation.example.com")
    settings = {
        "media_s3": True,
        "media_bucket": out["MediaBucketName"],
        "media_in_place": f"shop=s3://{out['IntakeBucketName']}/",
        "notify": f"{out['DecisionsTopicArn']} {out['DecisionsBusArn']}",
    }
    api = open_api(**settings)
    aws.put(out["IntakeBucketName"], "a b.jpg", PICTURE)

    taker = QueueIntake(api.service, aws.client("sqs"), out["IntakeQueueUrl"], "shop")
    done = taker.step(1)

    assert done is not None, "S3 has told the queue of it"
    assert done["taken"] == 1
    assert api.get("/v1/items").json["items"][0]["content_id"] == f"s3://{out['IntakeBucketName']}/a b.jpg"
    assert api.client.get("/readyz").json["reasons"] == []
    names = [each.target.service for each in addressed(api.service.settings)]
    assert (names, len(places_of(api.service.settings))) == (["sns", "events"], 1)


def test_buckets_are_encrypted_private_and_open_to_the_portal(aws: Aws) -> None:
    out = deploy(aws, PortalOrigin="https://moderation.example.com", KmsKeyArn=KEY)
    s3 = aws.client("s3")

    for name in (out["MediaBucketName"], out["IntakeBucketName"], out["LakeBucketName"]):
        [rule] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    reading, posting = s3.get_bucket_cors(Bucket=out["MediaBucketName"])["CORSRules"]
    assert reading["AllowedOrigins"] == ["https://moderation.example.com"]
    assert (reading["AllowedMethods"], posting["AllowedMethods"]) == (["GET", "HEAD"], ["POST"])
    buckets = [each for each in yaml.load(TEMPLATE, _Tags)["Resources"].values() if each["Type"] == "AWS::S3::Bucket"]
    assert len(buckets) == 3
    for bucket in buckets:
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
        assert bucket["DeletionPolicy"] == "Retain", "media outlives a stack that is deleted"


# Policies


class _Tags(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what they name."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "GetAtt", "Sub"):
        return _placed(value)
    if suffix == "If":
        return value[1]
    return value


def _placed(text: str) -> str:
    """Names of resources as somebody would fill them in by hand."""
    found = text.removeprefix("${").replace(".Arn}", "").removesuffix(".Arn")
    for resource, place in PLACES.items():
        if found.startswith(resource):
            return place + found.removeprefix(resource)
    names = {"${AWS::Partition}": "aws", "${AWS::Region}": "REGION", "${AWS::AccountId}": "ACCOUNT"}
    for name, place in names.items():
        text = text.replace(name, place)
    return {"AWS::AccountId": "ACCOUNT", "KmsKeyArn": "arn:aws:kms:REGION:ACCOUNT:key/KEY"}.get(text, text)


PLACES = {
    "MediaBucket": "arn:aws:s3:::MEDIA",
    "IntakeBucket": "arn:aws:s3:::INTAKE",
    "LakeBucket": "arn:aws:s3:::LAKE",
    "IntakeQueue": "arn:aws:sqs:REGION:ACCOUNT:INTAKE",
    "IntakeDeadLetters": "arn:aws:sqs:REGION:ACCOUNT:INTAKE-DEAD",
    "DecisionsTopic": "arn:aws:sns:REGION:ACCOUNT:DECISIONS",
    "DecisionsBus": "arn:aws:events:REGION:ACCOUNT:event-bus/DECISIONS",
    "FlowRole": "arn:aws:iam::ACCOUNT:role/FLOW",
}
_Tags.add_multi_constructor("!", _tag)


def policies() -> dict[str, dict[str, Any]]:
    """Of each role, by name."""
    resources = yaml.load(TEMPLATE, _Tags)["Resources"]
    roles = {
        name: each["Properties"]["Policies"] for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"
    }
    found = {policy["PolicyName"]: policy["PolicyDocument"] for given in roles.values() for policy in given}
    return {**found, "setup": resources["SetupPolicy"]["Properties"]["PolicyDocument"]}


@pytest.mark.parametrize("name", ["service", "intake", "export", "flow", "setup"])
def test_each_role_has_its_policy_as_a_file_with_the_words_of_the_template(name: str) -> None:
    written = (DEPLOY / "iam" / f"{name}.json").read_text(encoding="utf-8")

    assert sorted(policies()) == sorted(path.stem for path in (DEPLOY / "iam").iterdir())
    assert written == json.dumps(policies()[name], indent=2) + "\n", "write it anew: it follows the template"


def test_the_service_may_make_every_call_of_the_detectors() -> None:
    allowed = {a for each in policies()["service"]["Statement"] for a in _actions(each)}
    # Models are started, and documents in bulk looked through, by whoever runs those commands.
    by_hand = re.compile("rekognition:DescribeProject|comprehend:.*PiiEntitiesDetectionJob")
    wanted = {name.replace(".", ":", 1).replace("bedrock-runtime", "bedrock") for name in ANSWERS}

    assert sorted(call for call in wanted - allowed if not by_hand.match(call)) == []


def _actions(statement: dict[str, Any]) -> list[str]:
    found = statement["Action"]
    return list(found) if isinstance(found, list) else [found]


def test_no_policy_allows_more_than_what_is_called() -> None:
    for name, policy in policies().items():
        for statement in policy["Statement"]:
            actions = _actions(statement)
            assert not [a for a in actions if "*" in a and not a.startswith("kms:")], (name, statement["Sid"])
            if statement["Resource"] == "*":
                services = {action.split(":")[0] for action in actions}
                assert services <= {"rekognition", "comprehend", "comprehendmedical", "transcribe", "sagemaker"}, name


def test_the_lifecycle_rules_are_those_that_the_command_prints() -> None:
    bucket = yaml.load(TEMPLATE, _Tags)["Resources"]["MediaBucket"]["Properties"]
    made = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}

    assert list(made) == [rule["ID"] for rule in lifecycle_rules()["Rules"]]
    for rule in lifecycle_rules()["Rules"]:
        if "Tag" in rule["Filter"]:
            assert made[rule["ID"]]["TagFilters"] == [rule["Filter"]["Tag"]]
            assert made[rule["ID"]]["ExpirationInDays"] == rule["Expiration"]["Days"]


# Containers

BOTO3 = ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_S3", "AWS_SECRET_ACCESS_KEY"]


def test_the_container_file_copies_what_there_is_and_sets_what_is_known() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = [name for line in re.findall(r"^COPY (.+)$", text, re.M) for name in line.split()[:-1]]
    ignored = Path(".dockerignore").read_text(encoding="utf-8").split()

    assert [name for name in copied if not Path(name).exists() or name in ignored] == []
    settings = re.findall(rf"{PREFIX}(\w+)=", text)
    assert settings == ["DATA", "HOST"]
    assert [name for name in settings if name.lower() not in Settings.model_fields] == []
    assert re.findall(r"^USER (\w+)", text, re.M)[-1] != "root"


def test_the_container_file_copies_all_that_the_wheel_needs_and_installs_the_plugins_of_the_extra() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = {name for line in re.findall(r"^COPY (.+)$", text, re.M) for name in line.split()[:-1]}

    assert {*wheel["packages"], *wheel["force-include"], *project["project"]["license-files"]} <= copied
    plugins = project["project"]["optional-dependencies"]["plugins"]
    assert sorted(re.findall(r"\./plugins/(\w+)", text)) == [name.removeprefix("moderation-") for name in plugins]


def compose() -> dict[str, Any]:
    """Each service of compose.yaml with what compose.s3.yaml adds, as compose lays one over the other."""
    base = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    over = yaml.safe_load((DEPLOY / "compose.s3.yaml").read_text(encoding="utf-8"))
    services = base["services"]
    for name, more in over["services"].items():
        given = services.setdefault(name, {})
        for key, value in more.items():
            given[key] = given[key] | value if isinstance(value, dict) and key in given else value
    return {"services": services, "volumes": base["volumes"] | over["volumes"]}


def test_the_compose_files_run_commands_that_there_are_with_known_settings() -> None:
    from moderation.cli import COMMANDS

    services = compose()["services"]
    for name in ("serve", "worker"):
        given = services[name]["environment"]
        settings = {key.removeprefix(PREFIX).lower(): value for key, value in given.items() if key.startswith(PREFIX)}
        assert [key for key in settings if key not in Settings.model_fields] == []
        assert sorted(set(given) - {PREFIX + key.upper() for key in settings}) == BOTO3, "read by boto3 alone"
        assert set(services[name].get("command", ["serve"])) <= set(COMMANDS)
        filled = {key: re.sub(r"\$\{\w+(?::-|:\?)([^}]*)\}", r"\1", value) for key, value in settings.items()}
        assert Settings(**filled).media_s3, "the values are such as the settings take"
    assert services["serve"]["ports"] == ["127.0.0.1:8000:8000"], "nobody else reaches it without a proxy"
    assert [name for name in services if "ports" in services[name]] == ["serve"]


def test_services_wait_for_those_they_need_and_keep_what_they_write_in_volumes() -> None:
    whole = compose()
    services = whole["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[needed]["healthcheck"]["test"][0] == "CMD", (name, needed)
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[needed]["restart"] == "on-failure", "it ends"
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in whole["volumes"], name
    assert set(services["serve"]["depends_on"]) == {"postgres", "redis", "bucket"}
    assert (
        services["bucket"]["entrypoint"][-1] == f"store/{services['serve']['environment']['MODERATION_MEDIA_BUCKET']}"
    )
    [port] = re.findall(r"s3:(\d+)", services["serve"]["environment"]["AWS_ENDPOINT_URL_S3"])
    assert f"@s3:{port}" in services["bucket"]["environment"]["MC_HOST_store"]


def test_the_health_check_of_serve_asks_a_page_that_answers(open_api: Open) -> None:
    [address] = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", compose()["services"]["serve"]["healthcheck"]["test"][-1])

    assert open_api().client.get(address).status_code == 200


def test_the_example_of_env_has_all_that_the_compose_files_ask_for_and_no_password() -> None:
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    text = "".join((DEPLOY / name).read_text(encoding="utf-8") for name in ("compose.yaml", "compose.s3.yaml"))

    must = set(re.findall(r"\$\{(\w+):\?", text))
    assert {name for name, value in given.items() if not value} == must, "compose refuses to start with these empty"
    assert set(given) <= set(re.findall(r"\$\{(\w+)", text))
    assert "**/.env" in Path(".dockerignore").read_text(encoding="utf-8").split(), "a password is in no layer"

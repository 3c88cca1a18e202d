"""What is an app's is its own: no key of another app reads, shows, changes or even finds it, by whichever door.

``shop`` has a bucket, a work team, a template, a flow definition and a loop; ``forum`` tries for them; the operator may.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError

from review_ui.a2i.owners import LENT
from review_ui.a2i.pictures import pictures_of_app
from review_ui.a2i.tables import human_loops
from tests.houses.aws_door import Door, blank

ROLE = "arn:aws:iam::000000000000:role/x"
NUMBERS = count(1)
BUILT_IN = "AWS/Rekognition/DetectModerationLabels/Image/V3"
MEMBERS = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
GRANTING = '<crowd-form><img src="{{ task.input.picture | grant_read_access }}"></crowd-form>'


def code(call: Callable[..., Any], **parameters: Any) -> str:
    """The code of the error that a call is answered with; empty for none."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


class Apart:
    """Things of ``shop`` at a door, and clients of the three keys."""

    def __init__(self, door: Door) -> None:
        self.door, self.review = door, door.review
        self.keys = {"shop": door.key, "forum": door.other, "operator": door.operator}
        s3 = self.client("s3", "shop")
        for bucket in ("shop-things", "shop-answers"):
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket="shop-things", Key="face.png", Body=blank())
        self.client("s3", "forum").create_bucket(Bucket="forum-things")
        self.client("s3", "forum").put_object(Bucket="forum-things", Key="own.png", Body=blank())
        control = self.client("sagemaker", "shop")
        control.create_workteam(WorkteamName="shop-team", Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName="shop-ui", UiTemplate={"Content": GRANTING})
        self.flow = self.make_flow("shop", "shop-flow", "shop-team", "shop-ui", "shop-answers")
        self.start("shop", self.flow, "shop-loop", {"picture": "s3://shop-things/face.png"})

    def client(self, service: str, who: str) -> Any:
        return self.door.client(service, self.keys[who])

    def make_flow(self, who: str, name: str, team: str, ui: str, bucket: str, **more: Any) -> str:
        given = {
            "WorkteamArn": self.review.arn("workteam/private-crowd", team),
            "HumanTaskUiArn": self.review.arn("human-task-ui", ui),
            "TaskTitle": "Look",
            "TaskDescription": "Look well",
            "TaskCount": 1,
        }
        output = {"S3OutputPath": f"s3://{bucket}/a2i"}
        made = self.client("sagemaker", who).create_flow_definition(
            FlowDefinitionName=name, HumanLoopConfig=given, OutputConfig=output, RoleArn=ROLE, **more
        )
        return str(made["FlowDefinitionArn"])

    def start(self, who: str, flow: str, name: str, content: Any) -> Any:
        runtime = self.client("sagemaker-a2i-runtime", who)
        given = {"InputContent": json.dumps(content)}
        return runtime.start_human_loop(HumanLoopName=name, FlowDefinitionArn=flow, HumanLoopInput=given)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """A door of its own: what is made here would be in others' lists."""
    door = Door(tmp_path_factory.mktemp("apart"))
    yield Apart(door)
    door.close()


TEAM, UI, FLOW = "workteam/private-crowd/shop-team", "human-task-ui/shop-ui", "flow-definition/shop-flow"
DOORS: list[tuple[str, str, dict[str, Any], str]] = [
    ("s3", "get_object", {"Bucket": "shop-things", "Key": "face.png"}, "AccessDenied"),
    ("s3", "head_object", {"Bucket": "shop-things", "Key": "face.png"}, "403"),
    ("s3", "head_bucket", {"Bucket": "shop-things"}, "403"),
    ("s3", "list_objects_v2", {"Bucket": "shop-things"}, "AccessDenied"),
    ("s3", "put_object", {"Bucket": "shop-things", "Key": "new", "Body": b""}, "AccessDenied"),
    ("s3", "create_bucket", {"Bucket": "shop-things"}, "BucketAlreadyExists"),
    ("rekognition", "detect_faces", {"Image": {"S3Object": {"Bucket": "shop-things", "Name": "face.png"}}}, "InvalidS3ObjectException"),
    ("sagemaker", "describe_workteam", {"WorkteamName": "shop-team"}, "ValidationException"),
    ("sagemaker", "update_workteam", {"WorkteamName": "shop-team", "Description": "e"}, "ValidationException"),
    ("sagemaker", "describe_human_task_ui", {"HumanTaskUiName": "shop-ui"}, "ResourceNotFound"),
    ("sagemaker", "render_ui_template", {"HumanTaskUiArn": UI, "Task": {"Input": "{}"}, "RoleArn": ROLE}, "ResourceNotFound"),
    ("sagemaker", "describe_flow_definition", {"FlowDefinitionName": "shop-flow"}, "ResourceNotFound"),
    ("sagemaker", "list_tags", {"ResourceArn": TEAM}, "ValidationException"),
    ("sagemaker", "list_tags", {"ResourceArn": UI}, "ValidationException"),
    ("sagemaker", "list_tags", {"ResourceArn": FLOW}, "ValidationException"),
    ("sagemaker", "add_tags", {"ResourceArn": FLOW, "Tags": [{"Key": "a", "Value": "b"}]}, "ValidationException"),
    ("sagemaker", "delete_tags", {"ResourceArn": FLOW, "TagKeys": ["a"]}, "ValidationException"),
    ("sagemaker-a2i-runtime", "list_human_loops", {"FlowDefinitionArn": FLOW}, "ResourceNotFoundException"),
    ("sagemaker-a2i-runtime", "describe_human_loop", {"HumanLoopName": "shop-loop"}, "ResourceNotFoundException"),
]  # fmt: skip
"""Each by its service, operation and parameters, and what another app is answered."""


def _named(parameters: dict[str, Any], apart: Apart) -> dict[str, Any]:
    """The parameters with whole ARNs."""
    arns = {name: apart.review.arn(*value.rsplit("/", 1)) for name, value in parameters.items() if name.endswith("Arn") and value != ROLE}  # fmt: skip
    return {**parameters, **arns}


class TestAnotherAppsThings:
    @pytest.mark.parametrize(("service", "operation", "parameters", "refusal"), DOORS)
    def test_are_not_there_for_an_app_and_are_for_their_owner(
        self, apart: Apart, service: str, operation: str, parameters: dict[str, Any], refusal: str
    ) -> None:
        given = _named(parameters, apart)

        assert code(getattr(apart.client(service, "forum"), operation), **given) == refusal
        assert code(getattr(apart.client(service, "shop"), operation), **given) == ""
        if operation != "create_bucket":  # a bucket has one owner
            assert code(getattr(apart.client(service, "operator"), operation), **given) == ""

    @pytest.mark.parametrize(
        ("service", "operation", "parameters", "refusal"),
        [
            ("s3", "delete_object", {"Bucket": "shop-things", "Key": "face.png"}, "AccessDenied"),
            ("sagemaker-a2i-runtime", "stop_human_loop", {"HumanLoopName": "shop-loop"}, "ResourceNotFoundException"),
            ("sagemaker-a2i-runtime", "delete_human_loop", {"HumanLoopName": "shop-loop"}, "ResourceNotFoundException"),
            ("sagemaker", "delete_human_task_ui", {"HumanTaskUiName": "shop-ui"}, "ResourceNotFound"),
            ("sagemaker", "delete_flow_definition", {"FlowDefinitionName": "shop-flow"}, "ResourceNotFound"),
            ("sagemaker", "delete_workteam", {"WorkteamName": "shop-team"}, "ValidationException"),
            ("sagemaker", "create_human_task_ui", {"HumanTaskUiName": "shop-ui", "UiTemplate": {"Content": "x"}}, "ResourceInUse"),
            ("sagemaker", "create_workteam", {"WorkteamName": "shop-team", "Description": "d", "MemberDefinitions": MEMBERS}, "ResourceInUse"),
            ("sagemaker", "delete_workforce", {"WorkforceName": "any"}, "AccessDeniedException"),
        ],
    )  # fmt: skip
    def test_are_neither_ended_nor_replaced(
        self, apart: Apart, service: str, operation: str, parameters: dict[str, Any], refusal: str
    ) -> None:
        assert code(getattr(apart.client(service, "forum"), operation), **parameters) == refusal

        described = apart.client("sagemaker-a2i-runtime", "shop").describe_human_loop(HumanLoopName="shop-loop")
        assert described["HumanLoopStatus"] == "InProgress"

    def test_are_in_no_list(self, apart: Apart) -> None:
        lists = {"list_workteams": "Workteams", "list_human_task_uis": "HumanTaskUiSummaries", "list_flow_definitions": "FlowDefinitionSummaries"}  # fmt: skip

        for operation, key in lists.items():
            found = {
                who: json.dumps(getattr(apart.client("sagemaker", who), operation)()[key], default=str)
                for who in apart.keys
            }
            assert "shop-" in found["shop"]
            assert "shop-" in found["operator"]
            assert "shop-" not in found["forum"]

    def test_a_link_signed_by_another_app_opens_nothing(self, apart: Apart) -> None:
        params = {"Bucket": "shop-things", "Key": "face.png"}
        for who, status in (("shop", 200), ("forum", 403)):
            url = apart.client("s3", who).generate_presigned_url("get_object", Params=params)
            try:
                with urllib.request.urlopen(url) as answer:
                    found = answer.status
            except urllib.error.HTTPError as error:
                with error:
                    found = error.code
            assert found == status


class TestShownToPeople:
    """A loop shows people what its app could read itself, and no more."""

    @pytest.fixture
    def own(self, apart: Apart) -> str:
        """A flow of ``forum`` with a template that grants what the input names."""
        name, control = f"forum-{next(NUMBERS)}", apart.client("sagemaker", "forum")
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": GRANTING})
        return apart.make_flow("forum", name, name, name, "forum-answers")

    def test_its_own_objects_are_granted(self, apart: Apart, own: str) -> None:
        assert apart.start("forum", own, f"own-{next(NUMBERS)}", {"picture": "s3://forum-things/own.png"})

    @pytest.mark.parametrize(
        "uri",
        [
            "s3://shop-things/face.png",
            "https://s3.amazonaws.com/shop-things/face.png",
            "s3://shop-answers/a2i/any/output.json",
            "s3://moderation/media/aa/whatever.png",
            "s3://moderation/a2i/pictures/shop/00",
            "s3://moderation/a2i/pictures/forum/../shop/00",
        ],
    )
    def test_an_input_that_names_anothers_object_is_refused(self, apart: Apart, own: str, uri: str) -> None:
        with pytest.raises(ClientError, match="which this key may not read") as caught:
            apart.start("forum", own, f"theirs-{next(NUMBERS)}", {"picture": uri})

        assert caught.value.response["Error"]["Code"] == "ValidationException"

    def test_so_is_a_template_that_names_it_itself(self, apart: Apart) -> None:
        name, control = f"forum-{next(NUMBERS)}", apart.client("sagemaker", "forum")
        content = '<img src="{{ "s3://shop-things/face.png" | grant_read_access }}">'
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": content})
        flow = apart.make_flow("forum", name, name, name, "forum-answers")

        with pytest.raises(ClientError, match="may not read"):
            apart.start("forum", flow, f"l-{name}", {})
        rendered = control.render_ui_template(UiTemplate={"Content": content}, Task={"Input": "{}"}, RoleArn=ROLE)
        assert "shop-things" in rendered["Errors"][0]["Message"]
        assert "Signature" not in rendered["RenderedContent"]

    def test_the_answer_of_a_detector_that_somebody_made_up_grants_no_more(self, apart: Apart) -> None:
        name, control = f"forum-{next(NUMBERS)}", apart.client("sagemaker", "forum")
        place = "task.input.aiServiceRequest.image.s3Object"
        content = f"{{% capture uri %}}s3://{{{{ {place}.bucket }}}}/{{{{ {place}.name }}}}{{% endcapture %}}{{{{ uri | grant_read_access }}}}"
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": content})
        source = {"AwsManagedHumanLoopRequestSource": BUILT_IN}
        flow = apart.make_flow("forum", name, name, name, "forum-answers", HumanLoopRequestSource=source)
        asked = {"Image": {"S3Object": {"Bucket": "shop-things", "Name": "face.png"}}}
        forged = {"aiServiceRequest": asked, "aiServiceResponse": {"ModerationLabels": []}}

        with pytest.raises(ClientError, match="may not read"):
            apart.start("forum", flow, f"l-{name}", forged)

    def test_a_picture_that_came_as_bytes_is_its_apps_alone(self, apart: Apart, own: str) -> None:
        source = {"AwsManagedHumanLoopRequestSource": BUILT_IN}
        flow = apart.make_flow("shop", f"bytes-{next(NUMBERS)}", "shop-team", "shop-ui", "shop-answers", HumanLoopRequestSource=source)  # fmt: skip
        config = {"HumanLoopName": f"bytes-{next(NUMBERS)}", "FlowDefinitionArn": flow}
        apart.client("rekognition", "shop").detect_moderation_labels(Image={"Bytes": blank(310, 90)}, HumanLoopConfig=config)  # fmt: skip
        query = sa.select(human_loops.c.input_content).where(human_loops.c.name == config["HumanLoopName"])
        content = json.loads(apart.review.database.read(lambda c: c.execute(query).scalar_one()))
        place = content["aiServiceRequest"]["image"]["s3Object"]

        assert place["name"].startswith(pictures_of_app("shop"))
        with pytest.raises(ClientError, match="may not read"):
            apart.start("forum", own, f"l-{next(NUMBERS)}", {"picture": f"s3://{place['bucket']}/{place['name']}"})

    def test_anothers_flow_asks_nobody_for_rekognition(self, apart: Apart) -> None:
        source = {"AwsManagedHumanLoopRequestSource": BUILT_IN}
        flow = apart.make_flow("shop", f"mine-{next(NUMBERS)}", "shop-team", "shop-ui", "shop-answers", HumanLoopRequestSource=source)  # fmt: skip
        config = {"HumanLoopName": f"mine-{next(NUMBERS)}", "FlowDefinitionArn": flow}
        detect = apart.client("rekognition", "forum").detect_moderation_labels

        assert code(detect, Image={"Bytes": blank()}, HumanLoopConfig=config) == "ResourceNotFoundException"


class TestFlows:
    def test_outputs_are_not_written_into_anothers_bucket(self, apart: Apart) -> None:
        name, control = f"forum-{next(NUMBERS)}", apart.client("sagemaker", "forum")
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": "<p></p>"})

        for bucket in ("shop-answers", "moderation"):
            with pytest.raises(ClientError, match=f"bucket {bucket} is not this access key's"):
                apart.make_flow("forum", name, name, name, bucket)

    def test_a_bucket_that_is_nobodys_becomes_its_own(self, apart: Apart) -> None:
        name, control = f"forum-{next(NUMBERS)}", apart.client("sagemaker", "forum")
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": "<p></p>"})

        apart.make_flow("forum", name, name, name, f"new-{name}")

        assert code(apart.client("s3", "forum").head_bucket, Bucket=f"new-{name}") == ""
        assert code(apart.client("s3", "shop").head_bucket, Bucket=f"new-{name}") == "403"

    def test_it_is_made_of_teams_and_templates_of_its_own(self, apart: Apart) -> None:
        with pytest.raises(ClientError, match="work team shop-team does not exist"):
            apart.make_flow("forum", "stolen", "shop-team", "shop-ui", "forum-answers")

    def test_what_is_lent_is_used_and_described_and_stays_its_owners(self, apart: Apart) -> None:
        name, control = f"lent-{next(NUMBERS)}", apart.client("sagemaker", "operator")
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=MEMBERS)
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": GRANTING})
        flow = apart.make_flow("operator", name, name, name, "operators-answers")
        theirs, runtime = apart.client("sagemaker", "forum"), apart.client("sagemaker-a2i-runtime", "forum")
        assert code(theirs.describe_flow_definition, FlowDefinitionName=name) == "ResourceNotFound"

        control.add_tags(ResourceArn=flow, Tags=[{"Key": LENT, "Value": "yard forum"}])

        assert theirs.describe_flow_definition(FlowDefinitionName=name)["FlowDefinitionArn"] == flow
        assert flow in json.dumps(theirs.list_flow_definitions(), default=str)
        apart.start("forum", flow, f"loop-{name}", {"picture": "s3://forum-things/own.png"})
        apart.start("operator", flow, f"other-{name}", {})
        assert [each["HumanLoopName"] for each in runtime.list_human_loops(FlowDefinitionArn=flow)["HumanLoopSummaries"]] == [f"loop-{name}"]  # fmt: skip
        assert code(theirs.delete_flow_definition, FlowDefinitionName=name) == "AccessDeniedException"
        assert code(theirs.list_tags, ResourceArn=flow) == "ValidationException"
        with pytest.raises(ClientError, match="may not read"):
            apart.start("forum", flow, f"x-{name}", {"picture": "s3://shop-things/face.png"})
        assert code(apart.client("sagemaker", "shop").describe_flow_definition, FlowDefinitionName=name) == "ResourceNotFound"  # fmt: skip


class TestJobs:
    def test_a_job_reads_and_writes_its_apps_buckets_and_is_seen_by_it_alone(self, apart: Apart) -> None:
        given: dict[str, Any] = {"DataAccessRoleArn": ROLE, "LanguageCode": "en", "Mode": "ONLY_OFFSETS", "OutputDataConfig": {"S3Uri": "s3://shop-answers/pii/"}}  # fmt: skip
        start = {who: apart.client("comprehend", who).start_pii_entities_detection_job for who in apart.keys}
        into = {"S3Uri": "s3://shop-things/texts/"}
        same = {"ClientRequestToken": "one-token", "InputDataConfig": into}

        job = start["shop"](**given, **same)["JobId"]

        assert start["shop"](**given, **same)["JobId"] == job
        assert code(start["forum"], **given, **same) == "InvalidRequestException"
        own_output = {**given, "OutputDataConfig": {"S3Uri": "s3://forum-answers/pii/"}}
        assert code(start["forum"], **own_output, InputDataConfig=into) == "InvalidRequestException"
        own_input = {"S3Uri": "s3://forum-things/"}
        assert code(start["forum"], **given, InputDataConfig=own_input) == "InvalidRequestException"
        assert start["forum"](**own_output, InputDataConfig=own_input, ClientRequestToken="one-token")["JobId"] != job
        for who, refusal in (("forum", "JobNotFoundException"), ("shop", ""), ("operator", "")):
            client = apart.client("comprehend", who)
            listed = client.list_pii_entities_detection_jobs()["PiiEntitiesDetectionJobPropertiesList"]
            assert code(client.describe_pii_entities_detection_job, JobId=job) == refusal
            assert (job in {each["JobId"] for each in listed}) is not bool(refusal)
        assert code(apart.client("comprehend", "forum").stop_pii_entities_detection_job, JobId=job) == "JobNotFoundException"  # fmt: skip

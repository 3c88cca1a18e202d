"""Labelling jobs as programs for Ground Truth make them: from a bucket and a manifest to people and an output manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from review_ui.a2i.labelling.advancing import advance_jobs
from review_ui.a2i.outputs import sweep
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task
from review_ui.people.people import People
from review_ui.portal.templating import template_of
from tests.houses.aws_door import Door, blank

ROLE = "arn:aws:iam::000000000000:role/x"
FUNCTION = "arn:aws:lambda:us-east-1:432418664414:function"
NUMBERS = count(1)
PEOPLE = ("ann", "bob", "cyd")
PAGE = "<crowd-form><crowd-image-classifier name='a' src='{{ task.input.taskObject | grant_read_access }}' categories=\"{{ task.input.labels | to_json | escape }}\"></crowd-image-classifier></crowd-form>"


class Workshop:
    """A door with a bucket of pictures, a work team and three people."""

    def __init__(self, door: Door) -> None:
        self.door, self.review = door, door.review
        people = People(self.review.database)
        self.people = {name: people.add(name, "reviewer", "long enough password").id for name in PEOPLE}
        self.control, self.s3 = door.client("sagemaker"), door.s3
        self.s3.create_bucket(Bucket="work")
        self.control.create_workteam(WorkteamName="labellers", Description="d", MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["g"]}}])  # fmt: skip
        for n in range(3):
            self.put(f"pictures/{n}.png", blank(100 + n, 80))
        self.put("page.html", PAGE.encode())

    def put(self, key: str, data: bytes) -> str:
        self.s3.put_object(Bucket="work", Key=key, Body=data)
        return f"s3://work/{key}"

    def request(
        self, lines: list[Any], labels: list[str], kind: str = "ImageMultiClass", **more: Any
    ) -> dict[str, Any]:
        """What a job is asked for with."""
        number = next(NUMBERS)
        manifest = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        category = {"document-version": "2018-11-28", "labels": [{"label": label} for label in labels]}
        human = {
            "WorkteamArn": self.review.arn("workteam/private-crowd", "labellers"),
            "UiConfig": {"UiTemplateS3Uri": "s3://work/page.html"},
            "PreHumanTaskLambdaArn": f"{FUNCTION}:PRE-{kind}",
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{FUNCTION}:ACS-{kind}"},
            "TaskTitle": "What is it?",
            "TaskDescription": "Say what you see",
            "NumberOfHumanWorkersPerDataObject": 3,
            "TaskTimeLimitInSeconds": 600,
        }
        return {
            "LabelingJobName": f"job-{number}",
            "LabelAttributeName": "animal",
            "InputConfig": {
                "DataSource": {"S3DataSource": {"ManifestS3Uri": self.put(f"{number}.manifest", manifest.encode())}}
            },
            "OutputConfig": {"S3OutputPath": "s3://work/out"},
            "RoleArn": ROLE,
            "LabelCategoryConfigS3Uri": self.put(f"{number}.labels.json", json.dumps(category).encode()),
            "HumanTaskConfig": {**human, **more.pop("human", {})},
            **more,
        }

    def create(self, *args: Any, **more: Any) -> str:
        request = self.request(*args, **more)
        self.control.create_labeling_job(**request)
        self.carry_on()
        return str(request["LabelingJobName"])

    def carry_on(self) -> None:
        """What `serve` does every second."""
        sweep(self.review)
        advance_jobs(self.review)

    def answer(self, job: str, say: Callable[[str, Mapping[str, Any]], Any], people: tuple[str, ...] = PEOPLE) -> int:
        """Have people answer all that a job gives them; how many answers there were."""
        given = 0
        for who in people:
            while (task := next_task(self.review, self.people[who], job)) is not None:
                submit_answer(self.review, task.id, self.people[who], say(who, task.content), 3.0)
                given += 1
        self.carry_on()
        return given

    def describe(self, job: str) -> dict[str, Any]:
        return dict(self.control.describe_labeling_job(LabelingJobName=job))

    def output(self, job: str) -> list[dict[str, Any]]:
        uri = self.describe(job)["LabelingJobOutput"]["OutputDatasetS3Uri"]
        assert uri == f"s3://work/out/{job}/manifests/output/output.manifest"
        return [json.loads(line) for line in self.read(uri.removeprefix("s3://work/")).splitlines()]

    def read(self, key: str) -> str:
        return str(self.s3.get_object(Bucket="work", Key=key)["Body"].read().decode())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A door of its own: its queues and people are its tests'."""
    door = Door(tmp_path_factory.mktemp("labelling"), undo_seconds=0)
    yield Workshop(door)
    door.close()


def pictures(many: int = 3, **more: Any) -> list[dict[str, Any]]:
    return [{"source-ref": f"s3://work/pictures/{n}.png", **more} for n in range(many)]


def classes(kind: str = "ImageMultiClass", **more: Any) -> dict[str, Any]:
    return {"kind": kind, **more}


class TestJourney:
    def test_three_people_label_pictures_and_the_manifest_comes_back_augmented(self, shop: Workshop) -> None:
        job = shop.create(pictures(id="kept"), ["cat", "dog"])
        begun = shop.describe(job)
        assert begun["LabelingJobStatus"] == "InProgress"
        assert begun["LabelCounters"] == {"TotalLabeled": 0, "HumanLabeled": 0, "MachineLabeled": 0, "FailedNonRetryableError": 0, "Unlabeled": 3}  # fmt: skip

        # Ann and Bob agree; Cyd says dog of everything.
        def say(who: str, content: Mapping[str, Any]) -> Any:
            dog = who == "cyd" or "/1.png" in content["taskObject"]
            return {"a": {"label": "dog" if dog else "cat"}}

        assert shop.answer(job, say) == 9

        assert shop.describe(job)["LabelingJobStatus"] == "Completed"
        lines = shop.output(job)
        assert [line["animal"] for line in lines] == [0, 1, 0]
        first, metadata = lines[0], lines[0]["animal-metadata"]
        assert (first["source-ref"], first["id"]) == ("s3://work/pictures/0.png", "kept")
        assert set(metadata) == {"class-name", "confidence", "type", "human-annotated", "creation-date", "job-name"}
        assert (metadata["class-name"], metadata["type"]) == ("cat", "groundtruth/image-classification")
        assert (metadata["human-annotated"], metadata["job-name"]) == ("yes", f"labeling-job/{job}")
        assert 0.5 < metadata["confidence"] <= 1
        described = shop.describe(job)
        assert described["LabelCounters"]["HumanLabeled"] == 3
        assert described["LabelAttributeName"] == "animal"

    def test_what_each_person_answered_is_kept_beside_it(self, shop: Workshop) -> None:
        job = shop.create(pictures(1), ["cat", "dog"])
        shop.answer(job, lambda who, content: {"a": {"label": "cat"}})

        found = shop.s3.list_objects_v2(Bucket="work", Prefix=f"out/{job}/annotations/worker-response/iteration-1/0/")
        (each,) = found["Contents"]
        answers = json.loads(shop.read(each["Key"]))["answers"]

        assert [answer["answerContent"] for answer in answers] == [{"a": {"label": "cat"}}] * 3
        assert len({answer["workerId"] for answer in answers}) == 3

    def test_the_output_is_the_input_of_another_job(self, shop: Workshop) -> None:
        first = shop.create(pictures(1), ["cat", "dog"])
        shop.answer(first, lambda who, content: {"a": {"label": "cat"}})

        second = shop.create(shop.output(first), ["young", "old"], LabelAttributeName="age")
        shop.answer(second, lambda who, content: {"a": {"label": "old"}})

        (line,) = shop.output(second)
        assert (line["animal"], line["age"]) == (0, 1)
        assert line["animal-metadata"]["job-name"] == f"labeling-job/{first}"

    def test_people_have_the_jobs_page_with_its_object_and_labels(self, shop: Workshop) -> None:
        job = shop.create(pictures(1), ["cat", "dog"])

        task = next_task(shop.review, shop.people["ann"], job)

        assert task is not None
        assert (task.title, task.content["labels"]) == ("What is it?", ["cat", "dog"])
        assert "crowd-image-classifier" in str(template_of(shop.review, task))
        submit_answer(shop.review, task.id, shop.people["ann"], {"a": {"label": "cat"}}, 1.0)
        shop.answer(job, lambda who, content: {"a": {"label": "cat"}})


TEXT = "Ann met Bob in Rome"
CASES: list[tuple[str, list[Any], Callable[[str], Any], Any, dict[str, Any]]] = [
    (
        "ImageMultiClassMultiLabel",
        pictures(1),
        lambda who: {"x": {"labels": ["cat", "dog"] if who != "cyd" else ["cat"]}},
        [0, 1],
        {"class-map": {"0": "cat", "1": "dog"}, "type": "groundtruth/image-classification-multilabel"},
    ),
    (
        "TextMultiClass",
        [{"source": TEXT}],
        lambda who: {"x": {"label": "dog"}},
        1,
        {"class-name": "dog", "type": "groundtruth/text-classification"},
    ),
    (
        "TextMultiClassMultiLabel",
        [{"source": TEXT}],
        lambda who: {"x": {"labels": []}},
        [],
        {"class-map": {}, "confidence-map": {}, "type": "groundtruth/text-classification-multilabel"},
    ),
    (
        "BoundingBox",
        pictures(1),
        lambda who: {
            "x": {
                "boundingBoxes": [{"label": "cat", "left": 10 + len(who), "top": 10, "width": 20, "height": 30}],
                "inputImageProperties": {"width": 100, "height": 80},
            }
        },
        {
            "annotations": [{"class_id": 0, "left": 13, "top": 10, "width": 20, "height": 30}],
            "image_size": [{"width": 100, "height": 80, "depth": 3}],
        },
        {"objects": [{"confidence": 1.0}], "class-map": {"0": "cat"}, "type": "groundtruth/object-detection"},
    ),
    (
        "NamedEntityRecognition",
        [{"source": TEXT}],
        lambda who: {
            "x": {
                "entities": [
                    {"label": "cat", "startOffset": 0, "endOffset": 3},
                    *([{"label": "dog", "startOffset": 8, "endOffset": 11}] if who == "ann" else []),
                ]
            }
        },
        {
            "annotations": {
                "entities": [{"label": "cat", "startOffset": 0, "endOffset": 3}],
                "labels": [{"label": "cat"}, {"label": "dog"}],
            }
        },
        {"entities": [{"confidence": 1.0}], "type": "groundtruth/text-span"},
    ),
]


class TestTaskTypes:
    @pytest.mark.parametrize(("kind", "lines", "say", "label", "metadata"), CASES, ids=[case[0] for case in CASES])
    def test_each_is_written_as_documented(
        self,
        shop: Workshop,
        kind: str,
        lines: list[Any],
        say: Callable[[str], Any],
        label: Any,
        metadata: dict[str, Any],
    ) -> None:
        page = {"UiConfig": {"HumanTaskUiArn": f"arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/{kind}"}}
        job = shop.create(lines, ["cat", "dog"], kind=kind, human=page)

        shop.answer(job, lambda who, content: say(who))

        (line,) = shop.output(job)
        assert line["animal"] == label
        assert {name: line["animal-metadata"][name] for name in metadata} == metadata


class TestEnds:
    def test_a_stopped_job_keeps_what_is_labelled(self, shop: Workshop) -> None:
        job = shop.create(pictures(3), ["cat", "dog"], human={"MaxConcurrentTaskCount": 1})
        for who in PEOPLE:
            task = next_task(shop.review, shop.people[who], job)
            assert task is not None
            submit_answer(shop.review, task.id, shop.people[who], {"a": {"label": "cat"}}, 1.0)
        shop.carry_on()

        shop.control.stop_labeling_job(LabelingJobName=job)
        assert shop.describe(job)["LabelingJobStatus"] == "Stopping"
        for _ in range(2):
            shop.carry_on()

        described = shop.describe(job)
        assert described["LabelingJobStatus"] == "Stopped"
        assert (described["LabelCounters"]["HumanLabeled"], described["LabelCounters"]["Unlabeled"]) == (1, 2)
        assert len(shop.output(job)) == 1
        assert next_task(shop.review, shop.people["ann"], job) is None

    @pytest.mark.parametrize(
        ("conditions", "labelled"),
        [({"MaxHumanLabeledObjectCount": 2}, 2), ({"MaxPercentageOfInputDatasetLabeled": 34}, 2), ({}, 3)],
    )
    def test_stopping_conditions_end_it_early(self, shop: Workshop, conditions: dict[str, int], labelled: int) -> None:
        more = {"StoppingConditions": conditions} if conditions else {}
        job = shop.create(pictures(3), ["cat", "dog"], **more)

        shop.answer(job, lambda who, content: {"a": {"label": "cat"}})

        assert shop.describe(job)["LabelingJobStatus"] == "Completed"
        assert len(shop.output(job)) == labelled

    def test_an_object_that_nobody_answered_in_time_failed_and_says_so(
        self, shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from datetime import timedelta

        job = shop.create(pictures(1), ["cat", "dog"], human={"TaskAvailabilityLifetimeInSeconds": 60})
        clock = shop.review.clock
        monkeypatch.setattr(shop.review, "clock", lambda: clock() + timedelta(seconds=61))

        shop.carry_on()

        assert shop.describe(job)["LabelCounters"]["FailedNonRetryableError"] == 1
        (line,) = shop.output(job)
        assert "lifetime passed" in line["animal-metadata"]["failure-reason"]
        assert "animal" not in line

    def test_answers_that_say_no_label_fail_their_object(self, shop: Workshop) -> None:
        job = shop.create(pictures(1), ["cat", "dog"])

        shop.answer(job, lambda who, content: {"a": {"label": "horse"}})

        (line,) = shop.output(job)
        assert "no answer of its page says one of the labels" in line["animal-metadata"]["failure-reason"]
        assert shop.describe(job)["LabelCounters"] == {"TotalLabeled": 0, "HumanLabeled": 0, "MachineLabeled": 0, "FailedNonRetryableError": 1, "Unlabeled": 0}  # fmt: skip

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (["{"], "line 1 of the manifest is no JSON object"),
            ([{"source-ref": "s3://work/pictures/0.png"}, {"source": "x"}], "line 2 of the manifest has no text under 'source-ref'"),
            ([{"source-ref": "http://elsewhere/x.png"}], "line 1 of the manifest: source-ref is not the name of an object"),
            ([{"source-ref": "s3://theirs/x.png"}], "line 1 of the manifest: s3://theirs/x.png is not this job's to read"),
            ([""], "the manifest has no lines"),
            (['{"source-ref": "s3://work/\\ud800"}'], "line 1 of the manifest has a character that no text has"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_with_its_files_is_its_failure_reason(
        self, shop: Workshop, lines: list[Any], said: str
    ) -> None:
        job = shop.create(lines, ["cat", "dog"])

        described = shop.describe(job)

        assert described["LabelingJobStatus"] == "Failed"
        assert said in described["FailureReason"]
        assert "LabelingJobOutput" not in described

    def test_labels_twice_or_a_manifest_that_is_not_there_fail_it_too(self, shop: Workshop) -> None:
        twice = shop.create(pictures(1), ["cat", "cat"])
        request = shop.request(pictures(1), ["cat"])
        request["InputConfig"]["DataSource"]["S3DataSource"]["ManifestS3Uri"] = "s3://work/none.manifest"
        shop.control.create_labeling_job(**request)
        shop.carry_on()

        assert "'cat', is there twice" in shop.describe(twice)["FailureReason"]
        assert "no stored object" in shop.describe(request["LabelingJobName"])["FailureReason"]

    @pytest.mark.parametrize(
        ("page", "said"),
        [
            ("<crowd-form><crowd-video-label></crowd-video-label></crowd-form>", "line 1: <crowd-video-label>"),
            ("<p>{{ task.input.taskObject }}</p>", "has no crowd-form"),
        ],
    )
    def test_a_page_that_nobody_could_answer_fails_it(self, shop: Workshop, page: str, said: str) -> None:
        ui = {"UiConfig": {"UiTemplateS3Uri": shop.put("bad.html", page.encode())}}

        job = shop.create(pictures(1), ["cat"], human=ui)

        assert said in shop.describe(job)["FailureReason"]


class TestRequests:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"LabelAttributeName": "animal-metadata"}, "must not end with -metadata"),
            ({"LabelAttributeName": "animal-ref"}, "must not end with -metadata or -ref"),
            ({"OutputConfig": {"S3OutputPath": "s3://moderation/x"}}, "bucket moderation is not this access key's"),
            ({"LabelCategoryConfigS3Uri": "s3://theirs/labels.json"}, "is not this access key's to read"),
            ({"InputConfig": {"DataSource": {"SnsDataSource": {"SnsTopicArn": "arn:aws:sns:us-east-1:000000000000:t"}}}}, "streaming is not offered"),
            ({"human": {"PreHumanTaskLambdaArn": f"{FUNCTION}:PRE-VideoObjectTracking"}}, "PRE-VideoObjectTracking is not run here; these are: PRE-ImageMultiClass"),
            ({"human": {"PreHumanTaskLambdaArn": f"{FUNCTION}:PRE-BoundingBox"}}, "are of two task types"),
            ({"human": {"UiConfig": {"HumanTaskUiArn": "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/BoundingBox"}}}, "is no page for ImageMultiClass"),
            ({"human": {"UiConfig": {}}}, "either uiTemplateS3Uri or humanTaskUiArn"),
            ({"human": {"WorkteamArn": "arn:aws:sagemaker:us-east-1:000000000000:workteam/private-crowd/none"}}, "The work team none does not exist"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_refused_by_name(self, shop: Workshop, change: dict[str, Any], said: str) -> None:
        with pytest.raises(ClientError, match=said) as caught:
            shop.control.create_labeling_job(**shop.request(pictures(1), ["cat"], **change))

        assert caught.value.response["Error"]["Code"] == "ValidationException"

    def test_jobs_are_listed_tagged_and_their_apps_alone(self, shop: Workshop) -> None:
        request = shop.request(pictures(1), ["cat"], Tags=[{"Key": "a", "Value": "b"}])
        arn = shop.control.create_labeling_job(**request)["LabelingJobArn"]
        name, theirs = request["LabelingJobName"], shop.door.client("sagemaker", shop.door.other)

        (newest,) = shop.control.list_labeling_jobs(MaxResults=1)["LabelingJobSummaryList"]
        assert (newest["LabelingJobName"], newest["LabelingJobArn"]) == (name, arn)
        assert newest["PreHumanTaskLambdaArn"] == f"{FUNCTION}:PRE-ImageMultiClass"
        assert shop.control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
        assert shop.control.list_labeling_jobs(StatusEquals="Failed", NameContains=name)["LabelingJobSummaryList"] == []
        assert theirs.list_labeling_jobs()["LabelingJobSummaryList"] == []
        for call in (theirs.describe_labeling_job, theirs.stop_labeling_job):
            with pytest.raises(ClientError, match="ResourceNotFound"):
                call(LabelingJobName=name)
        with pytest.raises(ClientError, match="ResourceInUse"):
            shop.control.create_labeling_job(**request)

    def test_its_work_is_none_of_a2is_flows_and_loops(self, shop: Workshop) -> None:
        job = shop.create(pictures(1), ["cat"])
        runtime, arn = shop.door.client("sagemaker-a2i-runtime"), shop.review.arn("flow-definition", job)

        with pytest.raises(ClientError, match="ResourceNotFound"):
            shop.control.describe_flow_definition(FlowDefinitionName=job)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            runtime.list_human_loops(FlowDefinitionArn=arn)
        with pytest.raises(ClientError, match="Could not find flow definition"):
            runtime.start_human_loop(HumanLoopName="x", FlowDefinitionArn=arn, HumanLoopInput={"InputContent": "{}"})
        assert job not in json.dumps(shop.control.list_flow_definitions(), default=str)
        assert "labelling:" not in json.dumps(shop.control.list_human_task_uis(), default=str)
        with pytest.raises(ClientError, match="used by flow definition"):
            shop.control.delete_workteam(WorkteamName="labellers")

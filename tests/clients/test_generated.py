"""What other people's generators make of the API's document compiles, and one call of it works. ``make test-clients``.

What a generator is known not to understand stands here, so that more of it is found.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.houses.clients import House, run
from tests.paths import ROOT
from tools.openapi_document import text_of_document

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

GENERATORS = ("openapi-python-client==0.29.1", "openapi-generator-cli==7.26.0", "mypy")
JAVA_OPTIONS = "openApiNullable=false,hideGenerationTimestamp=true,useJakartaEe=true,supportUrlQuery=false"
JAVA_CLASSES = ("--generate-alias-as-model", "--global-property", "skipFormModel=false")
"""Classes for lists that have a name, and for forms: without the first it writes no Java for a list among other things
(``List<X>.class``), without the second it imports the class of a form that it leaves out."""
DEBIAN = [Path("/usr/share/java") / name for name in ("jakarta-annotation-api.jar", "httpmime.jar", "httpcore.jar")]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_text(text_of_document(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("generators") / "venv"
    uv = ROOT / ".venv" / "bin" / "uv"
    run(uv, "venv", "--quiet", "--python", sys.executable, made)
    run(uv, "pip", "install", "--quiet", "--python", made / "bin" / "python", *GENERATORS)
    return made / "bin"


def test_openapi_python_client(document: Path, tools: Path, tmp_path: Path, house: House) -> None:
    made = ["generate", "--path", document, "--output-path", tmp_path / "made", "--meta", "none"]
    said = run(tools / "openapi-python-client", *made)
    checked = subprocess.run([tools / "mypy", "--strict", "made"], cwd=tmp_path, capture_output=True, text=True)

    # It reads JSON and text: bytes of any type are left out. Its own attrs class mixes up a union of lists.
    assert re.findall(r"^WARNING parsing (.+) within", said, re.M) == [
        "GET /v1/items/{item_id}/parts/{part_id}/redacted"
    ]
    assert re.findall(r"^(\S+?):\d+: error", checked.stdout, re.M) == ["made/models/moderation_request.py"]

    program = """
import sys
from made import AuthenticatedClient
from made.api.items import post_v1_items
from made.models import PostedItem
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
item = PostedItem.from_dict({"parts": [{"type": "text", "text": "Have a nice day"}]})
print(post_v1_items.sync(client=client, body=item, wait=30).status)
"""
    assert run(tools / "python", "-c", program, house.url, house.key, folder=tmp_path).strip() in ("pending", "decided")


def test_openapi_typescript(document: Path, typescript: Path, tmp_path: Path) -> None:
    run("npx", "openapi-typescript", document, "--output", tmp_path / "schema.ts", folder=typescript)

    run("npx", "tsc", "--strict", "--noEmit", "--skipLibCheck", tmp_path / "schema.ts", folder=typescript)


def test_openapi_generator_for_java(document: Path, tools: Path, tmp_path: Path, house: House) -> None:
    jar = next(tools.parent.glob("lib/*/site-packages/openapi_generator_cli/*.jar"))
    how = ["--library", "native", "--additional-properties", JAVA_OPTIONS, *JAVA_CLASSES]
    run("java", "-jar", jar, "generate", "-g", "java", "-i", document, "-o", tmp_path / "java", *how)
    (tmp_path / "Main.java").write_text("""
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.ItemsApi;
import org.openapitools.client.api.ModerationsApi;
import org.openapitools.client.model.Input;
import org.openapitools.client.model.InputTexts;
import org.openapitools.client.model.ModerationRequest;
import org.openapitools.client.model.PostV1ItemsBatchRequest;
import org.openapitools.client.model.PostedItem;
import org.openapitools.client.model.PostedList;

public class Main {
  public static void main(String[] given) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(given[0]);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + given[1]));
    PostedItem item = ApiClient.createDefaultObjectMapper().readValue(given[2], PostedItem.class);
    System.out.println(new ItemsApi(client).postV1Items(item, null, null).getStatus());
    PostedList list = new PostedList();
    list.add(item);
    list.add(item);
    System.out.println(new ItemsApi(client).postV1ItemsBatch(new PostV1ItemsBatchRequest(list), null).getItems().size());
    InputTexts texts = new InputTexts();
    texts.add("Have a nice day");
    ModerationRequest asked = new ModerationRequest().input(new Input(texts));
    System.out.println(new ModerationsApi(client).postV1Moderations(asked).getResults().size());
  }
}
""")
    # Jackson is the generator's own: it is inside of its jar, in the version that its templates are written for.
    path = ":".join(map(str, [jar, *DEBIAN]))
    sources = [*(tmp_path / "java" / "src" / "main" / "java").rglob("*.java"), tmp_path / "Main.java"]

    run("javac", "-nowarn", "-d", tmp_path / "classes", "-cp", path, *sources)

    posted = json.dumps({"parts": [{"type": "text", "text": "Have a nice day"}]})
    assert len(sources) > 130
    said = run("java", "-cp", f"{tmp_path / 'classes'}:{path}", "Main", house.url, house.key, posted)
    status, *counted = said.strip().splitlines()[-3:]
    assert status in ("pending", "decided")
    assert counted == ["2", "1"]

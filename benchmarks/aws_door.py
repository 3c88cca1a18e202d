"""What the door at ``/aws`` adds to the detectors' own time: the answer's time less the time in which they look.

Requests are signed once and sent over one connection, as bytes, so that nothing of a client's own work is measured.
The picture is the same in all of them, so that the look itself is short and what is added stands out.

    python benchmarks/aws_door.py [--requests 300] [--most 3.0]

The least is what is added where nothing else runs, on whatever machine; exit code 1 when that is more than ``--most``
milliseconds.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import io
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from PIL import Image

from ground.web.listening import Listener
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from review_ui.opening import open_review

OPERATIONS = ("DetectModerationLabels", "DetectFaces", "DetectProtectiveEquipment")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--most", type=float, default=3.0, help="milliseconds")
    args = parser.parse_args()
    drawn = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(drawn, "JPEG", quality=80)
    body = json.dumps({"Image": {"Bytes": base64.b64encode(drawn.getvalue()).decode()}}).encode()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), port=0, a2i_endpoint_url="http://127.0.0.1:9")
        service = Service.open(settings)
        review = open_review(settings, blobs=service.blobs)
        listener = Listener(create_app(service, review), settings)
        listener.start()
        key = review.add_access_key(app="benchmark")
        looks: list[float] = []
        look = service.judge.runner.look

        def timed(*given: Any) -> Any:
            began = time.perf_counter()
            try:
                return look(*given)
            finally:
                looks.append(time.perf_counter() - began)

        service.judge.runner.look = timed  # type: ignore[method-assign]
        connection = http.client.HTTPConnection(listener.url.partition("://")[2])
        for operation in OPERATIONS:
            added = []
            for number in range(args.requests + 1):
                headers = {
                    "X-Amz-Target": f"RekognitionService.{operation}", "Content-Type": "application/x-amz-json-1.1",
                }  # fmt: skip
                request = AWSRequest("POST", f"{listener.url}/aws", headers=headers, data=body)
                SigV4Auth(Credentials(key.id, key.secret), "rekognition", "us-east-1").add_auth(request)
                began = time.perf_counter()
                connection.request("POST", "/aws", body, dict(request.headers.items()))
                answer = connection.getresponse()
                text = answer.read()
                took = time.perf_counter() - began
                if answer.status != 200:
                    raise SystemExit(text.decode())
                if number:  # the first one starts the detector
                    added.append((took - looks[-1]) * 1000)
            worst = max(worst, min(added))
            shown = f"{min(added):.2f} ms (least), {statistics.median(added):.2f} ms (median)"
            print(f"{operation}: adds {shown}; {len(body):,} bytes")
        listener.close()
        service.close()
        review.close()
    return int(worst > args.most)


if __name__ == "__main__":
    sys.exit(main())

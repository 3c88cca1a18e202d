"""Parts go in, detections and failures come out: each detector in a process of its own, judged by the policies."""

"""The models of RapidOCR (PP-OCR, Apache-2.0), which come with the package `rapidocr`, over onnxruntime.

Only its files are used: its own resizing makes 4,000 x 48 pixels into 61,000 x 736, and importing it takes longer than
loading the models.
"""

from __future__ import annotations

import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.hookspecs import Unreadable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MOST_THREADS = 2


@dataclass(frozen=True)
class Models:
    """Loaded.

    Attributes:
        finder: BGR at any scale, sides multiples of 32 -> how surely each pixel belongs to a line.
        reader: BGR, 48 pixels high -> for each 8 columns, how sure it is of each of `characters`.
        characters: by their number; the first is none.
        threads: run both side by side, each call in one thread: two calls beside each other are faster than one
            call over two threads.
    """

    finder: InferenceSession
    reader: InferenceSession
    characters: tuple[str, ...]
    threads: ThreadPoolExecutor


def load() -> Models:
    """From the files of the package; raises `Unreadable` when they are not there."""
    reader = _session("rec")
    listed = reader.get_modelmeta().custom_metadata_map["character"].splitlines()
    threads = min(MOST_THREADS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else MOST_THREADS)
    return Models(_session("det"), reader, ("", *listed, " "), ThreadPoolExecutor(threads, "reading"))


def _session(task: str) -> InferenceSession:
    import onnxruntime

    package = importlib.util.find_spec("rapidocr")
    places = package.submodule_search_locations if package is not None else None
    files = sorted(Path(places[0], "models").glob(f"*_{task}_*.onnx")) if places else []
    if not files:
        raise Unreadable(f"the package rapidocr has no model for {task} here: install moderation-vision anew")
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # each picture has sides of its own; plans for each would only pile up
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(files[0]), options, providers=["CPUExecutionProvider"])

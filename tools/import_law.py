"""A contract for import-linter that allows by name, where its own kinds forbid by name.

With a deny-list, what nobody thought of is allowed. This one fails for it.
"""

from __future__ import annotations

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowedContract(Contract):
    """Direct imports of some modules, and of all below them, are these and no others.

    Attributes:
        source_modules: whose imports are looked at; what lies below each may import from it.
        allowed_modules: what they may import, with all below; a name with a ``!`` before it stands for itself alone.
        standard_library: True allows it too.
        among: only imports of these packages are looked at; empty for all.
    """

    type_name = "allowed"

    source_modules = fields.SetField(subfield=fields.StringField())
    allowed_modules = fields.SetField(subfield=fields.StringField())
    standard_library = fields.BooleanField(required=False, default=False)
    among = fields.SetField(subfield=fields.StringField(), required=False, default=set())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every direct import of the sources."""
        found: list[str] = []
        for source in sorted(self.source_modules):  # type: ignore[call-overload]
            for importer in sorted({source} | graph.find_descendants(source)):
                for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                    if not self._may(source, imported):
                        found.append(f"{importer} imports {imported}")
        return ContractCheck(kept=not found, metadata={"found": found})

    def _may(self, source: str, imported: str) -> bool:
        top = imported.partition(".")[0]
        among: Any = self.among
        if among and top not in among:
            return True
        if _is_in(imported, source) or (self.standard_library and top in sys.stdlib_module_names):
            return True
        allowed: Any = self.allowed_modules
        return any(imported == name[1:] if name.startswith("!") else _is_in(imported, name) for name in allowed)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line an import."""
        for line in check.metadata["found"]:
            output.print_error(line)


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")

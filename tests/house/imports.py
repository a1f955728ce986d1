"""Which module imports which, read from the source of the packages."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"ovxai_patterns": ROOT / "patterns", "ovxai_passes": ROOT, "ovxai_tools": ROOT / "tools"}
"""Package → the folder that it is imported from."""


@cache
def parsed(file: Path) -> ast.Module:
    """The syntax tree of a file, which several tests walk."""
    return ast.parse(file.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Package:
    """The modules of a package and what they import of it; imports for types alone count, too."""

    name: str

    @cached_property
    def files(self) -> dict[str, Path]:
        """Module → its file, in the order of the modules' names."""
        source = SOURCES[self.name]
        found = {}
        for file in sorted((source / self.name).rglob("*.py")):
            parts = file.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
        return found

    @cached_property
    def arrows(self) -> nx.DiGraph:
        """Module → module that it imports, inside functions too."""
        files = self.files
        arrows = nx.DiGraph()
        arrows.add_nodes_from(files)
        for module, file in files.items():
            for node in ast.walk(parsed(file)):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names = [f"{node.module}.{alias.name}" for alias in node.names]
                    names = [name if name in files else str(node.module) for name in names]
                else:
                    continue
                arrows.add_edges_from((module, name) for name in names if name in files and name != module)
        return arrows

    @cached_property
    def rooms(self) -> nx.DiGraph:
        """Room → room whose modules it imports; a room is what stands directly in the package.

        The package's own `__init__` stands above all and is left out. Each arrow holds an example as `by`.
        """
        rooms = nx.DiGraph()
        for importing, imported in self.arrows.edges:
            ends = [name.split(".")[1] for name in (importing, imported) if "." in name]
            if len(ends) == 2 and ends[0] != ends[1]:
                rooms.add_edge(*ends, by=f"{importing} imports {imported}")
        return rooms


@cache
def package_of(name: str) -> Package:
    """The package of a name, read once."""
    return Package(name)


def circles(arrows: nx.DiGraph) -> list[list[str]]:
    """What imports itself through others."""
    return [sorted(part) for part in nx.strongly_connected_components(arrows) if len(part) > 1]

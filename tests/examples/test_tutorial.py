"""The notebook runs from its first cell to its last, and shows what it is kept with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.extras import needs_pictures

TUTORIAL = Path(__file__).resolve().parents[2] / "tools" / "examples" / "tutorial.ipynb"


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cells: list[Any]) -> list[str]:
    """The kinds of outputs, and what was printed but for figures."""
    found = []
    for cell in cells:
        for output in cell["outputs"]:
            found.append("".join(output["text"]) if output["output_type"] == "stream" else output["output_type"])
            found += sorted(output.get("data", {}))
    return found


def test_it_is_kept_as_it_was_run() -> None:
    cells = code_cells(json.loads(TUTORIAL.read_text(encoding="utf-8")))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not {output["output_type"] for cell in cells for output in cell["outputs"]} & {"error"}
    assert len(TUTORIAL.read_bytes()) < 500_000


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_runs() -> None:
    needs_pictures()
    for package in ("nbclient", "ipykernel", "matplotlib"):
        pytest.importorskip(package, reason="the notebook needs it: pip install 'ovxai-passes[examples]'")
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(TUTORIAL, 4)
    kept = shown(code_cells(notebook))
    nbclient.NotebookClient(notebook, timeout=60).execute()
    run = shown(code_cells(notebook))
    assert [kind for kind in run if "/" in kind] == [kind for kind in kept if "/" in kind]
    assert "the original output is the same: True" in "".join(run)

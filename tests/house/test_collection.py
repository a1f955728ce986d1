"""The suite is collected on a machine that has the declared dependencies and pytest alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("torch", "timm", "torchvision", "PIL", "cv2", "matplotlib", "scipy", "onnx", "model_api")
# an entry of None makes an import fail as if the package were not installed
COLLECT = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRAS!r}))
import pytest
sys.exit(pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "tests"]))
"""


@pytest.mark.slow
def test_no_extra_is_needed_to_collect() -> None:
    """Slow tests are collected, too; what an absent extra keeps from running is skipped, and is no error."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [sys.executable, "-c", COLLECT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "tests/whole/test_zoo.py: " in done.stdout

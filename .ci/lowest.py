"""Check that the lowest versions in pyproject.toml are those that are run: exit status 1 and what differs.

Those of what needs torch, of other frameworks, and of checkers, are in constraints.txt and on the command lines of
full.sh and sources.sh, the others in lowest.txt.
"""

import re
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib

CI = Path(__file__).parent


def pinned(text: str) -> dict[str, str]:
    """Versions by name, of all `name==version` in a text."""
    return dict(re.findall(r"([A-Za-z][\w-]*)==([\w.]+)", text))


project = tomllib.loads((CI.parent / "pyproject.toml").read_text())["project"]
asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
bounds = {tuple(line.partition(";")[0].strip().split(">=")) for line in asked}
run = pinned((CI / "lowest.txt").read_text()) | pinned((CI / "constraints.txt").read_text())
run |= pinned((CI / "full.sh").read_text()) | pinned((CI / "sources.sh").read_text())
run["tensorflow"] = run["tensorflow-cpu"]  # the same without CUDA
bounds.discard((f"{project['name']}[image]",))  # an extra that another one contains
wrong = [f"{name}>={version} is not run at its lowest" for name, version in sorted(bounds) if run.get(name) != version]
known = {name for name, _version in bounds}
wrong += [f"{name} is in lowest.txt alone" for name in sorted(set(pinned((CI / "lowest.txt").read_text())) - known)]
sys.exit("\n".join(wrong) or 0)

"""The process that looks at one network of a sweep of gradients: it tells what it finds line by line.

python -m ovxai_tools.checks.gradient_sweep.one_network NAME_OR_FILE
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from ovxai_passes.errors import NoGradientError, OvxaiError


def tell(**columns: object) -> None:
    """Columns of the row, which may be told again."""
    print(json.dumps(columns, default=np.ndarray.tolist), flush=True)


def main(name: str) -> None:
    """Tell all columns of the network's row."""
    started = time.perf_counter()
    try:
        if Path(name).suffix:
            from ovxai_tools.checks.gradient_sweep.from_file import differences  # noqa: PLC0415  # needs no torch

            differences(Path(name), tell)
        else:
            from ovxai_tools.checks.gradient_sweep.from_torch import compare  # noqa: PLC0415  # needs torch

            compare(name, tell)
    except NoGradientError as error:
        tell(status="declined", reason=str(error))
    except OvxaiError as error:
        tell(status="not built", reason=str(error))
    except ImportError as error:
        tell(status="not built", reason=f"{error}: pip install 'ovxai-passes[zoo]'")
    except Exception as error:  # torch and its converter raise whatever they like
        tell(reason=f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}")
    tell(seconds=round(time.perf_counter() - started, 1))


if __name__ == "__main__":
    main(sys.argv[1])

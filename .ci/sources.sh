# shellcheck shell=bash
# Models from where they live: each framework in a venv of its own, at the lowest version that pyproject.toml allows.

sources() {
    source_tests torch tests/passes/sources torch==2.13.0 onnx
    source_tests huggingface tests/passes/sources torch==2.13.0 transformers==4.57.6
    # the build without CUDA, of the version that the extra `keras` names
    source_tests keras tests/passes/sources tensorflow-cpu==2.21.0 keras==3.15.1
}

# source_tests VENV TESTS PACKAGES...: tests in a venv with these packages, made where it is not there
source_tests() (
    if [ ! -d "$work/$1" ]; then
        new_clone "$work/source_$1"
        new_venv "$work/$1"
        installed "${@:3}"
        cd "$work/source_$1/repo"
        installed -e . pytest pytest-xdist hypothesis
    fi
    # shellcheck source=/dev/null
    source "$work/$1/bin/activate"
    # what the step `full` asks for needs torch, which is not in each of these
    unset PYTHONPATH PYTEST_ADDOPTS
    cd "$work/source_$1/repo"
    logged 3 pytest -n 2 "$2"
)

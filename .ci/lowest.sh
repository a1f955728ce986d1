# shellcheck shell=bash
# The lowest versions that pyproject.toml allows, Python's too where the machine has it.

lowest() {
    local python
    python=$(interpreter 3.10)
    if [ -z "$python" ]; then
        skipped "the lowest versions on Python 3.10: it is not on this machine, so they ran on $(python3 --version)"
    fi
    new_clone "$work/lowest"
    lowest_suite "$work/lowest" "${python:-python3}"
}

lowest_suite() (
    cd "$1/repo"
    new_venv "$1/venv" "$2"
    python .ci/lowest.py
    installed -c .ci/lowest.txt -e '.[dev,plot,image,blackbox,config]'
    pip freeze > "$1/versions"
    grep -i -E '^(openvino|numpy|networkx|click|pillow|opencv-python-headless)==' "$1/versions" | tr '\n' ' '
    echo "on $(python --version)"
    mkdir "$1/demo"
    (cd "$1/demo" && demo_commands)
    logged 3 pytest --ignore=tests/house  # sources are the same whatever the versions
)

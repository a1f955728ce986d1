# shellcheck shell=bash
# A wheel, away from the clone that it was built in: on this Python, and on the others that the machine has.

build_wheel() {
    if [ ! -d "$work/dist" ]; then
        new_clone "$work/building"
        logged 0 python3 -m pip wheel --no-deps --wheel-dir "$work/dist" "$work/building/repo"
        rm -rf "$work/building"
    fi
}

wheel() {
    build_wheel
    from_wheel "$work/elsewhere" python3
}

# from_wheel FOLDER PYTHON: the demo commands in a folder and venv of their own
from_wheel() (
    mkdir -p "$1/here"
    cd "$1/here"
    new_venv "$1/venv" "$2"
    installed "$(echo "$work"/dist/*.whl)[image]"
    python -c 'import sys, ovxai_passes, ovxai_patterns, ovxai_tools as tools
for one in (ovxai_passes, ovxai_patterns, tools):
    assert one.__file__.startswith(sys.prefix), f"{one.__file__} is not the installed one"'
    demo_commands
    echo "demo models transformed, verified, shown and explained on $(python --version)"
)

interpreters() {
    local version python ours
    ours=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    build_wheel
    for version in 3.10 3.11 3.12 3.13 3.14; do
        if [ "$version" = "$ours" ]; then
            continue
        fi
        python=$(interpreter "$version")
        if [ -n "$python" ]; then
            from_wheel "$work/python$version" "$python"
        else
            skipped "Python $version, which is not on this machine"
        fi
    done
}

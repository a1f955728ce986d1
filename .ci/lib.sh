# shellcheck shell=bash
# What the steps share.

repo=$PWD
ci=$repo/.ci
shared=$(realpath -m ../shared)
work=$(mktemp -d)
not_run=
current=

# pip never takes a desktop build of torch, whoever asks for one
export PIP_CONSTRAINT=$ci/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH PYTEST_ADDOPTS

finish() {
    local code=$?
    rm -rf "$work"
    if [ -n "$current" ]; then
        echo ".ci/run: FAILED in step $current (exit code $code)"
    fi
}
trap finish EXIT

# step FUNCTION WORDS [STEPS ASKED FOR...]: run a step, unless others are asked for
step() {
    local name=$1 words=$2 asked=" ${*:3} " started=$SECONDS
    if [ $# -gt 2 ] && [[ $asked != *" $name "* ]]; then
        return
    fi
    current=$name
    echo "== $name: $words"
    "$name"
    echo "== $name: $((SECONDS - started)) s"
}

# skipped WHAT: told here and at the end
skipped() {
    echo "not run: $1"
    not_run="${not_run:+$not_run; }$1"
}

# logged LINES COMMAND...: run a command, show the last lines of what it says, all of them if it fails
logged() {
    local lines=$1 log code=0
    log=$(mktemp -p "$work")
    "${@:2}" > "$log" 2>&1 || code=$?
    if [ "$code" -ne 0 ]; then
        grep -v 'is ignored\|^Looking in' "$log" | tail -n 100
        echo "exit code $code of: ${*:2}"
        return "$code"
    fi
    grep -v 'is ignored\|^$' "$log" | tail -n "$lines" || true
}

# installed ARGUMENTS...: pip install, with few words
installed() {
    logged 0 pip install "$@"
}

# new_clone FOLDER: the last commit of this repository in FOLDER/repo, with ../shared beside it as here
new_clone() {
    mkdir -p "$1"
    git clone --quiet "$repo" "$1/repo"
    if [ -d "$shared" ]; then
        ln -s "$shared" "$1/shared"
    fi
}

# new_venv FOLDER [PYTHON]: an empty venv, activated
new_venv() {
    "${2:-python3}" -m venv "$1"
    # shellcheck source=/dev/null
    source "$1/bin/activate"
}

# interpreter VERSION: a Python of this version that runs here, or nothing
interpreter() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if "$candidate" -c '' 2> /dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# demo_commands: what the README shows of the demo models, with the programs on PATH, in the folder where it is called
demo_commands() {
    local pictures model
    pictures=$(python -c 'import ovxai_tools; print(ovxai_tools.__path__[0])')/demo/data
    for model in cnn vit detector; do
        ovxai-transform "demo:$model" "$model.xml" --preview "$model.png" --verify --quiet
    done
    python "$ci/picture.py" cnn.png vit.png detector.png
    ovxai transform demo:cnn --dry-run --json > plan.json
    ovxai-explain cnn.xml "$pictures" --output explained --top-k 2 --quiet
    [ -s explained/index.html ] && python "$ci/picture.py" explained/*_overlay.*
    ovxai-bench "$pictures/cnn.xml" cnn.xml --runs 3 > bench.txt
    mkdir plain
    cp "$pictures/cnn.xml" "$pictures/cnn.bin" plain
    ovxai-sweep plain --out report.csv --runs 0 --quiet
}

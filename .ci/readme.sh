# shellcheck shell=bash
# The two commands of the README, as they stand there.

# readme_command WORD: the indented line of the README that installs and then runs WORD, from `pip install` on
readme_command() {
    sed -n -E 's/^ {4,}(.*[^a-z])?(pip install .*)$/\2/p' README.md | grep -w -m 1 -e "$1"
}

# as_stated FOLDER COMMAND LINES: run it in a clone and an empty venv of its own, and show the last lines
as_stated() (
    cd "$1/repo"
    new_venv "$1/venv"
    echo "$2"
    logged "$3" bash -euc "$2"
)

readme_picture() {
    local command picture
    command=$(readme_command ovxai-transform)
    picture=$(sed -n -E 's/.*--preview ([^ ]+\.png).*/\1/p' <<< "$command")
    new_clone "$work/picture"
    as_stated "$work/picture" "$command" 3
    "$work/picture/venv/bin/python" "$ci/picture.py" "$work/picture/repo/$picture"
}

readme_tests() {
    new_clone "$work/tests"
    as_stated "$work/tests" "$(readme_command pytest)" 3
}

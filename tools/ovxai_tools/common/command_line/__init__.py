"""What all command lines have in common, as far as it is seen: help in groups, colours, exit codes, options from files.

`colours`, `exit_codes`, `help_page` and `completion` import neither the library nor OpenVINO: help is there at once.
"""

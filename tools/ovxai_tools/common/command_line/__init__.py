"""What all command lines have in common, as far as it is seen: help in groups, colours, exit codes.

`colours`, `exit_codes` and `help_page` import neither the library nor OpenVINO: help is there at once.
"""

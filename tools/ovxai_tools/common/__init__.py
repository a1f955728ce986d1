"""What all command lines share: files, signals, exit codes."""

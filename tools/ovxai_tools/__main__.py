"""python -m ovxai_tools: the command ovxai."""

from ovxai_tools.cli.console import ovxai

if __name__ == "__main__":
    ovxai()

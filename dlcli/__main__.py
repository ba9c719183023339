"""``python -m dlcli``."""

from dlcli.cli.main import main

main()

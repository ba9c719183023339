"""A trial in a new interpreter: ``python -m dlcli.search.fresh``, for more than one device.

Lightning starts a further rank by running the same command again with the same environment, so
what to run is in variables: no file that may hold secrets, and never the sweep itself. Standard
input is the pipe that ends with the coordinator, for every rank.
"""

from __future__ import annotations

import os
import sys
import traceback

from dlcli.search.birth import STATUS, run, unpacked


def main() -> None:
    status = STATUS
    try:
        request = unpacked(os.environ)
        sys.path[:] = request["path"]
        alive = os.dup(0)
        sys.stdin = open(os.devnull)  # noqa: SIM115 - what the task reads
        status = run(request, alive)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()

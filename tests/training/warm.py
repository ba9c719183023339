"""What the processes of a campaign are forked from: everything imported, no thread started."""

from dlcli.training.startup import import_lightning

import_lightning()

import dlcli.training.resume  # noqa: E402
import dlcli.training.train  # noqa: E402, F401

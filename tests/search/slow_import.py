"""A module that takes its time, as torch does."""

import time

time.sleep(5)

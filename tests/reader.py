"""A reader who follows pages: writes their files, types their commands, compares what is shown."""

from __future__ import annotations

from pathlib import Path

from tests import document, terminal, tiny
from tests.document import Command, File

# When another page shows the same command, a run or a sweep of that name is there already.
ONCE = ("dlcli train --name", "dlcli sweep", "dlcli reproduce")
# What the pages call the reader's folder.
HOME = "/home/me/digits"


class Reader:
    """One who reads pages in order, in a folder with small files in the place of real ones."""

    def __init__(self, pages: list[Path], folder: Path) -> None:
        self.steps = document.read(*pages)
        self.folder = folder
        self._next = 0
        self._done: dict[str, terminal.Done] = {}
        folder.mkdir()
        prepare(folder)

    def type(self, command: Command) -> str:
        """Do everything up to a command, and it too; what it printed, with its folder renamed."""
        place = self.steps.index(command)
        for step in self.steps[self._next : place]:
            if isinstance(step, File):
                document.write(step, self.folder)
        self._next = max(self._next, place)
        done = self._done.get(command.line)
        if done is None:
            done = terminal.run(command.line, self.folder, interrupt_at(command))
        if command.line.startswith(ONCE):
            self._done[command.line] = done
        assert done.status == command.status, done.output
        return done.output.replace(str(self.folder), HOME)


def prepare(folder: Path) -> None:
    """The files of the reader's own."""
    tiny.write_images(folder / "my_mnist", train=200, test=20)
    tiny.write_houses(folder / "houses.csv")
    tiny.write_photos(folder / "photos")
    tiny.write_photos(folder / "more_photos", each=8)
    tiny.write_text(folder / "novel.txt")
    tiny.write_reviews(folder / "reviews.tsv")
    tiny.write_signals(folder / "ecg_train.txt")
    tiny.write_signals(folder / "ecg_test.txt")


def interrupt_at(command: Command) -> str | None:
    """What the reader waits for before Ctrl-C."""
    if "^C" not in command.output:
        return None
    awaited = {"sweep": "trial 4 starts", "train": "epoch 2/", "ui": "Ctrl-C ends it"}
    return awaited[command.line.split()[1]]

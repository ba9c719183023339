"""Which files of a folder are the images of which class, of which set."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcli.errors import DataError

# Names that a set's folder can have, in letters of either case.
SETS = {
    "train": ("train", "training", "train_set", "training_set"),
    "val": ("val", "valid", "validation", "val_set", "validation_set"),
    "test": ("test", "testing", "test_set"),
}
# What file managers leave behind; what begins with a dot is passed over too.
LEFTOVERS = {"thumbs.db", "desktop.ini", "__macosx"}
NAMED = 5

# The files of each class of one set.
Classes = Mapping[str, Sequence[Path]]


@dataclass(frozen=True)
class Tree:
    """The files of each class of each set: ``train`` alone where there is one tree to split.

    Args:
        root: the folder of it all.
        sets: by name.
        classes: to tell apart.
    """

    root: Path
    sets: Mapping[str, Classes]
    classes: tuple[str, ...]


def find_images(root: Path, trained: Sequence[str] = ()) -> Tree:
    """The files below ``root/train``, ``root/val`` and ``root/test``, or below ``root``.

    Args:
        root: holds ``train`` beside ``val`` or ``test``, each with a folder for every class; or
            the folders of the classes themselves. What lies deeper belongs to the same class.
        trained: the classes of a training to go by, which needs no ``train``; else they are those
            of ``train``, in the order of their names.

    Raises:
        DataError: if there is no such folder, not two classes, or one without files.
    """
    check_root(root)
    folders = split_folders(root)
    if not folders:
        check_alike(root)
        sets = {"train": classes_of(root)}
    elif "train" not in folders and not trained:
        raise DataError(
            f"data.root: {root} has {', '.join(folder.name for folder in folders.values())}, "
            "but no train; put there the images to train on"
        )
    else:
        sets = {name: classes_of(folder) for name, folder in folders.items()}
    tree = Tree(root, sets, tuple(trained or sorted(sets["train"])))
    if not trained:
        check_classes(tree)
    return tree


def check_root(root: Path) -> None:
    """Raise DataError unless ``root`` is a folder."""
    if root.is_dir():
        return
    if root.exists():
        raise DataError(f"data.root: {root} is a file; name the folder that holds the images")
    raise DataError(f"data.root: no such folder: {root}")


def split_folders(root: Path) -> dict[str, Path]:
    """The folders of the sets; none where they are classes of these names, with images in them."""
    found = {}
    inner = subfolders(root)
    for name, spellings in SETS.items():
        folders = [folder for folder in inner if folder.name.lower() in spellings]
        if len(folders) > 1:
            raise DataError(
                f"data.root: {root} has both {' and '.join(folder.name for folder in folders)}; "
                "keep one of them"
            )
        if folders and subfolders(folders[0]):
            found[name] = folders[0]
    return found


def check_alike(root: Path) -> None:
    """Raise DataError where the folders in ``root`` are more likely sets of the same classes."""
    outer = subfolders(root)
    inner = {tuple(each.name for each in subfolders(folder)) for folder in outer}
    if len(outer) < 2 or len(inner) != 1 or len(names := inner.pop()) < 2:
        return
    if any(path.is_file() and counts(path.name) for folder in outer for path in folder.iterdir()):
        return
    raise DataError(
        f"data.root: {listed(folder.name for folder in outer)} in {root} hold the same folders, "
        f"{listed(names)}, and no images beside them; are these the classes? Name the sets train, "
        "val and test, or give the folder of one of them"
    )


def classes_of(folder: Path) -> Classes:
    """The files of each class in a folder of classes.

    Raises:
        DataError: if there is no class, or one without files.
    """
    classes = {inner.name: files_below(inner) for inner in subfolders(folder)}
    if not classes:
        raise DataError(f"data.root: {folder} has no folders; give each class a folder of images")
    empty = [name for name, files in classes.items() if not files]
    if empty:
        raise DataError(
            f"data.root: no files in {listed(folder / name for name in empty)}; "
            "put images there or remove the folder"
        )
    return classes


def check_classes(tree: Tree) -> None:
    """Raise DataError unless there are two classes to train on, and no others in other sets."""
    known = tree.classes
    if len(known) < 2:
        raise DataError(
            f"data.root: {tree.root} has one class, {known[0]}; there is nothing to tell apart"
        )
    for name, classes in tree.sets.items():
        strange = sorted(set(classes) - set(known))
        if strange:
            raise DataError(
                f"data.root: the {name} set has the class {', '.join(strange)}, "
                f"which the train set has not; its classes are {', '.join(known)}"
            )


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, in the order of their names."""
    return sorted(inner for inner in folder.iterdir() if inner.is_dir() and counts(inner.name))


def files_below(folder: Path) -> list[Path]:
    """The files in a folder and all below it, in the order of their names."""
    found = []
    for place, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if counts(name)]
        found += [Path(place, name) for name in names if counts(name)]
    return sorted(found)


def counts(name: str) -> bool:
    """Whether a file or folder is the user's, and not hidden or left by a file manager."""
    return not name.startswith(".") and name.lower() not in LEFTOVERS


def listed(things: Iterable[object]) -> str:
    """The first few, and how many more there are."""
    names = [str(thing) for thing in things]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

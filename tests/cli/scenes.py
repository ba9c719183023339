"""What stands in the working folder, by name, when a command is refused."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.data.idx_files import write_set

Scene = Callable[[Path], None]
SCENES: dict[str, Scene] = {}

SGD = "_target_: torch.optim.SGD\n_partial_: true\n"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(c + 1)}: &{chr(c + 1)} [{','.join([f'*{chr(c)}'] * 9)}]\n" for c in range(97, 110)
)
OWN = """
import pytorch_lightning as pl
import torch
from torch import nn


class Own(pl.LightningModule):
    def __init__(self, spec, optimizer, scheduler=None, width: int = 8):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(spec.features, spec.outputs))
        self.optimizer = optimizer

    def training_step(self, batch, index):
        inputs, target = batch
        return nn.functional.cross_entropy(self.net(inputs), target)

    def configure_optimizers(self):
        return self.optimizer(self.parameters())
"""
DATA = """
import pytorch_lightning as pl


class Data(pl.LightningDataModule):
    def __init__(self, batch_size: int = 4):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        {setup}
"""
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def scene(name: str) -> Callable[[Scene], Scene]:
    def add(prepare: Scene) -> Scene:
        SCENES[name] = prepare
        return prepare

    return add


def write(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def file(name: str, content: str | bytes) -> Scene:
    return lambda folder: write(folder, name, content)


YAML: dict[str, str | bytes] = {
    "tab": "_target_: torch.optim.SGD\n\tlr: 1\n",
    "repeated key": SGD + "lr: 1\nlr: 2\n",
    "not UTF-8": b"a: 1\nb: \xff\n",
    "NUL": b"a: 1\0\n",
    "ten megabytes": b"x" * 10_000_000,
    "billion laughs": LAUGHS,
    "deep": "[" * 900_000,
    "Python object": "a: !!python/object/apply:os.system [touch canary]\n",
    "merge key": SGD + "<<: {lr: 1}\n",
    "list": "- 1\n",
    "unknown default": "defaults: [adm]\n",
    "unknown key": SGD + "lr: 0.1\nmomentm: 0.9\n",
    "wrong type": SGD + "lr: fast\n",
    "missing value": SGD + "lr: ???\n",
    "loop": SGD + "lr: ${optimizer.momentum}\nmomentum: ${optimizer.lr}\n",
    "secret": SGD + "api_key: hunter22\nlr: 0.1\n",
    "target by interpolation": "_target_: ${optimizer.name}\n_partial_: true\nname: os.system\n",
}
for name, content in YAML.items():
    SCENES[f"optimizer file: {name}"] = file("mine/optimizer/mine.yaml", content)

PYPROJECT = {
    "missing folder": 'config_dir = "nope"',
    "Python's own": 'allow = ["os"]',
    "unknown key": "alow = []",
    "not TOML": "allow = [",
}
for name, content in PYPROJECT.items():
    SCENES[f"pyproject: {name}"] = file("pyproject.toml", f"[tool.dlcli]\n{content}\n")


@scene("a file called mine")
def _(folder: Path) -> None:
    write(folder, "mine", "a: 1\n")


@scene("a file called mlruns")
def _(folder: Path) -> None:
    write(folder, "mlruns", "a: 1\n")


@scene("mine links to itself")
def _(folder: Path) -> None:
    (folder / "mine").symlink_to("mine")


def own_code(model: str = OWN, data: str | None = None, allowed: bool = True) -> Scene:
    """A package ``own_pkg`` whose import leaves a canary, and options that name it."""

    def prepare(folder: Path) -> None:
        allow = 'allow = ["own_pkg"]\n' if allowed else ""
        write(folder, "pyproject.toml", f'[tool.dlcli]\nconfig_dir = "mine"\n{allow}')
        canary = "" if allowed else "from pathlib import Path\nPath('canary').touch()\n"
        write(folder, "own_pkg/__init__.py", canary)
        write(folder, "own_pkg/model.py", model)
        write(folder, "mine/model/own.yaml", "_target_: own_pkg.model.Own\n")
        if data is not None:
            write(folder, "own_pkg/data.py", DATA.format(setup=data))
            write(folder, "mine/data/own.yaml", "_target_: own_pkg.data.Data\nbatch_size: 4\n")

    return prepare


INIT = "        self.optimizer = optimizer\n"
SCENES |= {
    "own code": own_code(),
    "own code not allowed": own_code(allowed=False),
    "own code lacks a package": own_code("import no_such_module\n" + OWN),
    "own code is no Python": own_code(OWN + "\nclass Other(:\n"),
    "own constructor fails": own_code(OWN.replace(INIT, INIT + "        1 / 0\n")),
    "own metrics fail": own_code(OWN + "\n    def metrics(self):\n        raise KeyError('a')\n"),
    "own metrics": own_code(OWN + "\n    def metrics(self):\n        return {'val/f1': 'max'}\n"),
    "own module without a training step": own_code(OWN.replace("training_step", "step")),
    "own data fails": own_code(data="raise FileNotFoundError('no table.csv')"),
    "own data lacks a spec": own_code(data="pass"),
    "own data without batches": own_code(
        data="from dlcli.data.spec import DataSpec\n"
        "        self.spec = DataSpec('vector', (4,), 'class', classes=('a', 'b'))"
    ),
    "own code passes on torch.load": own_code(OWN + "\nfrom torch import load\n"),
}


def digits_in(folder: Path) -> Path:
    return write_set(folder / "idx")


def damaged(name: str, change: Callable[[bytes], bytes]) -> Scene:
    """An IDX set of which one file is changed."""

    def prepare(folder: Path) -> None:
        path = digits_in(folder) / name
        path.write_bytes(change(path.read_bytes()))

    return prepare


def zipped(change: Callable[[bytes], bytes]) -> Scene:
    """An IDX set of which the training images are compressed, then changed."""

    def prepare(folder: Path) -> None:
        path = digits_in(folder) / IMAGES
        content = gzip.compress(path.read_bytes(), mtime=0)
        path.unlink()
        path.with_name(f"{IMAGES}.gz").write_bytes(change(content))

    return prepare


@scene("IDX: a file is missing")
def _(folder: Path) -> None:
    (digits_in(folder) / LABELS).unlink()


@scene("IDX: a folder in place of a file")
def _(folder: Path) -> None:
    path = digits_in(folder) / IMAGES
    path.unlink()
    path.mkdir()


@scene("IDX: empty set")
def _(folder: Path) -> None:
    write_set(folder / "idx", train=0)


@scene("IDX: too few for a split")
def _(folder: Path) -> None:
    write_set(folder / "idx", train=3)


SCENES |= {
    "IDX": lambda folder: (digits_in(folder), None)[1],
    "IDX: truncated gzip": zipped(lambda content: content[:-20]),
    "IDX: wrong CRC": zipped(lambda c: c[:-8] + bytes(b ^ 255 for b in c[-8:-4]) + c[-4:]),
    "IDX: zero bytes": damaged(IMAGES, lambda content: b""),
    "IDX: wrong magic": damaged(IMAGES, lambda content: b"PK\3\4" + content[4:]),
    "IDX: a page in place of the file": damaged(LABELS, lambda content: b"<html>not found</html>"),
    "IDX: bytes are missing": damaged(IMAGES, lambda content: content[:-9]),
    "IDX: claims 2**31 images": damaged(IMAGES, lambda c: c[:4] + b"\x80\0\0\0" + c[8:]),
    "IDX: fewer labels": damaged(
        LABELS, lambda content: content[:4] + (39).to_bytes(4, "big") + content[8:-1]
    ),
    "IDX: label 200": damaged(LABELS, lambda content: content[:-1] + b"\xc8"),
    "IDX: ends in the header": damaged(LABELS, lambda content: content[:6]),
}


@scene("IDX: test images of another size")
def _(folder: Path) -> None:
    root = digits_in(folder)
    path = root / "t10k-images-idx3-ubyte"
    content = path.read_bytes()
    path.write_bytes(content[:8] + (9).to_bytes(4, "big") + (8).to_bytes(4, "big") + content[16:])


STORE: dict[str, bytes] = {"zero bytes": b"", "text": b"runs, by hand\n" * 20}
for name, content in STORE.items():
    SCENES[f"store: {name}"] = file("mlruns/mlflow.db", content)


def store_scenes(new_store: Path) -> dict[str, Scene]:
    """Copies of a store, each changed in its way."""

    def changed(change: Callable[[Path], None]) -> Scene:
        def prepare(folder: Path) -> None:
            (folder / "mlruns").mkdir()
            change(Path(shutil.copy(new_store, folder / "mlruns/mlflow.db")))

        return prepare

    changes = {"corrupt": corrupt, "newer": newer, "of something else": foreign}
    return {f"store: {name}": changed(change) for name, change in changes.items()}


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'fedcba987654'")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE songs (title TEXT)")

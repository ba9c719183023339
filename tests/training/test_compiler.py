"""torch's compiler is imported when something is compiled, and nobody can tell the difference."""

from __future__ import annotations

import subprocess
import sys

BEGIN = """
import sys
from dlcli.training.startup import import_lightning
import_lightning()
import torch
real = lambda: "torch._dynamo.convert_frame" in sys.modules
net = torch.nn.Linear(3, 3)
optimizer = torch.optim.Adam(net.parameters())
def step(net):
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
"""


def run(script: str) -> list[str]:
    """What a script prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", BEGIN + script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_training_does_not_import_the_compiler() -> None:
    script = "from dlcli.training.practice import practise; practise(); print(real())"
    assert run(script) == ["False"]


def test_what_is_compiled_after_some_training_is_compiled_as_always() -> None:
    script = """
step(net)
before = real()
from lightning_fabric.wrappers import OptimizedModule as known
graphs = []
def backend(graph, inputs):
    graphs.append(graph)
    return graph.forward
compiled = torch.compile(net, backend=backend)
print(before, real(), isinstance(net, known), isinstance(compiled, known))
print(torch.equal(compiled(torch.ones(2, 3)), net(torch.ones(2, 3))), len(graphs))
step(compiled)
asked = torch.optim.Optimizer.zero_grad.__wrapped__
print(asked.__dynamo_disable is not asked, torch._dynamo is sys.modules["torch._dynamo"])
"""
    assert run(script) == ["False", "True", "False", "True", "True", "1", "True", "True"]


def test_a_function_that_is_not_to_be_compiled_is_not() -> None:
    script = """
@torch.compiler.disable
def apart(x):
    return x + 1
graphs = []
def backend(graph, inputs):
    graphs.append(graph)
    return graph.forward
whole = torch.compile(lambda x: apart(x * 2) * 3, backend=backend)
print(whole(torch.ones(1)).item(), len(graphs))
"""
    assert run(script) == ["9.0", "2"]


def test_a_part_of_the_compiler_can_be_imported_first() -> None:
    script = """
from torch._dynamo.eval_frame import OptimizedModule
import torch._dynamo.utils as utils
print(OptimizedModule is torch._dynamo.OptimizedModule, utils is torch._dynamo.utils)
print(utils.__spec__.loader.get_filename().endswith("utils.py"), "eval_frame" in dir(torch._dynamo))
"""
    assert run(script) == ["True"] * 4


def test_threads_that_want_the_compiler_at_once_get_the_same() -> None:
    script = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(6) as pool:
    found = [pool.submit(lambda: torch._dynamo.reset) for _ in range(6)]
print(len(set(one.result() for one in found)), found[0].result() is torch._dynamo.reset)
"""
    assert run(script) == ["1", "True"]


def test_one_that_is_imported_already_stays() -> None:
    script = """
from dlcli.training.compiler import Deferred, defer_compiler
torch._dynamo.config
print(real())
defer_compiler()
print(isinstance(torch._dynamo, Deferred))
"""
    assert run(script) == ["True", "False"]

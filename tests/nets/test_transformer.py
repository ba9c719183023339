"""Transformers look where they may, know where they are, and cut data into patches."""

from __future__ import annotations

import math
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.patch import Patches, fitting
from dlcli.nets.transformer import Attention, Block, Sinusoidal, Transformer
from tests.nets.specs import IMAGE, ITSELF, NEXT, SIGNAL, TEXT, VECTOR, alone, texts


@pytest.mark.parametrize("pool", ["mean", "cls"])
@pytest.mark.parametrize("positions", ["sinusoidal", "learned"])
@pytest.mark.parametrize("spec", [IMAGE, SIGNAL, TEXT], ids=lambda spec: spec.kind)
def test_every_kind_with_an_order_is_read(spec, positions, pool):
    x = texts() if spec.kind == "tokens" else torch.rand(5, *spec.shape)
    assert Transformer(spec, positions=positions, pool=pool)(x).shape == (5, spec.outputs)


def lively(net):
    """Weights large enough for what a step says to reach the others."""
    for weight in net.parameters():
        nn.init.normal_(weight, std=0.3)
    return net.eval()


@pytest.mark.parametrize("pool", ["mean", "cls"])
@pytest.mark.parametrize("positions", ["sinusoidal", "learned"])
def test_padding_changes_nothing(positions, pool):
    net, x = lively(Transformer(TEXT, positions=positions, pool=pool)), texts()
    torch.testing.assert_close(net(x), alone(net, x), rtol=0, atol=5e-6)


def test_an_empty_text_has_an_answer():
    assert Transformer(TEXT)(torch.zeros(2, 9, dtype=torch.long)).isfinite().all()


def test_a_later_token_changes_no_earlier_answer():
    net, x = lively(Transformer(NEXT)), texts()
    changed = x.clone()
    changed[:, 5:] = 1
    assert net(x).shape == (5, 9, 12)
    assert torch.equal(net(x)[:, :5], net(changed)[:, :5])
    assert not torch.equal(net(x)[:, 5:], net(changed)[:, 5:])


def test_an_encoder_looks_both_ways():
    net = lively(Transformer(TEXT))
    x = torch.randint(1, 12, (1, 9))
    first = [net.blocks[0](net.stem(text), None)[:, 0] for text in (x, x.roll(1, 1))]
    assert not torch.equal(*first)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_as_pytorchs_own(causal):
    own, theirs = Attention(8, 2, causal, 0.0), nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": own.qkv.weight,
            "in_proj_bias": own.qkv.bias,
            "out_proj.weight": own.project.weight,
            "out_proj.bias": own.project.bias,
        }
    )
    x = torch.rand(3, 5, 8)
    mask = torch.ones(5, 5).triu(1).bool() if causal else None
    expected, _ = theirs(x, x, x, attn_mask=mask)
    torch.testing.assert_close(own(x, None), expected)


def test_a_block_is_as_pytorchs_own():
    own = Block(8, 2, 4.0, "gelu", causal=False, dropout=0.0)
    theirs = nn.TransformerEncoderLayer(
        8, 2, 32, 0.0, nn.functional.gelu, batch_first=True, norm_first=True
    )
    state = {
        "self_attn.in_proj_": own.attention.qkv,
        "self_attn.out_proj.": own.attention.project,
        "linear1.": own.expand,
        "linear2.": own.project,
        "norm1.": own.norm1,
        "norm2.": own.norm2,
    }
    weights = {f"{name}{part}": w for name, m in state.items() for part, w in m.named_parameters()}
    theirs.load_state_dict(weights)
    x, real = torch.rand(3, 5, 8), torch.ones(3, 5).bool()
    real[0, 3:] = False
    expected = theirs(x, src_key_padding_mask=~real)
    torch.testing.assert_close(own(x, real)[real], expected[real])


def test_sinusoids_are_those_of_the_paper():
    places = Sinusoidal(7, 6)
    nn.init.ones_(places.scale)
    assert places(7)[3, 2].item() == pytest.approx(math.sin(3 / 10_000 ** (2 / 6)))
    assert places(7)[3, 5].item() == pytest.approx(math.cos(3 / 10_000 ** (4 / 6)))
    assert torch.equal(places(12)[:7], places(7))


def test_sinusoids_of_longer_texts_are_as_exact_in_half_precision():
    places = Sinusoidal(4, 16)
    expected = places(500)
    plugin = pl.Trainer(precision="bf16-true", accelerator="cpu", logger=False).precision_plugin
    plugin.convert_module(places)
    with plugin.forward_context():
        found = places(500)
    torch.testing.assert_close(found.float(), expected, rtol=0.02, atol=0.001)


def test_an_odd_width_has_sinusoids():
    assert Sinusoidal(4, 5)(4).shape == (4, 5)


def test_initial_weights_are_small_and_smaller_where_they_add_up():
    net = Transformer(NEXT, width=128, layers=8)
    assert net.blocks[0].expand.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert net.blocks[7].project.weight.std().item() == pytest.approx(0.02 / 4, rel=0.05)
    assert net.blocks[3].attention.project.weight.std().item() == pytest.approx(0.005, rel=0.05)
    assert not net.blocks[0].expand.bias.any()


def test_gpt_has_the_parameters_of_its_layers():
    # 65 characters and 64 places of 128; 4 blocks of two norms, 4 * 128^2 and 8 * 128^2 weights
    # with their offsets; a norm and a head.
    spec = DataSpec("tokens", (64,), "next_token", vocabulary=tuple(map(chr, range(65))))
    net = Transformer(spec, width=128, layers=4, positions="learned", dropout=0.0)
    block = 4 * 128 + 12 * 128**2 + (3 + 1 + 4 + 1) * 128
    count = (65 + 64) * 128 + 4 * block + 2 * 128 + 65 * 128 + 65
    assert sum(weight.numel() for weight in net.parameters()) == count


def test_tied_outputs_are_the_tokens_vectors():
    net = Transformer(NEXT, tied=True)
    assert net.head.weight is net.stem.tokens.weight
    net(texts()).sum().backward()
    assert net.head.weight.grad is not None


def test_patches_are_read_row_by_row():
    image = torch.arange(2 * 4 * 6).view(1, 2, 4, 6).float()
    patches = Patches((2, 2), (4, 6))(image)
    assert patches.shape == (1, 6, 8)
    assert torch.equal(patches[0, 4], image[0, :, 2:4, 2:4].flatten())


def test_data_that_patches_do_not_fit_is_filled_up_with_zeros():
    signal = torch.arange(1.0, 6).view(1, 1, 5)
    assert Patches((2,), (5,))(signal).tolist() == [[[1, 2], [3, 4], [5, 0]]]


@pytest.mark.parametrize(
    ("size", "side"),
    [([8, 8], 2), ([28, 28], 4), ([32, 32], 4), ([64, 64], 8), ([12, 9], 2), ([96], 2), ([2], 2)],
)
def test_the_default_patch_fits(size, side):
    assert fitting(size) == side


REFUSALS = [
    (
        partial(Transformer, VECTOR),
        "model=transformer: cannot read a vector, whose features have no order; "
        "use model=mlp or model=linear",
    ),
    (
        partial(Transformer, ITSELF),
        "model=transformer: gives one answer an example (a class or values), "
        "but this data asks for the input itself",
    ),
    (
        partial(Transformer, TEXT, width=64, heads=6),
        "model.net.heads: 6 heads cannot share a width of 64 evenly; use 4, or a width of 66",
    ),
    (
        partial(Transformer, IMAGE, patch=9),
        "model.net.patch: 9 is not from 1 to 8, the shortest side of the data, which is 12x8",
    ),
    (
        partial(Transformer, TEXT, tied=True),
        "model.net.tied: true, but only a language model's outputs are tokens; use false",
    ),
    (
        partial(Transformer, TEXT, positions="learnt"),
        "model.net.positions: 'learnt' is unknown; did you mean learned? "
        "choices: sinusoidal, learned",
    ),
    (
        partial(Transformer, TEXT, pool="max"),
        "model.net.pool: 'max' is unknown; choices: mean, cls",
    ),
    (partial(Transformer, TEXT, layers=0), "model.net.layers: 0 is not positive"),
    (partial(Transformer, TEXT, ratio=0.0), "model.net.ratio: 0.0 is not positive"),
    (partial(Transformer, TEXT, dropout=1.0), "model.net.dropout: 1.0 is not in [0, 1)"),
    (
        lambda: Transformer(NEXT, positions="learned")(torch.zeros(1, 10, dtype=torch.long)),
        "model.net.positions: learned for 9 steps, but the input has 10; "
        "use at most 9, or positions=sinusoidal",
    ),
]


@pytest.mark.parametrize(("build", "reason"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_reason(build, reason):
    with pytest.raises(ConfigError) as refusal:
        build()
    assert refusal.value.problems == [reason]

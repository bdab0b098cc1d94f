"""The product's networks in Python: their TorchScript sources as the library puts them together, in an archive that
torch.jit.load reads. Nothing is built and no Java is needed."""

import copy
import io
import pathlib
import re
import struct
import zipfile

import torch

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "language-model/src/main/resources/org/rlhf4j/model"
SHARED = ["transformer.py", "adapters.py", "divergence.py", "decoding.py"]


class EmptyDict:
    """An attribute that the script fills."""

    def __init__(self, type):
        self.type = type


TENSORS = EmptyDict("Dict[Tensor, Tensor]")
ADAPTERS = EmptyDict("Dict[Tensor, List[Tuple[Tensor, Tensor, int, int]]]")


def is_int(value):
    return isinstance(value[0] if isinstance(value, list) else value, int)


def type_of(value):
    if isinstance(value, EmptyDict):
        return value.type
    number = "int" if is_int(value) else "float"
    return f"List[{number}]" if isinstance(value, list) else number


def pickled(value):
    """A value in pickle's protocol 2, as PyTorch's reader wants it."""
    if isinstance(value, list):
        build = b"build_intlist\n" if is_int(value) else b"build_doublelist\n"
        return b"ctorch.jit._pickle\n" + build + b"(](" + b"".join(map(pickled, value)) + b"etR"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    return b"}"


def text(name):
    return b"X" + struct.pack("<i", len(name)) + name.encode("ascii")


def archive(methods, attributes):
    """A module of class Transformer: TorchArchive.java writes the same."""
    head = "class Transformer(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
    head += "".join(f"  {name} : {type_of(value)}\n" for name, value in attributes.items())
    data = b"\x80\x02c__torch__\nTransformer\n)\x81}(" + text("training") + b"\x88"
    data += b"".join(text(name) + pickled(value) for name, value in attributes.items()) + b"ub."
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as entries:
        entries.writestr("script/data.pkl", data)
        entries.writestr("script/code/__torch__.py", head + methods)
        entries.writestr("script/constants.pkl", b"\x80\x02).")
        entries.writestr("script/version", b"10\n")
    return out.getvalue()


def methods(files):
    """All methods; one of a later file takes the place of that of the same name in an earlier one."""
    found = {}
    for file in files:
        for method in re.split(r"(?m)^(?=  def )", (SOURCES / file).read_text()):
            head = re.match(r"  def (\w+)\(", method)
            if head:
                found[head.group(1)] = method
    return "".join(found.values())


class Network:
    """A family's network of some sizes, with weights that are drawn at random."""

    def __init__(self, name, files, attributes, shapes):
        self.name, self.shapes, self.attributes = name, shapes, attributes
        self.layers, self.kv_heads, self.head_size, self.hidden = (
            attributes[key] for key in ("layers", "kv_heads", "head_size", "hidden_size"))
        self.vocabulary = shapes[0][1]
        self.files = files
        self.script = self.compiled(["torch/on_device.py", "torch/product_libtorch.py"], checked_every=8, logit_numbers=2**27)

    def compiled(self, machine, **machine_attributes):
        attributes = dict(self.attributes, **machine_attributes, adapter_scale=2.0, adapter_dropout=0.0,
                          adapters=ADAPTERS, masters=TENSORS, packed_weights=TENSORS)
        return torch.jit.load(io.BytesIO(archive(methods(SHARED + self.files + machine), attributes)))

    def on_host(self):
        """The same network by the scripts that the processor has: what a device is compared with."""
        other = copy.copy(self)
        other.script = self.compiled(["torch/product_libtorch.py"], checked_every=1, logit_numbers=6291456)
        return other

    def weights(self, device, precision=torch.float32, deviation=0.02):
        """The same numbers on every device: matrices of a precision, vectors in fp32."""
        torch.manual_seed(1)
        made = []
        for shape in self.shapes:
            weight = torch.randn(shape) * deviation if len(shape) > 1 else torch.ones(shape) + torch.randn(shape) * 0.1
            made.append(weight.to(device, precision if len(shape) > 1 else torch.float32))
        return made

    def caches(self, rows, slots, device, precision):
        shape = (rows, self.kv_heads, slots, self.head_size)
        return ([torch.zeros(shape, dtype=precision, device=device) for _ in range(self.layers)],
                [torch.zeros(shape, dtype=precision, device=device) for _ in range(self.layers)])

    def flops_per_token(self):
        """Of the matrices in a forward pass: two a weight (Kaplan et al. 2020)."""
        return 2 * sum(shape[0] * shape[1] for shape in self.shapes if len(shape) > 1)


def gpt2(name="gpt2-124m", hidden=768, vocabulary=50257, layers=12, heads=12, positions=1024):
    c = hidden
    shapes = [(c, vocabulary), (positions, c)]
    for _ in range(layers):
        shapes += [(c,), (c,), (c, 3 * c), (3 * c,), (c, c), (c,), (c,), (c,), (c, 4 * c), (4 * c,), (4 * c, c), (c,)]
    shapes += [(c,), (c,)]
    attributes = dict(window=0, sliding=[0] * layers, layers=layers, hidden_size=c, heads=heads, kv_heads=heads,
                      head_size=c // heads, tied=1, epsilon=1e-5, head_at=len(shapes))
    return Network(name, ["gpt2.py"], attributes, shapes)


def llama(name="llama-1b", hidden=2048, vocabulary=128256, layers=16, heads=32, kv_heads=8, inner=8192):
    size = hidden // heads
    shapes = [(hidden, vocabulary)]
    for _ in range(layers):
        shapes += [(hidden,), (hidden, (heads + 2 * kv_heads) * size), (heads * size, hidden), (hidden,),
                   (hidden, 2 * inner), (inner, hidden)]
    shapes += [(hidden,)]
    attributes = dict(window=0, sliding=[0] * layers, rotary_scale=1.0, input_norm=0, qkv=1, qkv_bias=-1, output=2, output_bias=-1,
                      mlp_norm=3, gate_up=4, gate_up_bias=-1, down=5, down_bias=-1, stride=6,
                      frequencies=[10000.0 ** (-i / size) for i in range(0, size, 2)], layers=layers,
                      hidden_size=hidden, heads=heads, kv_heads=kv_heads, head_size=size, tied=1, epsilon=1e-5,
                      head_at=len(shapes))
    return Network(name, ["rotary.py", "llama.py"], attributes, shapes)

# SPDX-License-Identifier: Apache-2.0
"""Writes a checkpoint with random weights in the shapes of Qwen2.5-Coder, with a tokenizer of its own: speed and memory do not depend on values.

Needs numpy and tokenizers.
"""

import argparse
import json
import pathlib
import sysconfig

import numpy
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

SHAPES = {
    "tiny": dict(hidden_size=64, intermediate_size=112, num_hidden_layers=2, num_attention_heads=4),
    "0.5b": dict(hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14),
    "1.5b": dict(hidden_size=1536, intermediate_size=8960, num_hidden_layers=28, num_attention_heads=12),
}
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def train_tokenizer(folder, size):
    """A byte-level BPE tokenizer with the pipeline of Qwen2.5, trained on a part of Python's standard library."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    files = sorted(pathlib.Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train([str(file) for file in files], trainer)
    tokenizer.add_special_tokens(SPECIAL)
    # The alphabet comes first, in the order of its characters: "+" and "-" are where Qwen2.5 has them.
    assert tokenizer.encode("+").ids == [10] and tokenizer.encode("-").ids == [12]
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = dict(tokenizer_class="Qwen2Tokenizer", add_prefix_space=False, bos_token=None, eos_token=SPECIAL[2],
                    pad_token=SPECIAL[0], unk_token=None, model_max_length=32768)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def tensors(config):
    """Names and shapes, in the order in which they are written."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    keys = config["num_key_value_heads"] * width // config["num_attention_heads"]
    yield "model.embed_tokens.weight", (config["vocab_size"], width)
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}"
        yield f"{name}.input_layernorm.weight", (width,)
        for part, rows in (("q", width), ("k", keys), ("v", keys)):
            yield f"{name}.self_attn.{part}_proj.weight", (rows, width)
            yield f"{name}.self_attn.{part}_proj.bias", (rows,)
        yield f"{name}.self_attn.o_proj.weight", (width, width)
        yield f"{name}.post_attention_layernorm.weight", (width,)
        yield f"{name}.mlp.gate_proj.weight", (inner, width)
        yield f"{name}.mlp.up_proj.weight", (inner, width)
        yield f"{name}.mlp.down_proj.weight", (width, inner)
    yield "model.norm.weight", (width,)


def write_weights(path, config, dtype, seed):
    """A safetensors file, tensor by tensor."""
    generator = numpy.random.default_rng(seed)
    size = {"float32": 4, "bfloat16": 2}[dtype]
    header, end = {}, 0
    for name, shape in tensors(config):
        start, end = end, end + size * int(numpy.prod(shape))
        header[name] = dict(dtype={4: "F32", 2: "BF16"}[size], shape=shape, data_offsets=[start, end])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in tensors(config):
            if name.endswith("norm.weight"):
                values = numpy.ones(shape, numpy.float32)
            else:
                values = generator.standard_normal(shape, numpy.float32) * numpy.float32(0.02)
            if size == 2:
                values = (values.view(numpy.uint32) >> 16).astype(numpy.uint16)
            file.write(values.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--shape", choices=SHAPES, default="0.5b")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    config = dict(
        architectures=["Qwen2ForCausalLM"], model_type="qwen2", vocab_size=151936, num_key_value_heads=2,
        max_position_embeddings=32768, rms_norm_eps=1e-6, rope_theta=1e6, tie_word_embeddings=True, hidden_act="silu",
        attention_dropout=0.0, use_sliding_window=False, torch_dtype=arguments.dtype, **SHAPES[arguments.shape],
    )
    if arguments.shape == "tiny":
        config["vocab_size"] = 8192
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "config.json").write_text(json.dumps(config, indent=1))
    train_tokenizer(arguments.folder, 8000)
    write_weights(arguments.folder / "model.safetensors", config, arguments.dtype, arguments.seed)


if __name__ == "__main__":
    main()

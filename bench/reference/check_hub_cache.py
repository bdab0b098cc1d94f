"""Holds the cache that rlhf writes against huggingface_hub's, both ways, over a hub on the loopback.

check_hub_cache.py [--rlhf COMMAND]

1. rlhf downloads, then huggingface_hub and transformers find everything offline.
2. huggingface_hub downloads (a snapshot, single files, transformers), then rlhf finds everything and
   asks the hub for nothing; of single files only whether the optional ones exist.
3. Both download into one cache at the same time.

Prints what was done and the versions; exit status 1 at the first difference.
"""

import argparse
import hashlib
import http.server
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).resolve().parent
MODEL = HERE.parent.parent / "sft/src/test/resources/fixtures/sft/model"
SHARDED = HERE.parent.parent / "language-model/src/test/resources/fixtures/llama-untied-bf16"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROWS = b'{"text": "is it 1?"}\n'


def repositories():
    """Path prefix, as in addresses, to the files of each repository."""
    def files(folder):
        return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    return {
        "org/small": files(MODEL) | {"README.md": b"a model", "pytorch_model.bin": b"a pickle"},
        "org/sharded": files(SHARDED),
        "datasets/org/rows": {"data/rows.jsonl": ROWS},
    }


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def is_large(name):
    return name.endswith((".safetensors", ".bin"))


class Hub(http.server.BaseHTTPRequestHandler):
    """The listing, the tree and the files of the repositories; large files lie at another address."""

    protocol_version = "HTTP/1.1"
    repositories = repositories()
    asked = []

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path = unquote(self.path.split("?")[0])
        Hub.asked.append(f"{self.command} {path}")
        api = re.fullmatch(r"/api/(models|datasets)/(org/\w+)(?:/(revision|tree)/(\w+))?", path)
        file = re.fullmatch(r"/((?:datasets/)?org/\w+)/resolve/(\w+)/(.+)", path)
        if path.startswith("/stored/"):
            prefix, name = path[len("/stored/"):].rsplit("/", 1)
            self.send(self.repositories[prefix][name], {})
        elif api:
            prefix = ("datasets/" if api[1] == "datasets" else "") + api[2]
            listed = self.tree(prefix) if api[3] == "tree" else self.info(prefix, api[2])
            self.send(json.dumps(listed).encode(), {"Content-Type": "application/json"})
        elif file and file[3] in self.repositories.get(file[1], {}):
            self.send_file(file[1], file[3])
        else:
            code = "EntryNotFound" if file or "/tree/" in path else "RepoNotFound"
            self.send(b"", {"X-Error-Code": code, "X-Repo-Commit": COMMIT}, 404)

    def info(self, prefix, repo_id):
        siblings = []
        for name, content in self.repositories[prefix].items():
            sibling = {"rfilename": name, "size": len(content), "blobId": git_hash(content)}
            if is_large(name):
                digest = hashlib.sha256(content).hexdigest()
                sibling["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
            siblings.append(sibling)
        return {"id": repo_id, "sha": COMMIT, "siblings": siblings}

    def tree(self, prefix):
        entries = []
        for name, content in self.repositories[prefix].items():
            entry = {"type": "file", "path": name, "size": len(content), "oid": git_hash(content)}
            if is_large(name):
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
            entries.append(entry)
        return entries

    def send_file(self, prefix, name):
        content = self.repositories[prefix][name]
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{git_hash(content)}"'}
        if not is_large(name):
            return self.send(content, headers)
        digest = hashlib.sha256(content).hexdigest()
        headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        port = self.server.server_address[1]
        headers["Location"] = f"http://127.0.0.1:{port}/stored/{prefix}/{name}"
        self.send(b"", headers, 302)

    def send(self, content, headers, status=200):
        start = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if start and status == 200 and int(start[1]):
            headers["Content-Range"] = f"bytes {start[1]}-{len(content) - 1}/{len(content)}"
            content, status = content[int(start[1]):], 206
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def environment(cache, endpoint, offline):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HUB_CACHE": str(cache),
        "HF_HOME": str(cache.parent / "home"),
        "HF_HUB_OFFLINE": "1" if offline else "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }


def run(command, env, **options):
    done = subprocess.run(command, env=env, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def python(code, env):
    return run([sys.executable, "-c", code], env)


def logprobs(rlhf, model, env):
    return run(
        [rlhf, "logprobs", "--model", model, "--data", "hf://datasets/org/rows/data/rows.jsonl",
         "--threads", "1"], env)


NEEDED = """
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "model.safetensors"
"""

FIND = """
import huggingface_hub as h, pathlib, sys
for name in (%s):
    file = pathlib.Path(h.hf_hub_download("org/small", name, local_files_only=True))
    assert file.is_symlink() and file.stat().st_size, file
assert h.try_to_load_from_cache("org/small", "chat_template.jinja") is h._CACHED_NO_EXIST
folder = pathlib.Path(h.snapshot_download("org/small", local_files_only=True))
assert not (folder / "README.md").exists(), "more than is needed"
h.snapshot_download("org/sharded", local_files_only=True)
rows = h.hf_hub_download("org/rows", "data/rows.jsonl", repo_type="dataset", local_files_only=True)
assert pathlib.Path(rows).read_bytes() == %r
scan = h.scan_cache_dir()
assert not scan.warnings, scan.warnings
print(len(scan.repos), "repositories in the scan, no warning")
""" % (NEEDED, ROWS)

LOAD = """
import transformers as t
for name in ("org/small", "org/sharded"):
    t.AutoTokenizer.from_pretrained(name)
    t.AutoModelForCausalLM.from_pretrained(name)
"""

FETCH = {
    "a snapshot": """
import huggingface_hub as h
h.snapshot_download("org/small")
h.snapshot_download("org/sharded")
h.hf_hub_download("org/rows", "data/rows.jsonl", repo_type="dataset")
""",
    "single files": """
import huggingface_hub as h
for name in (%s):
    h.hf_hub_download("org/small", name)
h.hf_hub_download("org/rows", "data/rows.jsonl", repo_type="dataset")
""" % NEEDED,
    "transformers": LOAD + """
import huggingface_hub as h
h.hf_hub_download("org/rows", "data/rows.jsonl", repo_type="dataset")
""",
}


def ours_then_theirs(rlhf, folder, endpoint):
    online = environment(folder / "ours", endpoint, offline=False)
    offline = environment(folder / "ours", endpoint, offline=True)
    wanted = logprobs(rlhf, "org/small", online)
    logprobs(rlhf, "org/sharded", online)
    print("1. written by rlhf:", python(FIND, offline).strip())
    python(LOAD, offline)
    print("   transformers loads both models from it offline")
    return wanted


def theirs_then_ours(rlhf, folder, endpoint, wanted):
    for number, (what, code) in enumerate(FETCH.items()):
        cache = folder / f"theirs-{number}"
        python(code, environment(cache, endpoint, offline=False))
        Hub.asked.clear()
        offline = logprobs(rlhf, "org/small", environment(cache, endpoint, offline=True))
        if offline != wanted or Hub.asked:
            sys.exit(f"{what}: offline rlhf says {offline}, and asked {Hub.asked}")
        online = logprobs(rlhf, "org/small", environment(cache, endpoint, offline=False))
        files = [line for line in Hub.asked if "/resolve/" in line or "/stored/" in line]
        if online != wanted or files or (what == "a snapshot" and Hub.asked):
            sys.exit(f"{what}: rlhf says {online}, and asked {Hub.asked}")
        print(f"2. {what} by huggingface_hub: rlhf asked {Hub.asked or 'nothing'}")


def both_at_once(rlhf, folder, endpoint, wanted):
    env = environment(folder / "both", endpoint, offline=False)
    code = FETCH["a snapshot"]
    with subprocess.Popen([sys.executable, "-c", code], env=env) as theirs:
        if logprobs(rlhf, "org/small", env) != wanted or theirs.wait():
            sys.exit("both at once: a difference")
    again = logprobs(rlhf, "org/small", environment(folder / "both", endpoint, offline=True))
    incomplete = list((folder / "both").rglob("*.incomplete"))
    if again != wanted or incomplete:
        sys.exit(f"both at once: {again}, left {incomplete}")
    print("3. both at once: complete, nothing left over")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rlhf", default=str(HERE.parent.parent / "rlhf"))
    rlhf = parser.parse_args().rlhf
    server = http.server.ThreadingHTTPServer(("localhost", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://localhost:{server.server_address[1]}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        wanted = ours_then_theirs(rlhf, folder, endpoint)
        theirs_then_ours(rlhf, folder, endpoint, wanted)
        both_at_once(rlhf, folder, endpoint, wanted)
    for package in ("huggingface_hub", "transformers"):
        print(package, importlib.metadata.version(package))
    print(run([rlhf, "--version"], dict(os.environ)).strip().splitlines()[0])


if __name__ == "__main__":
    main()

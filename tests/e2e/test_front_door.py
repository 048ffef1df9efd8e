"""The front door, ./scope, as a person or a script meets it. Runs on a finished build."""
import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import run_tests  # noqa: E402
BUILD = ROOT / "build" / "release"
PRODUCT = BUILD / "apps" / "scope" / "scope"
T8N = BUILD / "apps" / "t8n" / "scope-t8n"
EQUIPMENT = BUILD / "testing" / "scope_test" / "scope-test"


def scope(*arguments, cwd=ROOT, program=ROOT / "scope", env=None):
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(env or {})}, timeout=600)


def commands_of(binary) -> list[str]:
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z0-9]+) ", text.partition("Subcommands:")[2], re.M)


def commands_of_binaries() -> list[str]:
    return [command for binary in (PRODUCT, T8N, EQUIPMENT) for command in commands_of(binary)]


class Help(unittest.TestCase):
    def test_names_every_command_of_the_binaries(self):
        text = scope("--help").stdout
        for command in commands_of_binaries():
            self.assertRegex(text, rf"(?m)^  \./scope .*\b{command}\b", command)

    def test_every_command_has_its_own_on_standard_output(self):
        for command in ["test", "build", "bench", *commands_of_binaries()]:
            result = scope(command, "--help")
            self.assertEqual(result.returncode, 0, command)
            self.assertIn(command, result.stdout)

    def test_of_a_part_of_a_command_is_its_own(self):
        for part, word in (("evm", "--anvil"), ("equivalence", "--runs"), ("mutate", "--mutants")):
            result = scope("fuzz", part, "--help")
            self.assertEqual(result.returncode, 0, part)
            self.assertIn(word, result.stdout)
            self.assertIn("1 - 1000000000000]", result.stdout)

    def test_without_a_command_goes_to_standard_error(self):
        result = scope()
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("./scope demo", result.stderr)

    def test_version_is_that_of_the_binary(self):
        self.assertEqual(scope("--version").stdout, subprocess.run([PRODUCT, "--version"], capture_output=True,
                                                                   text=True, check=True).stdout)

    def test_the_product_has_no_test_equipment(self):
        self.assertFalse(set(commands_of(PRODUCT)) & set(commands_of(EQUIPMENT)))


class WrongUsage(unittest.TestCase):
    def test_unknown_command(self):
        for command in ("frobnicate", "../demo", "de mo", "-x"):
            result = scope(command)
            self.assertEqual((result.returncode, result.stdout), (2, ""), command)
            self.assertIn(command, result.stderr)

    def test_unknown_option_of_test(self):
        result = scope("test", "--frobnicate")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("--frobnicate", result.stderr)

    def test_unknown_option_of_a_command_of_the_binaries(self):
        for command in commands_of_binaries():
            result = scope(command, "--frobnicate", "1")   # where a path or a chain is required, 1 is one
            self.assertEqual((result.returncode, result.stdout), (2, ""), command)
            self.assertIn("--frobnicate", result.stderr)

    def test_what_is_unknown_is_told_before_what_is_missing(self):
        for arguments in (["frobnicate"], ["statetest", "--frobnicate"], ["fuzz", "frobnicate"]):
            result = scope(*arguments, program=EQUIPMENT)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertIn("frobnicate", result.stderr)

    def test_numbers_out_of_range(self):
        for part in ("evm", "equivalence", "mutate"):
            for option, value in (("--runs", "-1"), ("--runs", "0"), ("--seed", "-1"), ("--jobs", "-1")):
                result = scope("fuzz", part, option, value, program=EQUIPMENT)
                self.assertEqual((result.returncode, result.stdout), (2, ""), (part, option, value))
                self.assertIn(option, result.stderr)
        for arguments in (["evm", "--first", "-1"], ["mutate", "--mutants", "-1"], ["mutate", "--lies", "-1"]):
            self.assertEqual(scope("fuzz", *arguments, program=EQUIPMENT).returncode, 2, arguments)

    def test_filter_that_matches_nothing(self):
        result = scope("test", "--filter", "frobnicate")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("frobnicate", result.stderr)


class TestsThatAreAllSkipped(unittest.TestCase):
    def test_are_no_success(self):
        for outcomes, status in (([{"skipped": 2}], 1), ([{"skipped": 2}, {"passed": 1}], 0), ([{"passed": 1, "failed": 1}], 1)):
            suites = [run_tests.Suite(str(index), [lambda counts=counts: run_tests.Outcome(**counts)])
                      for index, counts in enumerate(outcomes)]
            with unittest.mock.patch.object(run_tests, "all_suites", lambda _: suites), \
                    unittest.mock.patch.object(sys, "argv", ["run_tests.py"]), contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(run_tests.main(), status, outcomes)


class OutputThatCannotBeWritten(unittest.TestCase):
    def check(self, redirection: str):
        for arguments in ("--help", "--version", "rlptest --json"):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write('{"dog": {"in": "dog", "out": "0x83646f67"}}')
                file.flush()
                path = file.name if "rlptest" in arguments else ""
                result = subprocess.run(["sh", "-c", f"exec {EQUIPMENT} {arguments} {path} {redirection}"],
                                        capture_output=True, text=True)
            self.assertEqual(result.returncode, 1, arguments)
            self.assertIn("scope-test: ", result.stderr)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full(self):
        self.check(">/dev/full")

    def test_closed(self):
        self.check(">&-")

    def test_closed_standard_error_is_no_matter(self):
        result = subprocess.run(["sh", "-c", f"exec {PRODUCT} --version 2>&-"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_standard_error_changes_no_exit_code(self):
        for program in (PRODUCT, T8N, EQUIPMENT):
            for arguments, status in (("--version", 0), ("--frobnicate", 2), ("frobnicate", 2), ("", 2)):
                result = subprocess.run(["sh", "-c", f"exec {program} {arguments} 2>/dev/full"], capture_output=True, text=True)
                self.assertEqual(result.returncode, status, (program, arguments))


class SetUp(unittest.TestCase):
    def test_does_nothing_on_a_finished_build(self):
        result = scope("build")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_of_the_demo_builds_no_test(self):
        objects = subprocess.run(["ninja", "-C", BUILD, "-t", "inputs", "scope"], capture_output=True, text=True,
                                 check=True).stdout.split()
        self.assertTrue(any(name.startswith("apps/scope/") for name in objects))
        self.assertEqual([name for name in objects if re.match(r"testing/|tests/|bench/|apps/t8n/|.*_test", name)], [])

    def test_works_from_another_folder_and_through_a_link(self):
        with tempfile.TemporaryDirectory(prefix="a folder with spaces ") as folder:
            link = pathlib.Path(folder) / "scope"
            link.symlink_to(ROOT / "scope")
            result = scope("test", "--list", cwd=folder, program=link)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("layers", result.stdout.splitlines())


class ProgressOnStandardError(unittest.TestCase):
    """tools/setup.sh's step, on commands made up for it."""

    def step(self, command: str):
        with tempfile.TemporaryDirectory() as folder:
            script = f"""set -euo pipefail; root={folder}
                die() {{ printf 'scope: %s\\n' "$1" >&2; exit "${{2:-1}}"; }}
                source {str(ROOT / "tools" / "setup.sh")!r}; mkdir -p "$logs"
                step name "doing it" {command} >&2; cat "$logs/name.log\""""
            return subprocess.run(["bash", "-c", script], capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def test_a_short_step_is_quiet_and_its_output_is_kept(self):
        result = self.step("printf 'one\\ntwo'")
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", "one\ntwo\n"))

    def test_a_long_step_says_that_it_goes_on(self):
        result = self.step("sleep 3")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"^scope: doing it \.\.\.\nscope: doing it: done in \d+ s\n$")

    def test_a_failed_step_shows_the_end_of_its_output_and_where_the_rest_is(self):
        result = self.step("sh -c 'seq 100; exit 3'")
        self.assertEqual(result.returncode, 1)
        self.assertIn("    100\n", result.stderr)
        self.assertNotIn("    50\n", result.stderr)
        self.assertIn("name.log", result.stderr)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Checks the text of every file of the repository, whatever its language.

Prints each line that breaks a rule, as FILE:LINE: RULE; exits 1 if there is any. Also requires that each test which the
protocol names as a rule's guard is there. What counts as the repository is what
git tracks or would track; without git, every file outside the folders that builds write.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILT = {"build", "node_modules", "out", "cache", ".git", ".scope"}
RULES = [  # (what is wrong, where it shows, the files it is not asked of)
    ("an absolute path of one machine", re.compile(r"(?<![\w.$}~:*/-])/(work|root|home)/\w"), None),
    ("a conflict marker", re.compile(r"^(<{7} |>{7} |={7}$)"), None),
    ("a carriage return", re.compile(r"\r"), None),
    ("a tab", re.compile(r"\t"), re.compile(r"\.tsv$|(^|/)Makefile$")),
    ("white space at the end of a line", re.compile(r"[ \t]$"), None),
    ("a TODO that doesn't say what it waits for: TODO(what): ...", re.compile(r"\bTODO\b(?!\()"), re.compile(r"\.md$|check_text")),
]
NOT_OURS = re.compile(r"(^|/)package-lock\.json$|^contracts/snapshots/|\.(bin|png|svg|ico|woff2)$")   # tools write them


def files() -> list[pathlib.Path]:
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, text=True)
        if listed.returncode == 0:
            return sorted({ROOT / name for name in listed.stdout.split("\0") if name})
    return sorted(file for file in ROOT.rglob("*") if not BUILT & set(file.relative_to(ROOT).parts))


def missing_guards() -> list[str]:
    """Tests of the table in docs/protocol.md that nothing defines."""
    protocol = (ROOT / "docs/protocol.md").read_text()
    table = protocol[protocol.index("| § | rule | test |"):]
    gtests = [*ROOT.glob("tests/scope/*_test.cpp"), *ROOT.glob("src/*/*_test.cpp")]
    defined = {"{}.{}".format(*names) for file in gtests
               for names in re.findall(r"\bTEST(?:_[FP])?\((\w+), (\w+)\)", file.read_text())}
    defined |= {f"{file.name.removesuffix('.t.sol')}.{name}" for file in ROOT.glob("contracts/test/*.t.sol")
                for name in re.findall(r"\bfunction (\w+)\(", file.read_text())}
    defined |= {f"{name.split('.')[0]}.*" for name in defined}
    return [f"docs/protocol.md: there is no test {name}" for name in re.findall(r"`(\w+\.(?:\w+|\*))`", table)
            if name not in defined]


def main() -> int:
    problems = missing_guards()
    checked = 0
    for file in files():
        name = str(file.relative_to(ROOT))
        if not file.is_file() or file.is_symlink() or NOT_OURS.search(name):
            continue
        try:
            text = file.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            problems.append(f"{name}: not UTF-8")
            continue
        checked += 1
        if text and not text.endswith("\n"):
            problems.append(f"{name}: no newline at the end")
        for number, line in enumerate(text.split("\n"), 1):
            problems += [f"{name}:{number}: {rule}" for rule, pattern, excused in RULES
                         if pattern.search(line) and not (excused and excused.search(name))]
    print("\n".join(problems) or f"{checked} files are clean")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

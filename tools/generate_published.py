#!/usr/bin/env python3
"""Writes what others have published and a devnet's genesis needs, as C++ constants: init code of contracts, words.

generate_published.py NODE_MODULES FILE: takes them from npm packages; FILE is left alone if it would not change.
"""
import pathlib, re, sys

packages, file = map(pathlib.Path, sys.argv[1:])
DIGITS_A_LINE = 96


def found(path: str, pattern: str) -> str:
    match = re.search(pattern, (packages / path).read_text(), re.DOTALL)
    if not match:
        sys.exit(f"{packages / path}: nothing matches {pattern}")
    return match[1]


def text(name: str, digits: str) -> str:
    lines = [digits[i:i + DIGITS_A_LINE] for i in range(0, len(digits), DIGITS_A_LINE)]
    return f"constexpr std::string_view {name} =\n" + "\n".join(f'    "{line}"' for line in lines) + ";\n"


words = found("@scure/bip39/wordlists/english.js", r"wordlist = `([a-z\s]+)`").split()
if len(words) != 2048 or words != sorted(words):
    sys.exit("the word list is not BIP-39's")
result = (
    text("PERMIT2_INIT_CODE", found("@uniswap/uniswapx-sdk/dist/cjs/src/contracts/factories/Permit2__factory.js",
                                    r'_bytecode = "0x([0-9a-f]+)"'))
    + text("MULTICALL3_INIT_CODE", found("viem/constants/contracts.ts", r"multicall3Bytecode =\s*'0x([0-9a-f]+)'"))
    + f"constexpr std::array<std::string_view, {len(words)}> BIP39_WORDS{{\n"
    + "".join(f'    "{word}",\n' for word in words) + "};\n")
if not file.exists() or file.read_text() != result:
    file.write_text(result)

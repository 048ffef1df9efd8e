#!/usr/bin/env python3
"""Writes the signatures of all errors of the compiled contracts, one C++ string literal a line.

generate_errors.py CONTRACTS FILE: CONTRACTS is the folder with src/, test/scenarios/ and out/; FILE is left alone if
it would not change.
"""
import json, pathlib, sys

contracts, file = map(pathlib.Path, sys.argv[1:])
signatures = {"Panic(uint256)"}   # Solidity's own
for source in [*contracts.glob("src/**/*.sol"), *contracts.glob("test/scenarios/*.sol")]:
    artifacts = (contracts / "out" / source.name).glob("*.json")   # none of a file that has only structs
    for entry in (entry for artifact in artifacts for entry in json.loads(artifact.read_text())["abi"]):
        if entry["type"] != "error":
            continue
        types = [parameter["type"] for parameter in entry["inputs"]]
        if any(type.startswith("tuple") for type in types):
            sys.exit(f"{source}: error {entry['name']}: describe_revert can't read structs")
        signatures.add(f"{entry['name']}({','.join(types)})")
if len(signatures) == 1:
    sys.exit(f"{contracts / 'out'}: no artifacts; npm run contracts:build makes them")
text = "".join(f'"{signature}",\n' for signature in sorted(signatures))
if not file.exists() or file.read_text() != text:
    file.write_text(text)

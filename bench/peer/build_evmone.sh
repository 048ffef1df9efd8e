#!/usr/bin/env bash
# Compiles evmone, as it lies in a folder outside the project, with evmone.cpp to a library for --peer.
#
#   build_evmone.sh EVMONE INTX BLST OUT NAME [CC CXX [FLAG...]]
#
# EVMONE, INTX and BLST are check-outs of ipsilon/evmone, chfast/intx and supranational/blst (the npm package
# c-kzg carries the latter in deps/blst), OUT is the library to write, NAME what the tables call it. Flags are
# evmone's own for a release: -O3, x86-64-v2, no exceptions and no type information in the interpreter.
set -euo pipefail

if (($# < 5)); then sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; fi
evmone=$1 intx=$2 blst=$3 out=$4 name=$5
cc=${6:-gcc} cxx=${7:-g++}
extra=("${@:8}")
here=$(cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-O3 -DNDEBUG -march=x86-64-v2 -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -fno-stack-protector
       -w "${extra[@]}" -I"$evmone" -I"$evmone/lib" -I"$evmone/include" -I"$evmone/evmc/include"
       -I"$intx/include" -I"$blst/bindings")

compile() {   # compile COMPILER SOURCE FLAG...
    local object
    object=$work/$(tr / _ <<<"$2").o
    "$1" "${@:3}" -c "$2" -o "$object"
    objects+=("$object")
}

objects=()
for source in "$evmone"/lib/evmone/*.cpp; do
    [[ $source == */cpu_check.cpp ]] ||
        compile "$cxx" "$source" -std=c++20 "${flags[@]}" -fno-exceptions -fno-rtti -DPROJECT_VERSION='""'
done
for source in "$evmone"/lib/evmone_precompiles/{,pairing/bn254/}*.cpp "$evmone"/test/state/precompiles.cpp; do
    compile "$cxx" "$source" -std=c++20 "${flags[@]}"
done
compile "$cc" "$evmone/lib/evmone_precompiles/keccak.c" "${flags[@]}"
compile "$cxx" "$here/evmone.cpp" -std=c++20 "${flags[@]}" -DPEER_NAME="\"$name\""
for source in "$blst"/src/server.c "$blst"/build/assembly.S; do
    compile "$cc" "$source" -O2 -fPIC -D__BLST_PORTABLE__ -w
done
"$cxx" -shared -fPIC -Wl,-Bsymbolic -o "$out" "${objects[@]}"

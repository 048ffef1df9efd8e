#pragma once

#include <cstddef>
#include <cstdint>

// What another EVM must offer so that the benchmarks can run it beside ours: a shared library with
// one function, scope_peers. It lies outside the project; evmone.cpp is one that is built with
// evmone's sources at hand.

/// One configuration of an EVM. A null pointer: it does not offer that.
struct ScopePeer {
    const char* name;
    /// Analyses code; the result serves any number of runs.
    void* (*make_code)(const uint8_t* code, size_t size);
    void (*free_code)(void* code);
    /// Runs it once, on a host without state, by the rules of Osaka.
    /// @return the gas left, or -1 if it did not succeed.
    int64_t (*execute)(const void* code, const uint8_t* input, size_t size, int64_t gas);
    /// Runs the precompile at an address; the result is as that of execute.
    int64_t (*precompile)(uint16_t address, const uint8_t* input, size_t size, int64_t gas);
    void (*keccak256)(const uint8_t* data, size_t size, uint8_t hash[32]);
};

extern "C" [[gnu::visibility("default")]] const ScopePeer* scope_peers(size_t* count);

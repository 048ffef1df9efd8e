#pragma once

#include <span>

#include "base/bytes.hpp"
#include "evm/revision.hpp"

namespace scope::evm {

struct PrecompileResult {
    /// False: out of gas or rejected input. Then gas_left is 0 and there is no output.
    bool success = false;
    int64_t gas_left = 0;
    Bytes output;
};

/// Returns the addresses that hold a precompile in @p revision, lowest first: those that EIP-2929
/// has warm from the start. A revision's list begins with that of the revision before.
std::span<const Address> precompile_addresses(Revision revision) noexcept;

bool is_precompile(Revision revision, const Address& address) noexcept;

/// Runs a precompile with at most @p gas.
///
/// An empty input or an invalid signature is a success where the specification says so (ecrecover,
/// P256VERIFY return empty output). REQUIRES: is_precompile(revision, address), gas >= 0.
PrecompileResult execute_precompile(Revision revision, const Address& address, BytesView input,
                                    int64_t gas);

}  // namespace scope::evm

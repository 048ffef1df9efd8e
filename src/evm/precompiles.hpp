#pragma once

#include <span>

#include "base/bytes.hpp"
#include "evm/revision.hpp"

namespace scope::evm {

struct PrecompileResult {
    /// False: out of gas or refused input. Then gas_left is 0 and there is no output.
    bool success = false;
    int64_t gas_left = 0;
    Bytes output;
};

/// The addresses that hold a precompile in @p revision, lowest first: what EIP-2929 has warm from
/// the start. They only grow: a revision's list begins with that of the revision before.
std::span<const Address> precompile_addresses(Revision revision) noexcept;

bool is_precompile(Revision revision, const Address& address) noexcept;

/// Runs a precompile with at most @p gas.
///
/// An empty input or a refused signature is a success where the specification says so (ecrecover,
/// P256VERIFY give empty output). REQUIRES: is_precompile(revision, address), gas >= 0.
PrecompileResult execute_precompile(Revision revision, const Address& address, BytesView input,
                                    int64_t gas);

}  // namespace scope::evm

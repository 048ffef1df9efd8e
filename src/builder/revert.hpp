#pragma once

#include <string>

#include "base/bytes.hpp"

namespace scope::builder {

/// Returns revert data in human-readable form: a known error by name with its arguments,
/// Error(string) as its text, otherwise hex. The reason in an OperationRefused is described in
/// turn.
///
/// Known are all errors of the compiled contracts (contracts/out), and Panic. Code asks
/// protocol::fault_of instead.
std::string describe_revert(BytesView data);

/// The reason why something failed on a chain.
struct Failure {
    std::string reason;  ///< human-readable
    Bytes revert_data;   ///< for code; empty if it did not revert
    /// The block or the transaction had no room for it, which another one may have.
    bool is_full = false;
};

/// Returns the failure of what reverted with @p data.
Failure reverted(Bytes data);

}  // namespace scope::builder

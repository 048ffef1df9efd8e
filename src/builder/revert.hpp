#pragma once

#include <string>

#include "base/bytes.hpp"

namespace scope::builder {

/// Returns revert data as a person reads them: a known error by name with its arguments,
/// Error(string) as its text, otherwise hex.
///
/// Known are all errors of the compiled contracts (contracts/out), and Panic. For people only: code
/// asks protocol::fault_of.
std::string describe_revert(BytesView data);

/// Why something failed on a chain.
struct Failure {
    std::string reason;  ///< for a person
    Bytes revert_data;   ///< for code; empty if it did not revert
};

/// Returns the failure of what reverted with @p data.
Failure reverted(Bytes data);

}  // namespace scope::builder

#pragma once

#include <optional>

#include "abi/abi.hpp"

namespace scope::protocol {

/// The reason why ScopedCallable can't go on (§1). Never the callee's failure, though a callee can
/// imitate one where its revert data bubbles.
enum class Fault : uint8_t {
    response_missing,  ///< a request has no fill
    out_of_position,   ///< a request or its answer is not where control is
    not_reproduced,    ///< a record ran and gave another answer than recorded
    too_little_gas,    ///< the target can't get its gas limit, or asking ran out of gas
    escrow_exceeded,   ///< serving would give out more than L1 holds for the rollup
};

/// Returns the fault's error as Solidity declares it: "NotReproduced(bytes32)".
std::string_view signature_of(Fault fault) noexcept;
/// Returns the name of the fault's error alone: "NotReproduced".
std::string_view to_string(Fault fault) noexcept;
/// Returns the first four bytes of the fault's revert data.
const abi::Selector& selector_of(Fault fault) noexcept;

/// Returns the fault that @p revert_data are those of, or nullopt.
std::optional<Fault> fault_of(BytesView revert_data) noexcept;

}  // namespace scope::protocol

#pragma once

#include "oracle/one_chain.hpp"

namespace scope::oracle {

/// Gas of a user's transaction and of an operation on L1.
inline constexpr uint64_t ROOT_GAS = 16'000'000;
inline constexpr uint64_t OPERATION_GAS = 10'000'000;

/// Returns whether no frame of @p root runs out of gas on several chains that has enough on one,
/// none asks with more gas than it may, and no chain has to do more for it than fits: by what its
/// frames took on one chain and bounds on what ScopedCallable takes. Only such roots can be
/// compared.
bool fits(const Frame& root);
/// Returns whether the same holds of a frame that calls no other chain, and has so much gas.
bool fits_alone(const Frame& frame, uint64_t gas);
/// Returns whether it holds of all roots of a program, and of its entries.
bool fits(const Program& program, const OneChain& ran);

}  // namespace scope::oracle

#pragma once

#include <vector>

#include "builder/next_l1_block.hpp"

namespace scope::builder {

/// The calls that a rehearsal answers itself: those of the settlement contract to its verifiers.
struct Verification {
    Address settlement;
    std::vector<Address> verifiers;
};

/// Returns bytes in the place of a proof: as dear as calldata as that of a committee of which three
/// members sign.
Bytes placeholder_proof();

/// Returns the outcome of the scope's transaction of @p submitter, signed or not, as the first of
/// L1's next block if all proofs convince their verifiers; nothing is kept. Legs see the gas that
/// they see with proofs, but for the price of the proofs' bytes.
Result<execution::Outcome, execution::TxError> rehearse(const L1Snapshot& snapshot,
                                                        const Transaction& transaction,
                                                        const Address& submitter,
                                                        const Verification& verification);

}  // namespace scope::builder

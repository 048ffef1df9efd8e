#pragma once

#include "builder/open_scope.hpp"

namespace scope::builder {

/// Ends a rollup's block and returns all that is to be proved of it, but for where its data is.
///
/// Nothing is executed again: the block is what add built. Once only.
Result<RollupPart, SealError> assemble(OpenRollup& rollup, const OpenL1& l1);

/// Puts the batch's bytes into blobs and names these as the data. Returns them with their proofs.
Result<std::vector<chain::StoredBlobPtr>, SealError> put_into_blobs(RollupPart& part);
/// Names the batch's bytes themselves as the data.
void put_into_calldata(RollupPart& part);

/// Returns what the scope's transaction claims of a part, without the proof.
/// @param first_blob  Index among the transaction's blobs.
protocol::BatchClaim claim_of(const RollupPart& part, size_t first_blob);

}  // namespace scope::builder

#pragma once

#include "builder/open_scope.hpp"

namespace scope::builder {

/// Ends a rollup's block and returns all that is to be proved of it, but for where its data is.
///
/// Nothing is executed again: the block is what add built. Once only.
/// @param rollup  One of @p scope.
Result<RollupPart, SealError> assemble(OpenRollup& rollup, OpenScope& scope);

/// The data of a scope: the bytes of all batches, one after the other.
struct ScopeData {
    Bytes calldata;                           ///< empty: in blobs
    std::vector<chain::StoredBlobPtr> blobs;  ///< of all of them as one payload; empty: in calldata
};
/// Puts the batches' bytes where @p where says, and names each one's slice in its public inputs.
/// REQUIRES: at least one part.
Result<ScopeData, SealError> put_data(std::vector<RollupPart>& parts, DataAvailability where);

/// Returns what the scope's transaction claims of a part.
protocol::BatchClaim claim_of(const RollupPart& part);

}  // namespace scope::builder

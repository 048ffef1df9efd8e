#pragma once

#include "base/findings.hpp"
#include "chain/block_error.hpp"
#include "chain/chain_spec.hpp"
#include "chain/store.hpp"

namespace scope::chain {

using BlockFindings = Findings<BlockError, BLOCK_ERROR_COUNT>;

/// Checks a header against its parent, as far as it can be done without the block's body.
void check_header(BlockFindings& findings, const ChainSpec& spec, const BlockHeader& header,
                  const BlockHeader& parent);

/// Checks a block's lists against its header, but for the transactions: a block with an invalid
/// transaction is refused for that, whatever root it names.
void check_body(BlockFindings& findings, const ChainSpec& spec, const Block& block);

/// Checks the ommers of a block before Paris: at most two, different, no ancestors, valid headers
/// that are children of an ancestor up to six generations back.
Result<void, BlockError> validate_ommers(const ChainSpec& spec, const Block& block,
                                         const Store& store);

/// Returns what was forced of a block's child (ChainSpec::forced).
execution::Forced::Child forced_child(const ChainSpec& spec, const Hash& parent_hash);

/// Returns whether a block may have a gas limit after its parent's (with EIP-1559's step at
/// London).
bool is_gas_limit_allowed(uint64_t gas_limit, const BlockHeader& parent, bool is_first_london);

}  // namespace scope::chain

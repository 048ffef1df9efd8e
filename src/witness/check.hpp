#pragma once

#include <string_view>

#include "ssz/stateless_input.hpp"

namespace scope::witness {

/// The reason why a witness is not enough for its block, or contradicts it.
enum class WitnessError : uint8_t {
    malformed_header,  ///< no RLP of a header
    /// a header that is not the parent of the next, or the last, of the block
    broken_header_chain,
    missing_parent,         ///< no header
    malformed_access_list,  ///< EIP-7928
    malformed_transaction,
    malformed_node,
    malformed_account,
    missing_node,      ///< on the way to an account or slot that the block reads or writes
    missing_code,      ///< of an account whose code runs, or is looked at, whatever the block does
    wrong_block_hash,  ///< the payload's fields have another hash
    wrong_state_root,  ///< the access list's writes lead to another state
};
std::string_view to_string(WitnessError error) noexcept;

/// The parts of a witness that were not asked for.
struct WitnessUse {
    size_t unused_nodes = 0;
    size_t unknown_codes = 0;  ///< with a hash that no account has which the block looks at
};

/// Checks a witness as far as it can be done without execution:
///
/// - headers are a chain that ends with the block's parent;
/// - the block's hash is that of its fields;
/// - from the parent's state root, nodes lead to every account and slot of the block access list,
///   each with the hash by which its parent names it, or prove that there is none;
/// - codes are there of system contracts, and of each transaction's sender, target and authorities,
///   and of whom these delegate to;
/// - the access list's writes lead to the block's state root, and nodes are there to tell so.
///
/// What shows in execution only: codes of contracts that are called from code, and ancestors that
/// BLOCKHASH asks for.
Result<WitnessUse, WitnessError> check_witness(const ssz::StatelessInput& input);

}  // namespace scope::witness

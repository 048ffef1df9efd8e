#pragma once

#include <set>
#include <span>

#include "store/chain_rows.hpp"

/// Which nodes a chain's states have, and which are in the database.
namespace scope::store {

/// Returns the keys of all nodes of the states after these blocks, as far as the states are kept:
/// each is read whole, from the rows alone. What can't be read fails the test.
std::set<Bytes> nodes_of_states(const ChainRows& rows, ChainId chain, std::span<const Hash> blocks);

/// Returns the keys of the nodes that are there.
std::set<Bytes> nodes_that_are_there(const Rows& rows, ChainId chain);

/// Returns the blocks whose states are kept, by height and hash.
std::vector<Hash> blocks_with_states(const Rows& rows, ChainId chain);

}  // namespace scope::store

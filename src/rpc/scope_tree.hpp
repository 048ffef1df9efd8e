#pragma once

#include <functional>

#include "builder/call_tree.hpp"
#include "json/appender.hpp"

// The one JSON of what happened under a root, which RPC, terminal and demo show:
// docs/formats/scope-tree.md.

namespace scope::rpc {

/// Names for what a tree shows, where somebody knows them; null: the members are left out, or say
/// what is known without.
struct TreeNames {
    std::function<std::string(const uint256& chain_id, const Address& account)> account = {};
    /// Of a call by its data.
    std::function<std::string(BytesView data)> function = {};
    /// Of return data by the data of the call.
    std::function<std::string(BytesView data, BytesView output)> output = {};
    /// Of the revert data of a call that failed; null: builder::describe_revert.
    std::function<std::string(BytesView output)> error = {};
};

/// Appends a chain: a number; a decimal string from 2^53 on.
void append_chain(json::Appender& out, const uint256& chain_id);
/// Appends an array of calls, each with those made inside it.
void append_calls(json::Appender& out, const std::vector<builder::CallTree>& calls,
                  const TreeNames& names = {});
/// Appends the members of a root, without the braces around them.
void append_root_members(json::Appender& out, const builder::RootResult& root,
                         const TreeNames& names = {});
/// Appends a root.
void append_root(json::Appender& out, const builder::RootResult& root, const TreeNames& names = {});

}  // namespace scope::rpc

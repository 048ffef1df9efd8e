#pragma once

#include <vector>

#include "builder/call_tree.hpp"

namespace scope::service {

/// Encodes what happened under the roots of a scope as RLP:
///
///     roots   := [root*]
///     root    := [root_chain_id, operation_hash, root_index, root_id, success, output, outcome,
///                 gas_used, [call*], [section*], [environment_field*]]
///     call    := [request, request_hash, success, output, gas_used, kept, children]
///                                  in preorder; children: how many of the next are directly inside
///     section := [chain_id, [limit*], [fill*], [record*]]
///
/// The fields of request, limit, fill and record are those of protocol/, in their order.
Bytes encode_roots(const std::vector<builder::RootResult>& roots);
/// Decodes roots; nullopt if they are not what encode_roots writes.
std::optional<std::vector<builder::RootResult>> decode_roots(BytesView encoded);

}  // namespace scope::service

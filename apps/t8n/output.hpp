#pragma once

#include "json/writer.hpp"
#include "transition.hpp"

namespace scope::t8n {

/// Writes one JSON value, as each of these does: the state, as `alloc` is read; the block's roots,
/// sums, receipts and rejected transactions; and the transactions as an RLP list in hex, as `txs`
/// is read.
void write_alloc(json::JsonWriter& json, const Transition& transition);
void write_result(json::JsonWriter& json, const Transition& transition);
void write_body(json::JsonWriter& json, const Transition& transition);

}  // namespace scope::t8n

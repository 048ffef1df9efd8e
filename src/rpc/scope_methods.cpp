#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "rollup/blob_codec.hpp"
#include "rpc/blocks.hpp"
#include "rpc/errors.hpp"
#include "rpc/no_open_root.hpp"
#include "rpc/params.hpp"
#include "rpc/scope_parts.hpp"
#include "rpc/scope_tree.hpp"
#include "rpc/subscriptions.hpp"

namespace scope::rpc {

// ---- shared

ChainId l1_id_of(const Request& request) {
    return request.network.contracts()->settlement.l1_chain_id;
}

ChainView& l1_of(const Request& request) {
    auto* const l1 = request.network.chain(l1_id_of(request));
    if (l1 == nullptr) fail(NO_L1, "this node doesn't show L1's blocks: ask an L1 client");
    return *l1;
}

ChainId read_chain_id(const Request& request, size_t index) {
    const uint256 word = request.params.get(index, read_loose_quantity);
    const auto chain_id = ChainId::from(word);
    if (chain_id && request.network.chain(*chain_id) != nullptr) return *chain_id;
    json::Appender data;
    data.begin_object();
    append_chain(data.key("chainId"), word);
    data.end_object();
    fail(UNKNOWN_CHAIN, fmt::format("there is no chain {}", to_decimal(word)), data.take());
}

namespace {

// ---- chains and contracts

void append_head(json::Appender& out, std::string_view name, const chain::StoredBlockPtr& block) {
    if (out.key(name); block == nullptr) return out.null();
    out.begin_object();
    out.key("number").quantity(block->header().number);
    out.key("hash").hex(block->hash);
    out.key("timestamp").quantity(block->header().timestamp_s);
    out.end_object();
}

std::string chains(Request& request) {
    auto* const controls = request.network.controls();
    bool reads_l1 = true;  // as long as it answers
    json::Appender out;
    out.begin_array();
    for (const ChainId id : request.network.chains()) {
        auto& chain = *request.network.chain(id);
        out.begin_object();
        append_chain(out.key("chainId"), uint256{id});
        out.key("kind").string(chain.is_rollup() ? "rollup" : "l1");
        append_head(out, "latest", chain.head());
        append_head(out, "safe", chain.head(Label::safe));
        append_head(out, "finalized", chain.head(Label::finalized));
        out.key("patched").boolean(controls != nullptr && controls->is_patched(id));
        if (chain.is_rollup()) {
            const auto* const follower = request.network.follower();
            const auto* const rollup = follower == nullptr ? nullptr : follower->rollup(id);
            if (rollup != nullptr)
                out.key("unsettledBlocks")
                    .quantity(chain.head()->header().number -
                              rollup->chain.head()->header().number);
            const auto said = reads_l1 ? on_l1(request, id) : std::nullopt;
            reads_l1 = said.has_value();
            if (said)
                append_registered(out, request, id, *said);
            else
                append_followed(out, request, id);
            if (rollup != nullptr && rollup->stopped)
                out.key("stopped").string(to_string(*rollup->stopped));
        }
        out.end_object();
    }
    out.end_array();
    return out.take();
}

std::string contracts(Request& request) {
    json::Appender out;
    out.begin_array();
    for (const auto& [chain_id, name, address] : request.network.named_contracts()) {
        out.begin_object();
        append_chain(out.key("chainId"), uint256{chain_id});
        out.key("name").string(name);
        out.key("address").hex(address);
        out.end_object();
    }
    out.end_array();
    return out.take();
}

// ---- refusals

void append_error(json::Appender& out, const RpcError& error) {
    out.begin_object();
    out.key("code").raw(std::to_string(error.code));
    out.key("message").string(error.message);
    if (!error.data.empty()) out.key("data").raw(error.data);
    out.end_object();
}

/// Appends why a transaction failed that stands in a block: it made scoped calls and was no root.
void append_no_open_root(json::Appender& out, const NoOpenRoot& record) {
    out.begin_object();
    append_chain(out.key("chainId"), uint256{record.chain_id});
    out.key("hash").hex(record.hash);
    out.key("rule").string("no_open_root");
    out.key("reason").string(record.error.message);
    append_error(out.key("error"), record.error);
    out.key("calls").begin_array();
    out.end_array();
    out.end_object();
}

void append_refusal(json::Appender& out, const RefusalRecord& record) {
    out.begin_object();
    append_chain(out.key("chainId"), uint256{record.chain_id});
    out.key("hash").hex(record.hash);
    out.key("rule").string(record.refusal ? to_string(record.refusal->rule) : "not_sealed");
    out.key("reason").string(record.reason);
    const RpcError error = record.refusal ? refused(record.chain_id, *record.refusal, record.hash)
                                          : RpcError{NOT_SEALED, record.reason, {}};
    append_error(out.key("error"), error);
    append_calls(out.key("calls"),
                 record.refusal ? record.refusal->calls : std::vector<builder::CallTree>{});
    out.end_object();
}

std::string refusal(Request& request) {
    const Hash hash = request.params.hash(0);
    const auto* const record = request.network.refusal(hash);
    json::Appender out;
    if (record != nullptr) {
        append_refusal(out, *record);
    } else if (const auto reason = request.network.why_waiting(hash)) {
        out.begin_object();
        out.key("pending").boolean(true);
        out.key("reason").string(*reason);
        out.end_object();
    } else if (const auto failed = find_no_open_root(request.network, hash)) {
        append_no_open_root(out, *failed);
    } else {
        return "null";
    }
    return out.take();
}

// ---- scopes

void append_batch(json::Appender& out, const protocol::BatchClaim& batch) {
    out.begin_object();
    append_chain(out.key("chainId"), batch.chain_id);
    out.key("batchNumber").quantity(batch.batch_number);
    out.key("firstBlock").quantity(batch.first_block);
    out.key("parentBlockHash").hex(batch.parent_block_hash);
    out.key("lastBlockHash").hex(batch.last_block_hash);
    out.key("l1OriginNumber").quantity(batch.l1_origin_number);
    out.key("l1OriginHash").hex(batch.l1_origin_hash);
    out.key("dataOffset").quantity(batch.data_offset);
    out.key("dataLength").quantity(batch.data_length);
    out.key("remotes").begin_array();
    for (const auto& remote : batch.remotes) {
        out.begin_object();
        append_chain(out.key("chainId"), remote.chain_id);
        out.key("requestsOut").hex(remote.hashes.requests_out);
        out.key("requestsIn").hex(remote.hashes.requests_in);
        out.key("responsesOut").hex(remote.hashes.responses_out);
        out.key("responsesIn").hex(remote.hashes.responses_in);
        out.key("valueIn").quantity(remote.value_in);
        out.key("valueOut").quantity(remote.value_out);
        out.key("limit").quantity(remote.limit);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void append_place(json::Appender& out, const ScopeRecord& scope) {
    out.key("transactionHash").hex(scope.l1_transaction);
    out.key("blockHash").hex(scope.l1_block);
    out.key("blockNumber").quantity(scope.l1_block_number);
}

void append_scope(json::Appender& out, const ScopeRecord& scope) {
    out.begin_object();
    out.key("number").number(scope.number);
    append_place(out, scope);
    out.key("gasUsed").quantity(scope.l1_gas_used);
    out.key("blobs").number(scope.blobs);
    out.key("batches").begin_array();
    for (const auto& batch : scope.batches) append_batch(out, batch);
    out.end_array();
    out.key("roots").begin_array();
    for (const auto& root : scope.roots) {
        out.begin_object();
        append_chain(out.key("chainId"), root.context.root_chain_id);
        out.key("hash").hex(root.context.operation_hash);
        out.key("rootId").hex(root.root_id);
        out.key("rootIndex").quantity(root.context.root_index);
        out.key("success").boolean(root.success);
        out.key("gasUsed").quantity(root.gas_used);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

/// Reads a scope's number or the hash of something in it; null if there is none.
ScopeRecordPtr find_scope(Request& request, size_t index) {
    return request.params.get(index, [&](Json value) {
        if (value.is_string() && read_text(value).size() == 2 + 2 * Hash::size())
            return request.network.scope(read_hash(value));
        const uint256 number = read_loose_quantity(value);
        return number.fits_u64() ? request.network.scope(number[0]) : nullptr;
    });
}

std::string scope(Request& request) {
    const auto found = find_scope(request, 0);
    if (!found) return "null";
    json::Appender out;
    append_scope(out, *found);
    return out.take();
}

std::string trace_scope(Request& request) {
    const auto found = find_scope(request, 0);
    if (!found) return "null";
    // Of one root, if it is named; else of all.
    const Hash wanted = request.params.get(0, [](Json value) {
        return value.is_string() && read_text(value).size() == 2 + 2 * Hash::size()
                   ? read_hash(value)
                   : Hash{};
    });
    const auto is_wanted = [&](const builder::RootResult& root) {
        return root.context.operation_hash == wanted || root.root_id == wanted;
    };
    const bool is_one = std::ranges::any_of(found->roots, is_wanted);
    json::Appender out;
    out.begin_object();
    out.key("scope").number(found->number);
    append_place(out, *found);
    out.key("roots").begin_array();
    for (const auto& root : found->roots)
        if (!is_one || is_wanted(root)) append_root(out, root);
    out.end_array();
    out.end_object();
    return out.take();
}

/// Returns the batch of a scope that has a rollup's block.
const protocol::BatchClaim* batch_with(const ScopeRecord& scope, const ChainView& chain,
                                       ChainId chain_id, uint64_t number) {
    for (const auto& batch : scope.batches) {
        if (batch.chain_id != uint256{chain_id} || batch.first_block > uint256{number}) continue;
        const auto last = chain.chain().store().block(batch.last_block_hash);
        if (last != nullptr && last->header().number >= number) return &batch;
    }
    return nullptr;
}

std::string settlement(Request& request) {
    const ChainId chain_id = read_chain_id(request, 0);
    auto& chain = *request.network.chain(chain_id);
    if (!chain.is_rollup()) Params::fail_at(0, "L1 settles itself: name a rollup");
    const auto block = block_of(chain, request.params.block(1));
    for (uint64_t number = request.network.scopes(); number-- > 0;) {
        const auto found = request.network.scope(number);
        if (!found) continue;
        const auto* const batch = batch_with(*found, chain, chain_id, block->header().number);
        if (batch == nullptr) continue;
        json::Appender out;
        out.begin_object();
        append_chain(out.key("chainId"), uint256{chain_id});
        out.key("block").quantity(block->header().number);
        out.key("scope").number(found->number);
        append_place(out, *found);
        append_batch(out.key("batch"), *batch);
        out.end_object();
        return out.take();
    }
    return "null";  // none yet
}

/// Returns the data of a scope, out of its transaction or its blobs.
std::optional<Bytes> data_of(const chain::Store& l1, const Transaction& transaction) {
    auto settled = protocol::decode_settled_scope(transaction.data, transaction.gas_limit);
    if (!settled) return std::nullopt;
    if (!settled->data.empty()) return std::move(settled->data);
    std::vector<crypto::Blob> blobs;
    for (const auto& hash : transaction.blob_versioned_hashes) {
        const auto blob = l1.blob(hash);
        if (blob == nullptr) return std::nullopt;
        blobs.push_back(blob->blob);
    }
    auto data = rollup::from_blobs(blobs);
    return data ? std::optional{std::move(*data)} : std::nullopt;
}

std::string bundle(Request& request) {
    const auto& store = l1_of(request).chain().store();
    const auto found = find_scope(request, 0);
    if (!found) fail(UNKNOWN_SCOPE, "no scope has this number or hash");
    const auto place = store.transaction(found->l1_transaction);
    if (!place) fail(UNKNOWN_SCOPE, "L1 has the scope's transaction no more");
    const auto& transaction = place->block->block.transactions[place->index];
    const auto data = data_of(store, transaction);
    json::Appender out;
    out.begin_object();
    out.key("scope").number(found->number);
    append_place(out, *found);
    out.key("raw").hex(encode(transaction));
    out.key("blobVersionedHashes").begin_array();
    for (const auto& hash : transaction.blob_versioned_hashes) out.hex(hash);
    out.end_array();
    out.key("batches").begin_array();
    for (const auto& batch : found->batches) {
        const auto bytes =
            data ? rollup::slice_of(*data, batch.data_offset, batch.data_length) : std::nullopt;
        out.begin_object();
        append_batch(out.key("claim"), batch);
        if (out.key("data"); bytes)
            out.hex(*bytes);
        else
            out.null();
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

// ---- subscriptions

class ScopeFeed final : public Feed {
  public:
    void on_scope(const ScopeRecordPtr& scope, const Notify& notify) override {
        json::Appender out;
        append_scope(out, *scope);
        notify(out.view());
    }
};

/// A feed of each rollup that a scope settled.
class SettlementFeed final : public Feed {
  public:
    void on_scope(const ScopeRecordPtr& scope, const Notify& notify) override {
        for (const auto& batch : scope->batches) {
            json::Appender out;
            out.begin_object();
            out.key("scope").number(scope->number);
            append_place(out, *scope);
            append_batch(out.key("batch"), batch);
            out.end_object();
            notify(out.view());
        }
    }
};

class RefusalFeed final : public Feed {
  public:
    void on_refusal(const RefusalRecord& refusal, const Notify& notify) override {
        json::Appender out;
        append_refusal(out, refusal);
        notify(out.view());
    }
};

std::string subscribe(Request& request) {
    auto feed = request.params.get(0, [](Json value) -> std::unique_ptr<Feed> {
        const auto kind = read_text(value);
        if (kind == "scopes") return std::make_unique<ScopeFeed>();
        if (kind == "settlements") return std::make_unique<SettlementFeed>();
        if (kind == "refusals") return std::make_unique<RefusalFeed>();
        throw BadValue{"it is none of scopes, settlements, refusals"};
    });
    return request.subscriptions.add(request.subscriber, "scope_subscription", std::move(feed));
}

constexpr Method METHODS[]{
    {"scope_chains", chains, ""},
    {"scope_contracts", contracts, ""},
    {"scope_simulate", scope_simulate, "roots options?"},
    {"scope_prefill", scope_prefill, "transaction form?"},
    {"scope_prepareOperation", scope_prepare_operation, "operation"},
    {"scope_sendOperation", scope_send_operation, "operation signature? rootIndex?"},
    {"scope_getOperationReceipt", scope_operation_receipt, "operationHash"},
    {"scope_getRefusal", refusal, "hash"},
    {"scope_getScope", scope, "scope"},
    {"scope_traceScope", trace_scope, "scope"},
    {"scope_getRollingHashes", scope_rolling_hashes, "chainId remoteChainId block?"},
    {"scope_getHashChain", scope_hash_chain, "chainId remoteChainId stream firstScope? lastScope?"},
    {"scope_getSettlement", settlement, "chainId block?"},
    {"scope_getBundle", bundle, "scope"},
    {"scope_getForcedQueue", scope_forced_queue, "chainId"},
    {"scope_getDeposit", scope_deposit, "chainId entryIndex"},
    {"scope_getForcedTransaction", scope_forced_transaction, "chainId entryIndex"},
    {"scope_subscribe", subscribe, "kind"},
};

}  // namespace

std::span<const Method> scope_methods() {
    return METHODS;
}

}  // namespace scope::rpc

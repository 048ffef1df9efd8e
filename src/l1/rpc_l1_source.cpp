#include "l1/rpc_l1_source.hpp"

#include <algorithm>
#include <utility>

#include "base/hex.hpp"
#include "crypto/kzg.hpp"
#include "json/appender.hpp"
#include "l1/network_form.hpp"
#include "trie/root.hpp"

namespace scope::l1 {

namespace {

using json::Json;

/// How often reading begins again where a reorganisation comes between.
constexpr int MAX_ATTEMPTS = 3;

template <typename Read>
auto again_if_reorganised(Read&& read) {
    auto result = read();
    for (int i = 1; i < MAX_ATTEMPTS && !result && result.error() == L1Error::reorganised; ++i)
        result = read();
    return result;
}

std::unexpected<L1Error> wrong(std::string reason) {
    return std::unexpected{L1Error{L1Error::wrong, std::move(reason)}};
}

net::RpcRequest get_block(std::string number_json, bool with_transactions) {
    return {"eth_getBlockByNumber",
            fmt::format("[{},{}]", number_json, with_transactions ? "true" : "false")};
}

/// A block that a name stands for: its id and time, or nothing.
struct NamedBlock {
    L1BlockId id;
    uint64_t timestamp_s = 0;
};
Result<std::optional<NamedBlock>, L1Error> read_named(const net::RpcReplies::Reply& reply) {
    if (!reply) {
        if (is_no_such_block(reply.error())) return std::nullopt;
        return std::unexpected{error_of(reply.error())};
    }
    if (reply->is_null()) return std::nullopt;
    const auto read = TRY(read_header(*reply));
    return NamedBlock{{read.header.number, read.hash}, read.header.timestamp_s};
}

/// Compares a root that follows from what was told with the header's.
Result<void, L1Error> check_root(std::string_view name, uint64_t number, const Hash& own,
                                 const Hash& header) {
    if (own == header) return {};
    return wrong(fmt::format("block {}: {}: what was told has {}, the header {}", number, name,
                             to_hex(own), to_hex(header)));
}

Result<std::vector<Receipt>, L1Error> read_receipts(Json values, const chain::StoredBlock& block) {
    const uint64_t number = block.header().number;
    const size_t count = block.block.transactions.size();
    if (values.is_null()) {
        if (count == 0) return {};
        return std::unexpected{
            L1Error{L1Error::pruned, fmt::format("block {}: no receipts", number)}};
    }
    struct Read {
        std::vector<Receipt> receipts;
        bool is_of_other_block = false;
    };
    auto read = TRY(decoded(fmt::format("block {}: receipts", number), [&] {
        Read result;
        result.receipts = json::list(values, [&](Json value) {
            result.is_of_other_block |= json::get(value, "blockHash", json::hash) != block.hash;
            return json::receipt(value);
        });
        return result;
    }));
    if (read.is_of_other_block || read.receipts.size() != count)
        return std::unexpected{
            L1Error{L1Error::reorganised,
                    fmt::format("block {}: the receipts are another block's", number)}};
    return std::move(read.receipts);
}

Result<void, L1Error> add_senders(chain::StoredBlock& block) {
    for (const auto& transaction : block.block.transactions) {
        const auto sender = recover_sender(transaction);
        if (!sender)
            return wrong(fmt::format("block {}: transactions[{}]: no valid signature",
                                     block.header().number, block.senders.size()));
        block.senders.push_back(*sender);
        block.transaction_hashes.push_back(hash(transaction));
    }
    return {};
}

}  // namespace

Result<chain::StoredBlockPtr, L1Error> read_block_with_receipts(
    Json block, Json receipts,
    const std::function<Result<Hash, L1Error>(const Block&)>& other_root) {
    auto stored = std::make_shared<chain::StoredBlock>();
    stored->hash = TRY(read_header(block)).hash;
    stored->block = TRY(decoded("block", [&] { return json::block(block); }));
    const BlockHeader& header = stored->header();
    Hash root = transactions_root(stored->block.transactions);
    if (root != header.transactions_root && other_root) root = TRY(other_root(stored->block));
    TRY_VOID(check_root("transactionsRoot", header.number, root, header.transactions_root));
    if (stored->block.withdrawals)
        TRY_VOID(check_root("withdrawalsRoot", header.number,
                            withdrawals_root(*stored->block.withdrawals),
                            *header.withdrawals_root));
    stored->receipts = TRY(read_receipts(receipts, *stored));
    TRY_VOID(check_root("receiptsRoot", header.number, receipts_root(stored->receipts),
                        header.receipts_root));
    TRY_VOID(add_senders(*stored));
    return stored;
}

RpcL1Source::RpcL1Source(std::shared_ptr<const RpcEndpoint> endpoint,
                         std::vector<std::shared_ptr<const BlobSource>> blobs,
                         RpcL1SourceOptions options)
    : endpoint_(std::move(endpoint)),
      blob_sources_(std::move(blobs)),
      options_(std::move(options)) {
    CHECK(endpoint_ != nullptr);
}

// ---- heads

Result<L1Heads, L1Error> RpcL1Source::heads() const {
    auto heads = again_if_reorganised([&] { return read_heads(); });
    if (!heads) return std::unexpected{endpoint_->named(heads.error())};
    return heads;
}

Result<L1Heads, L1Error> RpcL1Source::read_heads() const {
    std::vector<net::RpcRequest> requests{get_block(R"("latest")", false),
                                          get_block(R"("safe")", false),
                                          get_block(R"("finalized")", false)};
    const auto genesis_before = [&] {
        const std::lock_guard lock{mutex_};
        return genesis_;
    }();
    if (!genesis_before) requests.push_back(get_block(R"("0x0")", false));
    const auto replies = TRY(endpoint_->call(requests));
    const auto latest = TRY(read_named(replies[0]));
    if (!latest) return wrong("it has no latest block");
    const auto safe = TRY(read_named(replies[1]));
    const auto finalized = TRY(read_named(replies[2]));
    auto genesis = genesis_before;
    if (!genesis) {
        const auto read = TRY(read_named(replies[3]));
        if (!read) return wrong("it has no genesis block");
        genesis = read->id;
    }

    L1Heads heads;
    heads.latest = latest->id;
    heads.finalized = finalized ? finalized->id : *genesis;
    heads.safe = safe ? safe->id : heads.finalized;
    if (heads.safe.number > heads.latest.number) heads.safe = heads.latest;  // after a rewind
    if (heads.safe.number < heads.finalized.number) heads.safe = heads.finalized;
    TRY_VOID(check_not_behind(heads, latest->timestamp_s));
    const auto differ = [](const L1BlockId& a, const L1BlockId& b) {
        return a.number == b.number && a.hash != b.hash;
    };
    if (differ(heads.latest, heads.safe) || differ(heads.safe, heads.finalized))
        return std::unexpected{
            L1Error{L1Error::reorganised, "latest, safe and finalized are of different chains"}};
    const std::lock_guard lock{mutex_};
    genesis_ = genesis;
    if (!finalized_ || finalized_->number < heads.finalized.number) finalized_ = heads.finalized;
    return heads;
}

Result<void, L1Error> RpcL1Source::check_not_behind(const L1Heads& heads,
                                                    uint64_t latest_time_s) const {
    const auto behind = [](std::string reason) {
        return std::unexpected{L1Error{L1Error::behind, std::move(reason)}};
    };
    if (heads.latest.number < heads.finalized.number)
        return behind(fmt::format("its head is {}, and {} is finalized", heads.latest.number,
                                  heads.finalized.number));
    if (options_.now_s) {
        const uint64_t now_s = options_.now_s();
        if (now_s > latest_time_s && now_s - latest_time_s > options_.max_head_age_s)
            return behind(fmt::format("its head, {}, is {} s old", heads.latest.number,
                                      now_s - latest_time_s));
    }
    const std::lock_guard lock{mutex_};
    if (!finalized_) return {};
    if (heads.finalized.number < finalized_->number)
        return behind(fmt::format("finalized is {}, and {} was told before", heads.finalized.number,
                                  finalized_->number));
    if (heads.finalized.number == finalized_->number && heads.finalized.hash != finalized_->hash)
        return wrong(fmt::format("finalized block {} is {}, and was {}", finalized_->number,
                                 to_hex(heads.finalized.hash), to_hex(finalized_->hash)));
    return {};
}

// ---- blocks

Result<chain::StoredBlockPtr, L1Error> RpcL1Source::block(uint64_t number) const {
    auto block = again_if_reorganised([&] { return read_block(number); });
    if (!block) return std::unexpected{endpoint_->named(block.error())};
    return block;
}

Result<chain::StoredBlockPtr, L1Error> RpcL1Source::read_block(uint64_t number) const {
    const auto number_json = json::quantity_json(uint256{number});
    const std::vector<net::RpcRequest> requests{
        get_block(number_json, true), {"eth_getBlockReceipts", fmt::format("[{}]", number_json)}};
    const auto replies = TRY(endpoint_->call(requests));
    const auto& block = replies[0];
    const auto& receipts = replies[1];
    if (!block) {
        auto error = error_of(block.error());
        if (error == L1Error::unknown_block) return nullptr;
        return std::unexpected{std::move(error)};
    }
    if (block->is_null()) return nullptr;
    if (!receipts) {
        // It had the block.
        auto error = error_of(receipts.error());
        if (error == L1Error::unknown_block) error.rule = L1Error::reorganised;
        return std::unexpected{std::move(error)};
    }
    std::function<Result<Hash, L1Error>(const Block&)> other_root;
    if (options_.takes_roots_with_blobs)
        other_root = [this](const Block& read) { return root_with_blobs(read); };
    auto stored = TRY(read_block_with_receipts(*block, *receipts, other_root));
    if (stored->header().number != number)
        return wrong(fmt::format("asked for block {}, told {}", number, stored->header().number));
    places_.note(stored->block);
    return stored;
}

Result<Hash, L1Error> RpcL1Source::root_with_blobs(const Block& block) const {
    places_.note(block);
    std::vector<Bytes> encoded;
    for (const auto& transaction : block.transactions) {
        std::vector<chain::StoredBlobPtr> blobs;
        std::vector<CellProofs> proofs;
        for (const Hash& hash : transaction.blob_versioned_hashes) {
            auto blob = TRY(this->blob(hash));
            if (blob == nullptr)
                return std::unexpected{L1Error{
                    L1Error::pruned,
                    fmt::format("block {}: no blob {}", block.header.number, to_hex(hash))}};
            auto own = crypto::compute_cell_proofs(blob->blob);
            CHECK(own.has_value());
            proofs.push_back(std::move(*own));
            blobs.push_back(std::move(blob));
        }
        encoded.push_back(transaction.type == TxType::blob
                              ? encode_network_form(transaction, blobs, proofs)
                              : encode(transaction));
    }
    return trie::ordered_root(encoded);
}

// ---- blobs

chain::StoredBlobPtr RpcL1Source::kept_blob(const Hash& versioned_hash) const {
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find(kept_, versioned_hash, &Kept::first);
    return found != kept_.end() ? found->second : nullptr;
}

void RpcL1Source::keep(const chain::StoredBlobPtr& blob) const {
    const std::lock_guard lock{mutex_};
    kept_.emplace_back(crypto::versioned_hash(blob->commitment), blob);
    if (kept_.size() > MAX_KEPT_BLOBS) kept_.pop_front();
}

Result<chain::StoredBlobPtr, L1Error> RpcL1Source::blob(const Hash& versioned_hash) const {
    if (auto kept = kept_blob(versioned_hash)) return kept;
    const auto place = places_.find(versioned_hash);
    if (!place)
        return std::unexpected{
            L1Error{L1Error::unknown_block,
                    fmt::format("blob {}: no block with it was read", to_hex(versioned_hash))}};
    std::optional<L1Error> first_error;
    auto missing = place->together;
    std::erase_if(missing, [&](const Hash& hash) { return kept_blob(hash) != nullptr; });
    for (const auto& source : blob_sources_) {
        const auto found = source->fetch(place->at, missing);
        if (!found) {
            if (!first_error) first_error = found.error();
            continue;
        }
        for (const auto& blob : *found) {
            keep(blob);
            std::erase(missing, crypto::versioned_hash(blob->commitment));
        }
        if (auto kept = kept_blob(versioned_hash)) return kept;
    }
    if (first_error) return std::unexpected{*first_error};
    return nullptr;
}

}  // namespace scope::l1

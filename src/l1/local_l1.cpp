#include "l1/local_l1.hpp"

#include <algorithm>
#include <utility>

#include "crypto/keccak.hpp"
#include "crypto/kzg.hpp"
#include "execution/sender_recovery.hpp"
#include "types/blob.hpp"

namespace scope::l1 {

namespace {

std::unexpected<SendError> refuse(SendError::Rule rule, std::string reason) {
    return std::unexpected{SendError{rule, std::move(reason)}};
}

bool are_of(std::span<const chain::StoredBlobPtr> blobs, const Transaction& transaction) {
    return std::ranges::equal(blobs, transaction.blob_versioned_hashes, {}, [](const auto& blob) {
        return crypto::versioned_hash(blob->commitment);
    });
}

}  // namespace

LocalL1::LocalL1(chain::Chain chain, LocalL1Options options)
    : chain_(std::move(chain)), options_(std::move(options)) {
    CHECK(options_.safe_depth <= options_.finalized_depth);
}

// ---- L1Source

Result<L1Heads, L1Error> LocalL1::heads() const {
    const auto latest = chain_.head();
    const auto behind = [&](uint64_t depth) {
        // Another thread may reorganise meanwhile: its block of that number will do, or the head.
        const uint64_t number = latest->header().number;
        const auto block = chain_.store().canonical_block(number > depth ? number - depth : 0);
        return block ? L1BlockId{block->header().number, block->hash}
                     : L1BlockId{number, latest->hash};
    };
    return L1Heads{{latest->header().number, latest->hash},
                   behind(options_.safe_depth),
                   behind(options_.finalized_depth)};
}

Result<chain::StoredBlockPtr, L1Error> LocalL1::block(uint64_t number) const {
    return chain_.store().canonical_block(number);
}

Result<chain::StoredBlobPtr, L1Error> LocalL1::blob(const Hash& versioned_hash) const {
    return chain_.store().blob(versioned_hash);
}

// ---- L1View

Result<L1Head, L1Error> LocalL1::head() const {
    const auto head = chain_.head();
    return L1Head{head->hash, head->header()};
}

Result<std::shared_ptr<const state::StateView>, L1Error> LocalL1::state(const Hash& block) const {
    auto state = chain_.state_after(block);
    if (state == nullptr) return std::unexpected{L1Error::unknown_block};
    return state;
}

Result<std::unique_ptr<execution::BlockHashes>, L1Error> LocalL1::ancestors(
    const Hash& parent) const {
    if (chain_.store().block(parent) == nullptr) return std::unexpected{L1Error::unknown_block};
    return chain_.ancestors(parent);
}

Result<chain::BlockAttributes, L1Error> LocalL1::next_block() const {
    told_ = attributes();
    return *told_;
}

chain::BlockAttributes LocalL1::attributes() const {
    if (next_) return *next_;
    const auto& head = chain_.head()->header();
    chain::BlockAttributes attributes;
    attributes.timestamp_s = options_.now_s ? std::max(head.timestamp_s + 1, options_.now_s())
                                            : head.timestamp_s + options_.slot_s;
    if (wanted_.timestamp_s) attributes.timestamp_s = *wanted_.timestamp_s;
    attributes.coinbase = wanted_.coinbase.value_or(options_.coinbase);
    attributes.prev_randao =
        wanted_.prev_randao.value_or(crypto::keccak256(to_be(uint256{head.number + 1})));
    attributes.gas_limit = wanted_.gas_limit;
    return attributes;
}

// ---- L1Sender

Result<void, SendError> LocalL1::send(const Transaction& transaction,
                                      std::span<const chain::StoredBlobPtr> blobs) {
    if (!are_of(blobs, transaction))
        return refuse(SendError::Rule::blobs, "they are not those of the versioned hashes");
    const auto behind = std::exchange(behind_, {});
    chain::BlockBuilder block{chain_, chain_.head()->hash, told_ ? *told_ : attributes()};
    if (const auto outcome = block.try_transaction(transaction); !outcome)
        return refuse(SendError::Rule::refused, std::string{to_string(outcome.error())});
    execution::SenderRecovery senders{behind, block.environment()};
    for (size_t i = 0; i < behind.size(); ++i)
        if (const auto outcome = block.try_transaction_of(senders.sender(i), behind[i]); !outcome)
            continue;  // it doesn't fit
    auto sealed = block.seal();
    if (!sealed) return refuse(SendError::Rule::refused, chain::to_string(sealed.error()));
    if (!add_blobs(blobs)) return refuse(SendError::Rule::blobs, "a KZG proof does not hold");
    chain_.adopt(std::move(*sealed));
    forget_next();
    return {};
}

Result<TransactionStatus, L1Error> LocalL1::status(const Hash& transaction_hash) const {
    auto place = chain_.store().transaction(transaction_hash);
    if (!place) return TransactionStatus{};
    return TransactionStatus{TransactionStatus::Stage::included, std::move(place)};
}

// ---- mining

void LocalL1::set_next_block(chain::BlockAttributes attributes) {
    next_ = std::move(attributes);
    told_.reset();
}

void LocalL1::set_next(const NextBlock& next) {
    if (next.timestamp_s) wanted_.timestamp_s = next.timestamp_s;
    if (next.coinbase) wanted_.coinbase = next.coinbase;
    if (next.prev_randao) wanted_.prev_randao = next.prev_randao;
    if (next.gas_limit) wanted_.gas_limit = next.gas_limit;
    told_.reset();
}

void LocalL1::forget_next() {
    next_.reset();
    wanted_ = {};
    told_.reset();
}

Result<chain::BuiltBlock, chain::BlockRefusal> LocalL1::mine(
    std::span<const Transaction> transactions, std::span<const Address> senders) {
    auto built = TRY(chain_.build_block(attributes(), transactions, senders));
    chain_.adopt(built.sealed);
    forget_next();
    return built;
}

Result<chain::StoredBlockPtr, chain::BlockRefusal> LocalL1::import(const Block& block) {
    if (block.header.parent_hash != chain_.head()->hash)
        return std::unexpected{chain::BlockRefusal{.error = chain::BlockError::unknown_parent}};
    if (auto known = chain_.store().block(hash(block.header))) {
        set_head(known->hash);
        return known;
    }
    auto imported = TRY(chain_.import(block));
    forget_next();
    return imported;
}

Result<void, SendError> LocalL1::add_blobs_of(const Transaction& transaction,
                                              std::span<const chain::StoredBlobPtr> blobs) {
    if (!are_of(blobs, transaction))
        return refuse(SendError::Rule::blobs, "they are not those of the versioned hashes");
    if (!add_blobs(blobs)) return refuse(SendError::Rule::blobs, "a KZG proof does not hold");
    return {};
}

bool LocalL1::add_blobs(std::span<const chain::StoredBlobPtr> blobs) {
    return std::ranges::all_of(blobs, [&](const auto& blob) { return chain_.add_blob(blob); });
}

void LocalL1::set_head(const Hash& block_hash) {
    chain_.set_head(block_hash);
    forget_next();
}

}  // namespace scope::l1

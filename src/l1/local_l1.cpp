#include "l1/local_l1.hpp"

#include "crypto/keccak.hpp"
#include "crypto/kzg.hpp"
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

LocalL1::LocalL1(chain::ChainSpec spec, const chain::Genesis& genesis, LocalL1Options options)
    : chain_(std::move(spec), genesis), options_(options) {
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
    auto state = chain_.store().state(block);
    if (state == nullptr) return std::unexpected{L1Error::unknown_block};
    return state;
}

Result<std::unique_ptr<execution::BlockHashes>, L1Error> LocalL1::ancestors(
    const Hash& parent) const {
    if (chain_.store().block(parent) == nullptr) return std::unexpected{L1Error::unknown_block};
    return chain_.ancestors(parent);
}

Result<chain::BlockAttributes, L1Error> LocalL1::next_block() const {
    if (next_) return *next_;
    const auto head = chain_.head();
    chain::BlockAttributes attributes;
    attributes.timestamp_s = head->header().timestamp_s + options_.slot_s;
    attributes.coinbase = options_.coinbase;
    attributes.prev_randao = crypto::keccak256(to_be(uint256{head->header().number + 1}));
    return attributes;
}

// ---- L1Sender

Result<void, SendError> LocalL1::send(const Transaction& transaction,
                                      std::span<const chain::StoredBlobPtr> blobs) {
    if (!are_of(blobs, transaction))
        return refuse(SendError::Rule::blobs, "they are not those of the versioned hashes");
    const auto attributes = next_block();
    chain::BlockBuilder block{chain_, chain_.head()->hash, *attributes};
    if (const auto outcome = block.try_transaction(transaction); !outcome)
        return refuse(SendError::Rule::refused, std::string{to_string(outcome.error())});
    auto sealed = block.seal();
    if (!sealed) return refuse(SendError::Rule::refused, chain::to_string(sealed.error()));
    if (!add_blobs(blobs)) return refuse(SendError::Rule::blobs, "a KZG proof does not hold");
    chain_.adopt(std::move(*sealed));
    next_.reset();
    return {};
}

Result<TransactionStatus, L1Error> LocalL1::status(const Hash& transaction_hash) const {
    auto place = chain_.store().transaction(transaction_hash);
    if (!place) return TransactionStatus{};
    return TransactionStatus{TransactionStatus::Stage::included, std::move(place)};
}

// ---- mining

Result<chain::BuiltBlock, chain::BlockRefusal> LocalL1::mine(
    std::span<const Transaction> transactions) {
    auto built = TRY(chain_.build_block(*next_block(), transactions));
    chain_.adopt(built.sealed);
    next_.reset();
    return built;
}

bool LocalL1::add_blobs(std::span<const chain::StoredBlobPtr> blobs) {
    return std::ranges::all_of(blobs, [&](const auto& blob) { return chain_.add_blob(blob); });
}

void LocalL1::set_head(const Hash& block_hash) {
    chain_.set_head(block_hash);
    next_.reset();
}

}  // namespace scope::l1

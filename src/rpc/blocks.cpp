#include "rpc/blocks.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::rpc {

namespace {

using chain::StoredBlockPtr;
using Kind = BlockTag::Kind;

bool is_canonical(const ChainView& view, const chain::StoredBlock& block) {
    const StoredBlockPtr canonical = view.chain().store().canonical_block(block.header().number);
    return canonical && canonical->hash == block.hash;
}

/// Returns why there is no block, in geth's words.
std::string_view why_missing(Kind kind) {
    switch (kind) {
        case Kind::safe:
            return "safe block not found";
        case Kind::finalized:
            return "finalized block not found";
        case Kind::hash:
            return "header for hash not found";
        default:
            return "header not found";
    }
}

/// Builds the next block of those transactions of the pool that fit.
std::optional<StateAt> build_next(ChainView& view, bool with_transactions) {
    const chain::BlockAttributes attributes = view.next_block();
    const StoredBlockPtr head = view.chain().head();
    const auto state = view.state(head->hash);
    if (!state || !chain::are_allowed(view.chain().spec(), head->header(), attributes))
        return std::nullopt;
    chain::BlockBuilder builder{view.chain(), head->hash, attributes};
    if (const pool::TxPool* const pool = view.pool(); pool != nullptr && with_transactions) {
        for (const pool::PooledPtr& waiting : pool->ready(*state, builder.environment())) {
            [[maybe_unused]] const auto passed_over_if_refused =
                builder.try_transaction_of(waiting->sender, waiting->transaction);
        }
    }
    auto sealed = builder.seal();
    if (!sealed) return std::nullopt;
    return StateAt{std::make_shared<const chain::StoredBlock>(std::move(sealed->block)),
                   std::move(sealed->state)};
}

}  // namespace

StoredBlockPtr find_block(const ChainView& view, const BlockTag& tag) {
    const chain::Store& store = view.chain().store();
    switch (tag.kind) {
        case Kind::latest:
            return view.head();
        case Kind::safe:
            return view.head(Label::safe);
        case Kind::finalized:
            return view.head(Label::finalized);
        case Kind::earliest:
            return store.canonical_block(0);
        case Kind::number:
            return store.canonical_block(tag.number);
        case Kind::hash: {
            StoredBlockPtr block = store.block(tag.hash);
            if (block && tag.require_canonical && !is_canonical(view, *block))
                fail(SERVER_ERROR, "hash is not currently canonical");
            return block;
        }
        case Kind::pending:
            return nullptr;
    }
    return nullptr;
}

StoredBlockPtr block_of(const ChainView& view, const BlockTag& tag) {
    StoredBlockPtr block = tag.kind == Kind::pending ? view.head() : find_block(view, tag);
    if (!block) fail(SERVER_ERROR, std::string{why_missing(tag.kind)});
    return block;
}

StateAt state_at(ChainView& view, const BlockTag& tag) {
    if (tag.kind == Kind::pending) return pending_block(view);
    auto block = block_of(view, tag);
    auto state = state_of(view, *block);
    return {.block = std::move(block), .state = std::move(state)};
}

std::shared_ptr<const state::WorldState> state_of(const ChainView& view,
                                                  const chain::StoredBlock& block) {
    auto state = view.state(block.hash);
    if (!state)
        fail(SERVER_ERROR, fmt::format("historical state {} is not available",
                                       to_hex(block.header().state_root)));
    return state;
}

uint64_t oldest_state(const ChainView& view) {
    const auto is_kept = [&](uint64_t number) {
        const StoredBlockPtr block = view.chain().store().canonical_block(number);
        return block && view.state(block->hash) != nullptr;
    };
    // Those that are kept are the last ones.
    uint64_t low = 0;
    uint64_t high = view.head()->header().number;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (is_kept(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

StateAt pending_block(ChainView& view) {
    for (const bool with_transactions : {true, false})
        if (auto next = build_next(view, with_transactions)) return std::move(*next);
    fail(SERVER_ERROR, "pending block is not available");
}

}  // namespace scope::rpc

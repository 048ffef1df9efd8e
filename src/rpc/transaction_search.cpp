#include "rpc/transaction_search.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

#include "rpc/blocks.hpp"
#include "rpc/replay.hpp"

namespace scope::rpc {

namespace {

using chain::StoredBlockPtr;

/// The most gas that one search runs again.
constexpr uint64_t MAX_SEARCH_GAS = 300'000'000;
/// Participants that are remembered, of all blocks together: 80 MiB of addresses.
constexpr size_t MAX_REMEMBERED = size_t{4} << 20;

/// The accounts that take part in each transaction of a block, ascending.
using Participants = std::vector<std::vector<Address>>;

/// A tracer of who calls and who is called.
class ParticipantTracer final : public FrameTracer {
  public:
    void on_call_start(const evm::Message& message) override {
        accounts.insert(message.sender);
        const bool creates =
            message.kind == evm::CallKind::create || message.kind == evm::CallKind::create2;
        if (!creates) accounts.insert(message.code_address);
    }
    void on_call_end(const evm::CallResult& result) override {
        if (!result.created.is_zero()) accounts.insert(result.created);
    }
    void on_instruction(const evm::TraceStep& step) override {
        if (step.opcode != evm::OP_SELFDESTRUCT) return;
        if (const auto beneficiary = account_named_by(step)) accounts.insert(*beneficiary);
    }
    std::set<Address> accounts;
};

Participants participants_of(ChainView& chain, const StoredBlockPtr& block) {
    Participants result;
    Replay replay{chain, block};
    while (!replay.is_over()) {
        ParticipantTracer tracer;
        replay.next(&tracer);
        result.emplace_back(tracer.accounts.begin(), tracer.accounts.end());
    }
    return result;
}

/// The participants of blocks that were searched, by hash: the same wherever they stand.
class Memory {
  public:
    const Participants* find(const Hash& block) const {
        const auto found = of_.find(block);
        return found == of_.end() ? nullptr : &found->second;
    }
    const Participants& put(const Hash& block, Participants participants) {
        for (const auto& of_one : participants) size_ += of_one.size() + 1;
        while (size_ > MAX_REMEMBERED && !order_.empty()) forget_oldest();
        order_.push_back(block);
        return of_[block] = std::move(participants);
    }

  private:
    void forget_oldest() {
        for (const auto& of_one : of_[order_.front()]) size_ -= of_one.size() + 1;
        of_.erase(order_.front());
        order_.pop_front();
    }

    std::map<Hash, Participants> of_;
    std::deque<Hash> order_;
    size_t size_ = 0;
};

/// Returns the first block from 1 up to the head for which @p holds, which then holds for all
/// later ones; nullopt if it holds for none, or for the genesis already. Throws RpcFailure if it is
/// one whose state, or that of its parent, is not kept.
std::optional<uint64_t> first_block(ChainView& chain,
                                    const std::function<bool(const state::WorldState&)>& holds) {
    const chain::Store& store = chain.chain().store();
    const auto holds_at = [&](uint64_t number) {
        return holds(*state_of(chain, *store.canonical_block(number)));
    };
    uint64_t low = oldest_state(chain);
    uint64_t high = chain.head()->header().number;
    if (!holds_at(high)) return std::nullopt;
    if (holds_at(low)) {
        const auto before = low == 0 ? nullptr : store.canonical_block(low - 1);
        if (before) (void)state_of(chain, *before);  // throws
        return std::nullopt;
    }
    while (low + 1 < high) {
        const uint64_t middle = low + (high - low) / 2;
        (holds_at(middle) ? high : low) = middle;
    }
    return high;
}

/// Returns who created the account in this tree of calls; nullopt: nobody.
std::optional<Address> creator_in(const CallFrame& frame, const Address& account) {
    if (frame.type.starts_with("CREATE") && frame.to == account &&
        frame.status == evm::Status::success)
        return frame.from;
    for (const auto& call : frame.calls)
        if (const auto creator = creator_in(call, account)) return creator;
    return std::nullopt;
}

}  // namespace

TracedTransaction trace_calls(ChainView& chain, const chain::TransactionPlace& place) {
    Replay replay{chain, place.block};
    replay.skip_to(place.index);
    CallTracer tracer{TraceOptions{}};
    tracer.begin(place.block->block.transactions[place.index], place.block->senders[place.index],
                 replay.environment(), replay.state(), 0);
    auto outcome = replay.next(&tracer);
    tracer.end(replay.state());
    return {tracer.root(), std::move(outcome)};
}

FoundTransactions search_transactions(ChainView& chain, const Address& account, uint64_t from,
                                      Direction direction, size_t wanted) {
    thread_local Memory memory;
    FoundTransactions found;
    uint64_t gas = 0;
    for (uint64_t number = from;; direction == Direction::older ? --number : ++number) {
        const auto block = chain.chain().store().canonical_block(number);
        if (!block || number == 0) {
            found.is_complete = true;
            return found;
        }
        if (block->block.transactions.empty()) continue;
        const Participants* participants = memory.find(block->hash);
        if (participants == nullptr) {
            gas += block->header().gas_used;
            if (gas > MAX_SEARCH_GAS)
                fail(SERVER_ERROR,
                     "the search takes too long for one request: it goes on if it is asked again");
            participants = &memory.put(block->hash, participants_of(chain, block));
        }
        std::vector<chain::TransactionPlace> here;
        for (size_t i = 0; i < participants->size(); ++i)
            if (std::ranges::binary_search((*participants)[i], account)) here.push_back({block, i});
        if (direction == Direction::older) std::ranges::reverse(here);
        std::ranges::move(here, std::back_inserter(found.places));
        if (found.places.size() >= wanted) return found;
    }
}

std::optional<Creation> find_creation(ChainView& chain, const Address& account) {
    const auto number = first_block(
        chain, [&](const state::WorldState& state) { return !state.code(account)->bytes.empty(); });
    if (!number) return std::nullopt;
    const auto block = chain.chain().store().canonical_block(*number);
    for (size_t i = 0; i < block->block.transactions.size(); ++i) {
        const auto traced = trace_calls(chain, {block, i});
        if (const auto creator = creator_in(traced.root, account))
            return Creation{block->transaction_hashes[i], *creator};
    }
    return std::nullopt;
}

std::optional<Hash> find_by_nonce(ChainView& chain, const Address& sender, uint64_t nonce) {
    const auto number = first_block(chain, [&](const state::WorldState& state) {
        const auto account = state.account(sender);
        return account && account->nonce > nonce;
    });
    if (!number) return std::nullopt;
    const auto block = chain.chain().store().canonical_block(*number);
    for (size_t i = 0; i < block->block.transactions.size(); ++i)
        if (block->senders[i] == sender && block->block.transactions[i].nonce == nonce)
            return block->transaction_hashes[i];
    return std::nullopt;
}

}  // namespace scope::rpc

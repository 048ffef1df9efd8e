#include "rpc/no_open_root.hpp"

#include "execution/scope_rollup.hpp"
#include "rpc/errors.hpp"
#include "rpc/evaluation.hpp"
#include "rpc/replay.hpp"

namespace scope::rpc {

namespace {

/// Notes whether a contract asks ScopedCallable for another chain.
class AskingTracer final : public evm::Tracer {
  public:
    explicit AskingTracer(const Address& callable) : callable_(callable) {}
    void on_call_start(const evm::Message& message) override {
        asked = asked || asks(message, callable_);
    }
    bool asked = false;

  private:
    Address callable_;
};

/// Returns whether the next transaction of a replay is a root by the rollup's rule.
bool is_root_next(const chain::ChainSpec& spec, Replay& replay) {
    const auto* const rule = dynamic_cast<const execution::ScopeRollup*>(spec.rollup.get());
    return rule != nullptr &&
           execution::is_root(replay.state(), rule->system(),
                              replay.block().block.transactions[replay.next_index()]);
}

/// Finds them from @p first up to, not including, @p end.
std::vector<NoOpenRoot> find(Network& network, ChainId chain_id, const chain::StoredBlockPtr& block,
                             size_t first, size_t end) {
    auto& chain = *network.chain(chain_id);
    const auto callable = callable_of(network, chain, chain_id);
    std::vector<NoOpenRoot> found;
    if (!callable) return found;
    Replay replay{chain, block};
    while (replay.next_index() < end) {
        const size_t index = replay.next_index();
        if (index < first || block->receipts[index].success ||
            is_root_next(chain.chain().spec(), replay)) {
            replay.next();
            continue;
        }
        AskingTracer tracer{*callable};
        replay.next(&tracer);
        if (!tracer.asked) continue;
        found.push_back(
            {chain_id, block->transaction_hashes[index],
             chain.is_rollup() ? no_open_root(chain_id) : no_open_root_on_l1(chain_id)});
    }
    return found;
}

}  // namespace

std::vector<NoOpenRoot> find_no_open_root(Network& network, ChainId chain_id,
                                          const chain::StoredBlockPtr& block) {
    size_t end = block->receipts.size();
    while (end > 0 && block->receipts[end - 1].success) --end;
    if (end == 0) return {};
    try {
        return find(network, chain_id, block, 0, end);
    } catch (const RpcFailure&) {
        return {};  // it is the genesis, or its parent's state is not kept
    }
}

std::optional<NoOpenRoot> find_no_open_root(Network& network, const Hash& hash) {
    for (const ChainId chain_id : network.chains()) {
        const auto place = network.chain(chain_id)->chain().store().transaction(hash);
        if (!place || place->block->receipts[place->index].success) continue;
        try {
            auto found = find(network, chain_id, place->block, place->index, place->index + 1);
            if (!found.empty()) return std::move(found.front());
        } catch (const RpcFailure&) {
            continue;
        }
    }
    return std::nullopt;
}

}  // namespace scope::rpc

#include "lone_chain/lone_chain.hpp"

#include "execution/transaction.hpp"
#include "rpc/params.hpp"

namespace scope::testing {

using rpc::SERVER_ERROR;

LoneChain::LoneChain(chain::ChainSpec spec, const chain::Genesis& genesis,
                     std::unique_ptr<chain::Store> store)
    : chain_(std::move(spec), genesis, std::move(store)) {}

chain::StoredBlockPtr LoneChain::head(rpc::Label /*label*/) const {
    return chain_.head();
}
std::shared_ptr<const state::WorldState> LoneChain::state(const Hash& block) const {
    return chain_.store().state(block);
}

chain::BlockAttributes LoneChain::next_block() const {
    if (next_) return *next_;
    const BlockHeader& header = chain_.head()->header();
    return {.timestamp_s = header.timestamp_s + 1, .coinbase = header.coinbase};
}

rpc::ChainView* LoneChain::chain(ChainId chain_id) {
    return chain_id == chain_.spec().chain_id ? this : nullptr;
}

chain::StoredBlockPtr LoneChain::mine() {
    chain::BlockBuilder builder{chain_, chain_.head()->hash, next_block()};
    for (const auto& waiting : pool_.ready(*chain_.head_state(), builder.environment())) {
        [[maybe_unused]] const auto passed_over_if_refused =
            builder.try_transaction_of(waiting->sender, waiting->transaction);
    }
    auto sealed = builder.seal();
    CHECK(sealed.has_value());
    const auto block = chain_.adopt(std::move(*sealed));
    pool_.update(*chain_.head_state(), builder.environment());
    tell({}, {block});
    return block;
}

chain::StoredBlockPtr LoneChain::mine(const std::vector<Transaction>& transactions) {
    auto built = chain_.build_block(next_block(), transactions);
    CHECK(built.has_value() && built->refused.empty());
    const auto block = chain_.adopt(std::move(built->sealed));
    tell({}, {block});
    return block;
}

void LoneChain::set_head(const Hash& hash) {
    std::vector<chain::StoredBlockPtr> removed, added;
    const auto parent = [&](const chain::StoredBlockPtr& block) {
        return chain_.store().block(block->header().parent_hash);
    };
    auto before = chain_.head();
    auto after = chain_.store().block(hash);
    CHECK(after != nullptr);
    while (before->hash != after->hash) {
        if (before->header().number >= after->header().number) {
            removed.push_back(before);
            before = parent(before);
        } else {
            added.insert(added.begin(), after);
            after = parent(after);
        }
    }
    chain_.set_head(hash);
    tell(removed, added);
}

void LoneChain::tell(const std::vector<chain::StoredBlockPtr>& removed,
                     const std::vector<chain::StoredBlockPtr>& added) {
    for (rpc::Listener* const listener : listeners_)
        listener->on_blocks(chain_.spec().chain_id, removed, added);
}

Result<Hash, rpc::RpcError> LoneChain::send(ChainId chain_id, const Transaction& transaction,
                                            std::span<const chain::StoredBlobPtr> /*blobs*/,
                                            std::optional<Address> sender) {
    const BlockHeader header = chain::child_header(chain_.spec(), chain_.head()->hash,
                                                   chain_.head()->header(), next_block());
    const execution::Environment environment =
        chain::make_environment(chain_.spec(), header, nullptr);
    const auto signer = sender ? Result<Address, execution::TxError>{*sender}
                               : execution::sender_of(transaction, environment);
    if (!signer)
        return std::unexpected{
            rpc::RpcError{SERVER_ERROR, std::string{pool::message_of(signer.error())}, {}}};
    const auto added = pool_.add(transaction, *signer, *chain_.head_state(), environment);
    if (!added)
        return std::unexpected{rpc::RpcError{SERVER_ERROR, pool::to_string(added.error()), {}}};
    for (rpc::Listener* const listener : listeners_) listener->on_pending(chain_id, **added);
    return (*added)->hash;
}

Result<Hash, rpc::RpcError> LoneChain::send_operation(
    const protocol::SignedOperation& /*operation*/, std::optional<uint64_t> /*root_index*/) {
    return std::unexpected{rpc::RpcError{SERVER_ERROR, "this chain takes part in no scope", {}}};
}

Result<builder::RootCallResult, builder::Refusal> LoneChain::simulate(
    const builder::RootCall& /*call*/) {
    return std::unexpected{builder::Refusal{}};
}
std::vector<Result<builder::RootResult, builder::Refusal>> LoneChain::simulate(
    std::span<const builder::Root> roots) {
    return {roots.size(), std::unexpected{builder::Refusal{}}};
}

const rpc::RefusalRecord* LoneChain::refusal(const Hash& /*hash*/) const {
    return nullptr;
}
rpc::ScopeRecordPtr LoneChain::scope(uint64_t /*number*/) const {
    return nullptr;
}
rpc::ScopeRecordPtr LoneChain::scope(const Hash& /*hash*/) const {
    return nullptr;
}

}  // namespace scope::testing

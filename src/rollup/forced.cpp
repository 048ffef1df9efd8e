#include "rollup/forced.hpp"

#include "protocol/callable.hpp"

namespace scope::rollup {

namespace {

Transaction deposit_transaction(const QueuedEntry& queued, const RollupConfig& config,
                                const state::StateView& state) {
    const auto& system = config.system();
    const auto account = state.account(system.sender);
    Transaction tx;
    tx.type = TxType::system;
    tx.chain_id = config.chain_id();
    tx.nonce = account ? account->nonce : 0;
    tx.gas_limit = protocol::deposit_gas_limit(queued.entry);
    tx.to = system.target;
    tx.data = protocol::callable::deposit(queued.index, queued.entry);
    return tx;
}

}  // namespace

std::optional<Transaction> user_transaction(const protocol::ForcedEntry& entry) {
    auto tx = decode_transaction(entry.data);
    // Of all types it is these that a user can't send to a rollup: nobody signs a system
    // transaction, and there are no blobs.
    if (!tx || tx->type == TxType::system || tx->type == TxType::blob) return std::nullopt;
    if (tx->gas_limit > entry.gas_limit) return std::nullopt;
    return std::move(*tx);
}

std::optional<Transaction> transaction_of(const QueuedEntry& queued, const RollupConfig& config,
                                          const state::StateView& state) {
    if (queued.entry.kind == protocol::ForcedKind::deposit)
        return deposit_transaction(queued, config, state);
    return user_transaction(queued.entry);
}

std::optional<uint64_t> position_taken_by(const Transaction& tx) {
    if (tx.type != TxType::system) return std::nullopt;
    const auto call = protocol::callable::decode_system_call(tx.data);
    const auto* const take =
        call ? std::get_if<protocol::callable::TakeForcedCall>(&*call) : nullptr;
    return take != nullptr ? std::optional{take->position} : std::nullopt;
}

Result<size_t, ForcedRefusal> run_forced(chain::BlockBuilder& builder, const RollupConfig& config,
                                         std::span<const QueuedEntry* const> entries,
                                         const ForcedOptions& options) {
    size_t standing = 0;
    for (const auto* const queued : entries) {
        const auto tx = transaction_of(*queued, config, builder.state());
        if (!tx) continue;
        execution::Host host{builder.state(), builder.environment()};
        if (options.deadline) host.rollup()->set_deadline(*options.deadline);
        const auto outcome = builder.try_transaction(*tx, &host);
        if (outcome) {
            ++standing;
            if (options.on_transaction) options.on_transaction();
        } else if (host.rollup()->is_late()) {
            return std::unexpected{ForcedRefusal{queued->index, std::nullopt}};
        } else if (outcome.error() == execution::TxError::block_gas_exceeded ||
                   outcome.error() == execution::TxError::block_logs_exceeded) {
            return std::unexpected{ForcedRefusal{queued->index, outcome.error()}};
        }
    }
    return standing;
}

}  // namespace scope::rollup

#include "rpc/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "evm/analysis.hpp"
#include "evm/precompiles.hpp"
#include "execution/scope_rollup.hpp"
#include "protocol/callable.hpp"
#include "rpc/errors.hpp"

namespace scope::rpc {

namespace {

execution::Environment environment_of(const chain::Chain& chain, const chain::StoredBlock& block,
                                      std::unique_ptr<execution::BlockHashes>& ancestors) {
    const BlockHeader& header = block.header();
    if (header.number != 0 && chain.store().block(header.parent_hash))
        ancestors = chain.ancestors(header.parent_hash);
    return chain::make_environment(chain.spec(), header, ancestors.get());
}

void override_storage(state::State& state, const Address& address, const AccountOverride& account) {
    if (account.state && account.state_diff)
        fail(SERVER_ERROR,
             fmt::format("account {} has both 'state' and 'stateDiff'", checksum_hex(address)));
    if (account.state) {
        state.clear_storage(address);
        for (const auto& [key, value] : *account.state) state.set_storage(address, key, value);
    }
    if (account.state_diff)
        for (const auto& [key, value] : *account.state_diff) state.set_storage(address, key, value);
}

/// Moves a precompile, or takes one away where an account's own code is to run.
void override_precompile(const Address& address, const AccountOverride& account,
                         const StateOverrides& all, evm::Revision revision,
                         execution::MovedPrecompiles& precompiles) {
    const auto moved = precompiles.find(address);
    const std::optional<Address> here = moved != precompiles.end() ? moved->second
                                        : evm::is_precompile(revision, address)
                                            ? std::optional{address}
                                            : std::nullopt;
    if (account.move_precompile_to) {
        if (!here)
            fail(SERVER_ERROR,
                 fmt::format("account {} is not a precompile", checksum_hex(address)));
        if (all.contains(*account.move_precompile_to))
            fail(SERVER_ERROR, fmt::format("account {} is already overridden",
                                           checksum_hex(*account.move_precompile_to)));
        precompiles[*account.move_precompile_to] = here;
    }
    if (here) precompiles[address] = std::nullopt;
}

}  // namespace

void apply_overrides(state::State& state, const StateOverrides& overrides, evm::Revision revision,
                     execution::MovedPrecompiles* precompiles) {
    for (const auto& [address, account] : overrides) {
        if (precompiles != nullptr)
            override_precompile(address, account, overrides, revision, *precompiles);
        if (account.nonce) state.set_nonce(address, *account.nonce);
        if (account.code) state.set_code(address, evm::make_code(*account.code));
        if (account.balance) state.set_balance(address, *account.balance);
        override_storage(state, address, account);
    }
}

void apply_overrides(execution::Environment& environment, const BlockOverrides& overrides) {
    constexpr auto UNSUPPORTED = R"(block override "{}" is not supported for this RPC method)";
    if (overrides.beacon_root) fail(SERVER_ERROR, fmt::format(UNSUPPORTED, "beaconRoot"));
    if (overrides.withdrawals) fail(SERVER_ERROR, fmt::format(UNSUPPORTED, "withdrawals"));
    auto& block = environment.block;
    if (overrides.number) {
        if (!overrides.number->fits_u64())
            fail(INVALID_PARAMS, "number: a block's number has 64 bits");
        block.number = (*overrides.number)[0];
    }
    if (overrides.time) block.timestamp_s = *overrides.time;
    if (overrides.gas_limit) block.gas_limit = *overrides.gas_limit;
    if (overrides.fee_recipient) block.coinbase = *overrides.fee_recipient;
    if (overrides.prev_randao) block.prev_randao = *overrides.prev_randao;
    if (overrides.difficulty && !environment.rules().is_proof_of_stake)
        block.difficulty = *overrides.difficulty;
    if (overrides.base_fee_per_gas) block.base_fee = *overrides.base_fee_per_gas;
    if (overrides.blob_base_fee) block.blob_base_fee = *overrides.blob_base_fee;
}

Evaluation::Evaluation(Request& request, const BlockTag& tag, StateOverrides overrides,
                       BlockOverrides block_overrides)
    : network_(request.network),
      chain_(request.chain),
      chain_id_(request.chain_id),
      tag_(tag),
      at_(state_at(request.chain, tag)),
      overrides_(std::move(overrides)),
      environment_(environment_of(request.chain.chain(), *at_.block, ancestors_)),
      state_(*at_.state) {
    const auto& header = at_.block->header();
    // A wallet that simulates so the next block expects to find this one's hash there.
    if (block_overrides.number == uint256{header.number + 1} &&
        chain_.chain().store().block(at_.block->hash)) {
        ancestors_ = chain_.chain().ancestors(at_.block->hash);
        environment_.block_hashes = ancestors_.get();
    }
    const auto before = environment_.block;
    apply_overrides(environment_, block_overrides);
    environment_.revision = chain_.chain().spec().revision_at(environment_.block.number,
                                                              environment_.block.timestamp_s);
    has_block_overrides_ = before.number != environment_.block.number ||
                           before.timestamp_s != environment_.block.timestamp_s ||
                           block_overrides.gas_limit || block_overrides.fee_recipient ||
                           block_overrides.prev_randao || block_overrides.base_fee_per_gas ||
                           block_overrides.blob_base_fee;
    execution::MovedPrecompiles moved;
    apply_overrides(state_, overrides_, environment_.revision, &moved);
    if (!moved.empty())
        environment_.moved_precompiles =
            std::make_shared<const execution::MovedPrecompiles>(std::move(moved));
}

execution::Environment Evaluation::environment_for(const Transaction& tx) const {
    execution::Environment environment = environment_;
    if (tx.max_fee_per_gas.is_zero() && tx.max_priority_fee_per_gas.is_zero())
        environment.block.base_fee = {};
    if (tx.type == TxType::blob && tx.max_fee_per_blob_gas.is_zero())
        environment.block.blob_base_fee = {};
    return environment;
}

Transaction transaction_of(const TransactionArgs& args, ChainId chain_id) {
    if (args.gas_price && (args.max_fee_per_gas || args.max_priority_fee_per_gas))
        fail(SERVER_ERROR, "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    if (args.chain_id && *args.chain_id != uint256{chain_id})
        fail(SERVER_ERROR, fmt::format("chainId does not match node's (have={}, want={})",
                                       to_decimal(*args.chain_id), chain_id));
    Transaction tx;
    tx.type = args.authorization_list      ? TxType::set_code
              : args.blob_versioned_hashes ? TxType::blob
              : !args.gas_price            ? TxType::dynamic_fee
              : args.access_list           ? TxType::access_list
                                           : TxType::legacy;
    tx.chain_id = chain_id;
    tx.nonce = args.nonce.value_or(0);
    tx.max_fee_per_gas = args.gas_price.value_or(args.max_fee_per_gas.value_or(uint256{}));
    tx.max_priority_fee_per_gas =
        args.gas_price.value_or(args.max_priority_fee_per_gas.value_or(uint256{}));
    tx.gas_limit = args.gas.value_or(0);
    tx.to = args.to;
    tx.value = args.value.value_or(uint256{});
    tx.data = args.data.value_or(Bytes{});
    tx.access_list = args.access_list.value_or(AccessList{});
    tx.max_fee_per_blob_gas = args.max_fee_per_blob_gas.value_or(uint256{});
    tx.blob_versioned_hashes = args.blob_versioned_hashes.value_or(std::vector<Hash>{});
    tx.authorization_list = args.authorization_list.value_or(std::vector<Authorization>{});
    return tx;
}

Transaction Evaluation::call_of(const TransactionArgs& args, uint64_t gas_cap) const {
    Transaction tx = transaction_of(args, chain_id_);
    tx.gas_limit = std::min(args.gas.value_or(gas_cap), gas_cap);
    return tx;
}

Evaluation::Plain Evaluation::run(const Transaction& tx, const Address& from,
                                  TraceRecorder* recorder, evm::Tracer* tracer) {
    const execution::Environment environment = environment_for(tx);
    const auto before = state_.checkpoint();
    WatchingHost host{state_, environment, callable_of(network_, chain_, chain_id_)};
    host.set_tracer(tracer);
    if (recorder != nullptr) recorder->begin(tx, from, environment, state_, 0);
    Plain plain{.outcome = execution::execute_call(host, tx, from)};
    if (recorder != nullptr) recorder->end(state_);
    plain.asked = host.asked;
    if (plain.outcome && plain.outcome->created)
        plain.outcome->output = state_.code(*plain.outcome->created)->bytes;
    state_.rollback(before);
    return plain;
}

bool Evaluation::is_root(const Transaction& tx) const {
    const auto* const rule =
        dynamic_cast<const execution::ScopeRollup*>(chain_.chain().spec().rollup.get());
    return rule != nullptr && execution::is_root(state_, rule->system(), tx);
}

std::optional<std::string> Evaluation::why_not_at_head() const {
    const auto head = chain_.head();
    if (tag_.kind != BlockTag::Kind::pending && at_.block->hash != head->hash)
        return fmt::format("block {} is not the latest", at_.block->header().number);
    if (has_block_overrides_) return "the block is overridden";
    if (environment_.moved_precompiles) return "a precompile is overridden";
    return std::nullopt;
}

void Evaluation::prepare(state::State& state, const Transaction& tx, const Address& from,
                         TraceRecorder* recorder) {
    apply_overrides(state, overrides_, environment_.revision, nullptr);
    if (recorder != nullptr) recorder->begin(tx, from, environment_, state, 0);
}

builder::RootCallResult Evaluation::run_as_root(const Transaction& tx, const Address& from,
                                                TraceRecorder* recorder, evm::Tracer* tracer) {
    if (const auto why = why_not_at_head()) throw RpcFailure{not_at_head(chain_id_, *why)};
    builder::RootCall call{.chain_id = chain_id_, .from = from, .transaction = tx};
    call.tracer = tracer;
    call.prepare = [&](ChainId chain_id, state::State& state) {
        if (chain_id == chain_id_) prepare(state, tx, from, recorder);
    };
    if (recorder != nullptr)
        call.inspect = [&](const state::State& state) { recorder->end(state); };
    auto result = network_.simulate(call);
    if (!result) throw RpcFailure{refused(chain_id_, result.error())};
    return std::move(*result);
}

execution::Outcome Evaluation::run_as_is(const Transaction& tx, const Address& from,
                                         TraceRecorder* recorder, evm::Tracer* tracer) {
    if (is_root(tx)) return run_as_root(tx, from, recorder, tracer).outcome;
    auto plain = run(tx, from, recorder, tracer);
    if (plain.asked) fail_asking();
    if (!plain.outcome) fail(SERVER_ERROR, describe(plain.outcome.error(), tx, from));
    return std::move(*plain.outcome);
}

std::string Evaluation::describe(execution::TxError error, const Transaction& tx,
                                 const Address& from) const {
    return rpc::describe(error, state_, environment_, tx, from);
}

void Evaluation::fail_asking() const {
    throw RpcFailure{chain_.is_rollup() ? no_open_root(chain_id_) : no_open_root_on_l1(chain_id_)};
}

std::optional<Address> callable_of(const Network& network, const ChainView& chain,
                                   ChainId chain_id) {
    const auto* const contracts = network.contracts();
    if (contracts == nullptr) return std::nullopt;
    if (chain_id == contracts->settlement.l1_chain_id) return contracts->l1_callable;
    return chain.is_rollup() ? std::optional{rollup::PREDEPLOY} : std::nullopt;
}

bool asks(const evm::Message& message, const Address& callable) noexcept {
    if (message.kind != evm::CallKind::call || message.recipient != callable) return false;
    static const auto GET_BATON = abi::selector("getBaton()");
    const BytesView input = message.input;
    return abi::has_selector(execution::SCOPED_CALL, input) ||
           abi::has_selector(execution::TRY_SCOPED_CALL, input) ||
           abi::has_selector(execution::SCOPED_STATIC_CALL, input) ||
           abi::has_selector(execution::FORWARD_STRANDED, input) ||
           // ScopeLib.requireRoot asks so whether a root is open.
           (message.depth > 0 && message.sender != callable && abi::has_selector(GET_BATON, input));
}

}  // namespace scope::rpc

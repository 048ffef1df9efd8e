#include "builder/open_l1.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "protocol/registry.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// The gas of views, which nobody pays for.
constexpr uint64_t VIEW_GAS = 10'000'000;
/// Frames below executeScope run at this depth.
constexpr int SETTLEMENT_CALL_DEPTH = 1;
/// The gas that the settlement contract has to have left for an operation beside the account's: the
/// call's cost, and making its input.
constexpr uint64_t OPERATION_CALL_GAS = 60'000;
/// The least time to an operation's deadline: a scope that misses a slot would revert in the next.
constexpr uint64_t DEADLINE_MARGIN_S = 12;

/// Returns whether an account can be given so much gas out of what is left.
bool has_room_for(uint64_t gas, uint64_t left) noexcept {
    return left >= OPERATION_CALL_GAS && left - OPERATION_CALL_GAS >= gas;
}

std::unexpected<Failure> fail(std::string reason) {
    return std::unexpected{Failure{std::move(reason), {}}};
}

std::unexpected<Failure> fail(const evm::CallResult& result) {
    if (result.status == evm::Status::revert) return std::unexpected{reverted(result.output)};
    return fail(evm::to_string(result.status));
}

/// Returns the return data that the account logged for the operation; empty if it logged none.
Bytes logged_return_data(std::span<const Log> logs, const Address& account, const Hash& digest) {
    for (const auto& log : logs) {
        if (log.address != account || log.topics.size() != 2 ||
            log.topics[0] != protocol::operation_executed_topic() || log.topics[1] != digest)
            continue;
        if (auto executed = protocol::decode_operation_executed(log.data))
            return std::move(executed->return_data);
    }
    return {};
}

}  // namespace

OpenL1::OpenL1(L1Snapshot snapshot, const L1Contracts& contracts, const BuilderOptions& options,
               state::Journal& journal)
    : contracts_(contracts),
      block_(snapshot, snapshot.next, &journal),
      host_(block_.state(), block_.environment()) {
    host_.open_transaction({.origin = options.submitter->address(),
                            .gas_price = environment().block.base_fee + priority_fee_of(options)});
    host_.access_account(settlement().settlement);
}

Result<void, Failure> OpenL1::open_scope(const std::vector<uint256>& remotes) {
    budget = L1Budget{environment().rules()};
    left_at_first_ = budget.left();
    const auto opened = call(callable::open_scope(remotes));
    if (opened.status == evm::Status::success) return {};
    return std::unexpected{reverted(opened.output)};
}

evm::CallResult OpenL1::call(execution::Host& host, const Address& target, const Bytes& calldata,
                             uint64_t gas) {
    host.access_account(target);
    if (const auto delegate = host.delegation(target)) host.access_account(*delegate);
    return host.call({.depth = SETTLEMENT_CALL_DEPTH,
                      .gas = static_cast<int64_t>(gas),
                      .recipient = target,
                      .sender = settlement().settlement,
                      .code_address = target,
                      .input = calldata});
}

evm::CallResult OpenL1::call(const Bytes& calldata) {
    return call(calldata, VIEW_GAS);
}

evm::CallResult OpenL1::call(const Bytes& calldata, uint64_t gas) {
    return call(host_, callable(), calldata, gas);
}

Result<void, Failure> OpenL1::begin_operation(const protocol::SignedOperation& signed_one) {
    const auto& operation = signed_one.operation;
    if (uint256{environment().block.timestamp_s} + uint256{DEADLINE_MARGIN_S} > operation.deadline)
        return fail(fmt::format("deadline: {} has passed, or does before a slot is over",
                                to_decimal(operation.deadline)));
    const auto is_alias =
        callable::decode_is_alias(call(callable::is_alias(operation.account)).output);
    if (!is_alias || *is_alias) return fail("account: an alias signs nothing");
    const auto nonce = next_nonce(operation.account);
    if (!nonce) return fail("nonce: the settlement contract does not say the next one");
    if (operation.nonce != *nonce)
        return fail(fmt::format("nonce: is {}, the account's next one is {}",
                                to_decimal(operation.nonce), to_decimal(*nonce)));
    TRY_VOID(require_account(signed_one));
    accounts_.push_back(operation.account);
    return {};
}

/// Makes the calls that the settlement contract makes: what they warm stays warm.
Result<void, Failure> OpenL1::require_account(const protocol::SignedOperation& signed_one) {
    const Address& account = signed_one.operation.account;
    if (state().code_hash(account) != EMPTY_CODE_HASH) return {};
    const auto factory =
        protocol::decode_address(view(settlement().settlement, protocol::account_factory()));
    if (!factory) return fail("account: has no code; L1 names nobody who deploys accounts");
    const auto owned = call(host_, *factory, protocol::account_of(signed_one.owner), VIEW_GAS);
    if (protocol::decode_address(owned.output) != account)
        return fail("account: has no code; it is not delegated (EIP-7702), and not the owner's");
    const auto deployed =
        call(host_, *factory, protocol::deploy_account(signed_one.owner), VIEW_GAS);
    if (deployed.status != evm::Status::success) return fail(deployed);
    budget.add_gas(VIEW_GAS - static_cast<uint64_t>(deployed.gas_left));
    return {};
}

std::optional<uint256> OpenL1::next_nonce(const Address& account) {
    const auto settled =
        protocol::decode_nonce(view(settlement().settlement, protocol::nonce_of(account)));
    if (!settled) return std::nullopt;
    return *settled + uint256{static_cast<uint64_t>(std::ranges::count(accounts_, account))};
}

bool OpenL1::may_fit_elsewhere(const protocol::Operation& operation) const {
    const auto gas = protocol::operation_gas(operation);
    return gas && budget.left() < left_at_first_ && has_room_for(*gas, left_at_first_);
}

Result<Ending, Failure> OpenL1::run_operation(execution::Host& host,
                                              const protocol::SignedOperation& signed_one) {
    const auto& operation = signed_one.operation;
    const auto gas = protocol::operation_gas(operation);
    if (!gas || *gas > INT64_MAX || !has_room_for(*gas, budget.left()))
        return std::unexpected{reverted(
            abi::call("TooLittleGasForOperation(uint256)", uint256{gas.value_or(UINT64_MAX)}))};
    const Hash digest = protocol::operation_digest(settlement(), operation);
    const uint256 balance = state().balance(submitter());
    const auto logs_before = state().logs().size();
    const auto result =
        call(host, operation.account, protocol::execute_operation(signed_one, digest), *gas);
    if (result.status != evm::Status::success) return fail(result);
    constexpr size_t RESULT_SIZE = 2 * abi::WORD;
    const auto ended = protocol::decode_operation_result(
        BytesView{result.output}.first(std::min(result.output.size(), RESULT_SIZE)));
    if (!ended) return fail("the account did not return how the operation ended");
    if (state().balance(submitter()) < balance + operation.fee)
        return fail("fee: the account did not pay it");
    return Ending{.success = ended->success,
                  .output = logged_return_data(std::span{state().logs()}.subspan(logs_before),
                                               operation.account, digest),
                  .gas_used = *gas - static_cast<uint64_t>(result.gas_left),
                  .return_data_hash = ended->return_data_hash};
}

std::optional<protocol::RegisteredRollup> OpenL1::registered(ChainId chain_id) {
    // None: no settlement contract, or another one.
    return protocol::decode_rollup(view(settlement().settlement, protocol::get_rollup(chain_id)));
}

bool OpenL1::is_closing(ChainId chain_id, const protocol::RegisteredRollup& registered) {
    // Else nobody can have started it: the registry need not be asked.
    if (parent().header.number - registered.l1_origin_number <= protocol::CLOSING_IDLE)
        return false;
    const auto state =
        protocol::decode_rollup_state(view(contracts_.registry, protocol::state_of(chain_id)));
    return state && state->closes_at != 0;
}

Bytes OpenL1::view(const Address& target, const Bytes& calldata) {
    const auto before = state().checkpoint();
    auto result = call(host_, target, calldata, VIEW_GAS);
    state().rollback(before);
    return std::move(result.output);
}

std::vector<protocol::EnvironmentValue> OpenL1::values_of(
    const std::set<protocol::EnvironmentField>& fields) const {
    using Field = protocol::EnvironmentField;
    const auto& block = environment().block;
    const auto value_of = [&](Field field) -> Hash {
        switch (field) {
            case Field::parent_hash:
                return parent().hash;
            case Field::number:
                return to_be(uint256{block.number});
            case Field::timestamp:
                return to_be(uint256{block.timestamp_s});
            case Field::prev_randao:
                return block.prev_randao;
            case Field::coinbase:
                return to_be(to_uint256(block.coinbase));
            case Field::gas_limit:
                return to_be(uint256{block.gas_limit});
            case Field::base_fee:
                return to_be(block.base_fee);
            case Field::blob_base_fee:
                return to_be(block.blob_base_fee);
            case Field::gas_price:
                return to_be(host_.transaction().gas_price);
        }
        return {};
    };
    std::vector<protocol::EnvironmentValue> values;
    for (const auto field : fields)
        values.push_back({static_cast<uint8_t>(field), value_of(field)});
    return values;
}

void OpenL1::rollback(const Checkpoint& checkpoint) {
    legs.resize(checkpoint.legs);
    accounts_.resize(checkpoint.operations);
    budget = checkpoint.budget;
    runs_alone = checkpoint.runs_alone;
}

}  // namespace scope::builder

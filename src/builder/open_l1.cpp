#include "builder/open_l1.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// The gas of views, which nobody pays for.
constexpr uint64_t VIEW_GAS = 10'000'000;
/// Frames below executeScope run at this depth.
constexpr int SETTLEMENT_CALL_DEPTH = 1;

}  // namespace

OpenL1::OpenL1(L1Snapshot snapshot, const L1Contracts& contracts, const BuilderOptions& options,
               state::Journal& journal)
    : contracts_(contracts),
      block_(snapshot, snapshot.next, &journal),
      host_(block_.state(), block_.environment()) {
    host_.open_transaction(
        {.origin = crypto::address_of(options.submitter),
         .gas_price = environment().block.base_fee + options.max_priority_fee_per_gas});
    host_.access_account(settlement().settlement);
}

Result<void, Failure> OpenL1::open_scope(const std::vector<uint256>& remotes) {
    budget = L1Budget{remotes.size(), environment().rules()};
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

Result<Ending, Failure> OpenL1::run_operation(execution::Host& host,
                                              const protocol::SignedOperation& operation,
                                              uint64_t gas) {
    const Address& account = operation.operation.account;
    const auto logs_before = state().logs().size();
    const auto result = call(host, account, protocol::execute_operation(operation), gas);
    if (result.status != evm::Status::success)
        return std::unexpected{result.status == evm::Status::revert
                                   ? reverted(result.output)
                                   : Failure{evm::to_string(result.status), {}}};
    const auto& logs = state().logs();
    for (size_t i = logs.size(); i-- > logs_before;) {
        if (logs[i].address != account || logs[i].topics.empty() ||
            logs[i].topics[0] != protocol::operation_executed_topic())
            continue;
        auto executed = protocol::decode_operation_executed(logs[i].data);
        if (!executed) break;
        return Ending{executed->success, std::move(executed->return_data),
                      gas - static_cast<uint64_t>(result.gas_left)};
    }
    return std::unexpected{Failure{"the account did not say OperationExecuted", {}}};
}

std::optional<protocol::RegisteredRollup> OpenL1::registered(ChainId chain_id) {
    const auto before = state().checkpoint();
    const auto result =
        call(host_, settlement().settlement, protocol::get_rollup(chain_id), VIEW_GAS);
    state().rollback(before);
    return protocol::decode_rollup(result.output);  // none: no settlement contract, or another one
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
    budget = checkpoint.budget;
    runs_alone = checkpoint.runs_alone;
}

}  // namespace scope::builder

#include <fmt/format.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "evm/message.hpp"
#include "execution/scope_rollup.hpp"
#include "protocol/callable.hpp"
#include "rpc/errors.hpp"
#include "rpc/evaluation.hpp"
#include "rpc/raw_transaction.hpp"
#include "rpc/scope_parts.hpp"
#include "rpc/scope_tree.hpp"

namespace scope::rpc {

namespace {

/// What the caller of scope_simulate has chains assume.
using ChainOverrides = std::map<ChainId, StateOverrides>;

/// Reads {overrides: {chain id: state overrides}}.
ChainOverrides read_overrides(Json options) {
    ChainOverrides overrides;
    for (const auto [key, value] : read_object(options)) {
        if (key != "overrides") throw BadValue{fmt::format("{} is no option", key)};
        read_member(key, value, [&](Json chains) {
            for (const auto [id_text, of_chain] : read_object(chains)) {
                const auto id = uint256_from_text(id_text);
                const auto chain_id = id ? ChainId::from(*id) : std::nullopt;
                if (!chain_id) throw BadValue{fmt::format("\"{}\" is no chain id", id_text)};
                if (!overrides
                         .emplace(*chain_id, read_member(id_text, of_chain, read_state_overrides))
                         .second)
                    throw BadValue{fmt::format("it has {} twice", id_text)};
            }
            return true;
        });
    }
    return overrides;
}

/// A root to simulate: one that is signed, or a call.
using Simulated = std::variant<builder::Root, builder::RootCall>;

Simulated read_root(Request& request, Json value) {
    if (value.is_string())
        return builder::Root{builder::L2Root{request.chain_id,
                                             decode_raw_transaction(read_data(value)).transaction}};
    const auto object = read_object(value);
    Json signature;
    Json operation;
    if (object.at_key("signature").get(signature) == simdjson::SUCCESS &&
        object.at_key("operation").get(operation) == simdjson::SUCCESS)
        return builder::Root{
            builder::L1Root{.operation = read_signed_operation(request, operation, signature)}};
    const auto args = read_transaction(value);
    const Evaluation evaluation{request, BlockTag{}};
    return builder::RootCall{.chain_id = request.chain_id,
                             .from = args.from.value_or(Address{}),
                             .transaction = evaluation.call_of(args)};
}

void append_result(json::Appender& out, ChainId chain_id,
                   const Result<builder::RootResult, builder::Refusal>& result) {
    out.begin_object();
    out.key("refused").boolean(!result);
    if (result) {
        append_root_members(out, *result);
    } else {
        const RpcError error = refused(chain_id, result.error());
        out.key("code").number(static_cast<double>(error.code));
        out.key("message").string(error.message);
        if (!error.data.empty()) out.key("data").raw(error.data);
    }
    out.end_object();
}

Result<builder::RootResult, builder::Refusal> run(Request& request, builder::RootCall call,
                                                  const ChainOverrides& overrides) {
    call.prepare = [&](ChainId chain_id, state::State& state) {
        if (const auto found = overrides.find(chain_id); found != overrides.end())
            apply_overrides(state, found->second, evm::LATEST_REVISION, nullptr);
    };
    auto result = request.network.simulate(call);
    if (!result) return std::unexpected{std::move(result.error())};
    result->root.gas_used = result->outcome.gas_used;
    return std::move(result->root);
}

}  // namespace

namespace {

/// Counts the gas of the roots of one call to scope_simulate, so that it ends.
class GasBudget {
  public:
    void take(uint64_t gas) {
        constexpr uint64_t MOST = 120'000'000;
        if (gas <= MOST - taken_) {
            taken_ += gas;
            return;
        }
        Params::fail_at(0,
                        fmt::format("the roots take more than {} gas, which is the most that one "
                                    "call simulates: send fewer, or give them less gas",
                                    MOST));
    }

  private:
    uint64_t taken_ = 0;
};

uint64_t gas_limit_of(const builder::Root& root) {
    if (const auto* const on_rollup = std::get_if<builder::L2Root>(&root))
        return on_rollup->transaction.gas_limit;
    const auto gas = protocol::operation_gas(std::get<builder::L1Root>(root).operation.operation);
    return gas.value_or(0);  // it has more than any transaction, and does not run
}

}  // namespace

std::string scope_simulate(Request& request) {
    constexpr size_t MAX_ROOTS = 64;
    const auto overrides = request.params.find(1, read_overrides).value_or(ChainOverrides{});
    for (const auto& [chain_id, state] : overrides)
        if (request.network.chain(chain_id) == nullptr)
            Params::fail_at(1, fmt::format("overrides: there is no chain {}", chain_id.number()));
    const Json first = request.params.at(0);
    const bool is_list = first.is_array();
    const auto roots = request.params.get(0, [&](Json value) {
        if (is_list) return read_list(value, [&](Json one) { return read_root(request, one); });
        return std::vector<Simulated>{read_root(request, value)};
    });
    if (roots.size() > MAX_ROOTS)
        Params::fail_at(
            0, fmt::format("{} roots, at most {} are simulated at once", roots.size(), MAX_ROOTS));
    json::Appender out;
    if (is_list) out.begin_array();
    std::vector<builder::Root> run_of_signed;
    const auto end_run = [&] {
        for (const auto& result : request.network.simulate(run_of_signed))
            append_result(out, request.chain_id, result);
        run_of_signed.clear();
    };
    GasBudget budget;
    // Signed ones that stand together run one after the other; each call runs on the heads.
    for (const auto& root : roots) {
        if (const auto* const signed_root = std::get_if<builder::Root>(&root)) {
            if (!overrides.empty())
                Params::fail_at(1, "overrides: what is signed is simulated on what there is");
            budget.take(gas_limit_of(*signed_root));
            run_of_signed.push_back(*signed_root);
            continue;
        }
        if (!run_of_signed.empty()) end_run();
        // A call mostly has far more gas than it takes.
        const auto& call = std::get<builder::RootCall>(root);
        const auto result = run(request, call, overrides);
        budget.take(result ? result->gas_used : call.transaction.gas_limit);
        append_result(out, request.chain_id, result);
    }
    if (!run_of_signed.empty()) end_run();
    if (is_list) out.end_array();
    return out.take();
}

// ---- prefill

namespace {

/// A call on the root's own chain that asks another one, as its contract makes it: to ScopedCallable
/// or to an alias.
struct Asking {
    Address to;
    uint256 value;
    Bytes data;
    bool success = false;
    Bytes return_data;
};
constexpr auto abi_fields(const Asking*) {
    return std::tuple{&Asking::to, &Asking::value, &Asking::data, &Asking::success,
                      &Asking::return_data};
}

/// Notes what a root asks, and the answers; what runs inside an asking is its own.
class AskingRecorder final : public evm::Tracer {
  public:
    /// @param is_alias  Returns whether an account passes calls on.
    AskingRecorder(Address callable, std::function<bool(const Address&)> is_alias)
        : callable_(callable), is_alias_(std::move(is_alias)) {}

    void on_call_start(const evm::Message& message) override {
        frames_.push_back({message.recipient, message.value, to_bytes(message.input), {}});
        if (is_inside_ || !asks(message, callable_)) return;
        const bool by_alias = frames_.size() > 1 &&
                              frames_[frames_.size() - 2].to == message.sender &&
                              is_alias_(message.sender);
        auto& asking = frames_[frames_.size() - (by_alias ? 2 : 1)];
        asking.record = askings.size();
        askings.push_back({asking.to, asking.value, asking.data, false, {}});
        is_inside_ = true;
    }
    void on_call_end(const evm::CallResult& result) override {
        if (frames_.empty()) return;
        if (const auto record = frames_.back().record) {
            askings[*record].success = result.status == evm::Status::success;
            askings[*record].return_data = result.output;
            is_inside_ = false;
        }
        frames_.pop_back();
    }

    std::vector<Asking> askings;

  private:
    struct Frame {
        Address to;
        uint256 value;
        Bytes data;
        std::optional<size_t> record;
    };
    Address callable_;
    std::function<bool(const Address&)> is_alias_;
    std::vector<Frame> frames_;
    bool is_inside_ = false;
};

}  // namespace

std::string scope_prefill(Request& request) {
    const auto args = request.params.transaction(0);
    const bool in_abi = request.params.find(1, read_text).value_or("json") == "abi";
    Evaluation evaluation{request, BlockTag{}};
    const Transaction tx = evaluation.call_of(args);
    const auto callable = callable_of(request.network, request.chain, request.chain_id);
    if (!callable) fail(SERVER_ERROR, "the chain takes part in no scopes");
    const auto head = request.chain.head();
    AskingRecorder recorder{
        *callable, [&](const Address& account) {
            const auto answer = protocol::callable::decode_is_alias(
                view(request.chain, *head, *callable, protocol::callable::is_alias(account)));
            return answer.value_or(false);
        }};
    builder::RootCall call{
        .chain_id = request.chain_id, .from = args.from.value_or(Address{}), .transaction = tx};
    call.tracer = &recorder;
    const auto result = request.network.simulate(call);
    if (!result) throw RpcFailure{refused(request.chain_id, result.error())};
    if (in_abi) return json::hex_json(abi::encode(recorder.askings));
    json::Appender out;
    out.begin_array();
    for (const auto& asking : recorder.askings) {
        out.begin_object();
        out.key("to").hex(asking.to);
        out.key("value").quantity(asking.value);
        out.key("data").hex(asking.data);
        out.key("success").boolean(asking.success);
        out.key("returnData").hex(asking.return_data);
        out.end_object();
    }
    out.end_array();
    return out.take();
}

}  // namespace scope::rpc

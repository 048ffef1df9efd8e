#include "builder/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hex.hpp"
#include "builder/own_stack.hpp"
#include "crypto/keccak.hpp"
#include "evm/opcodes.hpp"
#include "evm/tracer.hpp"
#include "protocol/callable.hpp"
#include "protocol/fault.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// The gas that the waiting frame of execution pays for a callback beyond running it: reading the
/// record, hashing it, the frame.
constexpr int64_t SERVE_OVERHEAD = 12'000;
/// The gas that all calls of a root may take in simulation, those that are taken back included.
constexpr int64_t MAX_SERVED_GAS = 1 << 28;
/// Waits that a root may begin anew, because their variant doesn't reproduce.
constexpr uint64_t MAX_UNWOUND = 256;
/// Scoped calls that may be nested in a root. ScopedCallable counts them (TooDeep), but for those
/// that a chain asks while it waits in a static call, where it can't store a depth (§8).
constexpr size_t MAX_NESTED = protocol::MAX_DEPTH;
/// From so many on they run on a stack of their own. A chain has at most 1024 frames (Yellow Paper,
/// section 9.4.2), which take up to 2 MiB; each nested call may open another chain.
constexpr size_t NESTED_ON_OWN_STACK = 2;
constexpr size_t OWN_STACK_SIZE = size_t{256} << 20;
/// Returns the gas of handleScopedCall's frame: execution has up to two frames of ScopedCallable
/// around it, and each keeps a 64th (EIP-150).
constexpr int64_t served_with(int64_t gas) noexcept {
    for (int frames = 0; frames < 2; ++frames) gas -= gas / 64;
    return std::max<int64_t>(gas - SERVE_OVERHEAD, 0);
}

// What a rollup's ScopedCallable says is its own: an upgrade may have made it any code (§12), which
// may burn what it is given, ask where it is asked, and answer what is not so. So all that nobody
// pays for is bounded, and what a chain says decides about roots alone that call it.

/// The gas of a message of the loader, which nobody pays for. ScopedCallable takes less than 400,000
/// for any: the most to deploy an alias, and to be filled with the longest answer.
constexpr int64_t LOADER_GAS = 4'000'000;
/// What loading takes more for each limit: slots that are cold, one of which is written for the
/// first time (EIP-2929), about 30,000.
constexpr int64_t LIMIT_GAS = 60'000;
/// The gas that all messages of the loader may take in a root.
constexpr int64_t MAX_LOADED_GAS = 1 << 29;
/// The bytes that all calls of a root may carry in requests and answers. No settling transaction
/// has room for a fraction of that.
constexpr size_t MAX_CARRIED_BYTES = size_t{64} << 20;
/// More bytes than the longest answer has (protocol/response.hpp), and the longest request that an
/// answer is taken to: with a mark of each chain that there can be.
constexpr size_t MAX_RESPONSE_BYTES = protocol::MAX_DATA_BYTES + size_t{256} * 40;
constexpr size_t MAX_ASKING_BYTES = protocol::MAX_DATA_BYTES + size_t{256} * 64 + 1024;
/// The records on the ways of all traces, of a chain that makes none up: each is served for a wait,
/// is on the way of the trace at its end, and may be on that of the trace at the root's end.
constexpr int64_t MAX_KEPT_STEPS = 2 * (MAX_SERVED_GAS / SERVE_OVERHEAD);

/// An inbound call as the target ran it.
struct Served {
    protocol::Request request;
    Hash request_hash;
    Bytes response;
    bool kept = false;
};

/// The origin of a trace: the record that ended there, and the anchor from which it ran.
struct Step {
    size_t record = 0;
    Hash anchor;
};

/// A frame that waits for an answer, in which callbacks run.
struct Wait {
    uint64_t number = 0;  // never used twice in a root
    int depth = 0;
    int64_t gas = 0;
    bool is_static = false;  // nothing can be stored, so the chain's baton is what it was before
};

/// The progress of a chain in the root.
struct Standing {
    callable::Baton baton;
    std::vector<Wait> waits;
};

/// Returns the part of the environment that an instruction reads; nullopt for all others.
std::optional<protocol::EnvironmentField> field_read_by(uint8_t opcode) noexcept {
    using Field = protocol::EnvironmentField;
    switch (opcode) {
        case evm::OP_BLOCKHASH:
            return Field::parent_hash;
        case evm::OP_NUMBER:
            return Field::number;
        case evm::OP_TIMESTAMP:
            return Field::timestamp;
        case evm::OP_PREVRANDAO:
            return Field::prev_randao;
        case evm::OP_COINBASE:
            return Field::coinbase;
        case evm::OP_GASLIMIT:
            return Field::gas_limit;
        case evm::OP_BASEFEE:
            return Field::base_fee;
        case evm::OP_BLOBBASEFEE:
            return Field::blob_base_fee;
        case evm::OP_GASPRICE:
            return Field::gas_price;
        default:
            return std::nullopt;
    }
}

/// The outcome of taking an answer.
struct Taken {
    int64_t toll = 0;        // gas that callbacks took
    bool reproduced = true;  // no: the next variant is to be asked
};

}  // namespace

/// One chain during one root.
struct Simulation::Side {
    SimulatedChain chain;
    std::unique_ptr<Interceptor> host;
    std::vector<Wait> waits;
    int64_t gas_left = 0;                              // of serve_gas
    bool was_opened = false;                           // on a rollup that is not the root's own
    std::vector<Served> records;                       // in the order in which they were found
    std::map<Hash, std::map<Hash, size_t>> by_anchor;  // anchor, request hash: place in records
    std::map<Hash, Step> steps;                        // by the trace after an answer
};

/// Executes messages as always; sees where an answer is taken, and on L1 what a root can't know
/// beforehand.
class Simulation::Interceptor final : public execution::Host, private evm::Tracer {
  public:
    Interceptor(Impl& impl, Side& side)
        : Host(*side.chain.state, *side.chain.environment), impl_(impl), side_(side) {
        if (side.chain.scope_transaction) set_tracer(this);
    }

    /// Has another one see what this one sees.
    void trace(evm::Tracer* tracer) {
        outer_ = tracer;
        set_tracer(side_.chain.scope_transaction || outer_ != nullptr ? this : nullptr);
    }
    /// Runs a message of the simulation itself: not for the other tracer.
    evm::CallResult call_unseen(const evm::Message& message) {
        auto* const seen_by = std::exchange(outer_, nullptr);
        is_unseen_ = true;
        auto result = call(message);
        is_unseen_ = false;
        outer_ = seen_by;
        return result;
    }

    [[nodiscard]] const evm::TransactionContext& transaction() const noexcept override {
        return side_.chain.scope_transaction ? side_.chain.scope_transaction->transaction()
                                             : Host::transaction();
    }
    evm::CallResult call(const evm::Message& message) override;
    Hash transient_storage(const Address& address, const Hash& key) override;
    void set_transient_storage(const Address& address, const Hash& key, const Hash& value) override;
    evm::AccessStatus access_account(const Address& address) override;
    evm::AccessStatus access_storage(const Address& address, const Hash& key) override;
    bool account_exists(const Address& address) override;
    Hash code_hash(const Address& address) override;
    uint256 balance(const Address& address) override;

  private:
    void on_transaction_start(int64_t gas_refund) override {
        if (outer_ != nullptr) outer_->on_transaction_start(gas_refund);
    }
    void on_call_start(const evm::Message& message) override {
        if (outer_ != nullptr) outer_->on_call_start(message);
    }
    void on_call_end(const evm::CallResult& result) override {
        if (outer_ != nullptr) outer_->on_call_end(result);
    }
    void on_frame_start(const evm::Message& message, const evm::Code& code) override {
        if (outer_ != nullptr) outer_->on_frame_start(message, code);
    }
    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, int64_t gas_refund,
                 std::optional<evm::Status> failure) override {
        if (outer_ != nullptr) outer_->on_cost(gas_cost, gas_refund, failure);
    }
    void on_frame_end(const evm::CallResult& result) override {
        if (outer_ != nullptr) outer_->on_frame_end(result);
    }
    void refuse_coinbase();
    /// Returns the request whose answer ScopedCallable takes by @p message; nullopt if it takes none.
    [[nodiscard]] std::optional<protocol::Request> asked_by(const evm::Message& message) const {
        // What simulation has it do asks nobody; that would be asked in turn, without end.
        if (is_unseen_ || message.recipient != side_.chain.callable ||
            message.sender != side_.chain.callable || message.input.size() > MAX_ASKING_BYTES)
            return std::nullopt;
        return callable::decode_answer_of(message.input);
    }

    Impl& impl_;
    Side& side_;
    std::map<std::pair<Address, Hash>, Hash> written_;  // transient storage, by this root
    bool reads_escrow_ = false;                         // L1: ScopedCallable asks the settlement
    evm::Tracer* outer_ = nullptr;
    bool is_unseen_ = false;
};

struct Simulation::Impl {
    protocol::RootContext context;
    WhyAbsent why_absent;
    std::vector<std::unique_ptr<Side>> sides;
    Side* root_side = nullptr;
    std::vector<CallTree> calls;
    std::vector<CallTree>* open_calls = &calls;  // where the next call belongs
    std::optional<Refusal> refusal;
    std::set<protocol::EnvironmentField> environment;  // L1's, that was looked at
    size_t nested = 0;                                 // scoped calls that wait for their answer
    uint64_t last_wait = 0;
    uint64_t unwound = 0;
    int64_t served_gas = 0;  // of all calls, those that are taken back too
    int64_t loaded_gas = 0;
    size_t carried_bytes = 0;
    int64_t kept_steps = 0;
    std::map<uint64_t, std::vector<Standing>> moments;  // by static wait: all sides as it began
    std::optional<uint64_t> unwinding;  // to the wait whose variant doesn't reproduce

    /// Frames end quickly, and nothing that they do counts.
    [[nodiscard]] bool is_ending() const noexcept { return refusal || unwinding; }

    /// The side of the chain that @p word names, null if it is not of the scope.
    [[nodiscard]] Side* find(const uint256& word) const noexcept {
        const auto chain_id = ChainId::from(word);
        for (const auto& side : sides)
            if (side->chain.chain_id == chain_id) return side.get();
        return nullptr;
    }

    void refuse(RefusalRule rule, std::string reason) {
        if (!refusal) refusal = Refusal{rule, std::move(reason), {}};
    }

    /// ScopedCallable of a rollup can't go on.
    void refuse_fault(const Side& side, BytesView reason) {
        const bool short_of_gas = protocol::fault_of(reason) == protocol::Fault::too_little_gas;
        refuse(short_of_gas ? side.chain.when_short : RefusalRule::fault,
               fmt::format("chain {}: {}", side.chain.chain_id, describe_revert(reason)));
    }

    /// Has ScopedCallable do what is not the root's own.
    evm::CallResult from(const Address& sender, Side& side, const Bytes& calldata, int depth,
                         int64_t gas = LOADER_GAS) {
        auto result = side.host->call_unseen({.depth = depth,
                                              .gas = gas,
                                              .recipient = side.chain.callable,
                                              .sender = sender,
                                              .code_address = side.chain.callable,
                                              .input = calldata});
        loaded_gas += gas - result.gas_left;
        if (loaded_gas > MAX_LOADED_GAS)
            refuse(RefusalRule::gas_budget,
                   fmt::format("loading it takes more than {} gas", MAX_LOADED_GAS));
        return result;
    }
    evm::CallResult from_loader(Side& side, const Bytes& calldata, int depth) {
        return from(side.chain.loader, side, calldata, depth);
    }

    /// ScopedCallable does not do what it is asked: the transaction was aborted, or has no gas.
    void refuse_silence(const Side& side, std::string_view asked) {
        const auto* const rollup = side.host->rollup();
        if (rollup != nullptr && rollup->abort_reason())
            return refuse_fault(side, *rollup->abort_reason());
        refuse(RefusalRule::fault,
               fmt::format("chain {}: ScopedCallable can't {}", side.chain.chain_id, asked));
    }

    /// Zero after a refusal.
    callable::Baton baton_of(Side& side) {
        const auto result = from_loader(side, callable::get_baton(), 0);
        auto open = callable::decode_open_root(result.output);
        if (open) return std::move(open->baton);
        refuse_silence(side, "tell its baton");
        return {};
    }
    Hash trace_of(Side& side) { return baton_of(side).trace; }

    std::vector<Standing> standings() {
        std::vector<Standing> result;
        for (const auto& side : sides)
            result.push_back({is_open(*side) ? baton_of(*side) : callable::Baton{}, side->waits});
        return result;
    }

    /// Returns what of the gas for asking is left on each chain; nullopt: all of it.
    std::vector<std::optional<int64_t>> asking_gas_left() const {
        std::vector<std::optional<int64_t>> result;
        for (const auto& side : sides) {
            const auto* const rollup = side->host->rollup();
            const bool is_whole =
                rollup == nullptr || (side.get() != root_side && !side->was_opened);
            result.push_back(is_whole ? std::nullopt : std::optional{rollup->gas_left()});
        }
        return result;
    }
    void set_asking_gas_left(const std::vector<std::optional<int64_t>>& gas) {
        for (size_t i = 0; i < sides.size(); ++i) {
            if (gas[i])
                sides[i]->host->rollup()->set_gas_left(*gas[i]);
            else
                sides[i]->was_opened = false;
        }
    }

    /// Puts all chains where they stood, or stand again. The gas that waits have left is only ever
    /// spent.
    void move_to(const std::vector<Standing>& standings) {
        for (size_t i = 0; i < sides.size(); ++i) {
            Side& side = *sides[i];
            if (!is_ending() && is_open(side)) {
                const auto moved = from_loader(side, callable::set_baton(standings[i].baton), 0);
                if (moved.status != evm::Status::success) refuse_silence(side, "take a baton");
            }
            const auto before = std::exchange(side.waits, standings[i].waits);
            for (auto& wait : side.waits) {
                const auto same = std::ranges::find(before, wait.number, &Wait::number);
                if (same != before.end()) wait.gas = same->gas;
            }
        }
    }

    /// Returns whether the root is open on a chain. On rollups it is a transaction.
    [[nodiscard]] bool is_open(const Side& side) const noexcept {
        return &side == root_side || side.chain.scope_transaction != nullptr ||
               side.chain.state->in_transaction();
    }

    /// Opens the root on a chain that is not its own: on L1 before the root's code runs, for L1 is
    /// in a transaction all the time; on a rollup as it is first asked, and again if a frame that
    /// reverts took that back. There that comes to the same, for nothing happens on it before. So
    /// one whose ScopedCallable can't open a root stops no root that doesn't call it.
    void open(Side& side) {
        if (auto* const rollup = side.host->rollup()) {
            const int64_t left = rollup->gas_left();
            side.host->open_transaction({.origin = side.chain.loader});
            rollup->limit_gas(side.chain.serve_gas);
            // Of what frames that reverted took nothing comes back.
            if (side.was_opened) rollup->set_gas_left(left);
            side.was_opened = true;
        } else if (!side.chain.scope_transaction) {
            side.host->open_transaction({.origin = side.chain.loader});
        }
        if (!side.chain.scope_transaction)
            side.host->access_account(side.chain.callable);  // the system transaction's target
        const auto& limits = side.chain.limits;
        const auto result =
            from(side.chain.loader, side, callable::load_root(context, {limits, {}, {}}), 0,
                 LOADER_GAS + LIMIT_GAS * static_cast<int64_t>(limits.size()));
        if (result.status != evm::Status::success)
            refuse(RefusalRule::fault,
                   fmt::format("chain {} can't open the root: {}", side.chain.chain_id,
                               describe_revert(result.output)));
        // What a system transaction accessed as it loaded is cold from its target's first call to
        // itself on (§7). That one stands here, before all frames: one that reverts would take back
        // what is warm by then, and it does not come again.
        if (!side.chain.scope_transaction)
            from(side.chain.callable, side, callable::get_baton(), 0);
    }

    /// Returns the depth at which execution runs handleScopedCall: one below runRoot or serveAnchor,
    /// and if it is undone one more; beside what takes the answer where nothing can be stored. (Of a
    /// call that is undone nobody knows that yet.)
    static int depth_of_serving(const Side& target, const protocol::Request& request) {
        const int undone = is_static(request) ? 1 : 0;
        if (target.waits.empty()) return (target.chain.scope_transaction ? 2 : 1) + undone;
        const Wait& wait = target.waits.back();
        return wait.is_static ? wait.depth : wait.depth + 1 + undone;
    }

    /// Runs the target's side of a call. Returns the raw response, or nullopt after a refusal.
    std::optional<Bytes> serve(Side& target, const protocol::Request& request, CallTree& call) {
        if (!is_open(target)) open(target);
        if (is_ending()) return std::nullopt;
        const bool waiting = !target.waits.empty();
        const int depth = depth_of_serving(target, request);
        // A frame that waits pays for callbacks into it; all others share what the builder grants
        // the root on the chain.
        const auto gas_left = [&]() -> int64_t& {
            return waiting ? target.waits.back().gas : target.gas_left;
        };
        const int64_t gas = served_with(gas_left());

        const auto alias = from_loader(
            target, callable::deploy_alias(request.source_chain_id, request.from), depth);
        if (alias.status != evm::Status::success) {
            refuse(RefusalRule::fault,
                   fmt::format("chain {}: deployAlias: {}", target.chain.chain_id,
                               describe_revert(alias.output)));
            return std::nullopt;
        }

        const bool still = waiting && target.waits.back().is_static;
        const auto before = target.chain.state->checkpoint();
        const Bytes calldata = callable::handle_scoped_call(request, still);
        auto result = target.host->call({.is_static = still,
                                         .depth = depth,
                                         .gas = gas,
                                         .recipient = target.chain.callable,
                                         .sender = target.chain.callable,
                                         .code_address = target.chain.callable,
                                         .input = calldata});
        // Execution runs it in a frame that reverts: what it looked at is as cold as it was.
        if (is_static(request) && !still) target.chain.state->rollback(before);
        const int64_t used = gas - result.gas_left;
        call.gas_used = static_cast<uint64_t>(used);
        if (is_ending()) return std::nullopt;
        served_gas += used + SERVE_OVERHEAD;
        if (served_gas > MAX_SERVED_GAS)
            refuse(RefusalRule::gas_budget,
                   fmt::format("its calls take more than {} gas, those taken back included",
                               MAX_SERVED_GAS));
        if (is_ending()) return std::nullopt;
        if (result.status != evm::Status::success) {
            const std::string reason = result.status == evm::Status::revert
                                           ? describe_revert(result.output)
                                           : evm::to_string(result.status);
            const bool short_of_gas =
                protocol::fault_of(result.output) == protocol::Fault::too_little_gas ||
                result.status == evm::Status::out_of_gas ||
                result.status == evm::Status::aborted;  // asking that has none left
            const auto rule = waiting ? RefusalRule::gas_budget : target.chain.when_short;
            refuse(short_of_gas ? rule : RefusalRule::fault,
                   fmt::format("chain {} can't serve the call to {}: {}, with {} gas left",
                               target.chain.chain_id, to_hex(request.to), reason, gas));
            return std::nullopt;
        }
        gas_left() -= used + SERVE_OVERHEAD;
        if (result.output.size() > MAX_RESPONSE_BYTES) {
            refuse_silence(target, "answer");
            return std::nullopt;
        }
        carried_bytes += request.data.size() + result.output.size();
        if (carried_bytes > MAX_CARRIED_BYTES) {
            refuse(RefusalRule::gas_budget,
                   fmt::format("its calls carry more than {} bytes", MAX_CARRIED_BYTES));
            return std::nullopt;
        }
        return std::move(result.output);
    }

    /// Returns the record of an equal request at an equal baton; null if there is none.
    static const Served* record_of(const Side& target, const protocol::Request& request,
                                   const Hash& request_hash) {
        const auto at = target.by_anchor.find(protocol::anchor_of(request));
        if (at == target.by_anchor.end()) return nullptr;
        const auto place = at->second.find(request_hash);
        return place == at->second.end() ? nullptr : &target.records[place->second];
    }

    /// Notes an answer as a record of the target. False if that can't go on: the request has
    /// another answer already, so what the target waits for has to be asked by its next variant.
    bool note(Side& target, const protocol::Request& request, const Hash& request_hash,
              const protocol::Response& decoded, const Bytes& response) {
        const Hash anchor = protocol::anchor_of(request);
        auto& at = target.by_anchor[anchor];
        const auto [place, is_new] = at.try_emplace(request_hash, target.records.size());
        if (is_new) {
            target.records.push_back({request, request_hash, response});
        } else if (target.records[place->second].response != response) {
            // What the target's own code did between makes the difference if it is in a wait.
            if (target.waits.empty()) {
                refuse(RefusalRule::execution_differs,
                       fmt::format("chain {} answers an equal request of {} in two ways",
                                   target.chain.chain_id, to_hex(request.from)));
                return false;
            }
            unwinding = target.waits.back().number;
            if (++unwound > MAX_UNWOUND)
                refuse(RefusalRule::gas_budget,
                       fmt::format("more than {} variants are tried in vain", MAX_UNWOUND));
            return false;
        }
        if (request.kind == protocol::CallKind::call)
            target.steps[decoded.trace] = {place->second, anchor};
        return true;
    }

    /// Marks the records on the way from one trace of a chain to a later one: these survived.
    void keep_path(Side& side, Hash end, const Hash& start) {
        while (!refusal && end != start) {
            const auto step = side.steps.find(end);
            if (step == side.steps.end() || ++kept_steps > MAX_KEPT_STEPS)
                return refuse_silence(side, "say how it got where it is");
            side.records[step->second.record].kept = true;
            end = step->second.anchor;
        }
    }

    /// Answers a request that @p source's code takes the answer of in @p message.
    ///
    /// A chain that waits in a static call can't store, so what it asks from a callback in there it
    /// asks as it stood before, and all chains have to stand as they did then (§8).
    Taken answer(Side& source, const protocol::Request& request, const evm::Message& message) {
        const auto checkpoint = source.chain.state->checkpoint();
        const auto asking_gas = asking_gas_left();
        CallTree call;
        call.request = request;
        call.request_hash = protocol::request_hash(request);
        auto* const around = std::exchange(open_calls, &call.calls);
        const Wait wait{++last_wait, message.depth, message.gas, is_static(request)};

        std::optional<std::vector<Standing>> now;
        const auto outer = std::ranges::find(source.waits, true, &Wait::is_static);
        if (wait.is_static && outer != source.waits.end()) {
            now = standings();
            move_to(moments.at(outer->number));
            source.waits.back() = wait;
        } else {
            source.waits.push_back(wait);
        }
        if (wait.is_static) moments.emplace(wait.number, standings());

        ++nested;
        if (nested == NESTED_ON_OWN_STACK)
            on_own_stack(OWN_STACK_SIZE, [&] { answer_into(source, request, message, call); });
        else
            answer_into(source, request, message, call);
        --nested;

        const int64_t toll = message.gas - source.waits.back().gas;
        moments.erase(wait.number);
        if (now)
            move_to(*now);
        else
            source.waits.pop_back();
        open_calls = around;
        if (unwinding == wait.number) {
            unwinding.reset();
            source.chain.state->rollback(checkpoint);
            // Frames that end quickly end without gas.
            set_asking_gas_left(asking_gas);
            return {toll, false};
        }
        open_calls->push_back(std::move(call));
        return {toll, true};
    }

    void answer_into(Side& source, const protocol::Request& request, const evm::Message& message,
                     CallTree& call) {
        if (find(request.source_chain_id) != &source)
            return refuse(RefusalRule::fault,
                          fmt::format("chain {} asks as chain {}", source.chain.chain_id,
                                      to_decimal(request.source_chain_id)));
        Side* const target = find(request.target_chain_id);
        if (!target || target == &source)
            return refuse(
                RefusalRule::unknown_chain,
                fmt::format("{} on chain {} calls chain {}, which is not in this scope: {}",
                            to_hex(request.from), source.chain.chain_id,
                            to_decimal(request.target_chain_id),
                            why_absent(request.target_chain_id)));
        if (nested > MAX_NESTED)
            return refuse(RefusalRule::too_deep,
                          fmt::format("more than {} scoped calls are nested", MAX_NESTED));
        auto response = serve(*target, request, call);
        if (!response) return;
        // An equal static request at an equal baton looks at what the first one saw, but for the
        // gas that looking takes: the record that is there answers it (§8).
        if (const auto* const record = record_of(*target, request, call.request_hash);
            record != nullptr && is_static(request) && target->waits.empty())
            response = record->response;
        const auto decoded = protocol::decode_response(*response);
        if (!decoded || decoded->has_baton == is_static(request))
            return refuse_silence(*target, "answer");
        call.success = decoded->success;
        call.output = decoded->data;
        if (!note(*target, request, call.request_hash, *decoded, *response)) return;

        if (request.kind == protocol::CallKind::call)
            keep_path(source, trace_of(source),
                      protocol::trace_after(to_be(request.nonce), call.request_hash));

        const auto filled = from_loader(
            source,
            callable::fill_responses_in({request.target_chain_id, call.request_hash, *response}),
            message.depth);
        // A static call can be asked again at the same point, and was answered alike.
        if (filled.status != evm::Status::success && !callable::is_duplicate_fill(filled.output))
            refuse(RefusalRule::fault,
                   fmt::format("chain {} can't be filled: {}", source.chain.chain_id,
                               describe_revert(filled.output)));
    }

    /// The plan, in canonical order (§11): a chain's records in the order found; its fills by the
    /// chain that answers, ascending, then in the order of the records that they answer, so that
    /// both response streams of a pair fold alike.
    [[nodiscard]] Plan plan() const {
        std::map<ChainId, const Side*> targets;
        for (const auto& side : sides) targets.emplace(side->chain.chain_id, side.get());
        Plan plan;
        for (const auto& [chain_id, side] : targets) {
            for (const auto& served : side->records) {
                const Side* const source = find(served.request.source_chain_id);
                CHECK(source != nullptr);  // it was answered
                plan[chain_id].records.push_back(
                    {served.request, crypto::keccak256(served.response), served.kept});
                plan[source->chain.chain_id].fills.push_back(
                    {uint256{chain_id}, served.request_hash, served.response});
            }
            for (const auto& limit : side->chain.limits)
                if (needs_limit(*side, limit.chain_id)) plan[chain_id].limits.push_back(limit);
        }
        return plan;
    }

    /// Serving value looks at what L1 holds for who sends it (§10).
    static bool needs_limit(const Side& side, const uint256& remote) {
        return std::ranges::any_of(side.records, [&](const Served& served) {
            return served.request.source_chain_id == remote && !served.request.value.is_zero();
        });
    }

    void mark_kept(std::vector<CallTree>& branches, bool around_kept) {
        for (auto& call : branches) {
            call.kept = around_kept;
            const Side* const target = find(call.request.target_chain_id);
            if (target) {
                const auto at = target->by_anchor.find(protocol::anchor_of(call.request));
                if (at != target->by_anchor.end()) {
                    const auto place = at->second.find(call.request_hash);
                    if (place != at->second.end() && call.request.kind == protocol::CallKind::call)
                        call.kept = around_kept && target->records[place->second].kept;
                }
            }
            mark_kept(call.calls, call.kept);
        }
    }
};

evm::CallResult Simulation::Interceptor::call(const evm::Message& message) {
    const evm::CallResult ended{.status = evm::Status::out_of_gas};
    if (impl_.is_ending()) return ended;
    if (rollup() != nullptr && rollup()->aborts(message)) {
        impl_.refuse_fault(side_, message.input);
        return ended;
    }
    const auto request = asked_by(message);
    if (!request) {
        const bool asks_settlement =
            message.recipient == side_.chain.loader && message.sender == side_.chain.callable;
        const bool around = std::exchange(reads_escrow_, reads_escrow_ || asks_settlement);
        auto result = Host::call(message);
        if (impl_.is_ending() && rollup() != nullptr)
            rollup()->forget_abort();  // it failed only to end quickly
        reads_escrow_ = around;
        return result;
    }

    const Taken taken = impl_.answer(side_, *request, message);
    if (impl_.is_ending()) return ended;
    evm::CallResult result;
    if (taken.reproduced) {
        result = Host::call(message);
    } else {
        if (request->variant + uint256{1u} == uint256{protocol::MAX_VARIANTS})
            impl_.refuse(RefusalRule::fault,
                         fmt::format("chain {}: more than {} answers to one request at one point",
                                     side_.chain.chain_id, protocol::MAX_VARIANTS));
        result.status = evm::Status::revert;
        result.gas_left = message.gas;
        result.output = callable::not_reproduced(protocol::request_hash(*request));
    }
    if (taken.toll > result.gas_left) {
        impl_.refuse(
            RefusalRule::gas_budget,
            fmt::format("chain {}: callbacks into it took {} gas, more than the frame that "
                        "waits for chain {} has left",
                        side_.chain.chain_id, taken.toll, to_decimal(request->target_chain_id)));
        return ended;
    }
    result.gas_left -= taken.toll;
    return result;
}

/// All L1 sides of a scope share transient storage (§11): a root that would see what an earlier one
/// left gets a scope of its own. ScopedCallable's own is another matter: it is keyed by the root.
Hash Simulation::Interceptor::transient_storage(const Address& address, const Hash& key) {
    const Hash value = Host::transient_storage(address, key);
    if (!side_.chain.scope_transaction || address == side_.chain.callable || value.is_zero())
        return value;
    const auto own = written_.find({address, key});
    if (own == written_.end() || own->second != value)
        impl_.refuse(RefusalRule::transient_storage,
                     fmt::format("L1: {} reads transient storage that an earlier root of this "
                                 "scope left: the root needs a scope of its own",
                                 to_hex(address)));
    return value;
}

void Simulation::Interceptor::set_transient_storage(const Address& address, const Hash& key,
                                                    const Hash& value) {
    if (side_.chain.scope_transaction && address != side_.chain.callable)
        written_[{address, key}] = value;
    Host::set_transient_storage(address, key, value);
}

/// What executeScope has read of the settlement contract before the first side, and so what is
/// warm, depends on which rollups the scope has in the end: a root's gas would be another one.
/// ScopedCallable reads only what executeScope does not.
evm::AccessStatus Simulation::Interceptor::access_storage(const Address& address, const Hash& key) {
    if (side_.chain.scope_transaction && address == side_.chain.loader && !reads_escrow_)
        impl_.refuse(RefusalRule::settlement_read,
                     "L1: reads the settlement contract's storage, whose gas depends on the rest "
                     "of the scope");
    return Host::access_storage(address, key);
}

/// The settling transaction takes its fees beforehand, which depend on the whole scope; its block's
/// coinbase gets those of all transactions before it.
uint256 Simulation::Interceptor::balance(const Address& address) {
    if (side_.chain.scope_transaction && address == transaction().origin)
        impl_.refuse(RefusalRule::submitter_balance,
                     "L1: reads the balance of who submits the scope, whose fees are not known "
                     "beforehand");
    if (side_.chain.scope_transaction && address == block().coinbase) refuse_coinbase();
    return Host::balance(address);
}

/// Only value to an account that is empty asks this: it costs more (EIP-161).
bool Simulation::Interceptor::account_exists(const Address& address) {
    const bool exists = Host::account_exists(address);
    if (side_.chain.scope_transaction && address == block().coinbase && !exists) refuse_coinbase();
    return exists;
}

/// Of an account that is empty it is zero (EIP-1052).
Hash Simulation::Interceptor::code_hash(const Address& address) {
    const Hash hash = Host::code_hash(address);
    if (side_.chain.scope_transaction && address == block().coinbase && hash.is_zero())
        refuse_coinbase();
    return hash;
}

void Simulation::Interceptor::refuse_coinbase() {
    impl_.refuse(RefusalRule::coinbase_balance,
                 "L1: reads the balance of the block's coinbase, whose fees are not known "
                 "beforehand");
}

/// The coinbase is warm (EIP-3651).
evm::AccessStatus Simulation::Interceptor::access_account(const Address& address) {
    if (side_.chain.scope_transaction && address == block().coinbase)
        impl_.environment.insert(protocol::EnvironmentField::coinbase);
    return Host::access_account(address);
}

void Simulation::Interceptor::on_instruction(const evm::TraceStep& step) {
    if (outer_ != nullptr) outer_->on_instruction(step);
    if (!side_.chain.scope_transaction) return;
    if (const auto field = field_read_by(step.opcode)) impl_.environment.insert(*field);
    if (step.opcode == evm::OP_BLOBHASH)
        impl_.refuse(RefusalRule::blob_hash,
                     "L1: BLOBHASH of the scope's own transaction is not known beforehand");
}

Simulation::Simulation(const std::vector<SimulatedChain>& chains,
                       const protocol::RootContext& context, WhyAbsent why_absent)
    : impl_(std::make_unique<Impl>()) {
    impl_->context = context;
    impl_->why_absent = std::move(why_absent);
    for (const auto& chain : chains) {
        auto side = std::make_unique<Side>();
        side->chain = chain;
        side->gas_left = static_cast<int64_t>(chain.serve_gas);
        side->host = std::make_unique<Interceptor>(*impl_, *side);
        impl_->sides.push_back(std::move(side));
    }
    impl_->root_side = impl_->find(context.root_chain_id);
    CHECK(impl_->root_side != nullptr);
    for (const auto& side : impl_->sides)
        if (side.get() != impl_->root_side && side->chain.scope_transaction) impl_->open(*side);
}

Simulation::~Simulation() = default;

void Simulation::trace(ChainId chain_id, evm::Tracer* tracer) {
    if (Side* const side = impl_->find(uint256{chain_id})) side->host->trace(tracer);
}

execution::Host& Simulation::host() noexcept {
    return *impl_->root_side->host;
}

const std::optional<Refusal>& Simulation::refusal() const noexcept {
    return impl_->refusal;
}

Result<RootResult, Refusal> Simulation::finish(RootResult result) {
    for (const auto& side : impl_->sides) {
        if (side.get() == impl_->root_side || !impl_->is_open(*side) || impl_->refusal) continue;
        impl_->keep_path(*side, impl_->trace_of(*side), Hash{});
    }
    impl_->mark_kept(impl_->calls, true);
    if (impl_->refusal) {
        Refusal refusal = *std::move(impl_->refusal);
        refusal.calls = std::move(impl_->calls);
        return std::unexpected{std::move(refusal)};
    }
    result.context = impl_->context;
    result.calls = std::move(impl_->calls);
    result.plan = impl_->plan();
    result.environment = impl_->environment;
    return result;
}

}  // namespace scope::builder

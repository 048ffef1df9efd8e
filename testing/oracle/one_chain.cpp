#include "oracle/one_chain.hpp"

#include "abi/abi.hpp"
#include "execution/host.hpp"
#include "protocol/request.hpp"
#include "state/memory_state.hpp"

namespace scope::oracle {

namespace {

/// Far more than any program uses.
constexpr int64_t GAS = int64_t{1} << 40;

/// The bytes of what an operation's target returned that its account tells (ScopedAccount.sol).
constexpr size_t MAX_LOGGED = 2048;

/// Notes frames; gives the gas of a frame that halted back, so that it never gets scarce; and has
/// callees of other chains fail whose answer is too long.
class Recorder final : public execution::Host {
  public:
    Recorder(state::State& state, const execution::Environment& environment, const Program& program,
             const Addresses& addresses)
        : Host(state, environment), program_(program), addresses_(addresses) {}

    evm::CallResult call(const evm::Message& message) override {
        auto frame = frame_of(message);
        if (!frame) return Host::call(message);
        auto* const around = std::exchange(open_, &*frame);
        const int64_t below_around = std::exchange(gas_below_, 0);
        const auto before = state().checkpoint();
        auto result = Host::call(message);
        const bool is_remote = around != nullptr && around->chain != frame->chain;
        if (is_remote && result.output.size() > protocol::MAX_DATA_BYTES) {
            state().rollback(before);
            result.output = abi::call("AnswerTooLong(uint256)", uint256{result.output.size()});
            frame->too_long_after = std::exchange(result.status, evm::Status::revert);
        }
        if (message.kind == evm::CallKind::create && result.status == evm::Status::success)
            created_.insert(result.created);
        frame->status = result.status;
        frame->answer_size = result.output.size();
        if (frame->halted() && message.gas > int64_t{LEAF_GAS}) result.gas_left = message.gas;
        const int64_t used = message.gas - result.gas_left;
        frame->own_gas = used - gas_below_;
        gas_below_ = below_around + used;
        open_ = around;
        (around ? around->frames : roots_).push_back(*std::move(frame));
        return result;
    }

    bool self_destruct(const Address& address, const Address& beneficiary) override {
        open_->destructs = true;
        open_->destructs_created = created_.contains(address);
        return Host::self_destruct(address, beneficiary);
    }

    /// Begins a root.
    void open_root() {
        created_.clear();
        open_transaction({.origin = user_address()});
    }

    std::vector<Frame> take() { return std::move(roots_); }

  private:
    /// Returns the frame; nullopt for a delegatecall, and for what is no contract.
    std::optional<Frame> frame_of(const evm::Message& message) const {
        Frame frame;
        frame.value = message.value[0];
        frame.in_static = message.is_static;
        if (message.kind == evm::CallKind::create) {
            frame.kind = Frame::Kind::create;
            frame.contract = message.sender;
            frame.chain = *addresses_.chain_of(message.sender);
            return frame;
        }
        const auto* const chain = addresses_.chain_of(message.recipient);
        if (message.kind != evm::CallKind::call || chain == nullptr) return std::nullopt;
        frame.contract = message.recipient;
        frame.chain = *chain;
        frame.is_created = addresses_.is_created(message.recipient);
        if (const auto input = decode_script_input(message.input)) {
            frame.input = *input;
            note_function(frame);
        }
        return frame;
    }

    void note_function(Frame& frame) const {
        const auto number = addresses_.number_of(frame.contract);
        if (!number) return;
        const auto& functions = program_.contracts[*number].functions;
        if (functions.empty()) return;
        const auto& function = functions[frame.input.function % functions.size()];
        frame.answers_with_gas = answers_with_gas(function);
        for (const auto& operation : function)
            if (operation.kind == Operation::Kind::burn) frame.burn = operation.burn;
    }

    const Program& program_;
    const Addresses& addresses_;
    std::set<Address> created_;  // in this root
    std::vector<Frame> roots_;
    Frame* open_ = nullptr;
    int64_t gas_below_ = 0;
};

state::GenesisAlloc alloc_of(const Program& program, const Addresses& addresses) {
    state::GenesisAlloc alloc;
    for (size_t c = 0; c < program.contracts.size(); ++c) {
        const auto& contract = program.contracts[c];
        alloc[contract.creator ? addresses.code_of(c) : addresses.of(c)] = {
            .nonce = 1,
            .balance = uint256{contract.balance},
            .code = compile(program, addresses, c, nullptr),
            .storage = {}};
    }
    alloc[user_address()].balance = uint256{1'000'000u};
    return alloc;
}

}  // namespace

Outcome run_on_one_chain(const Program& program) {
    return trace_on_one_chain(program).outcome;
}

OneChain trace_on_one_chain(const Program& program) {
    const Addresses addresses{program};
    const state::MemoryState genesis{alloc_of(program, addresses)};
    state::State state{genesis};
    execution::Environment environment;
    environment.block.gas_limit = static_cast<uint64_t>(GAS);
    Recorder host{state, environment, program, addresses};

    OneChain one;
    one.outcome.logs.resize(program.chains);
    for (const auto& root : program.roots) {
        host.open_root();
        const Bytes input = encode(
            ScriptInput{.function = root.function, .argument = root.argument, .depth = DEPTH});
        const Address& target = addresses.of(root.target);
        auto result = host.call({.gas = GAS,
                                 .recipient = target,
                                 .sender = user_address(),
                                 .code_address = target,
                                 .input = input,
                                 .value = uint256{root.value}});
        if (*addresses.chain_of(target) == 0 && result.output.size() > MAX_LOGGED)
            result.output.resize(MAX_LOGGED);
        one.outcome.roots.push_back(
            {result.status == evm::Status::success, std::move(result.output)});
        for (const auto& log : host.close_transaction())
            if (auto line = read_log(state, addresses, log))
                one.outcome.logs[*addresses.chain_of(log.address)].push_back(*std::move(line));
    }
    for (const auto& [address, chain] : addresses.chains())
        one.outcome.accounts.push_back(read_account(state, addresses, address));
    one.roots = host.take();
    return one;
}

}  // namespace scope::oracle

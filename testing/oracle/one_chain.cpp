#include "oracle/one_chain.hpp"

#include "execution/host.hpp"
#include "state/memory_state.hpp"

namespace scope::oracle {

namespace {

/// Far more than any program uses.
constexpr int64_t GAS = int64_t{1} << 40;

/// Notes frames; gives the gas of a frame that halted back, so that it never gets scarce.
class Recorder final : public execution::Host {
  public:
    Recorder(state::State& state, const execution::Environment& environment,
             const Addresses& addresses)
        : Host(state, environment), addresses_(addresses) {}

    evm::CallResult call(const evm::Message& message) override {
        auto frame = frame_of(message);
        if (!frame) return Host::call(message);
        auto* const around = std::exchange(open_, &*frame);
        const int64_t below_around = std::exchange(gas_below_, 0);
        auto result = Host::call(message);
        frame->status = result.status;
        if (frame->halted() && message.gas > int64_t{LEAF_GAS}) result.gas_left = message.gas;
        const int64_t used = message.gas - result.gas_left;
        frame->own_gas = used - gas_below_;
        gas_below_ = below_around + used;
        open_ = around;
        (around ? around->frames : roots_).push_back(*std::move(frame));
        return result;
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
        if (const auto input = decode_script_input(message.input)) frame.input = *input;
        return frame;
    }

    const Addresses& addresses_;
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
    Recorder host{state, environment, addresses};

    OneChain one;
    one.outcome.logs.resize(program.chains);
    for (const auto& root : program.roots) {
        host.open_transaction({.origin = user_address()});
        const Bytes input = encode(
            ScriptInput{.function = root.function, .argument = root.argument, .depth = DEPTH});
        const Address& target = addresses.of(root.target);
        auto result = host.call({.gas = GAS,
                                 .recipient = target,
                                 .sender = user_address(),
                                 .code_address = target,
                                 .input = input,
                                 .value = uint256{root.value}});
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

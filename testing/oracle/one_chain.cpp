#include "oracle/one_chain.hpp"

#include <algorithm>

#include "abi/abi.hpp"
#include "execution/host.hpp"
#include "protocol/request.hpp"
#include "state/memory_state.hpp"

namespace scope::oracle {

namespace {

/// Far more than any program uses.
constexpr int64_t GAS = int64_t{1} << 40;

/// More gas than a call of another chain takes where no root is open.
constexpr int64_t REFUSED_ASK = 40'000;
/// What a call that carries value adds to its gas.
constexpr int64_t STIPEND = 2'300;

/// The bytes of what an operation's target returned that its account tells (ScopedAccount.sol).
constexpr size_t MAX_LOGGED = 2048;

/// Notes frames; gives the gas of a frame that halted back, so that it never gets scarce; has
/// callees of other chains fail whose answer is too long; and all of them where no root is open.
class Recorder final : public execution::Host {
  public:
    Recorder(state::State& state, const execution::Environment& environment, const Program& program,
             const Addresses& addresses)
        : Host(state, environment), program_(program), addresses_(addresses) {}

    evm::CallResult call(const evm::Message& message) override {
        auto frame = frame_of(message);
        if (!frame) return Host::call(message);
        if (place_ != Place::root && open_ != nullptr && open_->chain != frame->chain &&
            message.value <= state().balance(message.sender))
            return refuse_ask(message);
        auto* const around = std::exchange(open_, &*frame);
        const int64_t below_around = std::exchange(gas_below_, 0);
        const auto before = state().checkpoint();
        auto result = Host::call(message);
        // An alias bounds what a deposit's call answers, too.
        const bool is_bounded =
            around != nullptr ? around->chain != frame->chain : place_ == Place::deposit;
        if (is_bounded && result.output.size() > protocol::MAX_DATA_BYTES) {
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
        if (around != nullptr)
            around->frames.push_back(*std::move(frame));
        else
            outermost_ = std::move(frame);
        return result;
    }

    bool self_destruct(const Address& address, const Address& beneficiary) override {
        open_->destructs = true;
        open_->destructs_created = created_.contains(address);
        return Host::self_destruct(address, beneficiary);
    }

    /// The transactions that there are: no other chain answers in those that are no roots.
    enum class Place : uint8_t { root, deposit, transaction };
    /// Begins one.
    void open(Place place) {
        created_.clear();
        place_ = place;
        asks_ = false;
        open_transaction(
            {.origin = place == Place::deposit ? addresses_.depositor() : user_address()});
    }
    /// Returns the frame of the call that was made in it.
    Frame take_frame() { return *std::exchange(outermost_, std::nullopt); }
    /// Returns whether it called another chain where no root is open.
    [[nodiscard]] bool has_asked() const noexcept { return asks_; }

  private:
    /// ScopedCallable reverts before anything else is looked at, whatever way leads to it.
    evm::CallResult refuse_ask(const evm::Message& message) {
        asks_ = true;
        evm::CallResult result;
        result.status = evm::Status::revert;
        result.gas_left = std::max<int64_t>(message.gas - REFUSED_ASK, 0);
        result.output = abi::call("NoOpenRoot()");
        return result;
    }

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
    Place place_ = Place::root;
    bool asks_ = false;  // where that can't be answered
    std::optional<Frame> outermost_;
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
    if (!program.entries.empty()) alloc[addresses.depositor()].balance = uint256{1'000'000u};
    return alloc;
}

/// A program while it runs on one chain.
class Run {
  public:
    explicit Run(const Program& program)
        : program_(program),
          addresses_(program),
          genesis_(alloc_of(program, addresses_)),
          state_(genesis_),
          host_(state_, environment(), program_, addresses_) {
        one_.outcome.logs.resize(program.chains);
        one_.outcome.deposits.resize(program.chains);
        one_.outcome.left.resize(program.chains);
    }

    OneChain run() {
        for (size_t i = 0; i <= program_.roots.size(); ++i) {
            for (const auto& entry : program_.entries)
                if (entry.before == i) run(entry);
            if (i < program_.roots.size()) run(program_.roots[i]);
        }
        for (const auto& [address, chain] : addresses_.chains())
            one_.outcome.accounts.push_back(read_account(state_, addresses_, address));
        return std::move(one_);
    }

  private:
    using Place = Recorder::Place;

    static const execution::Environment& environment() {
        static const auto ENVIRONMENT = [] {
            execution::Environment made;
            made.block.gas_limit = static_cast<uint64_t>(GAS);
            return made;
        }();
        return ENVIRONMENT;
    }

    evm::CallResult call(const Address& from, const Address& to, const Bytes& input, uint64_t value,
                         int64_t gas) {
        return host_.call({.gas = gas,
                           .recipient = to,
                           .sender = from,
                           .code_address = to,
                           .input = input,
                           .value = uint256{value}});
    }

    void run(const RootCall& root) {
        host_.open(Place::root);
        const Bytes input = encode(
            ScriptInput{.function = root.function, .argument = root.argument, .depth = DEPTH});
        const Address& target = addresses_.of(root.target);
        auto result = call(user_address(), target, input, root.value, GAS);
        if (*addresses_.chain_of(target) == 0 && result.output.size() > MAX_LOGGED)
            result.output.resize(MAX_LOGGED);
        one_.outcome.roots.push_back(
            {result.status == evm::Status::success, std::move(result.output)});
        close();
        one_.roots.push_back(host_.take_frame());
    }

    void run(const Entry& entry) {
        one_.entries.emplace_back();
        const bool is_deposit = entry.kind == Entry::Kind::deposit;
        if (!is_deposit && entry.kind != Entry::Kind::transaction) return;
        const bool success = entry.to != Entry::To::predeploy && run_call(entry);
        if (!is_deposit) return;
        one_.outcome.deposits[entry.chain].push_back(success);
        if (!success) one_.outcome.left[entry.chain] += uint256{value_of(program_, entry)};
    }

    /// Returns whether it succeeded.
    bool run_call(const Entry& entry) {
        const bool is_deposit = entry.kind == Entry::Kind::deposit;
        const uint64_t value = value_of(program_, entry);
        const uint64_t named = gas_of(program_, entry);
        const int64_t gas = named == ENTRY_GAS ? GAS : static_cast<int64_t>(named);
        host_.open(is_deposit ? Place::deposit : Place::transaction);
        const auto result = call(is_deposit ? addresses_.depositor() : user_address(),
                                 entry.to == Entry::To::receiver ? addresses_.receiver(entry.chain)
                                                                 : addresses_.of(entry.target),
                                 encode(program_, entry), value, gas + (value != 0 ? STIPEND : 0));
        close();
        one_.entries.back() = {host_.take_frame(), host_.has_asked()};
        return result.status == evm::Status::success;
    }

    void close() {
        for (const auto& log : host_.close_transaction())
            if (auto line = read_log(state_, addresses_, log))
                one_.outcome.logs[*addresses_.chain_of(log.address)].push_back(*std::move(line));
    }

    const Program& program_;
    const Addresses addresses_;
    const state::MemoryState genesis_;
    state::State state_;
    Recorder host_;
    OneChain one_;
};

}  // namespace

Outcome run_on_one_chain(const Program& program) {
    return trace_on_one_chain(program).outcome;
}

OneChain trace_on_one_chain(const Program& program) {
    return Run{program}.run();
}

}  // namespace scope::oracle

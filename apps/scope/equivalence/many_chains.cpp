#include "equivalence/many_chains.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "crypto/keccak.hpp"
#include "equivalence/addresses.hpp"
#include "equivalence/script_code.hpp"
#include "prover/committee.hpp"
#include "rollup/follower.hpp"
#include "system_contracts.hpp"
#include "types/signing.hpp"

namespace scope::equivalence {

namespace {

constexpr uint64_t L1_ID = 1;
constexpr uint64_t FIRST_ROLLUP_ID = 901;
constexpr uint64_t GENESIS_TIME_S = 1'800'000'000;
constexpr uint64_t SLOT_S = 12;
constexpr int64_t SETUP_GAS = int64_t{1} << 40;
constexpr uint64_t ROOT_GAS = 16'000'000;
constexpr uint64_t OPERATION_GAS = 10'000'000;
constexpr uint256 RESERVE{0, 0, 1, 0};        // docs/protocol.md §10
constexpr uint256 PURSE{0, 1'000, 0, 0};      // wei of those who pay for gas
constexpr uint256 MAX_FEE{100'000'000'000u};  // wei

uint64_t chain_id_of(size_t chain) {
    return chain == 0 ? L1_ID : FIRST_ROLLUP_ID + chain - 1;
}

Hash program_id() {
    return crypto::keccak256(as_bytes("scope.program.osaka.v1"));
}

crypto::SecretKey key_of(std::string_view name) {
    return crypto::SecretKey::from(crypto::keccak256(as_bytes(name))).value();
}
const crypto::SecretKey& submitter_key() {
    static const auto KEY = key_of("scope.equivalence.submitter");
    return KEY;
}
const crypto::SecretKey& member_key() {
    static const auto KEY = key_of("scope.equivalence.member");
    return KEY;
}
const Address OWNER = crypto::address_of(key_of("scope.equivalence.owner"));

/// A chain at its genesis, on which set-up messages run as they would in transactions.
class Setup {
  public:
    Setup(const state::GenesisAlloc& alloc, uint64_t chain_id)
        : genesis_(alloc), state_(genesis_), host_(state_, environment_) {
        environment_.block.chain_id = chain_id;
        environment_.block.gas_limit = static_cast<uint64_t>(SETUP_GAS);
        environment_.block.timestamp_s = GENESIS_TIME_S;
    }

    Address create(const Bytes& init_code) {
        return run({.kind = evm::CallKind::create,
                    .gas = SETUP_GAS,
                    .sender = OWNER,
                    .input = init_code})
            .created;
    }
    Bytes call(const Address& to, const Bytes& data, const uint256& value = {}) {
        return run({.gas = SETUP_GAS,
                    .recipient = to,
                    .sender = OWNER,
                    .code_address = to,
                    .input = data,
                    .value = value})
            .output;
    }
    Bytes code(const Address& address) { return state_.code(address)->bytes; }

    state::GenesisAlloc finish() {
        genesis_.apply(state_.diff());
        return genesis_.dump();
    }

  private:
    evm::CallResult run(const evm::Message& message) {
        host_.open_transaction({.origin = OWNER});
        auto result = host_.call(message);
        host_.close_transaction();
        if (result.status != evm::Status::success)
            throw std::runtime_error{
                fmt::format("setting up: {}", builder::describe_revert(result.output))};
        return result;
    }

    state::MemoryState genesis_;
    state::State state_;
    execution::Environment environment_;
    execution::Host host_;
};

}  // namespace

ManyChains::ManyChains(const demo::Artifacts& artifacts) {
    state::GenesisAlloc alloc;
    app::add_system_contracts(alloc);
    alloc[OWNER].balance = PURSE;
    Setup l1{alloc, L1_ID};
    settlement_ = l1.create(concat(artifacts.init_code("Settlement"), abi::encode(OWNER)));
    l1_callable_ = execution::create_address(settlement_, 1);
    verifier_ =
        l1.create(concat(artifacts.init_code("CommitteeVerifier"),
                         abi::encode(std::vector{crypto::address_of(member_key())}, uint256{1u})));
    const Address account =
        l1.create(concat(artifacts.init_code("ScopedAccount"), abi::encode(settlement_)));
    l1_ = l1.finish();
    l1_[crypto::address_of(submitter_key())].balance = PURSE;
    // EIP-7702: the user's account on L1 is delegated.
    l1_[user_address()] = {.nonce = 1,
                           .balance = PURSE,
                           .code = concat(Bytes{0xef, 0x01, 0x00}, account),
                           .storage = {}};

    Setup rollup{{}, FIRST_ROLLUP_ID};
    predeploy_code_ = rollup.code(rollup.create(
        concat(artifacts.init_code("ScopedCallableL2"), abi::encode(uint256{L1_ID}, settlement_))));
}

/// One program's chains.
class ManyChains::World {
  public:
    World(const ManyChains& base, const Program& program) : program_(program) {
        network_.settlement = {uint256{L1_ID}, base.settlement_};
        network_.l1_callable = base.l1_callable_;
        auto l1_alloc = base.l1_;
        add_contracts(l1_alloc, 0, base.l1_callable_);
        Setup l1{l1_alloc, L1_ID};
        for (size_t chain = 1; chain < program.chains; ++chain) add_rollup(base, chain, l1);
        chain::Genesis genesis;
        genesis.timestamp_s = GENESIS_TIME_S;
        genesis.alloc = l1.finish();
        l1_ = std::make_unique<chain::Chain>(chain::ChainSpec::of(evm::Revision::osaka, L1_ID),
                                             genesis);
        network_.l1 = l1_.get();
        source_ = std::make_unique<rollup::StoreL1Source>(l1_->store());
        std::vector<std::unique_ptr<prover::Attester>> members;
        members.push_back(std::make_unique<prover::Attester>(member_key(), *source_, configs()));
        committee_ = std::make_unique<prover::Committee>(std::move(members),
                                                         prover::CommitteeOptions{.threshold = 1});
    }

    Result<Outcome, NotRun> run(builder::DataAvailability data_availability,
                                const BeforeSettling& before_settling) {
        const auto not_run = [](std::string reason) {
            return std::unexpected{NotRun{std::move(reason)}};
        };
        Outcome outcome;
        const builder::SlotAttributes slot{GENESIS_TIME_S + SLOT_S, Hash{{1}}, Address{{1}}};
        const builder::BuilderOptions options{.submitter = submitter_key(),
                                              .data_availability = data_availability};
        builder::ScopeBuilder scope{network_, options, slot};
        for (const auto& root : program_.roots) {
            const auto trace = scope.add(make_root(root));
            if (!trace) return not_run(trace.error().to_string());
            outcome.roots.push_back({trace->success, trace->output});
        }
        const auto bundle = scope.seal(*committee_);
        if (!bundle) {
            // Roots of L1 alone leave no batch to settle.
            if (bundle.error().rule == builder::SealRule::empty)
                return not_run("nothing to settle");
            throw std::runtime_error{"sealing: " + to_string(bundle.error())};
        }
        if (before_settling)
            before_settling({network_, options, *committee_, *bundle,
                             [&](const auto& chains) { return read(chains); }});
        const auto settled = builder::settle(network_, *bundle);
        if (!settled) throw std::runtime_error{"settling: " + to_string(settled.error())};

        rollup::Follower follower{*source_, configs()};
        if (const auto advanced = follower.advance(); !advanced)
            throw std::runtime_error{"following: " + to_string(advanced.error())};
        std::vector<ChainAfter> chains{after(*l1_)};
        for (const auto& [id, rollup] : follower.rollups()) chains.push_back(after(rollup.chain));
        auto derived = read(chains);
        derived.roots = std::move(outcome.roots);
        return derived;
    }

  private:
    void add_contracts(state::GenesisAlloc& alloc, size_t chain, const Address& callable) {
        std::vector<CallTarget> targets;
        for (size_t c = 0; c < program_.contracts.size(); ++c)
            targets.push_back({program_.contracts[c].chain == chain, contract_address(c),
                               chain_id_of(program_.contracts[c].chain)});
        for (size_t c = 0; c < program_.contracts.size(); ++c)
            if (program_.contracts[c].chain == chain)
                alloc[contract_address(c)] = {
                    .nonce = 1,
                    .balance = uint256{program_.contracts[c].balance},
                    .code = compile(program_.contracts[c], targets, callable),
                    .storage = {}};
    }

    void add_rollup(const ManyChains& base, size_t chain, Setup& l1) {
        rollup::RollupConfig config;
        config.spec = rollup::rollup_spec(chain_id_of(chain));
        config.settlement = network_.settlement;
        config.program_id = program_id();
        config.genesis.timestamp_s = GENESIS_TIME_S;
        auto& alloc = config.genesis.alloc;
        app::add_system_contracts(alloc);
        alloc[user_address()].balance = uint256{ROOT_GAS} * MAX_FEE * uint256{8u};
        add_contracts(alloc, chain, rollup::PREDEPLOY);
        uint256 ether;
        for (const auto& [address, account] : alloc) ether += account.balance;
        alloc[rollup::PREDEPLOY] = {
            .nonce = 1, .balance = RESERVE, .code = base.predeploy_code_, .storage = {}};

        rollups_.push_back(std::make_unique<chain::Chain>(config.spec, config.genesis));
        const auto head = rollups_.back()->head();
        l1.call(base.settlement_,
                abi::call("registerRollup(uint256,bytes32,address,bytes32,bytes32)",
                          uint256{config.chain_id()}, program_id(), base.verifier_,
                          head->header().state_root, head->hash),
                ether);
        network_.rollups.push_back({std::move(config), rollups_.back().get()});
    }

    [[nodiscard]] std::vector<rollup::RollupConfig> configs() const {
        std::vector<rollup::RollupConfig> configs;
        for (const auto& node : network_.rollups) configs.push_back(node.config);
        return configs;
    }

    builder::Root make_root(const RootCall& root) {
        const size_t chain = program_.contracts[root.target].chain;
        const Bytes input = script_input(root.function, root.argument, DEPTH);
        if (chain == 0) {
            protocol::Operation operation{.account = user_address(),
                                          .nonce = uint256{operations_++},
                                          .target = contract_address(root.target),
                                          .value = uint256{root.value},
                                          .data = input,
                                          .gas = uint256{OPERATION_GAS},
                                          .deadline = ~uint256{}};
            const auto signature = crypto::sign(
                protocol::operation_digest(network_.settlement, operation), user_key());
            Bytes bytes = concat(to_be(signature.r), to_be(signature.s));
            bytes.push_back(signature.y_parity ? 28 : 27);
            return builder::L1Root{{std::move(operation), std::move(bytes)}};
        }
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain_id_of(chain);
        tx.nonce = nonces_[chain]++;
        tx.max_fee_per_gas = MAX_FEE;
        tx.gas_limit = ROOT_GAS;
        tx.to = contract_address(root.target);
        tx.value = uint256{root.value};
        tx.data = input;
        sign(tx, user_key());
        return builder::L2Root{chain_id_of(chain), std::move(tx)};
    }

    /// Addresses on a chain, by whom they stand for: aliases are unfolded.
    std::map<Address, std::string> names_on(size_t chain) {
        std::map<Address, std::string> names;
        const auto& on = chain == 0 ? *l1_ : *rollups_[chain - 1];
        const Address callable = chain == 0 ? network_.l1_callable : rollup::PREDEPLOY;
        state::State state{*on.head_state()};
        execution::Environment environment;
        environment.block.chain_id = chain_id_of(chain);
        execution::Host host{state, environment};
        host.open_transaction({});
        for (size_t c = 0; c < program_.contracts.size(); ++c) {
            const size_t home = program_.contracts[c].chain;
            if (home == chain) continue;
            const Bytes input = abi::call("aliasOf(uint256,address)", uint256{chain_id_of(home)},
                                          contract_address(c));
            const auto result = host.call({.is_static = true,
                                           .gas = SETUP_GAS,
                                           .recipient = callable,
                                           .code_address = callable,
                                           .input = input});
            const auto alias = abi::decode<Address>(result.output);
            CHECK(alias.has_value());
            names[std::get<0>(*alias)] = fmt::format("c{}", c);
        }
        return names;
    }

    static ChainAfter after(const chain::Chain& chain) {
        ChainAfter after{chain.head_state(), {}};
        for (uint64_t n = 1; n <= chain.head()->header().number; ++n)
            for (const auto& receipt : chain.store().canonical_block(n)->receipts)
                after.receipts.push_back(receipt);
        return after;
    }

    /// L1 first.
    Outcome read(const std::vector<ChainAfter>& chains) {
        Outcome outcome;
        outcome.logs.resize(program_.chains);
        for (size_t chain = 0; chain < chains.size(); ++chain) {
            const auto names = names_on(chain);
            for (const auto& receipt : chains[chain].receipts) {
                for (const auto& log : receipt.logs) {
                    if (!name_of(log.address).starts_with('c')) continue;
                    const Address sender = to_address(from_be(log.topics.at(0)));
                    const auto name = names.find(sender);
                    outcome.logs[chain].push_back(
                        {contract_number(log.address),
                         name == names.end() ? name_of(sender) : name->second, from_be(log.data)});
                }
            }
        }
        for (size_t c = 0; c < program_.contracts.size(); ++c) {
            const auto& state = chains[program_.contracts[c].chain].state;
            outcome.storage.emplace_back();
            for (uint64_t s = 0; s < SLOTS; ++s)
                outcome.storage.back().push_back(
                    from_be(state->storage(contract_address(c), to_be(uint256{s}))));
            const auto account = state->account(contract_address(c));
            outcome.balances.push_back(account ? account->balance : uint256{});
        }
        return outcome;
    }

    const Program& program_;
    builder::Network network_;
    std::unique_ptr<chain::Chain> l1_;
    std::vector<std::unique_ptr<chain::Chain>> rollups_;
    std::unique_ptr<rollup::StoreL1Source> source_;
    std::unique_ptr<prover::Committee> committee_;
    std::map<size_t, uint64_t> nonces_;
    uint64_t operations_ = 0;
};

Result<Outcome, NotRun> ManyChains::run(const Program& program,
                                        builder::DataAvailability data_availability,
                                        const BeforeSettling& before_settling) const {
    return World{*this, program}.run(data_availability, before_settling);
}

}  // namespace scope::equivalence

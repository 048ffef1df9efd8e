#include "oracle/many_chains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "devnet/genesis.hpp"
#include "devnet/system_contracts.hpp"
#include "oracle/demand.hpp"
#include "oracle/script_code.hpp"
#include "protocol/fault.hpp"
#include "rollup/follower.hpp"
#include "types/signing.hpp"

namespace scope::oracle {

namespace {

using devnet::GENESIS_TIME_S;
using devnet::SLOT_S;

constexpr int64_t SETUP_GAS = int64_t{1} << 40;
constexpr uint256 PURSE{0, 1'000'000, 0, 0};  // wei of those who pay for gas
constexpr uint256 MAX_FEE{100'000'000'000u};  // wei
constexpr uint64_t TRANSFER_GAS = 21'000;
constexpr uint64_t VERIFICATION_GAS = 100'000;
constexpr uint64_t MAX_L1_GAS = 16'000'000;  // of a root: whatever fits a scope

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

/// One of the calls, or of those inside, failed for want of gas.
bool has_starved_call(const std::vector<builder::CallTree>& calls) {
    return std::ranges::any_of(calls, [](const auto& call) {
        const bool is_starved =
            !call.success && protocol::fault_of(call.output) == protocol::Fault::too_little_gas;
        return is_starved || has_starved_call(call.calls);
    });
}

/// A chain at its genesis, on which set-up messages run as they would in transactions.
class Setup {
  public:
    Setup(const state::GenesisAlloc& alloc, ChainId chain_id)
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

/// Code of an alias: EIP-1167's proxy with what it stands for behind.
Bytes proxy_with_arguments(const Address& implementation, ChainId chain_id,
                           const Address& account) {
    static const Bytes BEFORE = from_hex("363d3d373d3d3d363d73").value();
    static const Bytes AFTER = from_hex("5af43d82803e903d91602b57fd5bf3").value();
    return concat(BEFORE, implementation, AFTER, to_be(uint256{chain_id}), account);
}

/// Returns the predeploy's slot that is 1 if it knows the chain.
Hash known_chain_slot(ChainId chain_id) {
    return crypto::keccak256(
        concat(crypto::keccak256(as_bytes("scope.known-chains")), to_be(uint256{chain_id})));
}

/// Somebody whose alias only shows what aliases delegate to.
constexpr ChainId STRANGER_CHAIN_ID{999};
constexpr Address STRANGER{{1}};

/// Deploys an alias; what it delegates to.
Address deploy_alias_implementation(Setup& setup, const Address& callable) {
    const Bytes output = setup.call(
        callable, abi::call("deployAlias(uint256,address)", uint256{STRANGER_CHAIN_ID}, STRANGER));
    const Bytes code = setup.code(to_address(from_be(output)));
    const Address implementation = to_address(from_be(BytesView{code}.subspan(10, 20)));
    CHECK(code == proxy_with_arguments(implementation, STRANGER_CHAIN_ID, STRANGER));
    return implementation;
}

}  // namespace

ManyChains::ManyChains(const devnet::Artifacts& artifacts) {
    state::GenesisAlloc alloc;
    devnet::add_system_contracts(alloc);
    alloc[OWNER].balance = PURSE;
    Setup l1{alloc, chain_id_of(0)};
    settlement_ = l1.create(concat(artifacts.init_code("Settlement"), abi::encode(OWNER)));
    l1_callable_ = execution::create_address(settlement_, 1);
    verifier_ =
        l1.create(concat(artifacts.init_code("CommitteeVerifier"),
                         abi::encode(std::vector{crypto::address_of(member_key())}, uint256{1u})));
    // The account that all share is made by the factory that the settlement contract makes.
    const Address account = execution::create_address(execution::create_address(settlement_, 2), 1);
    l1_alias_ = deploy_alias_implementation(l1, l1_callable_);
    l1_ = l1.finish();
    l1_[crypto::address_of(submitter_key())].balance = PURSE;
    // EIP-7702: the user's account on L1 is delegated.
    l1_[user_address()] = {.nonce = 1,
                           .balance = PURSE,
                           .code = concat(Bytes{0xef, 0x01, 0x00}, account),
                           .storage = {}};

    const Bytes predeploy_code = devnet::predeploy_code(
        artifacts, rollup::rollup_spec(chain_id_of(1)), {chain_id_of(0), settlement_});
    Setup rollup{devnet::rollup_alloc(predeploy_code), chain_id_of(1)};
    rollup_alias_ = deploy_alias_implementation(rollup, rollup::PREDEPLOY);
    rollup_ = rollup.finish();
    CHECK(l1_.contains(alias_of(0, STRANGER_CHAIN_ID, STRANGER)));
    CHECK(rollup_.contains(alias_of(1, STRANGER_CHAIN_ID, STRANGER)));
}

Bytes ManyChains::alias_code(size_t on_chain, ChainId chain_id, const Address& account) const {
    return proxy_with_arguments(on_chain == 0 ? l1_alias_ : rollup_alias_, chain_id, account);
}

Address ManyChains::alias_of(size_t on_chain, ChainId chain_id, const Address& account) const {
    // OpenZeppelin's Clones: returns the 97 bytes behind these 10.
    static const Bytes DEPLOY = from_hex("6100613d81600a3d39f3").value();
    const Bytes init_code = concat(DEPLOY, alias_code(on_chain, chain_id, account));
    return execution::create2_address(on_chain == 0 ? l1_callable_ : rollup::PREDEPLOY, Hash{},
                                      crypto::keccak256(init_code));
}

struct ManyChains::World::Impl {
    const ManyChains& base;
    size_t chain_count = 2;
    node::Network network;
    std::unique_ptr<devnet::Devnet> devnet;
    std::unique_ptr<node::Node> follower;  // has nothing but L1
    // Of the user, settled.
    std::map<size_t, uint64_t> nonces;
    uint64_t operations = 0;

    Impl(const ManyChains& base_, std::span<const Program> programs) : base(base_) {
        network.contracts = {{chain_id_of(0), base.settlement_}, base.l1_callable_};
        for (const auto& program : programs) chain_count = std::max(chain_count, program.chains);
        std::vector<state::GenesisAlloc> allocs(chain_count, base.rollup_);
        allocs[0] = base.l1_;
        for (const auto& program : programs) add_contracts(program, allocs);

        Setup setup{allocs[0], chain_id_of(0)};
        for (size_t chain = 1; chain < chain_count; ++chain)
            add_rollup(chain, std::move(allocs[chain]), programs.size(), setup);
        devnet = std::make_unique<devnet::Devnet>(
            std::make_unique<l1::LocalL1>(
                devnet::l1_spec(chain_id_of(0)), devnet::l1_genesis(setup.finish()),
                l1::LocalL1Options{.slot_s = SLOT_S, .coinbase = Address{{1}}}),
            network,
            devnet::DevnetOptions{.builder = {.submitter = submitter_key()},
                                  .members = {member_key()},
                                  .committee = {.threshold = 1}});
        follower = devnet->make_follower();
    }

    // ---- setting up

    void add_contracts(const Program& program, std::vector<state::GenesisAlloc>& allocs) const {
        const Addresses addresses{program};
        std::vector<Remotes> remotes(program.chains);
        for (size_t chain = 0; chain < program.chains; ++chain) {
            remotes[chain].callable = chain == 0 ? base.l1_callable_ : rollup::PREDEPLOY;
            for (size_t c = 0; c < program.contracts.size(); ++c)
                remotes[chain].aliases.push_back(
                    base.alias_of(chain, chain_id_of(program.contracts[c].chain), addresses.of(c)));
        }
        for (size_t c = 0; c < program.contracts.size(); ++c) {
            const auto& contract = program.contracts[c];
            auto& alloc = allocs[contract.chain];
            alloc[contract.creator ? addresses.code_of(c) : addresses.of(c)] = {
                .nonce = 1,
                .balance = uint256{contract.balance},
                .code = compile(program, addresses, c, &remotes[contract.chain]),
                .storage = {}};
            // An alias has to be there before it is called; others are deployed as they speak.
            for (const auto& function : contract.functions)
                for (const auto& operation : function)
                    if (is_call(operation) && operation.way == Way::alias)
                        add_alias(program, addresses, contract.chain, operation.target, alloc);
        }
    }

    void add_alias(const Program& program, const Addresses& addresses, size_t on_chain,
                   size_t contract, state::GenesisAlloc& alloc) const {
        const size_t home = program.contracts[contract].chain;
        if (home == on_chain) return;
        const Address& account = addresses.of(contract);
        alloc[base.alias_of(on_chain, chain_id_of(home), account)] = {
            .nonce = 1,
            .balance = {},
            .code = base.alias_code(on_chain, chain_id_of(home), account),
            .storage = {}};
    }

    void add_rollup(size_t chain, state::GenesisAlloc alloc, size_t programs, Setup& setup) {
        alloc[user_address()].balance =
            uint256{ROOT_GAS} * MAX_FEE * uint256{8u} * uint256{programs};
        // They are registered before L1's first block, so that no batch makes them known.
        for (size_t other = 1; other < chain_count; ++other)
            if (other != chain)
                alloc[rollup::PREDEPLOY].storage[known_chain_slot(chain_id_of(other))] =
                    to_be(uint256{1u});
        auto config = devnet::rollup_config(chain_id_of(chain), network.contracts.settlement,
                                            std::move(alloc));
        const chain::Chain genesis{config.spec, config.genesis};
        setup.call(base.settlement_,
                   devnet::register_rollup(config, base.verifier_, *genesis.head()),
                   devnet::ether_of(config));
        network.rollups.push_back(std::move(config));
    }

    // ---- one program

    /// L1 and what the follower derived.
    [[nodiscard]] const chain::Chain& derived(size_t chain) const {
        return chain == 0 ? devnet->l1().chain()
                          : follower->follower().rollup(chain_id_of(chain))->chain;
    }

    static Outcome read(const Program& program, const Addresses& addresses,
                        const std::vector<ChainAfter>& chains) {
        Outcome outcome;
        outcome.logs.resize(program.chains);
        for (size_t chain = 0; chain < program.chains; ++chain)
            for (const auto& receipt : chains[chain].receipts)
                for (const auto& log : receipt.logs)
                    if (auto line = read_log(*chains[chain].state, addresses, log))
                        outcome.logs[chain].push_back(*std::move(line));
        for (const auto& [address, chain] : addresses.chains())
            outcome.accounts.push_back(read_account(*chains[chain].state, addresses, address));
        return outcome;
    }
};

namespace {

/// The user's nonces in a scope that may yet be thrown away.
struct Nonces {
    std::map<size_t, uint64_t> transactions;
    uint64_t operations = 0;
};

builder::Root make_root(const Program& program, const Addresses& addresses, const RootCall& root,
                        const protocol::SettlementId& settlement, Nonces& nonces) {
    const size_t chain = program.contracts[root.target].chain;
    const Bytes input =
        encode(ScriptInput{.function = root.function, .argument = root.argument, .depth = DEPTH});
    if (chain == 0) {
        protocol::Operation operation{.account = user_address(),
                                      .nonce = uint256{nonces.operations++},
                                      .target = addresses.of(root.target),
                                      .value = uint256{root.value},
                                      .data = input,
                                      .gas = uint256{OPERATION_GAS},
                                      .verification_gas = uint256{VERIFICATION_GAS},
                                      .deadline = ~uint256{}};
        const auto signature =
            crypto::sign(protocol::operation_digest(settlement, operation), user_key());
        auto bytes = to_bytes(crypto::to_rsv(signature));
        return builder::L1Root{.operation = {std::move(operation), std::move(bytes), {}},
                               .root_index = {}};
    }
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id_of(chain);
    tx.nonce = nonces.transactions[chain]++;
    tx.max_fee_per_gas = MAX_FEE;
    tx.gas_limit = ROOT_GAS;
    tx.to = addresses.of(root.target);
    tx.value = uint256{root.value};
    tx.data = concat(input, execution::ROOT_MARKER);
    sign(tx, user_key());
    return builder::L2Root{chain_id_of(chain), std::move(tx)};
}

/// A scope of L1 roots alone has no batch to settle; with this it has one.
Transaction ordinary_transaction(Nonces& nonces) {
    constexpr size_t CHAIN = 1;
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id_of(CHAIN);
    tx.nonce = nonces.transactions[CHAIN]++;
    tx.max_fee_per_gas = MAX_FEE;
    tx.gas_limit = TRANSFER_GAS;
    tx.to = user_address();
    sign(tx, user_key());
    return tx;
}

/// Refusals that a scope of the root's own may help.
bool may_fit_alone(builder::RefusalRule rule) {
    using Rule = builder::RefusalRule;
    return rule == Rule::scope_full || rule == Rule::gas_budget || rule == Rule::transient_storage;
}

}  // namespace

ManyChains::World::World(const ManyChains& base, std::span<const Program> programs)
    : impl_(std::make_unique<Impl>(base, programs)) {}

ManyChains::World::~World() = default;

Result<Outcome, NotRun> ManyChains::World::run(const Program& program,
                                               builder::DataAvailability data_availability,
                                               const BeforeSettling& before_settling,
                                               Coverage* coverage) {
    auto& impl = *impl_;
    const Addresses addresses{program};
    auto& node = impl.devnet->node();
    const auto& settlement = impl.network.contracts.settlement;
    const builder::BuilderOptions options{.submitter = submitter_key(),
                                          .data_availability = data_availability,
                                          .max_l1_gas_per_root = MAX_L1_GAS};
    std::vector<uint64_t> read_until;
    for (size_t chain = 0; chain < program.chains; ++chain)
        read_until.push_back(impl.derived(chain).head()->header().number);
    const bool is_each_alone = may_destroy_created_on_l1(program);
    std::vector<RootResult> results;
    size_t scopes = 0;

    for (size_t next = 0; next < program.roots.size(); ++scopes) {
        auto opened = node.open_scope(options);
        if (!opened) throw std::runtime_error{"opening: " + to_string(opened.error())};
        auto& scope = *opened;
        Nonces nonces{impl.nonces, impl.operations};
        bool has_batch = false;
        for (; next < program.roots.size(); ++next) {
            const auto& root = program.roots[next];
            if ((root.in_next_scope || is_each_alone) && !scope.roots().empty()) break;
            Nonces with_root = nonces;
            const auto result =
                scope.add(make_root(program, addresses, root, settlement, with_root));
            if (!result) {
                const auto& refusal = result.error();
                if (may_fit_alone(refusal.rule) && !scope.roots().empty()) break;
                return std::unexpected{
                    NotRun{refusal.rule, refusal.to_string(), has_starved_call(refusal.calls)}};
            }
            nonces = with_root;
            has_batch |= program.contracts[root.target].chain != 0;
            for (const auto& [chain_id, section] : result->plan)
                has_batch |= chain_id != chain_id_of(0);
            results.push_back({result->success, result->output});
            if (coverage) coverage->add(*result);
        }
        if (!has_batch) {
            const auto added = scope.add_transaction(chain_id_of(1), ordinary_transaction(nonces));
            if (!added) throw std::runtime_error{"an ordinary transaction was refused"};
        }
        if (coverage && scope.roots().size() > 1) coverage->count("several roots in a scope");

        const auto bundle = node.seal(scope);
        if (!bundle) throw std::runtime_error{"sealing: " + to_string(bundle.error())};
        if (before_settling && scopes == 0)
            before_settling({*impl.devnet, options, *bundle, [&](const auto& chains) {
                                 return Impl::read(program, addresses, chains);
                             }});
        const auto settled = node.settle(*bundle);
        if (!settled) throw std::runtime_error{"settling: " + to_string(settled.error())};
        impl.nonces = std::move(nonces.transactions);
        impl.operations = nonces.operations;
        if (const auto advanced = impl.follower->follow(); !advanced)
            throw std::runtime_error{"following: " + to_string(advanced.error())};
        for (const auto& [chain_id, rollup] : impl.follower->follower().rollups())
            if (rollup.stopped)
                throw std::runtime_error{"following: " + to_string(*rollup.stopped)};
    }
    if (coverage && scopes > 1) coverage->count("several scopes");
    if (coverage && data_availability == builder::DataAvailability::blobs) coverage->count("blobs");

    std::vector<ChainAfter> chains;
    for (size_t chain = 0; chain < program.chains; ++chain) {
        const auto& derived = impl.derived(chain);
        chains.push_back({derived.head_state(), {}});
        for (uint64_t n = read_until[chain] + 1; n <= derived.head()->header().number; ++n)
            for (const auto& receipt : derived.store().canonical_block(n)->receipts)
                chains.back().receipts.push_back(receipt);
    }
    auto outcome = Impl::read(program, addresses, chains);
    outcome.roots = std::move(results);
    return outcome;
}

Result<Outcome, NotRun> ManyChains::run(const Program& program,
                                        builder::DataAvailability data_availability,
                                        const BeforeSettling& before_settling) const {
    return World{*this, {&program, 1}}.run(program, data_availability, before_settling);
}

}  // namespace scope::oracle

#include "oracle/many_chains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "devnet/deployment.hpp"
#include "devnet/genesis.hpp"
#include "devnet/system_contracts.hpp"
#include "oracle/demand.hpp"
#include "oracle/script_code.hpp"
#include "protocol/callable.hpp"
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
constexpr uint64_t QUEUEING_GAS = 1'000'000;
constexpr uint64_t MAX_INTRINSIC_GAS = 40'000;  // of a forced transaction
constexpr uint64_t NONCES_AHEAD = 1'000;
/// Wei for what queueing costs; the rest comes back.
constexpr uint256 MAX_QUEUE_FEE{1'000'000'000'000'000'000u};
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
    contracts_ = devnet::settlement_contracts(chain_id_of(0), OWNER);
    devnet::deploy_settlement(
        artifacts, contracts_,
        [&](const std::string&, const Bytes& init_code) { return l1.create(init_code); });
    verifier_ =
        l1.create(concat(artifacts.init_code("CommitteeVerifier"),
                         abi::encode(std::vector{crypto::address_of(member_key())}, uint256{1u})));
    l1_alias_ = deploy_alias_implementation(l1, contracts_.l1_callable);
    l1_ = l1.finish();
    l1_[crypto::address_of(submitter_key())].balance = PURSE;
    // EIP-7702: the user's account on L1 is delegated.
    l1_[user_address()] = {
        .nonce = 1,
        .balance = PURSE,
        .code = concat(Bytes{0xef, 0x01, 0x00}, devnet::shared_account(contracts_)),
        .storage = {}};

    const Bytes predeploy_code = devnet::predeploy_code(
        artifacts, rollup::rollup_spec(chain_id_of(1)), contracts_.settlement);
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
    return execution::create2_address(on_chain == 0 ? contracts_.l1_callable : rollup::PREDEPLOY,
                                      Hash{}, crypto::keccak256(init_code));
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
        network.contracts = base.contracts_;
        for (const auto& program : programs) chain_count = std::max(chain_count, program.chains);
        std::vector<state::GenesisAlloc> allocs(chain_count, base.rollup_);
        allocs[0] = base.l1_;
        for (const auto& program : programs) {
            add_contracts(program, allocs);
            if (!program.entries.empty()) allocs[0][Addresses{program}.depositor()].balance = PURSE;
        }

        Setup setup{allocs[0], chain_id_of(0)};
        for (size_t chain = 1; chain < chain_count; ++chain)
            add_rollup(chain, std::move(allocs[chain]), programs.size(), setup);
        devnet = std::make_unique<devnet::Devnet>(
            std::make_unique<l1::LocalL1>(
                devnet::l1_spec(chain_id_of(0)), devnet::l1_genesis(setup.finish()),
                l1::LocalL1Options{.slot_s = SLOT_S, .coinbase = Address{{1}}}),
            network,
            devnet::DevnetOptions{.builder = {.submitter = crypto::local_signer(submitter_key())},
                                  .members = {member_key()},
                                  .committee = {.threshold = 1}});
        follower = devnet->make_follower();
    }

    // ---- setting up

    void add_contracts(const Program& program, std::vector<state::GenesisAlloc>& allocs) const {
        const Addresses addresses{program};
        std::vector<Remotes> remotes(program.chains);
        for (size_t chain = 0; chain < program.chains; ++chain) {
            remotes[chain].callable = chain == 0 ? base.contracts_.l1_callable : rollup::PREDEPLOY;
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
        setup.call(base.contracts_.registry,
                   devnet::register_rollup(config, OWNER, base.verifier_, genesis.head()->header(),
                                           std::span{&member_key(), 1}),
                   devnet::registration_value(config));
        network.rollups.push_back(std::move(config));
    }

    // ---- one program

    /// L1 and what the follower derived.
    [[nodiscard]] const chain::Chain& derived(size_t chain) const {
        return chain == 0 ? devnet->l1().chain()
                          : follower->follower().rollup(chain_id_of(chain))->chain;
    }

    [[nodiscard]] Outcome read(const Program& program, const Addresses& addresses,
                               const std::vector<ChainAfter>& chains) const {
        Outcome outcome;
        outcome.logs.resize(program.chains);
        outcome.deposits.resize(program.chains);
        outcome.left.resize(program.chains);
        if (!program.entries.empty()) read_deposits(outcome, addresses, chains);
        for (size_t chain = 0; chain < program.chains; ++chain)
            for (const auto& receipt : chains[chain].receipts)
                for (const auto& log : receipt.logs)
                    if (auto line = read_log(*chains[chain].state, addresses, log))
                        outcome.logs[chain].push_back(*std::move(line));
        for (const auto& [address, chain] : addresses.chains())
            outcome.accounts.push_back(read_account(*chains[chain].state, addresses, address));
        return outcome;
    }

    void read_deposits(Outcome& outcome, const Addresses& addresses,
                       const std::vector<ChainAfter>& chains) const {
        for (size_t chain = 1; chain < outcome.deposits.size(); ++chain) {
            for (const auto& receipt : chains[chain].receipts)
                for (const auto& log : receipt.logs) {
                    if (log.address != rollup::PREDEPLOY) continue;
                    const auto made = protocol::callable::decode_deposited(log.topics, log.data);
                    if (made && made->from == addresses.depositor())
                        outcome.deposits[chain].push_back(made->success);
                }
            const auto account = chains[chain].state->account(
                base.alias_of(chain, chain_id_of(0), addresses.depositor()));
            if (account) outcome.left[chain] = account->balance;
        }
    }

    // ---- forced queues

    /// Has L1 queue, in one block, what stands before a root.
    /// @param nonce  The depositor's.
    void queue_entries(const Program& program, size_t root, uint64_t& nonce) {
        std::vector<Transaction> transactions;
        for (const auto& entry : program.entries) {
            if (entry.before != root) continue;
            Transaction tx;
            tx.type = TxType::dynamic_fee;
            tx.chain_id = chain_id_of(0);
            tx.nonce = nonce++;
            tx.max_fee_per_gas = MAX_FEE;
            tx.gas_limit = QUEUEING_GAS;
            tx.to = network.contracts.settlement.settlement;
            tx.value = uint256{value_of(program, entry)} + MAX_QUEUE_FEE;
            tx.data = queueing_of(program, entry);
            sign(tx, depositor_key(program));
            transactions.push_back(std::move(tx));
        }
        if (transactions.empty()) return;
        const auto built = devnet->l1().mine(transactions);
        if (!built || !built->refused.empty()) throw std::runtime_error{"queueing: refused"};
        for (const auto& outcome : built->outcomes)
            if (!outcome.succeeded())
                throw std::runtime_error{"queueing: " + builder::describe_revert(outcome.output)};
        for (uint64_t i = 0; program.entries_are_due && i < protocol::FORCED_DEADLINE; ++i)
            if (!devnet->l1().mine({})) throw std::runtime_error{"mining"};
    }

    /// Returns the calldata that queues an entry. The nonce of a transaction that will stand is used
    /// up.
    Bytes queueing_of(const Program& program, const Entry& entry) {
        const Addresses addresses{program};
        const ChainId chain_id = chain_id_of(entry.chain);
        const Address to = entry.to == Entry::To::receiver    ? addresses.receiver(entry.chain)
                           : entry.to == Entry::To::predeploy ? rollup::PREDEPLOY
                                                              : addresses.of(entry.target);
        if (entry.kind == Entry::Kind::deposit)
            return protocol::deposit_and_call(chain_id, to, uint256{value_of(program, entry)},
                                              gas_of(program, entry), encode(program, entry));
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain_id;
        tx.nonce = nonces[entry.chain];
        tx.max_fee_per_gas = MAX_FEE;
        tx.gas_limit = gas_of(program, entry) + MAX_INTRINSIC_GAS;
        tx.to = to;
        tx.value = uint256{value_of(program, entry)};
        tx.data = encode(program, entry);
        uint64_t paid_gas = tx.gas_limit;
        switch (entry.kind) {
            case Entry::Kind::deposit:
            case Entry::Kind::garbage:
                break;
            case Entry::Kind::transaction:
                ++nonces[entry.chain];
                break;
            case Entry::Kind::too_much_gas:
                --paid_gas;
                break;
            case Entry::Kind::wrong_nonce:
                tx.nonce += NONCES_AHEAD;
                break;
            case Entry::Kind::wrong_chain:
                tx.chain_id = chain_id_of(MAX_CHAINS);
                break;
            case Entry::Kind::root:
                append(tx.data, execution::ROOT_MARKER);
                break;
        }
        sign(tx, user_key());
        Bytes envelope = encode(tx);
        if (entry.kind == Entry::Kind::garbage) {
            if (entry.argument % 2 == 0)
                envelope.push_back(0);
            else
                envelope.resize(entry.argument);
        }
        return protocol::force_transaction(chain_id, envelope, paid_gas);
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
    const builder::BuilderOptions options{.submitter = crypto::local_signer(submitter_key()),
                                          .data_availability = data_availability,
                                          .max_l1_gas_per_root = MAX_L1_GAS};
    std::vector<uint64_t> read_until;
    for (size_t chain = 0; chain < program.chains; ++chain)
        read_until.push_back(impl.derived(chain).head()->header().number);
    const bool is_each_alone = may_destroy_created_on_l1(program);
    std::vector<RootResult> results;
    size_t scopes = 0;
    uint64_t depositor_nonce = 0;

    for (size_t next = 0; next < program.roots.size() || has_entries_before(program, next);
         ++scopes) {
        const size_t first = next;
        impl.queue_entries(program, first, depositor_nonce);
        auto opened = node.open_scope(options);
        if (!opened) throw std::runtime_error{"opening: " + to_string(opened.error())};
        auto& scope = *opened;
        Nonces nonces{impl.nonces, impl.operations};
        bool has_batch = has_entries_before(program, first);
        for (; next < program.roots.size(); ++next) {
            const auto& root = program.roots[next];
            const bool begins_scope =
                root.in_next_scope || is_each_alone || has_entries_before(program, next);
            if (begins_scope && next != first) break;
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
                                 return impl.read(program, addresses, chains);
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
        if (next == first) ++next;  // entries alone, behind all roots
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
    auto outcome = impl.read(program, addresses, chains);
    outcome.roots = std::move(results);
    return outcome;
}

Result<Outcome, NotRun> ManyChains::run(const Program& program,
                                        builder::DataAvailability data_availability,
                                        const BeforeSettling& before_settling) const {
    return World{*this, {&program, 1}}.run(program, data_availability, before_settling);
}

}  // namespace scope::oracle

#include "demo/world.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "devnet/deployment.hpp"
#include "devnet/genesis.hpp"
#include "state/unavailable.hpp"
#include "types/signing.hpp"

namespace scope::demo {

namespace {

constexpr uint64_t DEPLOY_GAS = 10'000'000;
constexpr uint64_t SETTLEMENT_GAS = 16'000'000;  // it makes ScopedCallable, too
constexpr uint64_t CALL_GAS = 4'000'000;
constexpr uint64_t FUNDING_GAS = 6'000'000;
constexpr size_t COMMITTEE_THRESHOLD = 2;

constexpr uint64_t TOKEN_SUPPLY = 10'000'000;  // whole tokens
constexpr uint64_t POOL_USD = 100'000;
constexpr uint64_t POOL_GOLD_ON_A = 100;
constexpr uint64_t POOL_GOLD_ON_B = 80;  // scarcer: gold is dearer there
constexpr uint64_t ALICE_USD = 10'000;
constexpr uint64_t BOB_USD_ON_A = 20'000;

// On an L1 that is another's. What deploying and registering take, and what the eight scopes, of
// 16'777'216 gas at most, with a few more tries.
constexpr uint64_t DEPLOYER_GAS = 80'000'000;
constexpr uint64_t SUBMITTER_GAS = 100'000'000;
constexpr uint64_t SUBMITTER_BLOBS = 60;

uint256 whole(uint64_t tokens) {
    return uint256{tokens} * uint256{ETHER};
}

/// Returns the ETH, in wei, that somebody has to have on a rollup for the stories: what they send, and
/// what their largest transactions have to pay ahead for gas.
uint256 needed_on_rollup(ChainId chain_id, std::string_view person) {
    constexpr uint64_t MILLI = ETHER / 1000;
    if (person == "deployer") return uint256{300 * MILLI};
    if (person == "provider") return uint256{150 * MILLI};
    if (person == "bob") return uint256{chain_id == A ? 250 * MILLI : 0};
    // Alice: 1 ETH twice on A; 0.25 twice on B.
    return uint256{chain_id == A ? 2'150 * MILLI : 650 * MILLI};
}

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error{"setting up: " + what};
}

/// Returns what L1 answers. Throws std::runtime_error if it doesn't.
template <typename T>
T answered(Result<T, l1::L1Error> answer) {
    if (!answer) throw std::runtime_error{"L1: " + l1::to_string(answer.error())};
    return std::move(*answer);
}

}  // namespace

Bytes as_root(Bytes data) {
    append(data, execution::ROOT_MARKER);
    return data;
}

/// Contract creations of the deployer on one chain, in order of its nonces.
class World::Deployment {
  public:
    Deployment(World& world, ChainId chain_id) : world_(world), chain_id_(chain_id) {}

    /// Makes a contract; returns the address that it will have.
    template <typename... Arguments>
    Address create(const std::string& contract, const Arguments&... arguments) {
        return create_from(
            contract, concat(world_.artifacts_.init_code(contract), abi::encode(arguments...)));
    }
    /// Makes a contract of @p init_code, which holds its arguments; returns the address that it will
    /// have.
    Address create_from(const std::string& contract, const Bytes& init_code) {
        const Address created = at(next_);
        ++next_;
        transactions_.push_back(
            world_.creation(chain_id_, world_.deployer_, init_code,
                            contract == "Settlement" ? SETTLEMENT_GAS : DEPLOY_GAS));
        return created;
    }
    void call(const Address& to, Bytes data, const uint256& value = {}) {
        ++next_;
        transactions_.push_back(
            world_.transaction(chain_id_, world_.deployer_, to, std::move(data), CALL_GAS, value));
    }
    /// Returns the address of the deployer's creation with this nonce.
    [[nodiscard]] Address at(uint64_t nonce) const {
        return execution::create_address(world_.deployer_.address, nonce);
    }
    [[nodiscard]] std::vector<Transaction>& transactions() { return transactions_; }

  private:
    World& world_;
    ChainId chain_id_;
    uint64_t next_ = 0;
    std::vector<Transaction> transactions_;
};

World::World(std::shared_ptr<DemoL1> l1, Artifacts artifacts,
             builder::DataAvailability data_availability, const Progress& progress)
    : l1_(std::move(l1)),
      artifacts_(std::move(artifacts)),
      data_availability_(data_availability),
      progress_(progress) {
    progress_.say(l1_->is_own() ? "genesis of L1 and of the rollups A and B"
                                : "genesis of the rollups A and B");
    make_chains();
    fund_people();
    progress_.say("L1: deploying settlement, committee, bridge, tokens and applications");
    deploy_on_l1();
    register_rollups();
    progress_.say("rollups: deploying bridge, Uniswap V2 and applications, settled as batch 0");
    deploy_on_rollups();
    progress_.say("rollups: sending tokens from L1 and funding the pools, settled as batch 1");
    fund_pools();
    name_everything();
}

// ---- genesis

void World::make_chains() {
    if (l1_id() == A || l1_id() == B)
        fail(fmt::format("L1 has the chain id of a rollup, {}", l1_id()));
    // The settlement's contracts are the deployer's first creations on L1.
    node::Network network{.contracts = devnet::settlement_contracts(l1_id(), deployer_.address),
                          .rollups = {},
                          .first_l1_block = l1_->first_head().header.number};
    sites_.settlement = network.contracts.settlement.settlement;
    sites_.l1_callable = network.contracts.l1_callable;
    sites_.account = devnet::shared_account(network.contracts);
    const auto& settlement = network.contracts.settlement;
    for (const ChainId chain_id : {A, B}) {
        auto alloc = devnet::rollup_alloc(
            devnet::predeploy_code(artifacts_, rollup::rollup_spec(chain_id), settlement));
        for (const auto* const person : {&deployer_, &provider_, &alice_, &bob_}) {
            const uint256 balance =
                l1_->is_own() ? whole(100) : needed_on_rollup(chain_id, person->name);
            if (!balance.is_zero()) alloc[person->address].balance = balance;
        }
        network.rollups.push_back(devnet::rollup_config(chain_id, settlement, std::move(alloc)));
        auto& config = network.rollups.back();
        config.genesis.timestamp_s = l1_->first_head().header.timestamp_s;
        config.spec.forced = std::make_shared<execution::Forced>();
        sites_.rollups[chain_id] = {};
    }

    devnet::DevnetOptions options{
        .builder = this->options(), .members = {}, .committee = {.threshold = COMMITTEE_THRESHOLD}};
    // Reading L1's blocks takes members of another's its time.
    if (!l1_->is_own()) options.committee.grace = options.committee.timeout;
    for (const auto& member : members_) options.members.push_back(member.key);
    devnet_ = std::make_unique<devnet::Devnet>(l1_->roles(), network, options);
    l1_->stand_on(devnet_->node().follower());
}

void World::fund_people() {
    uint256 registrations;
    for (const auto& config : network().rollups)
        registrations += devnet::registration_value(config);
    const bool in_blobs = data_availability_ == builder::DataAvailability::blobs;
    const std::array needs{Need{.person = deployer_, .value = registrations, .gas = DEPLOYER_GAS},
                           Need{.person = submitter_,
                                .value = {},
                                .gas = SUBMITTER_GAS,
                                .blobs = in_blobs ? SUBMITTER_BLOBS : 0}};
    l1_->fund(needs);
}

// ---- L1

void World::deploy_on_l1() {
    Deployment l1{*this, l1_id()};
    devnet::deploy_settlement(artifacts_, network().contracts,
                              [&](const std::string& contract, const Bytes& init_code) {
                                  return l1.create_from(contract, init_code);
                              });
    std::vector<Address> members;
    members.reserve(members_.size());
    for (const auto& member : members_) members.push_back(member.address);
    sites_.verifier = l1.create("CommitteeVerifier", members, uint256{COMMITTEE_THRESHOLD});
    sites_.bridge = l1.create("TokenBridgeL1", sites_.settlement, deployer_.address);
    const auto supply = whole(TOKEN_SUPPLY);
    sites_.usd = l1.create("Token", std::string_view{"US Dollar"}, std::string_view{"USD"}, supply);
    sites_.gold = l1.create("Token", std::string_view{"Gold"}, std::string_view{"GOLD"}, supply);
    sites_.remote_swap = l1.create("RemoteSwap", sites_.l1_callable, sites_.bridge);
    sites_.shop = l1.create("Shop");
    sites_.answerer = l1.create("Answerer");
    sites_.courier = l1.create("Courier", sites_.l1_callable);
    sites_.refuser = l1.create("Refuser");
    include_on_l1(l1.transactions());
}

void World::register_rollups() {
    std::vector<Transaction> transactions;
    const auto call = [&](const Address& to, Bytes data, const uint256& value = {}) {
        transactions.push_back(
            transaction(l1_id(), deployer_, to, std::move(data), CALL_GAS, value));
    };
    for (const auto& config : network().rollups) {
        const ChainId chain_id = config.chain_id();
        call(network().contracts.registry,
             register_rollup(config, chain(chain_id).head()->header()),
             devnet::registration_value(config));
        // On both rollups the bridge is the deployer's first creation.
        at(chain_id).bridge = execution::create_address(deployer_.address, 0);
        call(sites_.bridge,
             abi::call("connect(uint256,address)", uint256{chain_id}, at(chain_id).bridge));
    }
    const auto give = [&](const Address& token, const Address& to, uint64_t tokens) {
        call(token, abi::call("transfer(address,uint256)", to, whole(tokens)));
    };
    give(sites_.usd, alice_.address, ALICE_USD);
    give(sites_.usd, provider_.address, 2 * POOL_USD + BOB_USD_ON_A);
    give(sites_.gold, provider_.address, POOL_GOLD_ON_A + POOL_GOLD_ON_B);

    // EIP-7702: the EOAs of Alice and the provider become accounts that run signed operations.
    Transaction delegation;
    delegation.type = TxType::set_code;
    delegation.chain_id = l1_id();
    delegation.nonce = next_nonce(l1_id(), deployer_.address);
    delegation.gas_limit = CALL_GAS;
    delegation.to = alice_.address;
    for (const auto* const person : {&alice_, &provider_}) {
        Authorization authorization;
        authorization.chain_id = uint256{l1_id()};
        authorization.address = sites_.account;
        authorization.nonce = next_nonce(l1_id(), person->address);
        sign(authorization, person->key);
        delegation.authorization_list.push_back(authorization);
    }
    sign_fees(delegation, deployer_);
    transactions.push_back(delegation);
    include_on_l1(transactions);
}

// ---- rollups

void World::deploy_on_rollups() {
    settle_set_up([this](builder::ScopeBuilder& scope) { deploy_on_rollups(scope); });
}

void World::deploy_on_rollups(builder::ScopeBuilder& scope) {
    for (const ChainId chain_id : {A, B}) {
        auto& sites = at(chain_id);
        Deployment on{*this, chain_id};
        CHECK(on.create("TokenBridge", rollup::PREDEPLOY, deployer_.address) == sites.bridge);
        on.call(sites.bridge,
                abi::call("connect(uint256,address)", uint256{l1_id()}, sites_.bridge));
        const ChainId other = chain_id == A ? B : A;
        on.call(sites.bridge,
                abi::call("connect(uint256,address)", uint256{other}, at(other).bridge));
        sites.factory = on.create("UniswapV2Factory", Address{});
        sites.swapper = on.create("Swapper", sites.bridge);
        sites.courier = on.create("Courier", rollup::PREDEPLOY);
        if (chain_id == A) {
            sites_.asker = on.create("Asker", rollup::PREDEPLOY);
            sites_.arbitrage = on.create("Arbitrage", rollup::PREDEPLOY, sites.bridge);
        } else {
            sites_.persistent = on.create("Persistent", rollup::PREDEPLOY);
        }
        for (const auto& tx : on.transactions()) {
            const auto outcome = scope.add_transaction(chain_id, tx);
            if (!outcome) fail(outcome.error().reason);
            if (!outcome->succeeded())
                fail(fmt::format("a transaction on {}: {}", chain_name(chain_id),
                                 artifacts_.describe_error(outcome->output)));
        }
    }
}

void World::fund_pools() {
    settle_set_up([this](builder::ScopeBuilder& scope) { fund_pools(scope); });
}

void World::fund_pools(builder::ScopeBuilder& scope) {
    // One operation of the provider on L1: every transfer is a scoped call.
    struct Shipment {
        Address token;
        ChainId chain_id;
        Address to;
        uint64_t amount;
    };
    const std::vector<Shipment> shipments{
        {sites_.usd, A, provider_.address, POOL_USD},
        {sites_.gold, A, provider_.address, POOL_GOLD_ON_A},
        {sites_.usd, B, provider_.address, POOL_USD},
        {sites_.gold, B, provider_.address, POOL_GOLD_ON_B},
        {sites_.usd, A, bob_.address, BOB_USD_ON_A},
    };
    std::vector<Call> calls;
    for (const auto& token : {sites_.usd, sites_.gold})
        calls.push_back({token,
                         {},
                         abi::call("approve(address,uint256)", sites_.bridge,
                                   whole(2 * POOL_USD + BOB_USD_ON_A))});
    for (const auto& s : shipments)
        calls.push_back({sites_.bridge,
                         {},
                         abi::call("send(address,uint256,address,uint256)", s.token,
                                   uint256{s.chain_id}, s.to, whole(s.amount))});
    const auto root =
        scope.add(operation(provider_, provider_.address, batch_of(calls), FUNDING_GAS));
    if (!root) fail("sending tokens to the rollups: " + root.error().to_string());
    if (!root->success) fail("sending tokens: " + artifacts_.describe_error(root->output));
    CHECK(root->calls.size() == shipments.size());
    for (size_t i = 0; i < shipments.size(); ++i) {
        const auto token = abi::decode<Address>(root->calls[i].output);
        CHECK(token.has_value());
        auto& sites = at(shipments[i].chain_id);
        (shipments[i].token == sites_.usd ? sites.usd : sites.gold) = std::get<0>(*token);
    }

    for (const ChainId chain_id : {A, B}) {
        auto& sites = at(chain_id);
        const auto [token0, token1] = std::minmax(sites.usd, sites.gold);
        sites.pair =
            execution::create2_address(sites.factory, crypto::keccak256(concat(token0, token1)),
                                       crypto::keccak256(artifacts_.init_code("UniswapV2Pair")));
        const auto act = [&](const Person& who, const Address& to, Bytes data) {
            const auto outcome = scope.add_transaction(
                chain_id, transaction(chain_id, who, to, std::move(data), CALL_GAS));
            if (!outcome) fail(outcome.error().reason);
            if (!outcome->succeeded())
                fail(fmt::format("funding the pool on {}: {}", chain_name(chain_id),
                                 artifacts_.describe_error(outcome->output)));
        };
        const uint64_t gold = chain_id == A ? POOL_GOLD_ON_A : POOL_GOLD_ON_B;
        act(provider_, sites.factory,
            abi::call("createPair(address,address)", sites.usd, sites.gold));
        act(provider_, sites.usd,
            abi::call("transfer(address,uint256)", sites.pair, whole(POOL_USD)));
        act(provider_, sites.gold, abi::call("transfer(address,uint256)", sites.pair, whole(gold)));
        act(provider_, sites.pair, abi::call("mint(address)", provider_.address));
        if (chain_id == A)
            act(bob_, sites.usd,
                abi::call("approve(address,uint256)", sites_.arbitrage, whole(BOB_USD_ON_A)));
    }
}

void World::name_everything() {
    const auto name = [&](ChainId chain_id, const Address& address, const char* label) {
        labels_[{chain_id, address}] = label;
    };
    for (const ChainId chain_id : chain_ids()) {
        for (const auto* const person :
             {&deployer_, &provider_, &alice_, &bob_, &submitter_, &proposer_})
            name(chain_id, person->address, person->name.c_str());
    }
    name(l1_id(), sites_.settlement, "Settlement");
    name(l1_id(), sites_.l1_callable, "ScopedCallable");
    name(l1_id(), network().contracts.forced_queue, "ForcedQueue");
    name(l1_id(), network().contracts.registry, "RollupRegistry");
    name(l1_id(), network().contracts.exits, "RollupExit");
    name(l1_id(), sites_.bridge, "TokenBridge");
    name(l1_id(), sites_.usd, "USD");
    name(l1_id(), sites_.gold, "GOLD");
    name(l1_id(), sites_.remote_swap, "RemoteSwap");
    name(l1_id(), sites_.shop, "Shop");
    name(l1_id(), sites_.answerer, "Answerer");
    name(l1_id(), sites_.courier, "Courier");
    name(l1_id(), sites_.refuser, "Refuser");
    for (const auto& [chain_id, sites] : sites_.rollups) {
        name(chain_id, rollup::PREDEPLOY, "ScopedCallable");
        name(chain_id, sites.bridge, "TokenBridge");
        name(chain_id, sites.pair, "UniswapV2Pair");
        name(chain_id, sites.usd, "USD");
        name(chain_id, sites.gold, "GOLD");
        name(chain_id, sites.swapper, "Swapper");
        name(chain_id, sites.courier, "Courier");
    }
    name(A, sites_.asker, "Asker");
    name(A, sites_.arbitrage, "Arbitrage");
    name(B, sites_.persistent, "Persistent");
}

// ---- transactions and blocks

builder::BuilderOptions World::options() const {
    return {.submitter = crypto::local_signer(submitter_.key),
            .data_availability = data_availability_};
}

builder::ScopeBuilder World::open() {
    return open(options());
}

builder::ScopeBuilder World::open(const builder::BuilderOptions& options) {
    auto scope = devnet_->node().open_scope(options);
    if (!scope) fail(to_string(scope.error()));
    return std::move(*scope);
}

uint64_t World::next_nonce(ChainId chain_id, const Address& account) {
    const auto [place, is_new] = nonces_.try_emplace({chain_id, account}, 0);
    if (is_new) {
        const auto found = head(chain_id).state->account(account);
        if (found) place->second = found->nonce;
    }
    return place->second++;
}

void World::sign_fees(Transaction& tx, const Person& from) {
    const bool on_l1 = tx.chain_id == l1_id();
    const auto [max_fee, priority_fee] =
        on_l1 ? l1_->fees(l1_head().header) : Fees{uint256{20 * GWEI}, uint256{GWEI}};
    tx.max_priority_fee_per_gas = priority_fee;
    tx.max_fee_per_gas = max_fee;
    sign(tx, from.key);
}

Transaction World::transaction(ChainId chain_id, const Person& from, const Address& to, Bytes data,
                               uint64_t gas_limit, const uint256& value) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id;
    tx.nonce = next_nonce(chain_id, from.address);
    tx.gas_limit = gas_limit;
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    sign_fees(tx, from);
    return tx;
}

builder::L2Root World::root(ChainId chain_id, const Person& from, const Address& to, Bytes data,
                            uint64_t gas_limit, const uint256& value) {
    return {chain_id, transaction(chain_id, from, to, as_root(std::move(data)), gas_limit, value)};
}

Transaction World::creation(ChainId chain_id, const Person& from, Bytes init_code,
                            uint64_t gas_limit) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id;
    tx.nonce = next_nonce(chain_id, from.address);
    tx.gas_limit = gas_limit;
    tx.data = std::move(init_code);
    sign_fees(tx, from);
    return tx;
}

void World::include_on_l1(const std::vector<Transaction>& transactions) {
    if (const auto included = l1_->include(transactions); !included) {
        const auto& [what, output] = included.error();
        fail(output ? fmt::format("{} {}", what, artifacts_.describe_error(*output)) : what);
    }
    if (l1_->is_own()) return;
    if (const auto followed = devnet_->node().follow(); !followed)
        fail(to_string(followed.error()));
}

void World::call_on_l1(const Address& to, Bytes data, const uint256& value) {
    include_on_l1({transaction(l1_id(), deployer_, to, std::move(data), CALL_GAS, value)});
}

Bytes World::register_rollup(const rollup::RollupConfig& config, const BlockHeader& genesis) const {
    std::vector<crypto::SecretKey> keys;
    for (const auto& member : members_) keys.push_back(member.key);
    return devnet::register_rollup(config, deployer_.address, sites_.verifier, genesis, keys);
}

Address World::create_on_l1(Bytes init_code) {
    const auto tx = creation(l1_id(), deployer_, std::move(init_code), DEPLOY_GAS);
    include_on_l1({tx});
    return execution::create_address(deployer_.address, tx.nonce);
}

// ---- settling

Result<World::SettledScope, std::string> World::settle(const Fill& fill,
                                                       const BeforeSettling& before_settling) {
    const auto nonces = nonces_;
    for (size_t tries = 1;; ++tries) {
        nonces_ = nonces;
        auto settled = try_to_settle(fill, before_settling);
        if (settled) {
            settled->tries = tries;
            return std::move(*settled);
        }
        const auto& [reason, may_try_again] = settled.error();
        if (tries > 1 && (!may_try_again || tries == l1_->max_tries()))
            return std::unexpected{fmt::format("at try {}: {}", tries, reason)};
        if (!may_try_again || tries == l1_->max_tries()) return std::unexpected{reason};
        progress_.say(fmt::format("L1 went on otherwise ({}): once more on its head", reason));
    }
}

Result<World::SettledScope, World::Failure> World::try_to_settle(
    const Fill& fill, const BeforeSettling& before_settling) {
    const auto refuse = [](std::string reason, bool may_try_again) {
        return std::unexpected{Failure{std::move(reason), may_try_again}};
    };
    // What was sent and stands in no block would settle beside another try.
    const auto passes = [](const node::SettleError& error) {
        return error.rule == node::SettleRule::stale || error.rule == node::SettleRule::reverted;
    };
    auto& node = devnet_->node();
    try {
        auto scope = node.open_scope(options());
        if (!scope) return refuse(to_string(scope.error()), true);
        if (auto filled = fill(*scope); !filled) return refuse(filled.error(), false);
        auto bundle = node.seal(*scope);
        if (!bundle) return refuse(to_string(bundle.error()), false);
        if (before_settling)
            if (auto done = before_settling(*bundle); !done) return refuse(done.error(), false);
        const StopWatch watch;
        auto settled = node.settle(*bundle);
        if (!settled) return refuse(to_string(settled.error()), passes(settled.error()));
        return SettledScope{std::move(*bundle), std::move(*settled), scope->times(), watch.ms()};
    } catch (const state::Unavailable& error) {
        // Of a block that L1 has given up meanwhile.
        return refuse(error.what(), true);
    }
}

void World::settle_set_up(const std::function<void(builder::ScopeBuilder&)>& fill) {
    const auto settled = settle([&](builder::ScopeBuilder& scope) -> Result<void, std::string> {
        fill(scope);
        return {};
    });
    if (!settled) fail(settled.error());
}

// ---- operations

builder::L1Root World::operation(const Person& from, const Address& target, Bytes data,
                                 uint64_t gas) const {
    protocol::SignedOperation signed_operation;
    auto& operation = signed_operation.operation;
    operation.account = from.address;
    operation.nonce = operation_nonce(from.address);
    operation.target = target;
    operation.data = std::move(data);
    operation.gas = uint256{gas};
    operation.verification_gas = uint256{VERIFICATION_GAS};
    operation.deadline = uint256{l1_head().header.timestamp_s + 100 * SLOT_S};
    const auto signature = crypto::sign(
        protocol::operation_digest(network().contracts.settlement, operation), from.key);
    signed_operation.signature = to_bytes(crypto::to_rsv(signature));
    return {.operation = std::move(signed_operation), .root_index = {}};
}

uint256 World::operation_nonce(const Address& account) const {
    return number(l1_id(), sites_.settlement, protocol::nonce_of(account));
}

Bytes World::batch_of(const std::vector<Call>& calls) {
    std::vector<std::tuple<Address, uint256, Bytes>> tuples;
    tuples.reserve(calls.size());
    for (const auto& call : calls) tuples.emplace_back(call.target, call.value, call.data);
    return abi::call("executeBatch((address,uint256,bytes)[])", tuples);
}

// ---- reading

std::string World::chain_name(const uint256& chain_id) const {
    if (chain_id == uint256{l1_id()}) return "L1";
    if (chain_id == uint256{A}) return "A";
    if (chain_id == uint256{B}) return "B";
    return to_decimal(chain_id);
}

l1::L1Head World::l1_head() const {
    return answered(l1_->view().head());
}

l1::L1BlockId World::head_of(ChainId chain_id) const {
    if (chain_id == l1_id()) {
        const auto head = l1_head();
        return {head.header.number, head.hash};
    }
    const auto head = chain(chain_id).head();
    return {head->header().number, head->hash};
}

builder::L1Snapshot World::l1_snapshot(const chain::BlockAttributes& next) const {
    const auto& view = l1_->view();
    const auto head = l1_head();
    return {.spec = view.spec(),
            .head = head,
            .state = answered(view.state(head.hash)),
            .ancestors = answered(view.ancestors(head.hash)),
            .next = next};
}

World::Head World::head(ChainId chain_id) const {
    if (chain_id == l1_id()) {
        auto head = l1_head();
        auto state = answered(l1_->view().state(head.hash));
        return {std::move(head.header), std::move(state)};
    }
    const auto& on = chain(chain_id);
    return {on.head()->header(), on.head_state()};
}

Bytes World::view(ChainId chain_id, const Address& to, const Bytes& calldata) const {
    const auto [header, world_state] = head(chain_id);
    state::State state{*world_state};
    const auto& spec = chain_id == l1_id() ? l1_->view().spec() : chain(chain_id).spec();
    const auto environment = chain::make_environment(spec, header, nullptr);
    execution::Host host{state, environment};
    host.open_transaction({});
    auto result = host.call({.is_static = true,
                             .gas = static_cast<int64_t>(CALL_GAS),
                             .recipient = to,
                             .code_address = to,
                             .input = calldata});
    if (result.status != evm::Status::success)
        throw std::runtime_error{fmt::format(
            "reading {} on {}: {} {}", label(uint256{chain_id}, to), chain_name(chain_id),
            evm::to_string(result.status), artifacts_.describe_error(result.output))};
    return std::move(result.output);
}

uint256 World::number(ChainId chain_id, const Address& to, const Bytes& calldata) const {
    const auto output = view(chain_id, to, calldata);
    if (output.size() < abi::WORD)
        throw std::runtime_error{fmt::format("reading {} on {}: no number",
                                             label(uint256{chain_id}, to), chain_name(chain_id))};
    return from_be(BytesView{output}.first(abi::WORD));
}

uint256 World::ether_of(ChainId chain_id, const Address& account) const {
    const auto found = head(chain_id).state->account(account);
    return found ? found->balance : uint256{};
}

uint256 World::token_of(ChainId chain_id, const Address& token, const Address& account) const {
    return number(chain_id, token, abi::call("balanceOf(address)", account));
}

uint256 World::ether_on(ChainId chain_id) const {
    const auto head_state = chain(chain_id).head_state();
    return head_state->supply() -
           head_state->account(rollup::PREDEPLOY).value_or(Account{}).balance;
}

uint256 World::ether_burnt_on(ChainId chain_id) const {
    const auto& on = chain(chain_id);
    uint256 burnt;
    for (uint64_t number = 1; number <= on.head()->header().number; ++number) {
        const auto block = on.store().canonical_block(number);
        uint64_t gas_before = 0;
        for (size_t i = 0; i < block->receipts.size(); ++i) {
            const uint64_t gas = block->receipts[i].cumulative_gas_used - gas_before;
            gas_before = block->receipts[i].cumulative_gas_used;
            if (block->block.transactions[i].type != TxType::system)
                burnt += uint256{gas} * *block->header().base_fee_per_gas;
        }
    }
    return burnt;
}

std::vector<Balance> World::balances() const {
    std::vector<Balance> all;
    const auto ether = [&](const std::string& who, ChainId chain_id, const Address& account) {
        all.push_back({who, chain_id, "ETH", ether_of(chain_id, account)});
    };
    const auto tokens = [&](const std::string& who, ChainId chain_id, const Address& account) {
        const bool on_l1 = chain_id == l1_id();
        all.push_back(
            {who, chain_id, "USD",
             token_of(chain_id, on_l1 ? sites_.usd : sites_.rollups.at(chain_id).usd, account)});
        all.push_back(
            {who, chain_id, "GOLD",
             token_of(chain_id, on_l1 ? sites_.gold : sites_.rollups.at(chain_id).gold, account)});
    };
    for (const ChainId chain_id : chain_ids()) ether("alice", chain_id, alice_.address);
    tokens("alice", l1_id(), alice_.address);
    ether("bob", A, bob_.address);
    tokens("bob", A, bob_.address);
    tokens("Shop", l1_id(), sites_.shop);
    tokens("TokenBridge (locked)", l1_id(), sites_.bridge);
    for (const ChainId chain_id : {A, B})
        tokens("UniswapV2Pair", chain_id, sites_.rollups.at(chain_id).pair);
    ether("Courier", l1_id(), sites_.courier);
    for (const ChainId chain_id : {A, B})
        ether("Courier", chain_id, sites_.rollups.at(chain_id).courier);
    ether("Refuser", l1_id(), sites_.refuser);
    ether("Persistent", B, sites_.persistent);
    for (const ChainId chain_id : {A, B})
        all.push_back({fmt::format("escrow for {}", chain_name(chain_id)), l1_id(), "ETH",
                       number(l1_id(), sites_.settlement,
                              abi::call("escrowOf(uint256)", uint256{chain_id}))});
    ether("submitter", l1_id(), submitter_.address);
    return all;
}

std::string World::label(const uint256& chain_id, const Address& address) const {
    const auto id = ChainId::from(chain_id);
    const auto found = id ? labels_.find({*id, address}) : labels_.end();
    return found == labels_.end() ? short_hex(address) : found->second;
}

}  // namespace scope::demo

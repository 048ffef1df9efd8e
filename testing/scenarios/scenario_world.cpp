#include "scenarios/scenario_world.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "base/hex.hpp"
#include "types/signing.hpp"

namespace scope::scenarios {

namespace {

constexpr uint64_t SETUP_GAS = 6'000'000;
/// A root may take what a scope has, but for what the scope itself takes.
constexpr uint64_t MAX_L1_GAS = 15'000'000;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error{what};
}

}  // namespace

ScenarioWorld& ScenarioWorld::instance() {
    static ScenarioWorld world;
    return world;
}

ScenarioWorld::ScenarioWorld()
    : world_(devnet::Artifacts::locate(), builder::DataAvailability::calldata, progress_),
      follower_(world_.devnet().make_follower()) {}

Bytes ScenarioWorld::init_code(const std::string& source, const std::string& contract) {
    const char* const root = std::getenv("SCOPE_ROOT");
    const char* const out = std::getenv("SCOPE_CONTRACTS");
    const std::filesystem::path folder =
        out ? std::filesystem::path{out}
            : std::filesystem::path{root ? root : SCOPE_SOURCE_DIR} / "contracts" / "out";
    const auto file = folder / (source + ".sol") / (contract + ".json");
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    std::string_view code;
    if (parser.load(file.string()).get(json) != simdjson::SUCCESS ||
        json["bytecode"]["object"].get(code) != simdjson::SUCCESS)
        fail(file.string() + ": no such artifact; ./scope build compiles the contracts");
    auto bytes = from_hex(code);
    if (!bytes) fail(file.string() + ": its bytecode is not hex");
    return std::move(*bytes);
}

// ---- setting up

Transaction ScenarioWorld::make_transaction(ChainId chain_id, const devnet::Person& from,
                                            uint64_t nonces_before, std::optional<Address> to,
                                            Bytes data, const uint256& value, uint64_t gas) {
    const auto account = world_.chain(chain_id).head_state()->account(from.address);
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id;
    tx.nonce = (account ? account->nonce : 0) + nonces_before;
    tx.max_priority_fee_per_gas = uint256{demo::GWEI};
    tx.max_fee_per_gas = uint256{20 * demo::GWEI};
    tx.gas_limit = gas;
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    sign(tx, from.key);
    return tx;
}

void ScenarioWorld::prepare(ChainId chain_id, const devnet::Person& from, std::optional<Address> to,
                            Bytes data, const uint256& value) {
    const auto before =
        static_cast<uint64_t>(std::ranges::count_if(prepared_, [&](const auto& each) {
            return each.chain_id == chain_id && each.from == from.address;
        }));
    prepared_.push_back(
        {chain_id, from.address,
         make_transaction(chain_id, from, before, to, std::move(data), value, SETUP_GAS)});
}

Site ScenarioWorld::create(ChainId chain_id, Bytes init_code) {
    prepare(chain_id, deployer_, std::nullopt, std::move(init_code), {});
    return {chain_id,
            execution::create_address(deployer_.address, prepared_.back().transaction.nonce)};
}

void ScenarioWorld::call(const Site& to, Bytes data, const uint256& value) {
    call_by(deployer_, to, std::move(data), value);
}

void ScenarioWorld::call_by(const devnet::Person& from, const Site& to, Bytes data,
                            const uint256& value) {
    prepare(to.chain_id, from, to.address, std::move(data), value);
}

Address ScenarioWorld::seen_from(ChainId chain_id, const Site& site) {
    if (site.chain_id == chain_id) return site.address;
    const Address at = callable(chain_id);
    prepare(chain_id, deployer_, at,
            abi::call("deployAlias(uint256,address)", uint256{site.chain_id}, site.address), {});
    const auto output = world_.view(
        chain_id, at, abi::call("aliasOf(uint256,address)", uint256{site.chain_id}, site.address));
    return Address::from(BytesView{output}.subspan(12));
}

void ScenarioWorld::set_up() {
    if (prepared_.empty()) return;
    const auto prepared = std::exchange(prepared_, {});
    const auto expect = [](const execution::Outcome& outcome, const Transaction& tx) {
        if (!outcome.succeeded())
            fail(fmt::format("setting up, a transaction to {}: {} {}",
                             tx.to ? to_hex(*tx.to) : "create", evm::to_string(outcome.status),
                             builder::describe_revert(outcome.output)));
    };

    std::vector<Transaction> on_l1;
    for (const auto& each : prepared)
        if (each.chain_id == L1) on_l1.push_back(each.transaction);
    if (!on_l1.empty()) {
        const auto built = world_.devnet().l1().mine(on_l1);
        if (!built) fail("setting up: " + to_string(built.error()));
        if (!built->refused.empty())
            fail("setting up L1: " + std::string{to_string(built->refused.front().error)});
        for (size_t i = 0; i < on_l1.size(); ++i) expect(built->outcomes[i], on_l1[i]);
    }
    if (on_l1.size() == prepared.size()) return;
    auto scope = open();
    for (const auto& each : prepared) {
        if (each.chain_id == L1) continue;
        const auto outcome = scope.add_transaction(each.chain_id, each.transaction);
        if (!outcome) fail("setting up: " + outcome.error().reason);
        expect(*outcome, each.transaction);
    }
    settle(scope);
}

// ---- running

builder::Root ScenarioWorld::root(const Site& to, Bytes data, const Ask& ask) {
    set_up();
    const auto& from = ask.from ? *ask.from : world_.alice();
    if (to.chain_id != L1)
        return builder::L2Root{
            to.chain_id, make_transaction(to.chain_id, from, ask.nonces_before, to.address,
                                          demo::as_root(std::move(data)), ask.value, ask.gas)};
    protocol::SignedOperation made;
    auto& operation = made.operation;
    operation.account = from.address;
    operation.nonce = world_.operation_nonce(from.address) + uint256{ask.nonces_before};
    operation.target = to.address;
    operation.value = ask.value;
    operation.data = std::move(data);
    operation.gas = uint256{ask.gas};
    operation.verification_gas = uint256{demo::VERIFICATION_GAS};
    operation.deadline = uint256{UINT64_MAX};
    const auto signature = crypto::sign(
        protocol::operation_digest(world_.network().contracts.settlement, operation), from.key);
    made.signature = to_bytes(crypto::to_rsv(signature));
    return builder::L1Root{.operation = std::move(made), .root_index = {}};
}

builder::ScopeBuilder ScenarioWorld::open(builder::DataAvailability availability) {
    set_up();
    auto options = world_.options();
    options.data_availability = availability;
    options.max_l1_gas_per_root = MAX_L1_GAS;
    return world_.open(options);
}

Ran ScenarioWorld::settle(builder::ScopeBuilder& scope) {
    auto bundle = world_.devnet().node().seal(scope);
    if (!bundle) fail("sealing: " + to_string(bundle.error()));
    if (!bundle->dissents.empty()) fail("a member of the committee did not sign");
    auto settled = world_.devnet().node().settle(*bundle);
    if (!settled) fail("settling: " + to_string(settled.error()));
    check_heads();
    Ran ran{{}, std::move(*settled), std::move(*bundle)};
    if (!ran.bundle.roots.empty()) ran.root = ran.bundle.roots.back();
    return ran;
}

void ScenarioWorld::check_heads() {
    if (const auto advanced = follower_->follow(); !advanced)
        fail("following: " + to_string(advanced.error()));
    for (const ChainId id : {A, B}) {
        const auto head = world_.chain(id).head();
        if (follower_->follower().rollup(id)->chain.head()->hash != head->hash)
            fail(fmt::format("chain {}: the follower has another head", id));
        const auto registered = protocol::decode_rollup(world_.view(
            L1, world_.network().contracts.settlement.settlement, protocol::get_rollup(id)));
        if (!registered || registered->last_block_hash != head->hash)
            fail(fmt::format("chain {}: L1 has another head", id));
    }
}

Ran ScenarioWorld::run(const Site& to, Bytes data, const Ask& ask,
                       builder::DataAvailability availability) {
    const auto made = root(to, std::move(data), ask);
    auto scope = open(availability);
    const auto added = scope.add(made);
    if (!added) fail("refused: " + added.error().to_string());
    return settle(scope);
}

builder::Refusal ScenarioWorld::refusal_of(const builder::Root& root) {
    const auto before = heads();
    auto scope = open();
    const auto added = scope.add(root);
    if (added) fail("the root was accepted");
    if (heads() != before) fail("a refused root moved a chain");
    return added.error();
}

// ---- reading

uint256 ScenarioWorld::number(const Site& site, const Bytes& calldata) {
    set_up();
    return world_.number(site.chain_id, site.address, calldata);
}

Bytes ScenarioWorld::bytes(const Site& site, std::string_view signature) {
    set_up();
    const auto output = world_.view(site.chain_id, site.address, abi::call(signature));
    const auto decoded = abi::decode<Bytes>(output);
    if (!decoded) fail("not bytes: " + std::string{signature});
    return std::get<0>(*decoded);
}

uint256 ScenarioWorld::ether(const Site& site) {
    set_up();
    return world_.ether_of(site.chain_id, site.address);
}

uint256 ScenarioWorld::token(ChainId chain_id, const Address& token, const Address& account) {
    set_up();
    return world_.token_of(chain_id, token, account);
}

uint256 ScenarioWorld::escrow(ChainId chain_id) {
    set_up();
    return world_.number(L1, world_.sites().settlement,
                         abi::call("escrowOf(uint256)", uint256{chain_id}));
}

Address ScenarioWorld::callable(ChainId chain_id) const {
    return chain_id == L1 ? world_.sites().l1_callable : rollup::PREDEPLOY;
}

Address ScenarioWorld::bridge(ChainId chain_id) const {
    return chain_id == L1 ? world_.sites().bridge : world_.sites().rollups.at(chain_id).bridge;
}

std::vector<Hash> ScenarioWorld::heads() {
    set_up();
    std::vector<Hash> heads;
    for (const ChainId id : {L1, A, B}) heads.push_back(world_.chain(id).head()->hash);
    return heads;
}

// ---- directions

const std::vector<Direction>& directions() {
    static const std::vector<Direction> all{{L1, A}, {A, L1}, {A, B}};
    return all;
}

std::string name_of(const testing::TestParamInfo<Direction>& direction) {
    const auto name = [](ChainId chain_id) -> std::string {
        return chain_id == L1 ? "L1" : chain_id == A ? "A" : "B";
    };
    return name(direction.param.here) + "_to_" + name(direction.param.there);
}

}  // namespace scope::scenarios

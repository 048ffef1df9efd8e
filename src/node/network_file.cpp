#include "node/network_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "execution/transaction.hpp"
#include "interchange/fork_names.hpp"
#include "json/json.hpp"
#include "json/writer.hpp"

namespace scope::node {

namespace {

using json::FormatError;
using json::get;
using json::Json;
using json::JsonWriter;

constexpr size_t MAX_NAME = 64;
constexpr size_t MAX_FORKS = 64;
/// The most code that an account can have (EIP-170).
constexpr size_t MAX_CODE = 24'576;

/// Code of several accounts, by the name that stands in their place.
using Codes = std::map<std::string, Bytes, std::less<>>;

// ---- reading: what is wrong is thrown as FormatError

/// Refuses a key that is none of these, or is there twice.
Json only(Json value, std::initializer_list<std::string_view> keys) {
    std::set<std::string_view> seen;
    for (const auto [key, content] : json::object(value)) {
        if (std::ranges::find(keys, key) == keys.end())
            throw FormatError{printable(json::shortened(key)), "an unknown key"};
        if (!seen.insert(key).second) throw FormatError{std::string{key}, "is there twice"};
    }
    return value;
}

ChainId read_chain_id(Json value) {
    const auto number = json::u64(value);
    if (number == 0) throw FormatError{"0 is no chain id"};
    return ChainId{number};
}
Address read_address(Json value) {
    const auto address = json::address(value);
    if (address.is_zero()) throw FormatError{"the zero address"};
    return address;
}
std::string read_name(Json value) {
    const auto text = json::string(value);
    if (text.empty() || text.size() > MAX_NAME || printable(text) != text)
        throw FormatError{
            fmt::format("not a name of 1 to {} characters that can be shown", MAX_NAME)};
    return std::string{text};
}
Bytes read_code_bytes(Json value) {
    auto code = json::bytes(value);
    if (code.size() > MAX_CODE)
        throw FormatError{fmt::format("{} bytes, code has at most {}", code.size(), MAX_CODE)};
    return code;
}

void read_forks(Json l1, chain::ChainSpec& spec) {
    spec.forks = get(l1, "forks", [](Json entries) {
        return json::list(entries, [](Json entry) {
            only(entry, {"name", "from"});
            const auto fork = get(entry, "name", [](Json name) {
                const auto found = interchange::fork_by_name(json::string(name));
                if (!found)
                    throw FormatError{fmt::format("{} is none of {}",
                                                  printable(json::shortened(json::string(name))),
                                                  interchange::fork_names())};
                return *found;
            });
            return chain::ForkActivation{fork.revision, chain::ForkActivation::By::timestamp,
                                         get(entry, "from", json::u64)};
        });
    });
    const auto& forks = spec.forks;
    const auto is_before = [](const auto& a, const auto& b) {
        return a.revision < b.revision && a.from <= b.from;
    };
    if (forks.empty() || forks.size() > MAX_FORKS || forks.front().from != 0 ||
        std::ranges::adjacent_find(forks, std::not_fn(is_before)) != forks.end())
        throw FormatError{"forks", "not ascending, the first from 0"};
}

void read_blob_schedule(Json l1, chain::ChainSpec& spec) {
    spec.blob_schedule = get(l1, "blobSchedule", [](Json entries) {
        return json::list(entries, [](Json entry) {
            only(entry, {"from", "target", "max", "baseFeeUpdateFraction"});
            return chain::BlobScheduleEntry{get(entry, "from", json::u64),
                                            json::blob_parameters(entry)};
        });
    });
    const auto is_before = [](const auto& a, const auto& b) {
        return a.from_timestamp_s < b.from_timestamp_s;
    };
    const auto& schedule = spec.blob_schedule;
    if (schedule.size() > MAX_FORKS ||
        std::ranges::adjacent_find(schedule, std::not_fn(is_before)) != schedule.end())
        throw FormatError{"blobSchedule", "not ascending"};
}

void read_l1(Json l1, NetworkFile& file) {
    only(l1, {"chainId", "forks", "blobSchedule", "firstBlock"});
    file.l1_spec = chain::ChainSpec::of(evm::LATEST_REVISION, get(l1, "chainId", read_chain_id));
    read_forks(l1, file.l1_spec);
    read_blob_schedule(l1, file.l1_spec);
    get(l1, "firstBlock", [&](Json block) {
        only(block, {"number", "hash"});
        file.network.first_l1_block = get(block, "number", json::u64);
        file.first_l1_block_hash = get(block, "hash", json::hash);
        return 0;
    });
}

builder::L1Contracts read_contracts(Json contracts, ChainId l1) {
    only(contracts,
         {"settlement", "scopedCallable", "accountFactory", "forcedQueue", "registry", "exits"});
    return {.settlement = {l1, get(contracts, "settlement", read_address)},
            .l1_callable = get(contracts, "scopedCallable", read_address),
            .account_factory = get(contracts, "accountFactory", read_address),
            .forced_queue = get(contracts, "forcedQueue", read_address),
            .registry = get(contracts, "registry", read_address),
            .exits = get(contracts, "exits", read_address)};
}

Committee read_committee(Json value) {
    only(value, {"verifier", "threshold", "members"});
    Committee committee;
    committee.verifier = get(value, "verifier", read_address);
    committee.members =
        get(value, "members", [](Json members) { return json::list(members, read_address); });
    const auto& members = committee.members;
    if (members.empty() || members.size() > MAX_COMMITTEE ||
        std::ranges::adjacent_find(members, std::ranges::greater_equal{}) != members.end())
        throw FormatError{"members", fmt::format("not 1 to {}, ascending", MAX_COMMITTEE)};
    const auto threshold = get(value, "threshold", json::u64);
    if (threshold == 0 || threshold > members.size())
        throw FormatError{"threshold", fmt::format("{} is not from 1 to {}, the members' number",
                                                   threshold, members.size())};
    committee.threshold = static_cast<size_t>(threshold);
    return committee;
}

NamedContract read_named(Json value) {
    only(value, {"chainId", "name", "address"});
    return {get(value, "chainId", read_chain_id), get(value, "name", read_name),
            get(value, "address", read_address)};
}

Codes read_codes(Json value) {
    Codes codes;
    for (const auto [name, code] : json::object(value)) {
        const Json bytes = code;
        const bool is_new =
            codes
                .emplace(std::string{name}, json::within(printable(json::shortened(name)),
                                                         [&] { return read_code_bytes(bytes); }))
                .second;
        if (!is_new) throw FormatError{printable(json::shortened(name)), "is there twice"};
    }
    return codes;
}

state::GenesisAccount read_account(Json value, const Codes& codes) {
    only(value, {"nonce", "balance", "code", "storage"});
    state::GenesisAccount account;
    account.nonce = json::get_optional(value, "nonce", json::u64).value_or(0);
    account.balance = json::get_optional(value, "balance", json::u256).value_or(uint256{});
    const auto read_code = [&](Json code) {
        if (json::string(code).starts_with("0x")) return read_code_bytes(code);
        const auto found = codes.find(json::string(code));
        if (found == codes.end()) throw FormatError{"no code of this name"};
        return found->second;
    };
    if (auto code = json::get_optional(value, "code", read_code)) account.code = std::move(*code);
    const auto read_storage = [](Json storage) {
        std::map<Hash, Hash> slots;
        for (const auto [key, content] : json::object(storage)) {
            const auto slot = fixed_from_hex<32>(key);
            if (!slot) throw FormatError{printable(json::shortened(key)), "not 32 bytes of hex"};
            const Json word = content;
            const auto at = std::string{key};
            const Hash read = json::within(at, [&] { return json::hash(word); });
            if (read.is_zero()) throw FormatError{at, "a slot that is zero is left out"};
            if (!slots.emplace(*slot, read).second) throw FormatError{at, "is there twice"};
        }
        return slots;
    };
    if (auto storage = json::get_optional(value, "storage", read_storage))
        account.storage = std::move(*storage);
    return account;
}

state::GenesisAlloc read_alloc(Json value, const Codes& codes) {
    state::GenesisAlloc alloc;
    for (const auto [key, content] : json::object(value)) {
        const auto address = fixed_from_hex<20>(key);
        if (!address) throw FormatError{printable(json::shortened(key)), "not an address"};
        const Json account = content;
        const auto at = std::string{key};
        const bool is_new =
            alloc.emplace(*address, json::within(at, [&] { return read_account(account, codes); }))
                .second;
        if (!is_new) throw FormatError{at, "is there twice"};
    }
    return alloc;
}

chain::Genesis read_genesis(Json value, const Codes& codes) {
    only(value, {"timestamp", "gasLimit", "baseFeePerGas", "coinbase", "alloc", "hash"});
    chain::Genesis genesis;
    genesis.timestamp_s = get(value, "timestamp", json::u64);
    genesis.gas_limit = get(value, "gasLimit", json::u64);
    if (genesis.gas_limit > static_cast<uint64_t>(execution::MAX_GAS))
        throw FormatError{"gasLimit", "more than a block can have"};
    genesis.base_fee_per_gas = get(value, "baseFeePerGas", json::u256);
    genesis.coinbase = get(value, "coinbase", json::address);
    genesis.alloc = get(value, "alloc", [&](Json alloc) { return read_alloc(alloc, codes); });
    return genesis;
}

rollup::RollupConfig read_rollup(Json value, const protocol::SettlementId& settlement,
                                 const Codes& codes) {
    only(value, {"chainId", "programId", "genesis"});
    rollup::RollupConfig config;
    config.spec = rollup::rollup_spec(get(value, "chainId", read_chain_id));
    config.settlement = settlement;
    config.program_id = get(value, "programId", json::hash);
    get(value, "genesis", [&](Json genesis) {
        config.genesis = read_genesis(genesis, codes);
        if (!rollup::genesis_supply(config))
            throw FormatError{fmt::format(
                "no rollup can start from it: the predeploy's balance is not 2^128 wei, the gas "
                "limit is below {}, or all balances together are no number of 256 bits",
                rollup::MIN_GAS_LIMIT)};
        const auto told = get(genesis, "hash", json::hash);
        const auto found = chain::genesis_hash(config.spec, config.genesis);
        if (told != found)
            throw FormatError{"hash", fmt::format("the genesis gives {}", to_hex(found))};
        return 0;
    });
    return config;
}

std::vector<rollup::RollupConfig> read_rollups(Json value, const protocol::SettlementId& settlement,
                                               const Codes& codes) {
    const auto size = json::array(value).size();
    if (size == 0 || size > MAX_NETWORK_ROLLUPS)
        throw FormatError{fmt::format("{} are not 1 to {}", size, MAX_NETWORK_ROLLUPS)};
    ChainId last;
    return json::list(value, [&](Json entry) {
        auto rollup = read_rollup(entry, settlement, codes);
        if (rollup.chain_id() <= last) throw FormatError{"chainId", "not above the one before"};
        if (rollup.chain_id() == settlement.l1_chain_id) throw FormatError{"chainId", "that of L1"};
        last = rollup.chain_id();
        return rollup;
    });
}

NetworkFile read(Json root) {
    only(root, {"version", "l1", "contracts", "committee", "named", "code", "rollups"});
    if (const auto version = get(root, "version", json::u64); version != NETWORK_FILE_VERSION)
        throw FormatError{
            "version", fmt::format("{} is not known here, only {}", version, NETWORK_FILE_VERSION)};
    NetworkFile file;
    get(root, "l1", [&](Json l1) {
        read_l1(l1, file);
        return 0;
    });
    const ChainId l1 = file.l1_spec.chain_id;
    file.network.contracts =
        get(root, "contracts", [&](Json contracts) { return read_contracts(contracts, l1); });
    file.committee = get(root, "committee", read_committee);
    file.contracts = get(root, "named", [](Json named) { return json::list(named, read_named); });
    const auto codes = get(root, "code", read_codes);
    file.network.rollups = get(root, "rollups", [&](Json rollups) {
        return read_rollups(rollups, file.network.contracts.settlement, codes);
    });
    return file;
}

// ---- writing

/// Returns the names of code that more than one account has: of a contract that people are told of,
/// or by number.
std::map<Bytes, std::string> names_of(const NetworkFile& file) {
    std::map<Bytes, size_t> uses;
    std::map<Bytes, std::string> told;
    for (const auto& rollup : file.network.rollups)
        for (const auto& [address, account] : rollup.genesis.alloc) {
            if (account.code.empty()) continue;
            ++uses[account.code];
            for (const auto& named : file.contracts)
                if (named.chain_id == rollup.chain_id() && named.address == address)
                    told.try_emplace(account.code, named.name);
        }
    std::map<Bytes, std::string> names;
    std::set<std::string> taken;
    for (const auto& [code, count] : uses) {
        if (count < 2) continue;
        auto name = told.contains(code) ? told[code] : fmt::format("code{}", names.size() + 1);
        // Two that are called the same, or what would look like hex.
        while (name.starts_with("0x") || !taken.insert(name).second) name = "_" + name;
        names.emplace(code, std::move(name));
    }
    return names;
}

void object(JsonWriter& out, const auto& write) {
    out.begin_object();
    write();
    out.end_object();
}
void array(JsonWriter& out, const auto& entries, const auto& write) {
    out.begin_array();
    for (const auto& entry : entries) write(entry);
    out.end_array();
}

void write_l1(JsonWriter& out, const NetworkFile& file) {
    object(out, [&] {
        out.member("chainId", file.l1_spec.chain_id.number());
        out.key("forks");
        array(out, file.l1_spec.forks, [&](const chain::ForkActivation& fork) {
            CHECK(fork.by == chain::ForkActivation::By::timestamp || fork.from == 0);
            object(out, [&] {
                out.member("name", interchange::fork_name(fork.revision));
                out.member("from", fork.from);
            });
        });
        out.key("blobSchedule");
        array(out, file.l1_spec.blob_schedule, [&](const chain::BlobScheduleEntry& entry) {
            object(out, [&] {
                out.member("from", entry.from_timestamp_s);
                out.member("target", entry.parameters.target);
                out.member("max", entry.parameters.max);
                out.member("baseFeeUpdateFraction", entry.parameters.base_fee_update_fraction);
            });
        });
        out.key("firstBlock");
        object(out, [&] {
            out.member("number", file.network.first_l1_block);
            out.member("hash", BytesView{file.first_l1_block_hash});
        });
    });
}

void write_contracts(JsonWriter& out, const builder::L1Contracts& contracts) {
    object(out, [&] {
        out.member("settlement", BytesView{contracts.settlement.settlement});
        out.member("scopedCallable", BytesView{contracts.l1_callable});
        out.member("accountFactory", BytesView{contracts.account_factory});
        out.member("forcedQueue", BytesView{contracts.forced_queue});
        out.member("registry", BytesView{contracts.registry});
        out.member("exits", BytesView{contracts.exits});
    });
}

void write_account(JsonWriter& out, const state::GenesisAccount& account,
                   const std::map<Bytes, std::string>& names) {
    object(out, [&] {
        if (account.nonce != 0) out.member("nonce", account.nonce);
        if (!account.balance.is_zero()) out.member("balance", account.balance);
        if (!account.code.empty()) {
            const auto name = names.find(account.code);
            if (name != names.end())
                out.member("code", name->second);
            else
                out.member("code", BytesView{account.code});
        }
        if (account.storage.empty()) return;
        out.key("storage");
        object(out, [&] {
            for (const auto& [slot, word] : account.storage)
                if (!word.is_zero()) out.member(to_hex(slot), BytesView{word});
        });
    });
}

void write_rollup(JsonWriter& out, const rollup::RollupConfig& rollup,
                  const std::map<Bytes, std::string>& names) {
    const auto& genesis = rollup.genesis;
    CHECK(genesis.number == 0 && genesis.base_fee_per_gas.has_value());
    object(out, [&] {
        out.member("chainId", rollup.chain_id().number());
        out.member("programId", BytesView{rollup.program_id});
        out.key("genesis");
        object(out, [&] {
            out.member("timestamp", genesis.timestamp_s);
            out.member("gasLimit", genesis.gas_limit);
            out.member("baseFeePerGas", *genesis.base_fee_per_gas);
            out.member("coinbase", BytesView{genesis.coinbase});
            out.member("hash", BytesView{chain::genesis_hash(rollup.spec, genesis)});
            out.key("alloc");
            object(out, [&] {
                for (const auto& [address, account] : genesis.alloc) {
                    out.key(to_hex(address));
                    write_account(out, account, names);
                }
            });
        });
    });
}

}  // namespace

Result<NetworkFile, std::string> read_network_file(std::string_view json) {
    if (json.size() > MAX_NETWORK_FILE)
        return std::unexpected{
            fmt::format("{} bytes, at most {} are read", json.size(), MAX_NETWORK_FILE)};
    try {
        const json::Document document{json};
        return read(document.root());
    } catch (const FormatError& error) {
        return std::unexpected{std::string{error.what()}};
    }
}

std::string write_network_file(const NetworkFile& file) {
    const auto names = names_of(file);
    JsonWriter out;
    object(out, [&] {
        out.member("version", NETWORK_FILE_VERSION);
        out.key("l1");
        write_l1(out, file);
        out.key("contracts");
        write_contracts(out, file.network.contracts);
        out.key("committee");
        object(out, [&] {
            out.member("verifier", BytesView{file.committee.verifier});
            out.member("threshold", uint64_t{file.committee.threshold});
            out.key("members");
            array(out, file.committee.members,
                  [&](const Address& member) { out.value(BytesView{member}); });
        });
        out.key("named");
        array(out, file.contracts, [&](const NamedContract& contract) {
            object(out, [&] {
                out.member("chainId", contract.chain_id.number());
                out.member("name", contract.name);
                out.member("address", BytesView{contract.address});
            });
        });
        out.key("code");
        object(out, [&] {
            for (const auto& [code, name] : names) out.member(name, BytesView{code});
        });
        out.key("rollups");
        array(out, file.network.rollups,
              [&](const rollup::RollupConfig& rollup) { write_rollup(out, rollup, names); });
    });
    return out.finish();
}

}  // namespace scope::node

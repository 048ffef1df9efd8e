#include "fuzz_roots/calldata.hpp"

#include <algorithm>
#include <functional>

#include "execution/scope_rollup.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "protocol/registry.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::fuzz_roots {

namespace callable = protocol::callable;

namespace {

/// EIP-2935, EIP-4788: what they answer hangs on the block alone.
constexpr Address BLOCK_HASH_CONTRACT =
    literals::fixed_literal<20>("0x0000f90827f1c53a10cb7a02335b175320002935");
constexpr Address BEACON_ROOT_CONTRACT =
    literals::fixed_literal<20>("0x000f3df6d732807ef1319fb7b8bb8522d0beac02");

uint256 number(Random& random) {
    switch (random.below(8)) {
        case 0:
        case 1:
        case 2:
            return random.below(8);
        case 3:
            return random.below(70'000);
        case 4:
            return uint256{1} << random.below(256);
        case 5:
            return ~uint256{random.below(300)};
        case 6:
            return uint256{1} << 24;
        default:
            return from_be(random.bytes(32)) >> random.below(256);
    }
}

Hash word(Random& random) {
    return random.chance(40) ? to_be(number(random)) : random.fixed<32>();
}

template <typename Make>
auto some(Random& random, uint64_t most, const Make& make) {
    std::vector<decltype(make())> made;
    for (uint64_t i = random.below(most + 1); i > 0; --i) made.push_back(make());
    return made;
}

/// Makes the arguments of functions that take structs.
class Arguments {
  public:
    Arguments(Random& random, const Scenery& scenery, size_t chain)
        : random_(random), scenery_(scenery), chain_(chain) {}

    std::vector<uint256> chain_ids() {
        auto ids = some(random_, 3, [&] { return scenery_.chain_id(random_); });
        if (random_.chance(70)) {
            std::ranges::sort(ids);
            const auto [first, last] = std::ranges::unique(ids);
            ids.erase(first, last);
        }
        return ids;
    }
    protocol::Marks marks() {
        protocol::Marks made;
        for (const auto& id : chain_ids()) made.push_back({id, word(random_)});
        return made;
    }
    Address address() { return scenery_.address_on(random_, random_.below(scenery_.chains)); }
    Bytes data() {
        return random_.bytes(random_.pick(std::array<size_t, 6>{0, 1, 4, 32, 33, 100}));
    }

    protocol::Request request() {
        protocol::Request made;
        made.root_id = word(random_);
        made.kind = random_.chance(50) ? protocol::CallKind::call : protocol::CallKind::static_call;
        made.source_chain_id = scenery_.chain_id(random_);
        made.target_chain_id =
            random_.chance(70) ? uint256{chain_id_of(chain_)} : scenery_.chain_id(random_);
        made.from = address();
        made.nonce = from_be(word(random_));
        made.marks = marks();
        made.depth = random_.below(66);
        made.variant = random_.below(18);
        made.to = scenery_.address_on(random_, chain_);
        made.value = random_.chance(70) ? uint256{} : number(random_);
        made.gas_limit = number(random_);
        made.data = data();
        return made;
    }
    protocol::RootContext context() {
        return {scenery_.chain_id(random_), word(random_), random_.below(5)};
    }
    protocol::Fill fill() {
        return {scenery_.chain_id(random_), word(random_),
                random_.chance(30) ? Bytes{} : random_.bytes(random_.below(70))};
    }
    protocol::RootSection section() {
        protocol::RootSection made;
        made.limits = some(random_, 1, [&] {
            return protocol::Limit{scenery_.chain_id(random_), number(random_)};
        });
        made.fills = some(random_, 2, [&] { return fill(); });
        made.records = some(random_, 1, [&] {
            return protocol::Record{request(), word(random_), random_.chance(50)};
        });
        return made;
    }
    callable::Baton baton() { return {word(random_), random_.below(66), number(random_), marks()}; }

    protocol::Operation operation() {
        protocol::Operation made;
        made.account = address();
        made.nonce = random_.below(3);
        made.target = address();
        made.value = random_.below(2);
        made.data = data();
        made.gas = number(random_);
        made.verification_gas = number(random_);
        made.deadline = number(random_);
        return made;
    }

  private:
    Random& random_;
    const Scenery& scenery_;
    size_t chain_;
};

Bytes malformed(Random& random, Bytes data) {
    if (data.empty()) return random.bytes(random.below(40));
    switch (random.below(4)) {
        case 0:
            data.resize(random.below(data.size()));
            return data;
        case 1:
            data[random.below(data.size())] ^= static_cast<uint8_t>(1u << random.below(8));
            return data;
        case 2: {  // a word that is an offset or a length, mostly
            const size_t words = (data.size() + 27) / 32;
            const size_t at = 4 + 32 * random.below(std::max<size_t>(words, 1));
            const Hash value = to_be(number(random));
            for (size_t i = 0; i < value.size() && at + i < data.size(); ++i)
                data[at + i] = value[i];
            return data;
        }
        default:
            append(data, random.bytes(1 + random.below(64)));
            return data;
    }
}

constexpr std::array ASK_SIGNATURES{
    "scopedCall(uint256,address,(address,uint256,uint256,bytes))",
    "tryScopedCall(uint256,address,(address,uint256,uint256,bytes))",
    "scopedStaticCall(uint256,address,(address,uint256,uint256,bytes))"};

Bytes well_formed_callable(Random& random, const Scenery& scenery, size_t chain) {
    Arguments make{random, scenery, chain};
    const auto id = [&] { return scenery.chain_id(random); };
    const auto address = [&] { return make.address(); };
    switch (random.below(38)) {
        case 0:
        case 1: {
            const auto& to = scenery.remote_contract(random, chain);
            return abi::call(
                ASK_SIGNATURES[random.below(ASK_SIGNATURES.size())],
                random.chance(80) ? uint256{chain_id_of(to.chain)} : id(), address(),
                std::tuple{to.address, uint256{random.below(3) == 0}, number(random), make.data()});
        }
        case 2: {
            auto request = make.request();
            return callable::handle_scoped_call(request, random.chance(30));
        }
        case 3: {
            const auto fills = some(random, 2, [&] { return make.fill(); });
            std::vector<uint256> chains;
            std::vector<Hash> hashes;
            std::vector<Bytes> responses;
            for (const auto& fill : fills) {
                chains.push_back(fill.chain_id);
                hashes.push_back(fill.request_hash);
                responses.push_back(fill.response);
            }
            return abi::call("fillResponsesIn(uint256[],bytes32[],bytes[])", chains, hashes,
                             responses);
        }
        case 4:
            return callable::get_rolling_hashes(id());
        case 5:
            return callable::get_values(id());
        case 6:
            return callable::get_limit(id());
        case 7:
            return abi::call("isKnown(uint256)", id());
        case 8:
            return callable::get_remotes();
        case 9:
        case 10:
            return callable::get_baton();
        case 11:
            return abi::call("askableGas()");
        case 12:
            return abi::call("aliasGasLimit()");
        case 13:
            return callable::open_scope(make.chain_ids());
        case 14:
            return callable::add_chains(make.chain_ids());
        case 15:
            return callable::load_root(make.context(), make.section());
        case 16:
            return callable::run_root(make.context(), make.section());
        case 17:
            return callable::set_baton(make.baton());
        case 18:
            return callable::close_root();
        case 19:
            return abi::call(
                "answerOf(bytes32,(bytes32,uint8,uint256,uint256,address,uint256,"
                "(uint256,bytes32)[],uint256,uint256,address,uint256,uint256,bytes))",
                word(random), make.request());
        case 20:
            return abi::call(execution::ASK, make.request());
        case 21:
            return abi::call("serveAnchor(bytes32)", word(random));
        case 22:
            return abi::call("runRolledBack(uint256)", number(random));
        case 23:
            return abi::call("isAlias(address)", address());
        case 24:
            return abi::call("aliasOf(uint256,address)", id(), address());
        case 25:
        case 26:
            return callable::deploy_alias(id(), address());
        case 27:
        case 28:
            return abi::call(execution::FORWARD_STRANDED, id(), address());
        case 29:
            return abi::call("rootIdOf((uint256,bytes32,uint256))", make.context());
        case 30:
            return abi::call("declareEntry()");
        case 31:
            return abi::call("isEntry(address)", address());
        case 32:
        case 33:
            return abi::call(execution::PAUSE_ASKING);
        case 34:
            return abi::call("addRollup(uint256)", id());
        case 35:
            return {};  // receive
        case 36:
            return abi::call(random.chance(50) ? "loader()" : "settlement()");
        default:
            return random.bytes(random.below(100));
    }
}

Bytes well_formed_settlement(Random& random, const Scenery& scenery) {
    Arguments make{random, scenery, 0};
    const auto id = [&] { return scenery.chain_id(random); };
    switch (random.below(20)) {
        case 0: {
            protocol::Scope scope;
            if (random.chance(50)) scope.environment.push_back({0, word(random)});
            scope.data = make.data();
            if (random.chance(60)) {
                auto& batch = scope.batches.emplace_back();
                batch.chain_id = id();
                batch.l1_origin_hash = word(random);
            }
            if (random.chance(40)) {
                const auto section = make.section();
                scope.legs.push_back({make.context(), section.fills, section.records, {}});
            }
            return protocol::execute_scope(scope);
        }
        case 1:
            return protocol::register_rollup({.chain_id = id(),
                                              .program_id = word(random),
                                              .verifier = make.address(),
                                              .policy = make.address(),
                                              .genesis_block_hash = word(random),
                                              .genesis_state_root = word(random),
                                              .supply = random.below(2)},
                                             random.bytes(65));
        case 2:
        case 15:
        case 16:
            return abi::call("getRollup(uint256)", id());
        case 3:
            return abi::call("escrowOf(uint256)", id());
        case 4:
            return protocol::nonce_of(make.address());
        case 17:
            return protocol::nonce_of(scenery.user);
        case 5:
        case 6:
            return abi::call("invalidateNonce(uint256)", random.below(4));
        case 7:
            return abi::call("scopeCount()");
        case 8:
            return protocol::account_factory();
        case 9:
            return abi::call(
                random.chance(50)
                    ? "operationHashOf((address,uint256,address,uint256,bytes,uint256,uint256,"
                      "uint256,uint256,address,bytes32,bool))"
                    : "operationDigest((address,uint256,address,uint256,bytes,uint256,uint256,"
                      "uint256,uint256,address,bytes32,bool))",
                make.operation());
        case 10:
            return protocol::account_of(make.address());
        case 11:
            return protocol::deploy_account(make.address());
        case 12:
            return protocol::execute_operation({make.operation(), random.bytes(65), {}},
                                               word(random));
        case 13: {
            std::vector<std::tuple<Address, uint256, Bytes>> calls;
            for (uint64_t i = random.below(3); i > 0; --i)
                calls.emplace_back(scenery.address_on(random, 0), uint256{random.below(2)},
                                   callable_calldata(random, scenery, 0));
            return abi::call("executeBatch((address,uint256,bytes)[])", calls);
        }
        case 18: {
            const auto chain = chain_id_of(1 + random.below(scenery.chains - 1));
            switch (random.below(5)) {
                case 0:
                    return protocol::deposit(chain, make.address());
                case 1:
                    return protocol::deposit_and_call(chain, make.address(),
                                                      uint256{random.below(2)}, 100'000,
                                                      random.bytes(random.below(100)));
                case 2:
                    return protocol::force_transaction(chain, random.bytes(100), 100'000);
                case 3:
                    return protocol::close_rollup(chain);
                default:
                    return protocol::fee_of(chain, protocol::ForcedKind::deposit, 100'000, 0);
            }
        }
        case 14:
            return abi::call("verify(bytes32,bytes32[],bytes)", word(random),
                             std::vector{word(random)}, random.bytes(65));
        default:
            return random.chance(50) ? protocol::forced_queue()
                                     : abi::call("removeRollup(uint256)", id());
    }
}

}  // namespace

// ---- Scenery

const Contract& Scenery::contract(Random& random) const {
    return random.pick(contracts);
}

const Contract& Scenery::contract_on(Random& random, size_t chain) const {
    std::vector<const Contract*> there;
    for (const auto& each : contracts)
        if (each.chain == chain) there.push_back(&each);
    return *random.pick(there);
}

const Contract& Scenery::remote_contract(Random& random, size_t here) const {
    std::vector<const Contract*> there;
    for (const auto& each : contracts)
        if (each.chain != here) there.push_back(&each);
    return *random.pick(there);
}

const Contract& Scenery::next_of_ring(const Contract& contract) const {
    // Serving on L1 takes much of what a builder grants: so L1 asks, and is not asked.
    const size_t next = contract.chain + 1 == chains ? 1 : contract.chain + 1;
    return *std::ranges::find(contracts, next, &Contract::chain);
}

Address Scenery::address_on(Random& random, size_t chain) const {
    const auto choice = random.below(100);
    if (choice < 34) return contract_on(random, chain).address;
    if (choice < 62) return alias_on(chain, remote_contract(random, chain));
    if (choice < 67) return user;
    if (choice < 69) return base.alias_of(chain, chain_id_of(chain == 0 ? 1 : 0), user);
    if (choice < 71) return second;
    if (choice < 73) return owned_account;
    if (choice < 77) return COINBASE;
    if (choice < 80) return crypto::address_of(submitter_key());
    if (choice < 84) return base.callable(chain);
    if (choice < 86) return base.loader(chain);
    if (choice < 88) return base.contracts.settlement.settlement;
    if (choice < 89) return base.contracts.account_factory;
    if (choice < 90) return base.account_implementation;
    if (choice < 91) return base.verifier;
    if (choice < 92) return execution::ABORT_PRECOMPILE;
    if (choice < 93) return BLOCK_HASH_CONTRACT;
    if (choice < 94) return BEACON_ROOT_CONTRACT;
    if (choice < 97) return to_address(uint256{random.below(0x12)});
    if (choice < 98) return contract(random).address;
    return random.fixed<20>();
}

uint256 Scenery::chain_id(Random& random) const {
    const auto choice = random.below(100);
    if (choice < 90) return uint256{chain_id_of(random.below(chains))};
    if (choice < 94) return uint256{900 + random.below(12)};
    if (choice < 96) return random.below(3);
    if (choice < 98) return (uint256{1} << 64) + uint256{901};
    return from_be(random.bytes(32));
}

// ---- calldata

Bytes request_head(AskWay way, const uint256& chain_id, const Address& from, const Address& to,
                   const uint256& value, const uint256& gas_limit, uint64_t data_size) {
    Bytes head = abi::call(ASK_SIGNATURES[static_cast<size_t>(way)], chain_id, from,
                           std::tuple{to, value, gas_limit, Bytes{}});
    head.resize(RequestHead::SIZE);
    const Hash size = to_be(uint256{data_size});
    std::ranges::copy(size, head.end() - static_cast<std::ptrdiff_t>(size.size()));
    return head;
}

Bytes callable_calldata(Random& random, const Scenery& scenery, size_t chain) {
    auto data = well_formed_callable(random, scenery, chain);
    return random.below(8) == 0 ? malformed(random, std::move(data)) : data;
}

Bytes settlement_calldata(Random& random, const Scenery& scenery) {
    auto data = well_formed_settlement(random, scenery);
    return random.below(8) == 0 ? malformed(random, std::move(data)) : data;
}

}  // namespace scope::fuzz_roots

#include <gtest/gtest.h>

#include <random>

#include "crypto/keccak.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "protocol/settlement.hpp"

namespace scope::protocol {
namespace {

using namespace literals;

Request sample_request() {
    return {.root_id = Hash{{1}},
            .kind = CallKind::call,
            .source_chain_id = 901u,
            .target_chain_id = 1u,
            .from = "0x00000000000000000000000000000000000000aa"_address,
            .nonce = 77u,
            .marks = {{1u, Hash{{5}}}, {901u, Hash{{6}}}},
            .depth = 1u,
            .variant = {},
            .to = "0x00000000000000000000000000000000000000bb"_address,
            .value = 3u,
            .gas_limit = 100'000u,
            .data = {1, 2, 3}};
}

Scope sample_scope() {
    const Record record{sample_request(), Hash{{9}}, true};
    const Fill fill{902u, Hash{{8}}, {1, 2, 3}};
    BatchClaim batch{.chain_id = 901u,
                     .batch_number = 4u,
                     .parent_block_hash = Hash{{1}},
                     .data_length = 3u,
                     .remotes = {{1u, empty_streams(), 5u, 6u, 7u}},
                     .policy_data = {8, 9}};
    return {.environment = {{3, Hash{{2}}}},
            .data = {6, 7, 8},
            .batches = {batch},
            .legs = {{{1u, Hash{{3}}, 2u}, {fill}, {record}, {4, 5}}},
            .proofs = {Bytes(65, 7)}};
}

}  // namespace

TEST(request_hash, commits_to_every_field) {
    const Request base = sample_request();
    const Hash hash = request_hash(base);
    std::vector<Request> changed(14, base);
    changed[0].root_id = Hash{{2}};
    changed[1].kind = CallKind::static_call;
    changed[2].source_chain_id = 902u;
    changed[3].target_chain_id = 902u;
    changed[4].from = Address{};
    changed[5].nonce = 78u;
    changed[6].marks.pop_back();
    changed[7].marks[0].trace = Hash{{7}};
    changed[8].variant = 1u;
    changed[9].to = Address{};
    changed[10].value = 4u;
    changed[11].gas_limit = 1u;
    changed[12].data.push_back(0);
    changed[13].depth = 2u;
    for (size_t i = 0; i < changed.size(); ++i) EXPECT_NE(request_hash(changed[i]), hash) << i;
}

TEST(request, anchor_is_the_targets_own_mark) {
    EXPECT_EQ(anchor_of(sample_request()), Hash{{5}});
    EXPECT_EQ(trace_of(sample_request().marks, 902u), Hash{});
}

TEST(rolling_hash, starts_from_the_hash_of_a_zero_word) {
    EXPECT_EQ(rolling_hash_seed(), crypto::keccak256(Hash{}));
    EXPECT_TRUE(empty_streams().is_empty());
    auto streams = empty_streams();
    streams.requests_in = fold(streams.requests_in, Hash{{1}});
    EXPECT_FALSE(streams.is_empty());
    EXPECT_NE(fold(Hash{{1}}, Hash{{2}}), fold(Hash{{2}}, Hash{{1}}));
}

TEST(response, decodes_only_what_encode_gives) {
    const Response of_call{
        true, {1, 2, 3}, true, Hash{{4}}, {{1u, Hash{{5}}}, {~uint64_t{}, Hash{{6}}}}};
    const Response of_static_call{false, {1, 2, 3}, false, {}, {}};
    for (const auto& response : {of_call, of_static_call}) {
        const Bytes bytes = encode(response);
        EXPECT_EQ(decode_response(bytes), response);
        for (size_t size = 0; size < bytes.size() - response.data.size(); ++size)
            ASSERT_FALSE(decode_response(BytesView{bytes}.first(size)).has_value());
        for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            Bytes changed = bytes;
            changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
            const auto decoded = decode_response(changed);
            if (!decoded) continue;
            ASSERT_NE(*decoded, response) << bit;
            ASSERT_EQ(encode(*decoded), changed) << bit;
        }
    }
}

TEST(response, size_is_that_of_its_parts) {
    EXPECT_EQ(encode(Response{}), Bytes{0});
    EXPECT_EQ(encode(Response{.success = true, .data = {9}}), (Bytes{1, 9}));
    Response response{.success = true, .has_baton = true};
    EXPECT_EQ(encode(response).size(), 1u + 32 + 1);
    for (uint64_t chain_id = 1; chain_id <= 255; ++chain_id)
        response.marks.push_back({chain_id, Hash{{1}}});
    EXPECT_EQ(encode(response).size(), 1u + 32 + 1 + 255 * 40);
    EXPECT_EQ(decode_response(encode(response)), response);
}

TEST(scope, execute_scope_round_trip) {
    const Scope scope = sample_scope();
    const Bytes calldata = execute_scope(scope);
    EXPECT_EQ(decode_execute_scope(calldata), scope);
    for (size_t size = 0; size < calldata.size(); size += 31)
        ASSERT_FALSE(decode_execute_scope(BytesView{calldata}.first(size)).has_value());
    Bytes other = calldata;
    other[0] ^= 1;
    EXPECT_FALSE(decode_execute_scope(other).has_value());
}

TEST(scope, a_changed_byte_is_refused_or_another_scope) {
    const Scope scope = sample_scope();
    const Bytes calldata = execute_scope(scope);
    for (size_t i = 0; i < calldata.size(); ++i) {
        Bytes changed = calldata;
        changed[i] ^= 0x01;
        const auto decoded = decode_execute_scope(changed);
        if (!decoded) continue;
        ASSERT_NE(*decoded, scope) << i;
        ASSERT_EQ(execute_scope(*decoded), changed) << i;
    }
}

TEST(settled_scope, has_data_and_batches) {
    const Scope scope = sample_scope();
    const auto settled = decode_settled_scope(execute_scope(scope), 1'000'000);
    ASSERT_TRUE(settled.has_value());
    EXPECT_EQ(settled->data, scope.data);
    auto batches = scope.batches;
    for (auto& batch : batches) batch.policy_data.clear();
    EXPECT_EQ(settled->batches, batches);
}

TEST(settled_scope, offsets_that_the_contract_does_not_look_at_are_anything) {
    const Scope scope = sample_scope();
    const Bytes calldata = execute_scope(scope);
    constexpr size_t HEADS = 4 + 32;  // environment, data, batches, legs, proofs
    const size_t claim = HEADS + uint64_t{load_be32(calldata.data() + HEADS + 64)} + 2 * 32;
    const auto with_bad_offset = [&](size_t at) {
        Bytes changed = calldata;
        std::fill_n(changed.begin() + static_cast<ptrdiff_t>(at), 32, uint8_t{0x7f});
        return decode_settled_scope(changed, 1'000'000).has_value();
    };
    EXPECT_TRUE(with_bad_offset(HEADS));             // environment
    EXPECT_TRUE(with_bad_offset(HEADS + 3 * 32));    // legs
    EXPECT_TRUE(with_bad_offset(HEADS + 4 * 32));    // proofs
    EXPECT_TRUE(with_bad_offset(claim + 11 * 32));   // policy data
    EXPECT_FALSE(with_bad_offset(HEADS + 1 * 32));   // data
    EXPECT_FALSE(with_bad_offset(HEADS + 2 * 32));   // batches
    EXPECT_FALSE(with_bad_offset(claim + 10 * 32));  // remotes
}

TEST(settled_scope, gas_bounds_what_is_read) {
    Scope scope = sample_scope();
    scope.data = Bytes(32 * 1000);
    const Bytes calldata = execute_scope(scope);
    EXPECT_TRUE(decode_settled_scope(calldata, 4000).has_value());
    EXPECT_FALSE(decode_settled_scope(calldata, 3000).has_value());
}

TEST(operation_gas, is_more_than_two_calls_keep_back) {
    Operation operation;
    EXPECT_EQ(operation_gas(operation), 100'000u);
    operation.gas = 3'100'000u;
    operation.verification_gas = 7u;
    operation.data = Bytes(3);
    EXPECT_EQ(operation_gas(operation), 3'100'000u + 100'000 + 7 + 100'000 + 96);
}

TEST(operation_gas, is_null_if_no_transaction_has_it) {
    const uint256 most{~uint64_t{}};
    EXPECT_EQ(operation_gas({.gas = most}), std::nullopt);
    EXPECT_EQ(operation_gas({.gas = most + uint256{1u}}), std::nullopt);
    EXPECT_EQ(operation_gas({.verification_gas = ~uint256{}}), std::nullopt);
    EXPECT_EQ(operation_gas({.verification_gas = most - uint256{100'000u}}), ~uint64_t{});
    EXPECT_EQ(operation_gas({.verification_gas = most - uint256{99'999u}}), std::nullopt);
}

TEST(return_data_hash, is_of_the_first_bytes) {
    const Bytes longest(MAX_DATA_BYTES, 1);
    Bytes longer = longest;
    longer.push_back(2);
    EXPECT_EQ(return_data_hash(longest), crypto::keccak256(longest));
    EXPECT_EQ(return_data_hash(longer), return_data_hash(longest));
    EXPECT_NE(return_data_hash(BytesView{longest}.subspan(1)), return_data_hash(longest));
}

TEST(outcome_of, commits_to_every_part) {
    const Fill fill{902u, Hash{{8}}, {1, 2, 3}};
    const Record record{sample_request(), Hash{{9}}, true};
    Record undone = record;
    undone.kept = false;
    const Hash outcome = outcome_of(true, Hash{{1}}, Hash{{2}}, {fill}, {record});
    EXPECT_NE(outcome_of(false, Hash{{1}}, Hash{{2}}, {fill}, {record}), outcome);
    EXPECT_NE(outcome_of(true, Hash{{3}}, Hash{{2}}, {fill}, {record}), outcome);
    EXPECT_NE(outcome_of(true, Hash{{1}}, Hash{{3}}, {fill}, {record}), outcome);
    EXPECT_NE(outcome_of(true, Hash{{1}}, Hash{{2}}, {}, {record}), outcome);
    EXPECT_NE(outcome_of(true, Hash{{1}}, Hash{{2}}, {fill}, {}), outcome);
    EXPECT_NE(outcome_of(true, Hash{{1}}, Hash{{2}}, {fill}, {undone}), outcome);
}

TEST(operation_digest, identity_leaves_the_outcome_out) {
    const SettlementId settlement{ChainId{1}, Address{{1}}};
    Operation operation{.nonce = 1u};
    const Hash identity = operation_hash(settlement, operation);
    EXPECT_EQ(operation_digest(settlement, operation), identity);
    operation.outcome = Hash{{1}};
    EXPECT_EQ(operation_hash(settlement, operation), identity);
    EXPECT_NE(operation_digest(settlement, operation), identity);
}

TEST(scope, signed_operation_round_trip) {
    SignedOperation operation;
    operation.operation.data = {1, 2};
    operation.operation.gas = 5u;
    operation.signature = Bytes(65, 1);
    operation.owner = Address{{2}};
    EXPECT_EQ(decode_signed_operation(encode(operation)), operation);
}

TEST(public_inputs_hash, commits_to_every_field) {
    const PublicInputs base{.chain_id = 901u, .remotes = {{1u, empty_streams(), {}, {}, {}}}};
    const Hash hash = public_inputs_hash(base);
    std::vector<PublicInputs> changed(18, base);
    changed[0].l1_chain_id = 1u;
    changed[1].settlement[0] = 1;
    changed[2].chain_id = 902u;
    changed[3].batch_number = 1u;
    changed[4].first_block = 1u;
    changed[5].parent_block_hash[0] = 1;
    changed[6].last_block_hash[0] = 1;
    changed[7].builder[0] = 1;
    changed[8].l1_origin_hash[0] = 1;
    changed[9].l1_origin_number = 1u;
    changed[10].data.commitment[0] = 1;
    changed[11].data.offset = 1u;
    changed[12].data.length = 1u;
    changed[13].remotes[0].value_in = 1u;
    changed[14].remotes[0].limit = 1u;
    changed[15].policy_hash[0] = 1;
    changed[16].forced_queue_position = 1u;
    changed[17].program_id[0] = 1;
    for (size_t i = 0; i < changed.size(); ++i)
        EXPECT_NE(public_inputs_hash(changed[i]), hash) << i;
}

TEST(attestation_hash, commits_to_the_order) {
    const Hash program{{1}};
    const std::vector<Hash> hashes{Hash{{2}}, Hash{{3}}};
    const std::vector<Hash> swapped{Hash{{3}}, Hash{{2}}};
    EXPECT_NE(attestation_hash(program, hashes), attestation_hash(program, swapped));
    EXPECT_NE(attestation_hash(program, hashes), attestation_hash(Hash{}, hashes));
}

TEST(data_commitment, kinds_are_apart) {
    const Hash versioned{{1}};
    EXPECT_NE(data_commitment_of_calldata(versioned),
              data_commitment_of_blobs(std::span<const Hash>{&versioned, 1}));
}

TEST(root_section, is_empty_without_limits_too) {
    EXPECT_TRUE(RootSection{}.is_empty());
    EXPECT_FALSE((RootSection{{{901u, 1u}}, {}, {}}.is_empty()));
}

ForcedEntry sample_deposit() {
    return {ForcedKind::deposit, Address{{1}}, Address{{2}}, 3u, 4, {5, 6}};
}

TEST(forced_entry, is_within_the_bounds_of_the_queue) {
    ForcedEntry entry = sample_deposit();
    entry.gas_limit = MAX_FORCED_GAS_LIMIT;
    entry.data = Bytes(MAX_FORCED_DATA_BYTES);
    EXPECT_TRUE(is_within_bounds(entry));
    entry.gas_limit = MAX_FORCED_GAS_LIMIT + 1;
    EXPECT_FALSE(is_within_bounds(entry));
    entry.gas_limit = 0;
    entry.data.push_back(0);
    EXPECT_FALSE(is_within_bounds(entry));
}

TEST(forced_entry, the_largest_fits_into_a_batch) {
    ForcedEntry entry = sample_deposit();
    entry.gas_limit = MAX_FORCED_GAS_LIMIT;
    entry.data = Bytes(MAX_FORCED_DATA_BYTES);
    EXPECT_LE(charged_gas(entry), MAX_FORCED_GAS_PER_BATCH);
}

// What a batch takes has room in its first block, whose gas limit is at least 2^26.
TEST(forced_entry, deposits_of_a_batch_use_little_more_than_is_charged) {
    constexpr uint64_t BOUND = MAX_FORCED_GAS_PER_BATCH + MAX_FORCED_GAS_PER_BATCH / 4;
    std::minstd_rand random{12};
    for (int round = 0; round < 2'000; ++round) {
        uint64_t charged = 0;
        uint64_t used = 0;
        const uint64_t gas_bits = random() % 25;
        const size_t data_bits = random() % 16;
        for (;;) {
            ForcedEntry entry = sample_deposit();
            entry.gas_limit = random() % ((uint64_t{1} << gas_bits) + 1);
            entry.data =
                Bytes(std::min<size_t>(random() % (size_t{1} << data_bits), MAX_FORCED_DATA_BYTES));
            charged += charged_gas(entry);
            if (charged > MAX_FORCED_GAS_PER_BATCH) break;
            used += deposit_gas_limit(entry);
        }
        ASSERT_LE(used, BOUND) << round;
    }
}

TEST(forced_entry, hash_commits_to_every_field) {
    const ForcedEntry base = sample_deposit();
    const Hash hash = forced_entry_hash(901u, 7, base);
    std::vector<ForcedEntry> changed(6, base);
    changed[0].kind = ForcedKind::transaction;
    changed[1].from = Address{};
    changed[2].to = Address{};
    changed[3].value = 4u;
    changed[4].gas_limit = 5;
    changed[5].data.push_back(0);
    for (size_t i = 0; i < changed.size(); ++i)
        EXPECT_NE(forced_entry_hash(901u, 7, changed[i]), hash) << i;
    EXPECT_NE(forced_entry_hash(902u, 7, base), hash);
    EXPECT_NE(forced_entry_hash(901u, 8, base), hash);
}

struct EventLog {
    std::vector<Hash> topics;
    Bytes data;
};
EventLog entry_queued(const uint256& index, const ForcedEntry& entry) {
    return {{entry_queued_topic(), to_be(uint256{901u}), to_be(index)}, abi::encode(entry)};
}

TEST(entry_queued, is_decoded_as_the_contract_emits_it) {
    const ForcedEntry entry = sample_deposit();
    const auto [topics, data] = entry_queued(7u, entry);
    EXPECT_EQ(decode_entry_queued(topics, data), (EntryQueued{901u, 7, entry}));
    for (size_t size = 0; size < data.size(); ++size)
        ASSERT_EQ(decode_entry_queued(topics, BytesView{data}.first(size)), std::nullopt) << size;
    for (size_t i = 0; i < data.size(); ++i) {
        Bytes changed = data;
        changed[i] ^= 0x01;
        const auto decoded = decode_entry_queued(topics, changed);
        if (!decoded) continue;
        ASSERT_NE(decoded->entry, entry) << i;
        ASSERT_EQ(abi::encode(decoded->entry), changed) << i;
    }
}

TEST(entry_queued, refuses_what_the_queue_never_takes) {
    const auto is_refused = [](const EventLog& log) {
        return !decode_entry_queued(log.topics, log.data).has_value();
    };
    const ForcedEntry entry = sample_deposit();
    EXPECT_FALSE(is_refused(entry_queued(~uint64_t{}, entry)));
    EXPECT_TRUE(is_refused(entry_queued(uint256{1u} << 64, entry)));
    ForcedEntry beyond = entry;
    beyond.gas_limit = MAX_FORCED_GAS_LIMIT + 1;
    EXPECT_TRUE(is_refused(entry_queued(7u, beyond)));
    beyond = entry;
    beyond.data.resize(MAX_FORCED_DATA_BYTES + 1);
    EXPECT_TRUE(is_refused(entry_queued(7u, beyond)));
    EventLog kind = entry_queued(7u, entry);
    kind.data.at(2 * 32 - 1) = 2;
    EXPECT_TRUE(is_refused(kind));
    EventLog topics = entry_queued(7u, entry);
    topics.topics.pop_back();
    EXPECT_TRUE(is_refused(topics));
    topics.topics = {rollup_closed_topic(), {}, {}};
    EXPECT_TRUE(is_refused(topics));
    EXPECT_TRUE(is_refused({{}, {}}));
}

TEST(predeploy_upgraded, refuses_code_that_no_account_has) {
    const std::vector topics{predeploy_upgraded_topic(), to_be(uint256{901u})};
    const auto is_decoded = [&](const Bytes& code) {
        return decode_predeploy_upgraded(topics, abi::encode(code)).has_value();
    };
    EXPECT_TRUE(is_decoded({0xfe}));
    EXPECT_TRUE(is_decoded(Bytes(MAX_PREDEPLOY_BYTES)));
    EXPECT_FALSE(is_decoded({}));
    EXPECT_FALSE(is_decoded(Bytes(MAX_PREDEPLOY_BYTES + 1)));
    EXPECT_FALSE(is_decoded({0xef, 1}));
    EXPECT_FALSE(decode_predeploy_upgraded(topics, {}).has_value());
    EXPECT_FALSE(decode_predeploy_upgraded({}, abi::encode(Bytes{0xfe})).has_value());
}

TEST(genesis_hash, commits_to_every_field) {
    const GenesisClaim base;
    const Hash hash = genesis_hash(base);
    std::vector<GenesisClaim> changed(8, base);
    changed[0].l1_chain_id = 1u;
    changed[1].settlement[0] = 1;
    changed[2].chain_id = 1u;
    changed[3].program_id[0] = 1;
    changed[4].block_hash[0] = 1;
    changed[5].state_root[0] = 1;
    changed[6].supply = 1u;
    changed[7].owner[0] = 1;
    for (size_t i = 0; i < changed.size(); ++i) EXPECT_NE(genesis_hash(changed[i]), hash) << i;
}

TEST(registry, what_views_return_is_decoded) {
    const RollupState state{.owner = Address{{1}},
                            .pending_owner = Address{{2}},
                            .bond = REGISTRATION_BOND,
                            .registered_at = 3,
                            .change = {Address{{4}}, Hash{{5}}, Address{{6}}, 7},
                            .upgrade = {Hash{{8}}, 9},
                            .closes_at = 10,
                            .is_closed = true};
    EXPECT_EQ(decode_rollup_state(abi::encode(state)), state);
    EXPECT_EQ(decode_rollup_state({}), std::nullopt);
    const QueuedEntry queued{Hash{{1}}, 2, 3, 4u};
    EXPECT_EQ(decode_entry(abi::encode(queued)), queued);
    EXPECT_EQ(decode_fee(to_be(uint256{5u})), uint256{5u});
    EXPECT_EQ(callable::decode_forced_queue_position(to_be(uint256{5u})), 5u);
    EXPECT_EQ(callable::decode_forced_queue_position(to_be(uint256{1u} << 64)), std::nullopt);
}

TEST(callable, deposited_refuses_another_event) {
    const std::vector topics{callable::deposited_topic(), Hash{}, Hash{}, Hash{}};
    const Bytes data = abi::encode(uint256{1u}, true);
    EXPECT_TRUE(callable::decode_deposited(topics, data).has_value());
    EXPECT_FALSE(callable::decode_deposited(topics, BytesView{data}.first(32)).has_value());
    EXPECT_FALSE(callable::decode_deposited({}, data).has_value());
    for (size_t i = 0; i < topics.size(); ++i) {
        auto changed = topics;
        changed[i][0] ^= 1;  // an index of 2^248, an address of 21 bytes
        EXPECT_FALSE(callable::decode_deposited(changed, data).has_value()) << i;
    }
}

TEST(callable, system_calls_round_trip) {
    using namespace callable;
    const RootContext context{901u, Hash{{1}}, 2u};
    const RootSection section{
        {{902u, 5u}}, {{902u, Hash{{8}}, {1}}}, {{sample_request(), Hash{{9}}, true}}};
    const auto decoded = [](const Bytes& calldata) { return decode_system_call(calldata).value(); };
    EXPECT_EQ(std::get<OpenScopeCall>(decoded(open_scope({1u, 902u}))).remotes,
              (std::vector<uint256>{1u, 902u}));
    EXPECT_EQ(std::get<AddChainsCall>(decoded(add_chains({903u}))).chain_ids,
              std::vector<uint256>{903u});
    EXPECT_EQ(std::get<RemoveChainsCall>(decoded(remove_chains({903u}))).chain_ids,
              std::vector<uint256>{903u});
    EXPECT_EQ(std::get<UpgradeCall>(decoded(upgrade(Bytes{1, 2}))).code, (Bytes{1, 2}));
    EXPECT_EQ(std::get<TakeForcedCall>(decoded(take_forced(~uint64_t{}))).position, ~uint64_t{});
    const ForcedEntry entry = sample_deposit();
    const auto minted = std::get<DepositCall>(decoded(callable::deposit(7, entry)));
    EXPECT_EQ(minted.index, 7u);
    EXPECT_EQ(minted.entry, entry);
    const auto loaded = std::get<LoadRootCall>(decoded(load_root(context, section)));
    EXPECT_EQ(loaded.context, context);
    EXPECT_EQ(loaded.section, section);
    const auto run = std::get<RunRootCall>(decoded(run_root(context, section)));
    EXPECT_EQ(run.context, context);
    EXPECT_EQ(run.section, section);
    EXPECT_EQ(decode_system_call(close_root()).error(), DecodeError::unknown_function);
    Bytes longer = add_chains({903u});
    longer.push_back(0);
    EXPECT_EQ(decode_system_call(longer).error(), DecodeError::malformed_abi);
}

TEST(callable, answer_of_gives_its_request) {
    EXPECT_FALSE(callable::decode_answer_of({}).has_value());
    EXPECT_FALSE(callable::decode_answer_of(callable::get_baton()).has_value());
}

}  // namespace scope::protocol

#include <gtest/gtest.h>

#include "crypto/keccak.hpp"
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

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
                     .pre_state_root = Hash{{1}},
                     .remotes = {{1u, empty_streams(), 5u, 6u}},
                     .proof = Bytes(65, 7)};
    return {{{3, Hash{{2}}}}, {batch}, {{{1u, Hash{{3}}, 2u}, {fill}, {record}, {4, 5}}}};
}

}  // namespace

TEST(request_hash, commits_to_every_field) {
    const Request base = sample_request();
    const Hash hash = request_hash(base);
    std::vector<Request> changed(13, base);
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
    const Response response{true, {1, 2, 3}, Hash{{4}}, {{1u, Hash{{5}}}}};
    const Bytes bytes = encode(response);
    EXPECT_EQ(decode_response(bytes), response);
    for (size_t size = 0; size < bytes.size(); ++size)
        ASSERT_FALSE(decode_response(BytesView{bytes}.first(size)).has_value());
    for (size_t i = 0; i < bytes.size(); ++i) {
        Bytes changed = bytes;
        changed[i] ^= 0x40;
        const auto decoded = decode_response(changed);
        if (decoded) ASSERT_EQ(encode(*decoded), changed) << i;
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_EQ(decode_response(longer).error(), DecodeError::malformed_abi);
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

TEST(scope, signed_operation_round_trip) {
    SignedOperation operation;
    operation.operation.data = {1, 2};
    operation.operation.gas = 5u;
    operation.signature = Bytes(65, 1);
    EXPECT_EQ(decode_signed_operation(encode(operation)), operation);
}

TEST(public_inputs_hash, commits_to_every_field) {
    const PublicInputs base{.chain_id = 901u, .remotes = {{1u, empty_streams(), {}, {}}}};
    const Hash hash = public_inputs_hash(base);
    std::vector<PublicInputs> changed(14, base);
    changed[0].l1_chain_id = 1u;
    changed[1].settlement[0] = 1;
    changed[2].chain_id = 902u;
    changed[3].batch_number = 1u;
    changed[4].pre_state_root[0] = 1;
    changed[5].post_state_root[0] = 1;
    changed[6].first_block = 1u;
    changed[7].last_block_hash[0] = 1;
    changed[8].l1_origin_hash[0] = 1;
    changed[9].l1_origin_number = 1u;
    changed[10].da_commitment[0] = 1;
    changed[11].forced_queue_position = 1u;
    changed[12].remotes[0].value_in = 1u;
    changed[13].program_id[0] = 1;
    for (size_t i = 0; i < changed.size(); ++i)
        EXPECT_NE(public_inputs_hash(changed[i]), hash) << i;
}

TEST(da_commitment, kinds_are_apart) {
    const Hash versioned{{1}};
    EXPECT_NE(da_commitment_of_calldata(versioned),
              da_commitment_of_blobs(std::span<const Hash>{&versioned, 1}));
}

TEST(callable, answer_of_gives_its_request) {
    EXPECT_FALSE(callable::decode_answer_of({}).has_value());
    EXPECT_FALSE(callable::decode_answer_of(callable::get_baton()).has_value());
}

}  // namespace scope::protocol

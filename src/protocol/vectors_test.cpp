#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "protocol/fault.hpp"
#include "protocol/settlement.hpp"

/// contracts/test/vectors/protocol.json: made by neither side, read by both
/// (contracts/test/Vectors.t.sol is the twin).
namespace scope::protocol {
namespace {

using simdjson::dom::element;

class vectors : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(parser_.load(SCOPE_VECTORS).get(document), simdjson::SUCCESS);
    }

    element document;

  private:
    simdjson::dom::parser parser_;
};

std::string_view text(element object, const char* key) {
    return object[key].get_string().value();
}
Bytes bytes(element object, const char* key) {
    return from_hex(text(object, key)).value();
}
Hash word(element object, const char* key) {
    return fixed_from_hex<32>(text(object, key)).value();
}
Address address(element object, const char* key) {
    return fixed_from_hex<20>(text(object, key)).value();
}
bool flag(element object, const char* key) {
    return object[key].get_bool().value();
}
uint256 number(element object, const char* key) {
    return uint256_from_text(text(object, key)).value();
}
ChainId chain_id(element object, const char* key) {
    return ChainId::from(number(object, key)).value();
}

std::vector<Hash> words(element object, const char* key) {
    std::vector<Hash> out;
    for (const element item : object[key].get_array())
        out.push_back(fixed_from_hex<32>(item.get_string().value()).value());
    return out;
}
std::vector<uint256> numbers(element object, const char* key) {
    std::vector<uint256> out;
    for (const element item : object[key].get_array())
        out.push_back(uint256_from_text(item.get_string().value()).value());
    return out;
}

Marks marks(element object) {
    Marks out;
    for (const element mark : object["marks"].get_array())
        out.push_back({number(mark, "chain_id"), word(mark, "trace")});
    return out;
}

Request request(element r) {
    return {word(r, "root_id"),
            static_cast<CallKind>(static_cast<uint64_t>(number(r, "kind"))),
            number(r, "source_chain_id"),
            number(r, "target_chain_id"),
            address(r, "from"),
            number(r, "nonce"),
            marks(r),
            number(r, "depth"),
            number(r, "variant"),
            address(r, "to"),
            number(r, "value"),
            number(r, "gas_limit"),
            bytes(r, "data")};
}

Operation operation(element o) {
    return {.account = address(o, "account"),
            .nonce = number(o, "nonce"),
            .target = address(o, "target"),
            .value = number(o, "value"),
            .data = bytes(o, "data"),
            .gas = number(o, "gas"),
            .verification_gas = number(o, "verification_gas"),
            .fee = number(o, "fee"),
            .deadline = number(o, "deadline"),
            .submitter = address(o, "submitter"),
            .outcome = word(o, "outcome"),
            .runs_alone = flag(o, "runs_alone")};
}

ForcedEntry forced_entry(element e) {
    return {static_cast<ForcedKind>(static_cast<uint64_t>(number(e, "kind"))),
            address(e, "from"),
            address(e, "to"),
            number(e, "value"),
            uint64_t{number(e, "gas_limit")},
            bytes(e, "data")};
}

TEST_F(vectors, root_ids_and_first_traces) {
    for (const element r : document["roots"].get_array()) {
        const Hash id = root_id(
            {chain_id(r, "l1_chain_id"), address(r, "settlement")},
            {number(r, "root_chain_id"), word(r, "operation_hash"), number(r, "root_index")});
        EXPECT_EQ(id, word(r, "root_id"));
        EXPECT_EQ(crypto::keccak256(id), word(r, "first_trace"));
    }
}

TEST_F(vectors, request_hashes) {
    for (const element r : document["requests"].get_array())
        EXPECT_EQ(request_hash(request(r)), word(r, "request_hash"));
}

TEST_F(vectors, responses) {
    for (const element r : document["responses"].get_array()) {
        const Response response{flag(r, "success"), bytes(r, "data"), flag(r, "has_baton"),
                                word(r, "trace"), marks(r)};
        EXPECT_EQ(encode(response), bytes(r, "response"));
        EXPECT_EQ(decode_response(bytes(r, "response")), response);
        EXPECT_EQ(response_hash(word(r, "request_hash"), response), word(r, "response_hash"));
        EXPECT_EQ(answer_hash(word(r, "request_hash"), bytes(r, "response")),
                  word(r, "answer_hash"));
    }
}

TEST_F(vectors, malformed_responses_are_refused) {
    for (const element r : document["malformed_responses"].get_array()) {
        const auto decoded = decode_response(bytes(r, "response"));
        ASSERT_FALSE(decoded.has_value()) << text(r, "reason");
        EXPECT_EQ(decoded.error(), DecodeError::malformed_response);
    }
}

TEST_F(vectors, rolling_hashes) {
    EXPECT_EQ(rolling_hash_seed(), word(document, "seed"));
    for (const element f : document["folds"].get_array()) {
        Hash rolling = word(f, "start");
        for (const Hash& item : words(f, "items")) rolling = fold(rolling, item);
        EXPECT_EQ(rolling, word(f, "folded"));
    }
}

TEST_F(vectors, commitments) {
    for (const element c : document["data_commitments"].get_array())
        EXPECT_EQ(data_commitment_of_calldata(bytes(c, "data")), word(c, "commitment"));
    for (const element c : document["blob_commitments"].get_array())
        EXPECT_EQ(data_commitment_of_blobs(words(c, "versioned_hashes")), word(c, "commitment"));
}

TEST_F(vectors, public_inputs) {
    for (const element p : document["public_inputs"].get_array()) {
        const element data = p["data"];
        PublicInputs inputs{
            .l1_chain_id = number(p, "l1_chain_id"),
            .settlement = address(p, "settlement"),
            .chain_id = number(p, "chain_id"),
            .program_id = word(p, "program_id"),
            .batch_number = number(p, "batch_number"),
            .first_block = number(p, "first_block"),
            .parent_block_hash = word(p, "parent_block_hash"),
            .last_block_hash = word(p, "last_block_hash"),
            .builder = address(p, "builder"),
            .l1_origin_number = number(p, "l1_origin_number"),
            .l1_origin_hash = word(p, "l1_origin_hash"),
            .data = {word(data, "commitment"), number(data, "offset"), number(data, "length")},
            .remotes = {},
            .policy_hash = word(p, "policy_hash"),
            .forced_queue_position = number(p, "forced_queue_position")};
        for (const element s : p["remotes"].get_array())
            inputs.remotes.push_back({number(s, "chain_id"),
                                      {word(s, "requests_out"), word(s, "requests_in"),
                                       word(s, "responses_out"), word(s, "responses_in")},
                                      number(s, "value_in"),
                                      number(s, "value_out"),
                                      number(s, "limit")});
        EXPECT_EQ(public_inputs_hash(inputs), word(p, "hash"));
    }
}

TEST_F(vectors, attestations) {
    for (const element a : document["attestations"].get_array())
        EXPECT_EQ(attestation_hash(word(a, "program_id"), words(a, "inputs_hashes")),
                  word(a, "attestation_hash"));
}

TEST_F(vectors, outcomes) {
    for (const element o : document["outcomes"].get_array()) {
        const auto fills = abi::decode<std::vector<Fill>>(bytes(o, "encoded_fills"));
        const auto records = abi::decode<std::vector<Record>>(bytes(o, "encoded_records"));
        ASSERT_TRUE(fills && records);
        const Hash data_hash = return_data_hash(bytes(o, "return_data"));
        EXPECT_EQ(data_hash, word(o, "return_data_hash"));
        EXPECT_EQ(outcome_of(flag(o, "success"), data_hash, word(o, "trace"), std::get<0>(*fills),
                             std::get<0>(*records)),
                  word(o, "outcome"));
    }
}

TEST_F(vectors, events) {
    const element settled = document["events"]["scope_settled"];
    EXPECT_EQ(words(settled, "topics").at(0), scope_settled_topic());
    const auto decoded = decode_scope_settled(bytes(settled, "data"));
    ASSERT_TRUE(decoded.has_value());
    const auto scope = decode_execute_scope(bytes(document["calls"], "execute_scope"));
    ASSERT_TRUE(scope.has_value());
    EXPECT_EQ(decoded->data_commitment, data_commitment_of_calldata(scope->data));
    ASSERT_EQ(decoded->batches.size(), scope->batches.size());
    for (size_t i = 0; i < decoded->batches.size(); ++i) {
        const auto& claim = scope->batches[i];
        EXPECT_EQ(decoded->batches[i],
                  (SettledBatch{claim.chain_id, claim.batch_number, claim.last_block_hash,
                                claim.data_offset, claim.data_length}));
    }
    const auto registered = words(document["events"]["rollup_registered"], "topics");
    EXPECT_EQ(decode_rollup_registered(registered), uint256{902u});
    EXPECT_EQ(decode_rollup_registered(words(settled, "topics")), std::nullopt);
}

TEST_F(vectors, forced_entries) {
    size_t i = 0;
    for (const element e : document["forced_entries"].get_array()) {
        const ForcedEntry entry = forced_entry(e);
        const EntryQueued queued{number(e, "chain_id"), uint64_t{number(e, "index")}, entry};
        EXPECT_EQ(forced_entry_hash(queued.chain_id, queued.index, entry), word(e, "hash"));
        EXPECT_EQ(charged_gas(entry), uint64_t{number(e, "charged_gas")});
        EXPECT_EQ(deposit_gas_limit(entry), uint64_t{number(e, "deposit_gas_limit")});
        const element event = document["events"]["entries_queued"].at(i++);
        EXPECT_EQ(decode_entry_queued(words(event, "topics"), bytes(event, "data")), queued);
    }
}

TEST_F(vectors, genesis_claims) {
    for (const element c : document["genesis_claims"].get_array())
        EXPECT_EQ(genesis_hash({number(c, "l1_chain_id"), address(c, "settlement"),
                                address(c, "owner"), number(c, "chain_id"), word(c, "program_id"),
                                word(c, "block_hash"), word(c, "state_root"), number(c, "supply")}),
                  word(c, "hash"));
}

TEST_F(vectors, events_of_the_registry) {
    const element events = document["events"];
    const element changed = events["rollup_changed"];
    const element registered = events["rollup_registered"];
    const auto change = decode_rollup_changed(words(changed, "topics"), bytes(changed, "data"));
    ASSERT_TRUE(change.has_value());
    EXPECT_EQ(change->chain_id, uint256{902u});
    EXPECT_EQ(change->policy, Address{});
    const auto registration =
        abi::decode<Address, Hash, Address, Hash, uint256>(bytes(registered, "data"));
    ASSERT_TRUE(registration.has_value());
    EXPECT_EQ(change->verifier, std::get<0>(*registration));
    EXPECT_EQ(change->program_id, std::get<1>(*registration));

    const element upgraded = events["predeploy_upgraded"];
    EXPECT_EQ(decode_predeploy_upgraded(words(upgraded, "topics"), bytes(upgraded, "data")),
              (PredeployUpgraded{902u, bytes(document["calls"]["upgrade"], "code")}));
    EXPECT_EQ(decode_rollup_closed(words(events["rollup_closed"], "topics")), uint256{902u});
    // None is taken for another one.
    EXPECT_EQ(decode_rollup_closed(words(upgraded, "topics")), std::nullopt);
    EXPECT_EQ(decode_rollup_changed(words(registered, "topics"), bytes(changed, "data")),
              std::nullopt);
    EXPECT_EQ(decode_predeploy_upgraded(words(changed, "topics"), bytes(upgraded, "data")),
              std::nullopt);
}

TEST_F(vectors, event_of_a_deposit) {
    const element event = document["events"]["deposited"];
    const auto deposited = callable::decode_deposited(words(event, "topics"), bytes(event, "data"));
    ASSERT_TRUE(deposited.has_value());
    EXPECT_EQ(deposited->index, 7u);
    EXPECT_EQ(deposited->value, uint256{1'000'000'000'000'000'000u});
    EXPECT_TRUE(deposited->success);
    EXPECT_EQ(to_be(to_uint256(deposited->from)), words(event, "topics").at(2));
    EXPECT_EQ(to_be(to_uint256(deposited->to)), words(event, "topics").at(3));
}

TEST_F(vectors, calls_of_the_queue_and_the_registry) {
    const element calls = document["calls"];
    const ForcedEntry plain = forced_entry(document["forced_entries"].at(0));
    const ForcedEntry calling = forced_entry(document["forced_entries"].at(1));
    const ForcedEntry transaction = forced_entry(document["forced_entries"].at(2));
    const ChainId chain{901};
    EXPECT_EQ(deposit(chain, plain.to), bytes(calls, "deposit"));
    EXPECT_EQ(deposit_and_call(chain, calling.to, 5u, uint64_t{1} << 24, calling.data),
              bytes(calls, "deposit_and_call"));
    EXPECT_EQ(force_transaction(chain, transaction.data, 21'000),
              bytes(calls, "force_transaction"));
    EXPECT_EQ(fee_of(chain, ForcedKind::transaction, 21'000, 12), bytes(calls, "fee_of"));
    EXPECT_EQ(close_rollup(chain), bytes(calls, "close"));

    const element changed = document["events"]["rollup_registered"];
    const auto [verifier, program, policy, genesis, escrow] =
        abi::decode<Address, Hash, Address, Hash, uint256>(bytes(changed, "data")).value();
    const element claim = document["genesis_claims"].at(1);
    const auto [operation, digest, signature] =
        abi::decode_prefix<Operation, Hash, Bytes>(
            BytesView{bytes(calls, "execute_operation")}.subspan(4))
            .value()
            .values;
    EXPECT_EQ(register_rollup(
                  {number(claim, "chain_id"), program, verifier, policy, word(claim, "block_hash"),
                   word(claim, "state_root"), number(claim, "supply")},
                  signature),
              bytes(calls, "register"));
}

TEST_F(vectors, operations) {
    for (const element o : document["operations"].get_array()) {
        const SettlementId settlement{chain_id(o, "chain_id"), address(o, "settlement")};
        EXPECT_EQ(operation_digest(settlement, operation(o)), word(o, "digest"));
        EXPECT_EQ(operation_hash(settlement, operation(o)), word(o, "operation_hash"));
        EXPECT_EQ(operation_gas(operation(o)), uint64_t{number(o, "operation_gas")});
    }
}

TEST_F(vectors, calls_of_scoped_callable) {
    const element calls = document["calls"];
    const element open = calls["open_scope"];
    EXPECT_EQ(callable::open_scope(numbers(open, "remotes")), bytes(open, "calldata"));
    const element add = calls["add_chains"];
    EXPECT_EQ(callable::add_chains(numbers(add, "chain_ids")), bytes(add, "calldata"));
    const element remove = calls["remove_chains"];
    EXPECT_EQ(callable::remove_chains(numbers(remove, "chain_ids")), bytes(remove, "calldata"));
    const element upgrade = calls["upgrade"];
    EXPECT_EQ(callable::upgrade(bytes(upgrade, "code")), bytes(upgrade, "calldata"));
    const element take = calls["take_forced"];
    EXPECT_EQ(callable::take_forced(uint64_t{number(take, "position")}), bytes(take, "calldata"));
    size_t entry = 0;
    for (const element calldata : calls["deposits"].get_array()) {
        const element e = document["forced_entries"].at(entry++);
        EXPECT_EQ(callable::deposit(uint64_t{number(e, "index")}, forced_entry(e)),
                  from_hex(calldata.get_string().value()));
    }
    const element set = calls["set_baton"];
    EXPECT_EQ(callable::set_baton({word(set, "trace"), number(set, "depth"),
                                   number(set, "gas_to_ask"), marks(set)}),
              bytes(set, "calldata"));

    const element second = document["requests"].at(1);
    EXPECT_EQ(callable::decode_answer_of(bytes(calls, "answer_of")), request(second));
    size_t i = 0;
    for (const element h : calls["handle_scoped_call"].get_array()) {
        const Request served = request(document["requests"].at(i++));
        EXPECT_EQ(callable::handle_scoped_call(served, false), bytes(h, "calldata"));
        EXPECT_EQ(callable::handle_scoped_call(served, true), bytes(h, "still"));
    }
}

TEST_F(vectors, faults) {
    size_t i = 0;
    for (const element f : document["faults"].get_array()) {
        const auto fault = static_cast<Fault>(i++);
        EXPECT_EQ(to_string(fault), text(f, "name"));
        EXPECT_EQ(signature_of(fault), text(f, "signature"));
        EXPECT_EQ(to_bytes(selector_of(fault)), bytes(f, "selector"));
        EXPECT_EQ(fault_of(bytes(f, "revert_data")), fault);
    }
    EXPECT_EQ(i, static_cast<size_t>(Fault::escrow_exceeded) + 1);
}

TEST_F(vectors, errors_that_are_no_faults) {
    const element errors = document["errors"];
    EXPECT_TRUE(callable::is_duplicate_fill(bytes(errors, "duplicate_fill")));
    EXPECT_TRUE(is_too_little_operation_gas(bytes(errors, "too_little_operation_gas")));
    EXPECT_TRUE(is_too_little_gas_for_operation(bytes(errors, "too_little_gas_for_operation")));
    for (const auto error : errors.get_object())
        EXPECT_EQ(fault_of(from_hex(error.value.get_string().value()).value()), std::nullopt)
            << error.key;
    EXPECT_EQ(fault_of({}), std::nullopt);
}

TEST_F(vectors, execute_scope_and_signed_operation) {
    const element calls = document["calls"];
    const Bytes scope = bytes(calls, "execute_scope");
    const auto decoded = decode_execute_scope(scope);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(execute_scope(*decoded), scope);
    ASSERT_EQ(decoded->legs.size(), 2u);
    const Bytes signed_operation = bytes(calls, "signed_operation");
    EXPECT_EQ(decoded->legs[0].signed_operation, signed_operation);
    const auto operation_decoded = decode_signed_operation(signed_operation);
    ASSERT_TRUE(operation_decoded.has_value());
    EXPECT_EQ(encode(*operation_decoded), signed_operation);
    const element signed_one = document["operations"].at(1);
    EXPECT_EQ(operation_decoded->operation, operation(signed_one));
    EXPECT_EQ(execute_operation(*operation_decoded, word(signed_one, "digest")),
              bytes(calls, "execute_operation"));

    // The calls that load: their arguments are the legs'.
    const auto& leg = decoded->legs[0];
    const auto& other = decoded->legs[1];
    EXPECT_EQ(callable::fill_responses_in(leg.fills[0]), bytes(calls, "fill_responses_in"));
    const RootSection section{{{901u, uint256{1'000'000'000'000'000'000u}}, {902u, ~uint256{}}},
                              leg.fills,
                              other.records};
    const RootContext context{number(document["roots"].at(0), "root_chain_id"),
                              word(document["roots"].at(0), "operation_hash"),
                              {}};
    EXPECT_EQ(callable::load_root(context, section), bytes(calls, "load_root"));
    EXPECT_EQ(callable::run_root(context, section), bytes(calls, "run_root"));
    const auto system_call = callable::decode_system_call(bytes(calls, "load_root"));
    ASSERT_TRUE(system_call.has_value());
    EXPECT_EQ(std::get<callable::LoadRootCall>(*system_call).section, section);
}

}  // namespace
}  // namespace scope::protocol

#include "demo/attacks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "crypto/keccak.hpp"
#include "demo/forgery.hpp"
#include "demo/l1_run.hpp"
#include "protocol/callable.hpp"

namespace scope::demo {

namespace {

/// Places of the stories in the bundle, as stories() has them.
enum RootIndex : uint64_t { SWAP, CALLBACK, ARBITRAGE, COURIER, REFUSAL };

const builder::CallTree& call_of(const Forgery& forgery, RootIndex root, size_t index) {
    return forgery.original().roots.at(root).calls.at(index);
}

protocol::Fill& fill_of(std::vector<protocol::Fill>& fills, const Hash& request_hash) {
    const auto found = std::ranges::find(fills, request_hash, &protocol::Fill::request_hash);
    CHECK(found != fills.end());
    return *found;
}

Hash hash_of(const protocol::Record& record) {
    return protocol::request_hash(record.request);
}

/// Gives a record the answer that running its request gives, if it is not what it was.
void answer(protocol::Record& record, const builder::CallTree& call) {
    const auto response = answer_to(record.request, call.success, call.output);
    record.raw_response_hash = crypto::keccak256(protocol::encode(response));
}

std::string change_response(Forgery& forgery) {
    auto& fill = fill_of(forgery.leg(SWAP).fills, call_of(forgery, SWAP, 1).request_hash);
    auto response = *protocol::decode_response(fill.response);
    const auto bought = from_be(BytesView{response.data}.first(abi::WORD));
    response.data = abi::encode(bought - uint256{1u});
    fill.response = protocol::encode(response);
    return {};
}

std::string change_response_on_rollup(Forgery& forgery) {
    const auto request_hash = call_of(forgery, REFUSAL, 1).request_hash;
    forgery.change_section(B, REFUSAL, [&](Forgery::Section& loaded) {
        auto& fill = fill_of(loaded.section.fills, request_hash);
        auto response = *protocol::decode_response(fill.response);
        response.data.back() ^= 1;  // the value that Refused tells
        fill.response = protocol::encode(response);
    });
    return "the committee signed: B's batch is true of these answers";
}

std::string swap_responses(Forgery& forgery) {
    auto& fills = forgery.leg(ARBITRAGE).fills;
    CHECK(fills.size() == 2);
    std::swap(fills[0].response, fills[1].response);
    return {};
}

std::string omit_fill(Forgery& forgery) {
    forgery.leg(CALLBACK).fills.clear();
    return {};
}

std::string drop_call(Forgery& forgery) {
    const auto request_hash = call_of(forgery, ARBITRAGE, 2).request_hash;
    forgery.change_section(B, ARBITRAGE, [&](Forgery::Section& loaded) {
        std::erase_if(loaded.section.records, [&](const protocol::Record& record) {
            return hash_of(record) == request_hash;
        });
    });
    return "the committee signed: B's batch is valid without the call";
}

/// The fourth call of the story before the second one: records with anchors and answers that fit
/// together, so that all of them reproduce.
std::string reorder_calls(Forgery& forgery) {
    auto& records = forgery.leg(REFUSAL).records;
    const auto record_of = [&](size_t call) -> protocol::Record& {
        return *std::ranges::find_if(records, [&](const protocol::Record& record) {
            return hash_of(record) == call_of(forgery, REFUSAL, call).request_hash;
        });
    };
    CHECK(records.size() == 4);
    auto second = record_of(1);
    auto third = record_of(2);
    auto fourth = record_of(3);
    auto first = record_of(0);
    const auto marks_after = [&](const protocol::Record& record, size_t call) {
        const auto& result = call_of(forgery, REFUSAL, call);
        return answer_to(record.request, result.success, result.output).marks;
    };
    fourth.request.marks = second.request.marks;
    answer(fourth, call_of(forgery, REFUSAL, 3));
    second.request.marks = marks_after(fourth, 3);
    answer(second, call_of(forgery, REFUSAL, 1));
    third.request.marks = marks_after(second, 1);
    answer(third, call_of(forgery, REFUSAL, 2));
    records = {std::move(first), std::move(fourth), std::move(second), std::move(third)};
    return {};
}

std::string move_callback(Forgery& forgery) {
    auto& records = forgery.leg(SWAP).records;
    CHECK(records.size() == 1);
    // L1's anchor while it waits for the first call, instead of the second one.
    const auto& first = call_of(forgery, SWAP, 0).request;
    const auto anchor = protocol::trace_after(to_be(first.nonce), protocol::request_hash(first));
    auto& record = records.front();
    record.request.marks = with_mark(record.request.marks, uint256{L1}, anchor);
    answer(record, call_of(forgery, SWAP, 1).calls.at(0));
    return {};
}

std::string two_root_ids(Forgery& forgery) {
    forgery.leg(REFUSAL).context.root_index = uint256{9u};
    return {};
}

std::string change_batch(Forgery& forgery) {
    auto batch = forgery.original().parts.front().batch;
    batch.blocks.front().coinbase = devnet::make_person("thief").address;  // who gets the fees
    return forgery.publish_other_batch(batch.chain_id, batch);
}

std::string too_few_attestations(Forgery& forgery) {
    forgery.scope().proofs.front().resize(65);
    return {};
}

std::string attest_with_wrong_keys(Forgery& forgery) {
    std::vector<Hash> inputs_hashes;
    for (const auto& part : forgery.original().parts)
        inputs_hashes.push_back(protocol::public_inputs_hash(part.public_inputs));
    const auto message = protocol::attestation_hash(
        forgery.original().parts.front().public_inputs.program_id, inputs_hashes);
    std::array outsiders{devnet::make_person("outsider-1"), devnet::make_person("outsider-2")};
    if (outsiders[1].address < outsiders[0].address) std::swap(outsiders[0], outsiders[1]);
    Bytes proof;
    for (const auto& outsider : outsiders) {
        const auto signature = crypto::sign(message, outsider.key);
        append(proof, to_be(signature.r));
        append(proof, to_be(signature.s));
        proof.push_back(signature.y_parity ? 28 : 27);
    }
    forgery.scope().proofs = {std::move(proof)};
    return {};
}

std::string replay(Forgery& forgery) {
    // Its own declared environment would stop it before; a replayer leaves that out.
    forgery.scope().environment.clear();
    return {};
}

struct Row {
    Attack attack;
    /// Forges; gives what is to be said about it.
    std::string (*forge)(Forgery& forgery);
};

constexpr auto ROWS = std::to_array<Row>({
    {{"response-changed", "L1 is told that the swap on A gave 1 wei less than it did",
      "ResponsesDiffer(source: 1, target: 901)"},
     change_response},
    {{"response-changed-on-rollup",
      "B is told another refusal than L1 gave; B's batch is attested anew",
      "ResponsesDiffer(source: 902, target: 1)"},
     change_response_on_rollup},
    {{"responses-swapped", "L1 takes the answers of A and B for each other's", "NotReproduced("},
     swap_responses},
    {{"fill-omitted", "the answer that L1 reads in the callback is left out", "NotReproduced("},
     omit_fill},
    {{"call-dropped", "B does not serve bob's swap; B's batch is attested anew",
      "RequestsDiffer(source: 901, target: 902)"},
     drop_call},
    {{"call-reordered", "L1 serves B's fourth call before the second, answers made to fit",
      "RequestsDiffer(source: 902, target: 1)"},
     reorder_calls},
    {{"callback-moved", "the withdrawal to L1 runs in the first call to A, not inside the second",
      "OperationRefused(OutOfPosition("},
     move_callback},
    {{"two-root-ids", "one root has index 4 on B and index 9 on L1", "RecordOfAnotherRoot("},
     two_root_ids},
    {{"batch-changed", "other batch bytes are published: the fees on A go to a thief",
      "NotAMember("},
     change_batch},
    {{"attestation-too-few", "one signature of two that are needed",
      "TooFewSignatures(count: 1, threshold: 2)"},
     too_few_attestations},
    {{"attestation-wrong-keys", "two signatures of people who are no members", "NotAMember("},
     attest_with_wrong_keys},
    {{"bundle-replayed", "the settled bundle is sent once more", "WrongBatchNumber(chainId: 901",
      Attack::When::after_settling},
     replay},
});

constexpr auto ATTACKS = [] {
    std::array<Attack, ROWS.size()> all;
    for (size_t i = 0; i < all.size(); ++i) all[i] = ROWS[i].attack;
    return all;
}();

}  // namespace

std::span<const Attack> attacks() {
    return ATTACKS;
}

const Attack* find_attack(std::string_view kind) {
    const auto found = std::ranges::find(ATTACKS, kind, &Attack::kind);
    return found == ATTACKS.end() ? nullptr : &*found;
}

AttackReport run_attack(World& world, const Attack& attack, const builder::Bundle& bundle) {
    AttackReport report;
    report.kind = attack.kind;
    report.what = attack.what;
    report.expected = attack.expected;
    const auto row =
        std::ranges::find(ROWS, attack.kind, [](const Row& r) { return r.attack.kind; });
    Forgery forgery{world, bundle};
    try {
        report.note = row->forge(forgery);
    } catch (const std::runtime_error& error) {
        report.reason = fmt::format("it could not be forged: {}", error.what());
        return report;
    }
    const auto attributes = attack.when == Attack::When::after_settling
                                ? *world.devnet().l1().next_block()
                                : bundle.attributes;
    const auto run = run_on_l1(world, attributes, forgery.transaction());
    if (!run) {
        report.reason = fmt::format("the transaction was refused: {}", to_string(run.error()));
        return report;
    }
    const auto& outcome = run->outcome;
    report.gas_used = outcome.gas_used;
    report.reverted = outcome.status == evm::Status::revert;
    if (outcome.succeeded()) {
        report.reason = "it settled";
        return report;
    }
    report.reason = report.reverted ? world.artifacts().describe_error(outcome.output, Detail::full)
                                    : evm::to_string(outcome.status);
    if (run->first_fault && *run->first_fault != outcome.output)
        report.cause = world.artifacts().describe_error(*run->first_fault, Detail::full);
    return report;
}

}  // namespace scope::demo

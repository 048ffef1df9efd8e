#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <random>

#include "adversary/adversary.hpp"
#include "adversary/judge.hpp"
#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "oracle/addresses.hpp"
#include "oracle/script_code.hpp"
#include "types/signing.hpp"

/// Attacks by hand on docs/protocol.md §3 to §10: what settles is changed as the strongest builder
/// could, honest members attest what they re-execute, and it is settled on L1.
namespace scope::adversary {
namespace {

using oracle::Contract;
using oracle::Expression;
using oracle::Function;
using oracle::Operation;
using oracle::Program;
using oracle::SealedScope;
using testing::HasSubstr;

// ---- programs, in few words

constexpr Expression ACC{Expression::Kind::accumulator, 0};
constexpr Expression ARG{Expression::Kind::argument, 0};
constexpr Expression slot(uint64_t number) {
    return {Expression::Kind::slot, number};
}
constexpr Expression constant(uint64_t value) {
    return {Expression::Kind::constant, value};
}

Operation set(uint64_t number, Expression e) {
    return {.kind = Operation::Kind::set, .expression = e, .slot = number};
}
Operation load(Expression e) {
    return {.kind = Operation::Kind::load, .expression = e};
}
Operation revert() {
    return {.kind = Operation::Kind::revert, .expression = ACC};
}
/// A scoped call, or a plain one on the same chain, that passes a failure on.
Operation call(size_t target, uint64_t function, Expression e = constant(0), uint64_t value = 0) {
    return {.kind = Operation::Kind::call,
            .expression = e,
            .bubbles = true,
            .target = target,
            .function = function,
            .value = value};
}
Operation attempt_call(size_t target, uint64_t function, Expression e = constant(0)) {
    auto operation = call(target, function, e);
    operation.bubbles = false;
    return operation;
}
Operation static_call(size_t target, uint64_t function, Expression e = constant(0)) {
    auto operation = call(target, function, e);
    operation.is_static = true;
    return operation;
}

const Function SET{set(0, ARG)};
const Function GET{load(slot(0))};

/// One contract a chain, number by number.
Program program(std::vector<std::vector<Function>> contracts, std::vector<oracle::RootCall> roots) {
    Program program;
    program.chains = contracts.size();
    for (size_t i = 0; i < contracts.size(); ++i)
        program.contracts.push_back({i, contracts[i], 9, {}});
    program.roots = std::move(roots);
    return program;
}

const oracle::ManyChains& many() {
    static const auto ARTIFACTS = devnet::Artifacts::locate();
    static const oracle::ManyChains MANY{ARTIFACTS};
    return MANY;
}

/// Runs @p body on the program's honest scope.
void on(const Program& program, const std::function<void(const SealedScope&)>& body) {
    bool was_sealed = false;
    const auto outcome =
        many().run(program, builder::DataAvailability::calldata, [&](const SealedScope& sealed) {
            was_sealed = true;
            body(sealed);
        });
    ASSERT_TRUE(was_sealed) << outcome.error().reason;
}

using Forge = std::function<void(Draft&, const SealedScope&)>;

/// Judges the program's bundle after a forgery.
Judgement forged(const Program& program, const Forge& forge) {
    Judgement judgement;
    on(program, [&](const SealedScope& sealed) {
        auto draft = draft_of(sealed.bundle);
        forge(draft, sealed);
        judgement = judge(program, sealed, attempt(sealed, draft));
    });
    return judgement;
}

void expect_refused(const Program& program, const Forge& forge, const std::string& reason) {
    const auto judgement = forged(program, forge);
    EXPECT_EQ(judgement.verdict, Verdict::refused) << judgement.detail;
    EXPECT_THAT(judgement.detail, HasSubstr(reason));
}

// ---- what is forged

ChainId id_of(size_t chain) {
    return ChainId{chain == 0 ? 1 : 900 + chain};
}

Section section_of(const Draft& draft, size_t chain, size_t root = 0) {
    for (auto& section : sections_of(draft))
        if (section.chain_id == id_of(chain) && section.context.root_index == uint256{root})
            return section;
    throw std::runtime_error{"no such section"};
}

void change(Draft& draft, size_t chain, const std::function<void(Section&)>& edit,
            size_t root = 0) {
    auto section = section_of(draft, chain, root);
    edit(section);
    put(draft, section);
}

/// The system transaction for a root goes from a rollup's batch.
void drop_section(Draft& draft, size_t chain, size_t root = 0) {
    const auto section = section_of(draft, chain, root);
    auto& transactions = draft.batches[section.batch].blocks[section.block].transactions;
    transactions.erase(transactions.begin() + static_cast<ptrdiff_t>(section.transaction));
    // Their nonces are those of the system sender.
    for (size_t i = section.transaction; i < transactions.size(); ++i)
        if (transactions[i].type == TxType::system) --transactions[i].nonce;
}

Hash hash_of(const protocol::Record& record) {
    return protocol::request_hash(record.request);
}

/// The fill of an answer to @p hash.
protocol::Fill& fill_of(Section& section, const Hash& hash) {
    for (auto& fill : section.section.fills)
        if (fill.request_hash == hash) return fill;
    throw std::runtime_error{"no such fill"};
}

/// The answer to @p fill with other data, all else as it was.
Bytes with_data(const Bytes& response, const uint256& data) {
    auto decoded = protocol::decode_response(response).value();
    decoded.data = abi::encode(data);
    return encode(decoded);
}

protocol::Marks with_mark(protocol::Marks marks, const uint256& chain_id, const Hash& trace) {
    const auto place =
        std::ranges::find_if(marks, [&](const auto& mark) { return !(mark.chain_id < chain_id); });
    if (place != marks.end() && place->chain_id == chain_id)
        place->trace = trace;
    else
        marks.insert(place, {chain_id, trace});
    return marks;
}

/// Returns the answer of a chain that took control back at @p trace, with these marks (§5).
protocol::Response answer_after(const protocol::Request& request, const Hash& trace,
                                protocol::Marks marks, bool success, Bytes data) {
    protocol::Response response{success, std::move(data), true, {}, {}};
    response.trace = protocol::trace_after(
        trace, protocol::response_hash(protocol::request_hash(request), response));
    response.marks = with_mark(std::move(marks), request.target_chain_id, response.trace);
    return response;
}

/// Returns the anchor at which the source waits.
Hash wait_of(const protocol::Request& request) {
    return protocol::trace_after(to_be(request.nonce), protocol::request_hash(request));
}

/// Marks as they are when @p request arrives.
protocol::Marks marks_of(const protocol::Request& request) {
    return with_mark(request.marks, request.source_chain_id, wait_of(request));
}

/// Returns a chain's answer to a request that makes no scoped calls.
protocol::Response answer_to(const protocol::Request& request, bool success, Bytes data) {
    if (request.kind == protocol::CallKind::static_call)
        return {success, std::move(data), false, {}, {}};
    return answer_after(request, wait_of(request), marks_of(request), success, std::move(data));
}

/// A record and its fill that nobody asked for: true all the same.
struct Junk {
    protocol::Record record;
    protocol::Fill fill;
};
Junk junk(protocol::Request request, bool success, const Bytes& data) {
    const Bytes response = encode(answer_to(request, success, data));
    protocol::Fill fill{request.target_chain_id, protocol::request_hash(request), response};
    return {{std::move(request), crypto::keccak256(response), false}, std::move(fill)};
}

enum class AtOnce : uint8_t { one, two };

/// Every single lie about every record, or every two of them, and random ones, up to three at once:
/// what settles must be the same.
void expect_no_lie_helps(const Program& program, AtOnce most = AtOnce::one, uint64_t several = 20) {
    on(program, [&](const SealedScope& sealed) {
        Adversary adversary{sealed};
        size_t refused = 0;
        const auto expect = [&](const std::optional<Lie>& lie) {
            if (!lie) return;
            const auto judgement = judge(program, sealed, attempt(sealed, lie->draft));
            EXPECT_NE(judgement.verdict, Verdict::survivor)
                << lie->kind << ": " << judgement.detail;
            refused += judgement.verdict == Verdict::refused;
        };
        const auto lies = adversary.choices();
        for (const auto& lie : lies) expect(adversary.tell({&lie, 1}));
        EXPECT_GT(refused, lies.size() / 4) << "lies that change nothing";
        if (most == AtOnce::two)
            for (size_t i = 0; i < lies.size(); ++i)
                for (size_t j = i + 1; j < lies.size(); ++j)
                    expect(adversary.tell(std::array{lies[i], lies[j]}));
        std::mt19937_64 random{1};
        for (uint64_t i = 0; i < several; ++i) expect(adversary.lie(random, 3));
    });
}

}  // namespace

// ---- §3: identity ----------------------------------------------------------------------------

TEST(attack, one_root_under_two_ids) {
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope& sealed) {
            change(draft, 2, [&](Section& section) {
                section.context.root_index += uint256{1u};
                for (auto& record : section.section.records)
                    record.request.root_id = protocol::root_id(
                        sealed.devnet.node().network().contracts.settlement, section.context);
            });
        },
        "NotReproduced");
}

TEST(attack, one_root_under_two_ids_with_answers_made_to_fit) {
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope& sealed) {
            change(draft, 2, [&](Section& section) {
                section.context.root_index += uint256{1u};
                auto& record = section.section.records.at(0);
                record.request.root_id = protocol::root_id(
                    sealed.devnet.node().network().contracts.settlement, section.context);
                record.raw_response_hash = crypto::keccak256(
                    encode(answer_to(record.request, true, abi::encode(uint256{}))));
            });
        },
        "Differ(");
}

TEST(attack, an_answer_for_a_request_of_another_root) {
    const auto p = program({{{}}, {{call(2, 0, ARG), set(0, ACC)}}, {SET}},
                           {{.target = 1, .argument = 1}, {.target = 1, .argument = 2}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            const auto first = section_of(draft, 1, 0).section.fills;
            change(draft, 1, [&](Section& section) { section.section.fills = first; }, 1);
        },
        "aborted");
}

// ---- §4: streams -----------------------------------------------------------------------------

TEST(attack, two_fills_for_one_request) {
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 1, [](Section& section) {
                auto second = section.section.fills.at(0);
                second.response = with_data(second.response, uint256{7u});
                section.section.fills.push_back(second);
            });
        },
        "DuplicateFill");
}

TEST(attack, a_batch_of_a_root_without_its_other_chain) {
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p, [](Draft& draft, const SealedScope&) { draft.scope.batches.pop_back(); },
        "RemoteNotInScope");
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            draft.scope.batches.erase(draft.scope.batches.begin());
        },
        "RemoteNotInScope");
}

TEST(attack, a_root_without_its_leg_on_l1) {
    const auto p = program({{SET}, {{call(0, 0), set(0, ACC)}}}, {{.target = 1}});
    expect_refused(
        p, [](Draft& draft, const SealedScope&) { draft.scope.legs.clear(); }, "RequestsDiffer");
}

TEST(attack, a_remote_left_out_of_the_scope) {
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    const auto without_remote = [](size_t batch) {
        return [batch](Draft& draft, const SealedScope&) {
            auto& open = draft.batches[batch].blocks[0].transactions[0];
            open.data = protocol::callable::open_scope({uint256{1u}});
        };
    };
    expect_refused(p, without_remote(0), "RemoteNotOpen");
    expect_refused(p, without_remote(1), "RemoteNotOpen");
}

// ---- §5: position ----------------------------------------------------------------------------

TEST(attack, calls_answered_in_another_order) {
    // The second call's record where the first one's was, with all that follows from it.
    const auto p = program({{{}}, {{call(2, 0, constant(5)), call(2, 1), set(0, ACC)}}, {SET, GET}},
                           {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 2, [](Section& section) {
                auto& records = section.section.records;
                std::swap(records.at(0).request.marks, records.at(1).request.marks);
            });
        },
        "NotReproduced");
    expect_no_lie_helps(p);
}

TEST(attack, a_callback_under_another_call) {  // holes.py R6
    const auto p = program({{{}},
                            {{call(2, 0), set(0, slot(1)), call(2, 1)}, {set(1, constant(5))}},
                            {{call(1, 1)}, GET}},
                           {{.target = 1}});
    const auto under_the_second = [](bool is_kept) {
        return [is_kept](Draft& draft, const SealedScope&) {
            auto a = section_of(draft, 1);
            auto b = section_of(draft, 2);
            auto& callback = a.section.records.at(0);
            auto& first = b.section.records.at(0);
            auto& second = b.section.records.at(1);
            auto& first_fill = fill_of(a, hash_of(first));
            auto& second_fill = fill_of(a, hash_of(second));
            const auto data_of = [](const protocol::Fill& fill) {
                return protocol::decode_response(fill.response)->data;
            };

            // B is told an answer by which A stands where it waits for the first call.
            auto& told_fill = fill_of(b, hash_of(callback));
            auto told = protocol::decode_response(told_fill.response).value();
            told.marks = marks_of(callback.request);
            told_fill.response = encode(told);
            // So B answers, and A asks for the second call.
            const auto answer =
                answer_after(first.request, told.trace, told.marks, true, data_of(first_fill));
            first_fill.response = encode(answer);
            first.raw_response_hash = crypto::keccak256(first_fill.response);
            second.request.nonce = from_be(answer.trace);
            second.request.marks = answer.marks;
            second_fill.request_hash = hash_of(second);
            second_fill.response = encode(answer_to(second.request, true, data_of(second_fill)));
            second.raw_response_hash = crypto::keccak256(second_fill.response);
            // The callback is run where A waits for that.
            callback.request.marks =
                with_mark(callback.request.marks, uint256{id_of(1)}, wait_of(second.request));
            callback.raw_response_hash =
                crypto::keccak256(encode(answer_to(callback.request, true, data_of(told_fill))));
            callback.kept = is_kept;
            put(draft, a);
            put(draft, b);
        };
    };
    expect_refused(p, under_the_second(true), "aborted");  // B doesn't say that A has moved
    expect_refused(p, under_the_second(false), "Differ(");
    expect_no_lie_helps(p);
}

TEST(attack, a_callback_dropped_in_a_frame_that_reverts) {  // holes.py R7
    const auto p = program({{{}},
                            {{attempt_call(1, 1), set(0, ACC)},
                             {call(2, 0), load(slot(1)), revert()},
                             {set(1, constant(5))}},
                            {{call(1, 2)}}},
                           {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 1, [](Section& section) { section.section.records.at(0).kept = false; });
        },
        "OutOfPosition");
    expect_no_lie_helps(p);
}

// ---- §6: roots and records -------------------------------------------------------------------

TEST(attack, roots_in_another_order_on_one_chain) {  // holes.py R4
    const std::vector<Function> code1{{set(1, constant(1)), call(2, 1), set(0, ACC)},
                                      {load(slot(1))}};
    const std::vector<Function> code2{{set(1, constant(1)), call(1, 1), set(0, ACC)},
                                      {load(slot(1))}};
    const auto p = program({{{}}, code1, code2}, {{.target = 1}, {.target = 2}});
    // Chain 2: its own root first (two transactions), then the other's.
    const auto reorder = [](Draft& draft, const SealedScope&) {
        auto& transactions = draft.batches[1].blocks[0].transactions;
        ASSERT_EQ(transactions.size(), 4u);  // openScope, runRoot, loadRoot, the user's
        std::rotate(transactions.begin() + 1, transactions.begin() + 2, transactions.end());
        std::swap(transactions[1].nonce, transactions[3].nonce);
    };
    expect_refused(p, reorder, "RootIndexNotIncreasing");
    // With indices that fit the order there, the roots are others.
    expect_refused(
        p,
        [&](Draft& draft, const SealedScope& sealed) {
            reorder(draft, sealed);
            for (auto& section : sections_of(draft)) {
                if (section.chain_id != id_of(2)) continue;
                section.context.root_index = uint256{section.is_own ? 0u : 1u};
                put(draft, section);
            }
        },
        "");
    expect_no_lie_helps(p);
}

/// A: try { q = B.get(); revert(q) }; stores q. The call leaves nothing but its answer.
Program quoting() {
    return program({{{}}, {{attempt_call(1, 1), set(0, ACC)}, {call(2, 0), revert()}}, {GET}},
                   {{.target = 1}});
}

TEST(attack, a_record_that_never_runs_answers_for_another) {  // holes.py R2a
    expect_refused(
        quoting(),
        [](Draft& draft, const SealedScope&) {
            Bytes lie;
            change(draft, 1, [&](Section& section) {
                auto& response = section.section.fills.at(0).response;
                response = lie = with_data(response, uint256{777u});
            });
            change(draft, 2, [&](Section& section) {
                auto& record = section.section.records.at(0);
                record.request.marks = {{uint256{id_of(2)}, Hash{{1}}}};  // never reached
                record.raw_response_hash = crypto::keccak256(lie);
            });
        },
        "ResponsesDiffer");
    expect_no_lie_helps(quoting(), AtOnce::two);
}

TEST(attack, a_callback_that_never_runs) {  // holes.py R2b
    const auto p = program({{{}},
                            {{set(1, constant(1)), attempt_call(1, 1), set(0, ACC)},
                             {call(2, 0), revert()},
                             {load(slot(1))}},
                            {{call(1, 2)}}},
                           {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            auto a = section_of(draft, 1);
            auto b = section_of(draft, 2);
            auto& callback = a.section.records.at(0);
            auto& called = b.section.records.at(0);
            // B is told that A answered and didn't move, and answers with that.
            const Bytes data = abi::encode(uint256{777u});
            auto& told_fill = b.section.fills.at(0);
            const protocol::Response told{true, data, true, wait_of(callback.request),
                                          marks_of(callback.request)};
            told_fill.response = encode(told);
            auto& fill = a.section.fills.at(0);
            const uint256 digest = from_be(crypto::keccak256(data)) % uint256{oracle::MODULUS};
            fill.response = encode(
                answer_after(called.request, told.trace, told.marks, true, abi::encode(digest)));
            called.raw_response_hash = crypto::keccak256(fill.response);
            callback.request.marks = {{uint256{id_of(1)}, Hash{{1}}}};  // never reached
            callback.raw_response_hash = crypto::keccak256(told_fill.response);
            put(draft, a);
            put(draft, b);
        },
        "ResponsesDiffer");
    expect_no_lie_helps(p);
}

TEST(attack, a_surviving_call_made_to_fail) {  // holes.py R2c
    const auto p = program({{{}}, {{attempt_call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            Bytes lie;
            change(draft, 1, [&](Section& section) {
                auto& response = section.section.fills.at(0).response;
                auto decoded = protocol::decode_response(response).value();
                decoded.success = false;
                response = lie = encode(decoded);
            });
            change(draft, 2, [&](Section& section) {
                auto& record = section.section.records.at(0);
                record.request.marks = {{uint256{id_of(2)}, Hash{{1}}}};
                record.raw_response_hash = crypto::keccak256(lie);
                record.kept = false;
            });
        },
        "ResponsesDiffer");
    expect_no_lie_helps(p);
}

TEST(attack, a_junk_record_with_its_junk_fill_changes_nothing) {
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    const auto judgement = forged(p, [](Draft& draft, const SealedScope&) {
        auto request = section_of(draft, 2).section.records.at(0).request;
        request.nonce += uint256{1u};
        const auto extra = junk(request, true, abi::encode(uint256{}));
        change(draft, 1, [&](Section& s) { s.section.fills.push_back(extra.fill); });
        change(draft, 2, [&](Section& s) { s.section.records.push_back(extra.record); });
    });
    EXPECT_EQ(judgement.verdict, Verdict::equivalent) << judgement.detail;
}

/// A: try c1.f1(){ B.set(); .. }, with @p work after the call.
Program works_after_a_call(size_t work) {
    Function waiting{call(2, 0)};
    waiting.insert(waiting.end(), work, {.kind = Operation::Kind::emit, .expression = constant(3)});
    return program({{{}}, {{attempt_call(1, 1), set(0, ACC)}, waiting}, {SET}}, {{.target = 1}});
}

/// Makes a program with as much work as its frame has gas for.
Program on_the_brink() {
    const auto survives = [](size_t work) {
        bool is_kept = false;
        on(works_after_a_call(work), [&](const SealedScope& sealed) {
            is_kept = section_of(draft_of(sealed.bundle), 2).section.records.at(0).kept;
        });
        return is_kept;
    };
    size_t most = 1;
    size_t too_much = 1 << 15;
    while (too_much - most > 1) {
        const size_t work = most + (too_much - most) / 2;
        (survives(work) ? most : too_much) = work;
    }
    return works_after_a_call(most);
}

void give_system_transactions(Draft& draft, uint64_t gas) {
    for (auto& batch : draft.batches)
        for (auto& block : batch.blocks)
            for (auto& tx : block.transactions)
                if (tx.type == TxType::system) tx.gas_limit = gas;
}

struct Lot {
    size_t count = 1;
    uint8_t precompile = 0;
    uint64_t gas_limit = 0;
    bool success = true;
};

/// Fails on this input, and takes all gas.
constexpr uint8_t PAIRING = 8;

size_t chain_of(const uint256& id) {
    return id == uint256{1u} ? 0 : id[0] - 900;
}

/// Records calls of precompiles that nobody asked for at the anchor where the source of @p asked
/// waits.
void have_served(Draft& draft, const protocol::Request& asked, const Lot& lot) {
    const auto anchor = wait_of(asked);
    std::vector<Junk> extras;
    for (size_t i = 0; i < lot.count; ++i) {
        protocol::Request request = asked;
        std::swap(request.source_chain_id, request.target_chain_id);
        request.to = Address{};
        request.to[19] = lot.precompile;
        request.nonce += uint256{i + 1};
        request.depth += uint256{1u};
        request.data = Bytes{1};
        request.value = {};
        request.gas_limit = uint256{lot.gas_limit};
        request.marks = with_mark(request.marks, asked.source_chain_id, anchor);
        extras.push_back(junk(request, lot.success, lot.success ? Bytes{1} : Bytes{}));
    }
    change(draft, chain_of(asked.source_chain_id), [&](Section& s) {
        for (const auto& extra : extras) s.section.records.push_back(extra.record);
    });
    change(draft, chain_of(asked.target_chain_id), [&](Section& s) {
        for (const auto& extra : extras) s.section.fills.push_back(extra.fill);
    });
    give_system_transactions(draft, 30'000'000);
}

/// Expects that the draft makes of the program nothing else, or nothing at all. Nor if it also says
/// that the frame failed, so that the call in it is one that is rolled back. Returns whether it
/// settles.
bool steers_nothing(const Program& program, const SealedScope& sealed, Draft draft) {
    const auto judgement = judge(program, sealed, attempt(sealed, draft));
    EXPECT_THAT(judgement.verdict, testing::AnyOf(Verdict::equivalent, Verdict::refused))
        << judgement.detail;
    change(draft, 2, [](Section& s) { s.section.records.back().kept = false; });
    const auto steering = judge(program, sealed, attempt(sealed, draft));
    EXPECT_EQ(steering.verdict, Verdict::refused) << steering.detail;
    return judgement.verdict == Verdict::equivalent;
}

/// Records that nobody asked for, run where a frame waits: on its gas they could have it run out of
/// gas, and choose the branch of a catch around it.
TEST(attack, junk_records_to_burn_the_gas_of_who_waits) {
    constexpr uint8_t IDENTITY = 4;
    const auto p = on_the_brink();
    on(p, [&](const SealedScope& sealed) {
        const auto draft = draft_of(sealed.bundle);
        const auto asked = section_of(draft, 2).section.records.at(0).request;
        for (const size_t count : {1u, 10u, 100u}) {
            auto changed = draft;
            have_served(changed, asked, {count, IDENTITY, 1'000});
            EXPECT_TRUE(steers_nothing(p, sealed, std::move(changed))) << count;
        }
        for (uint64_t gas = 1'000'000; gas < static_cast<uint64_t>(execution::ASK_GAS);
             gas += 3'000'000) {
            auto changed = draft;
            have_served(changed, asked, {1, PAIRING, gas, false});
            steers_nothing(p, sealed, std::move(changed));
        }
    });
}

/// Variants whose answers are made up, before the true one: they are tried as well.
TEST(attack, variants_to_burn_the_gas_of_who_waits) {
    const auto p = on_the_brink();
    on(p, [&](const SealedScope& sealed) {
        const auto asked = section_of(draft_of(sealed.bundle), 2).section.records.at(0).request;
        for (const uint64_t before : {1u, 4u, 15u, 16u}) {
            auto draft = draft_of(sealed.bundle);
            std::vector<protocol::Fill> fills;
            std::vector<protocol::Record> records;
            for (uint64_t variant = 0; variant <= before; ++variant) {
                auto request = asked;
                request.variant = uint256{variant};
                const Bytes response = encode(answer_to(request, true, abi::encode(uint256{})));
                fills.push_back(
                    {request.target_chain_id, protocol::request_hash(request), response});
                records.push_back({request, crypto::keccak256(response), variant == before});
            }
            change(draft, 1, [&](Section& s) { s.section.fills = fills; });
            change(draft, 2, [&](Section& s) { s.section.records = records; });
            for (size_t variant = 0; variant < before; ++variant)  // each waits for what is not so
                have_served(draft, records[variant].request, {1, 5, 1'000, true});
            EXPECT_EQ(steers_nothing(p, sealed, std::move(draft)), before < protocol::MAX_VARIANTS)
                << before;
        }
    });
}

/// Has the user sign the outcome of its operation on L1.
void sign_outcome(Draft& draft, const SealedScope& sealed, const Hash& outcome) {
    auto& leg = draft.scope.legs.at(0);
    auto made = protocol::decode_signed_operation(leg.signed_operation).value();
    made.operation.outcome = outcome;
    const auto& settlement = sealed.devnet.node().network().contracts.settlement;
    const auto signature =
        crypto::sign(protocol::operation_digest(settlement, made.operation), oracle::user_key());
    made.signature = to_bytes(crypto::to_rsv(signature));
    leg.signed_operation = encode(made);
}

/// §7: what is served on L1 is on the gas of the frame that waits there. So a submitter can have it
/// run out of gas, as if its user had given less, and choose the branch of a catch around it.
TEST(attack, junk_records_burn_the_gas_of_who_waits_on_l1_is_what_remains) {
    // L1: try c0.f1(){ B.set(); .. } catch {}, with as much work after the call as its gas is for.
    Function waiting{call(1, 0)};
    waiting.insert(waiting.end(), 2600, {.kind = Operation::Kind::emit, .expression = constant(3)});
    const auto p = program({{{attempt_call(0, 1), set(0, ACC)}, waiting}, {SET}}, {{.target = 0}});
    // What happens if that frame runs out of gas.
    auto failing = p;
    failing.contracts[0].functions[1] = {{.kind = Operation::Kind::revert, .size = 0}};
    on(p, [&](const SealedScope& sealed) {
        const auto honest = draft_of(sealed.bundle);
        const auto asked = section_of(honest, 1).section.records.at(0).request;
        // As the contract on L1 computes it: the trace is that of its one answer.
        const auto loaded = section_of(honest, 0).section;
        const auto answer = protocol::decode_response(loaded.fills.at(0).response).value();
        const auto& root = sealed.bundle.roots.at(0);
        const Hash outcome = protocol::outcome_of(true, protocol::return_data_hash(root.output),
                                                  answer.trace, loaded.fills, loaded.records);
        EXPECT_EQ(outcome, root.outcome);
        auto signed_honest = honest;
        sign_outcome(signed_honest, sealed, outcome);
        const auto accepted = judge(p, sealed, attempt(sealed, signed_honest));
        EXPECT_EQ(accepted.verdict, Verdict::equivalent) << accepted.detail;

        size_t survivors = 0;
        for (uint64_t gas = 6'000'000; gas <= 9'000'000; gas += 500'000) {
            for (const bool is_kept : {true, false}) {
                auto draft = honest;
                have_served(draft, asked, {1, PAIRING, gas, false});
                change(draft, 1, [&](Section& s) { s.section.records.at(0).kept = is_kept; });
                const auto attempted = attempt(sealed, draft);
                const auto judgement = judge(p, sealed, attempted);
                // Who minds signs the outcome, which the leg as it is loaded is part of.
                sign_outcome(draft, sealed, outcome);
                const auto minded = judge(p, sealed, attempt(sealed, draft));
                EXPECT_EQ(minded.verdict, Verdict::refused) << minded.detail;
                if (judgement.verdict != Verdict::survivor) continue;
                ++survivors;
                EXPECT_FALSE(is_kept);
                EXPECT_THAT(judgement.detail, testing::StartsWith("root 0"));
                const auto failed = judge(failing, sealed, attempted);
                EXPECT_EQ(failed.verdict, Verdict::equivalent) << failed.detail;
                EXPECT_THAT(minded.detail, HasSubstr("WrongOutcome"));
            }
        }
        EXPECT_GT(survivors, 0u) << "closed: turn this test around";
    });
}

// ---- §7: rolled-back calls, faults -----------------------------------------------------------

/// A position of chain 2: before the call of this record was made, or when it has been answered.
enum class Place : uint8_t { before, after };

/// The record of a call that is rolled back is run at another place, where it answers @p data; this
/// is read as the answer to the true request.
Forge answered_elsewhere(size_t record, Place place, size_t other, uint64_t data) {
    return [=](Draft& draft, const SealedScope&) {
        auto asking = section_of(draft, 1);
        auto answering = section_of(draft, 2);
        auto& moved = answering.section.records.at(record);
        ASSERT_FALSE(moved.kept);
        auto& lie = fill_of(asking, hash_of(moved)).response;
        lie = with_data(lie, uint256{data});
        const auto& there = answering.section.records.at(other);
        moved.request.marks =
            place == Place::before
                ? there.request.marks
                : protocol::decode_response(fill_of(asking, hash_of(there)).response)->marks;
        moved.raw_response_hash =
            crypto::keccak256(encode(answer_to(moved.request, true, abi::encode(uint256{data}))));
        put(draft, asking);
        put(draft, answering);
    };
}

TEST(attack, a_rolled_back_call_answered_before_its_place) {  // holes.py R1a
    const auto p = program(
        {{{}},
         {{call(2, 0, constant(5)), attempt_call(1, 1), set(0, ACC)}, {call(2, 1), revert()}},
         {SET, GET}},
        {{.target = 1}});
    on(p, [](const SealedScope& sealed) {
        EXPECT_EQ(section_of(draft_of(sealed.bundle), 2).section.records.size(), 2u);
    });
    expect_refused(p, answered_elsewhere(1, Place::before, 0, 0), "ResponsesDiffer");
    expect_no_lie_helps(p);
}

TEST(attack, a_rolled_back_call_answered_after_its_place) {  // holes.py R1b
    const auto p = program({{{}},
                            {{attempt_call(1, 1), call(2, 0, constant(5)), set(0, ACC)},
                             {call(3, 0), call(2, 1), revert()}},
                            {SET, GET},
                            {GET}},
                           {{.target = 1}});
    expect_refused(p, answered_elsewhere(0, Place::after, 1, 5), "ResponsesDiffer");
    expect_no_lie_helps(p);
}

TEST(attack, rolled_back_calls_torn_apart) {  // holes.py R1c
    const auto p = program(
        {{{}},
         {{attempt_call(1, 1), set(0, ACC)}, {call(2, 0, constant(5)), call(2, 1), revert()}},
         {SET, GET}},
        {{.target = 1}});
    expect_refused(p, answered_elsewhere(1, Place::before, 0, 0), "ResponsesDiffer");
    expect_no_lie_helps(p);
}

TEST(attack, a_static_call_torn_out_of_a_frame_that_reverts) {  // holes.py R1d
    const auto p = program({{{}},
                            {{attempt_call(1, 1), set(0, ACC)},
                             {call(2, 0, constant(5)), static_call(2, 1), revert()}},
                            {SET, GET}},
                           {{.target = 1}});
    expect_refused(p, answered_elsewhere(1, Place::before, 0, 0), "ResponsesDiffer");
    expect_no_lie_helps(p);
}

/// A: s1 = 1; v1 = view B.f(), which reads A.s1; s1 = 2; v2 = view B.f(): one request, two answers.
Program two_answers() {
    return program({{{}},
                    {{set(1, constant(1)), static_call(2, 0), set(1, constant(2)),
                      load(constant(0)), static_call(2, 0), set(0, ACC)},
                     {load(slot(1))}},
                    {{static_call(1, 1)}}},
                   {{.target = 1}});
}

TEST(attack, one_request_with_two_answers_gets_the_first_one_twice) {  // holes.py R3b
    expect_refused(
        two_answers(),
        [](Draft& draft, const SealedScope&) {
            // The second variant's answer is the first one's, and the records that show it are
            // gone.
            change(draft, 1, [](Section& section) {
                auto& fills = section.section.fills;
                ASSERT_EQ(fills.size(), 2u);
                fills.at(1).response = fills.at(0).response;
                section.section.records.pop_back();
            });
        },
        "");
    expect_no_lie_helps(two_answers());
}

TEST(attack, the_second_variant_left_out) {  // holes.py R3c
    expect_refused(
        two_answers(),
        [](Draft& draft, const SealedScope&) {
            for (const size_t chain : {1u, 2u})
                change(draft, chain, [](Section& section) {
                    std::erase_if(section.section.records,
                                  [](const auto& r) { return !r.request.variant.is_zero(); });
                    section.section.fills.resize(1);
                });
        },
        "aborted");
}

// ---- §8: static calls ------------------------------------------------------------------------

/// A: v1 = view B.get(); B.set(5); v2 = view B.get().
Program before_and_after() {
    return program({{{}},
                    {{static_call(2, 1), call(2, 0, constant(5)), static_call(2, 1), set(0, ACC)}},
                    {SET, GET}},
                   {{.target = 1}});
}

TEST(attack, a_static_answered_from_the_wrong_moment) {
    const auto with_marks_of = [](size_t from, size_t to) {
        return [=](Draft& draft, const SealedScope&) {
            std::vector<size_t> statics;
            change(draft, 2, [&](Section& section) {
                auto& records = section.section.records;
                for (size_t i = 0; i < records.size(); ++i)
                    if (records[i].request.kind == protocol::CallKind::static_call)
                        statics.push_back(i);
                ASSERT_EQ(statics.size(), 2u);
                auto& moved = records.at(statics[to]);
                const auto& other = records.at(statics[from]);
                moved.request.marks = other.request.marks;
                moved.raw_response_hash = other.raw_response_hash;
            });
            change(draft, 1, [&](Section& section) {
                auto& fills = section.section.fills;
                fills.at(statics[to]).response = fills.at(statics[from]).response;
            });
        };
    };
    expect_refused(before_and_after(), with_marks_of(0, 1), "ResponsesDiffer");
    expect_refused(before_and_after(), with_marks_of(1, 0), "ResponsesDiffer");
    expect_no_lie_helps(before_and_after());
}

TEST(attack, a_static_answer_that_nothing_checks) {
    expect_refused(
        before_and_after(),
        [](Draft& draft, const SealedScope&) {
            Bytes lie;
            change(draft, 1, [&](Section& section) {
                auto& response = section.section.fills.at(0).response;
                response = lie = with_data(response, uint256{777u});
            });
            change(draft, 2, [&](Section& section) {
                auto& record = section.section.records.at(0);
                record.request.marks = {{uint256{id_of(2)}, Hash{{1}}}};  // never reached
                record.raw_response_hash = crypto::keccak256(lie);
            });
        },
        "ResponsesDiffer");
}

// ---- §7: faults ------------------------------------------------------------------------------

TEST(attack, a_fault_swallowed_by_a_catch_on_a_rollup) {  // holes.py R5
    const auto p = program({{{}}, {{attempt_call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 1, [](Section& section) { section.section.fills.clear(); });
            drop_section(draft, 2);
        },
        "aborted");
}

TEST(attack, a_root_included_as_an_ordinary_transaction) {
    // §12: its marker says that it is a root, and a root stands only behind what loads it. So a
    // builder can't have a root's calls fail by leaving out what loads it.
    const auto p = program({{{}}, {{attempt_call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            drop_section(draft, 1);
            drop_section(draft, 2);
        },
        "root_without_load");
}

TEST(attack, an_ordinary_transaction_loaded_as_a_root) {
    // §12: nor can it have one that is none make calls.
    const auto p = program({{{}}, {{attempt_call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            auto& transactions = draft.batches.at(0).blocks.at(0).transactions;
            auto& user = transactions.back();
            user.data.resize(user.data.size() - sizeof(Hash));
            sign(user, oracle::user_key());
            change(draft, 1,
                   [&](Section& section) { section.context.operation_hash = hash(user); });
        },
        "load_without_root");
}

/// An ordinary transaction's scoped call is a plain revert, on a rollup as everywhere else.
TEST(attack, a_callee_that_asks_in_an_ordinary_transaction_is_caught) {
    const auto p = program({{{}}, {{attempt_call(1, 1), set(0, constant(1))}, {call(2, 0)}}, {SET}},
                           {{.target = 1, .function = 1}});
    on(p, [&](const SealedScope& sealed) {
        // The root stays; behind it stands the same call in an ordinary transaction.
        auto draft = draft_of(sealed.bundle);
        auto& transactions = draft.batches.at(0).blocks.at(0).transactions;
        auto ordinary = transactions.back();
        ordinary.nonce += 1;
        ordinary.data = oracle::encode(oracle::ScriptInput{.depth = oracle::DEPTH});
        sign(ordinary, oracle::user_key());
        transactions.push_back(ordinary);
        const auto settled = attempt(sealed, draft);
        ASSERT_EQ(settled.end, Attempt::End::settled) << settled.reason;
        ASSERT_EQ(settled.roots.size(), 1u);
        EXPECT_TRUE(settled.roots.at(0).success);
        EXPECT_TRUE(settled.chains.at(1).receipts.back().success);
        const auto& state = *settled.chains.at(1).state;
        const auto address = oracle::Addresses{p}.of(1);
        EXPECT_EQ(state.storage(address, Hash{}), to_be(uint256{1u}));
        EXPECT_EQ(settled.chains.at(1).receipts.back().logs.size(), 0u);
    });
}

TEST(attack, a_fault_swallowed_by_a_catch_on_l1_is_what_remains) {
    // §7: a submitter can make an L1 contract's call fail inside a try. The outcome is one in which
    // that call failed, no other.
    const auto p = program({{{attempt_call(1, 0, constant(4)), set(0, ACC)}}, {SET}},
                           {{.target = 1}, {.target = 0}});
    const auto judgement = forged(p, [](Draft& draft, const SealedScope&) {
        change(draft, 0, [](Section& section) { section.section.fills.clear(); }, 1);
        drop_section(draft, 1, 1);
    });
    EXPECT_EQ(judgement.verdict, Verdict::swallowed) << judgement.detail;
}

// ---- §9, §10: identity and value -------------------------------------------------------------

TEST(attack, an_alias_speaks_for_a_third_chain) {
    const auto p = program({{SET}, {{call(0, 0), set(0, ACC)}}, {{call(0, 0)}}}, {{.target = 1}});
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 0, [](Section& section) {
                auto& record = section.section.records.at(0);
                record.request.source_chain_id = uint256{id_of(2)};
                record.raw_response_hash = crypto::keccak256(
                    encode(answer_to(record.request, true, abi::encode(uint256{}))));
            });
        },
        "");
}

TEST(attack, value_released_twice) {
    const auto p = program({{SET}, {{call(0, 0, constant(0), 3), set(0, ACC)}}}, {{.target = 1}});
    // A second time where the first one left off.
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 0, [](Section& section) {
                auto again = section.section.records.at(0);
                const auto first = answer_to(again.request, true, abi::encode(uint256{}));
                again.request.marks = first.marks;
                again.request.nonce = from_be(first.trace);
                again.raw_response_hash = crypto::keccak256(
                    encode(answer_to(again.request, true, abi::encode(uint256{}))));
                section.section.records.push_back(again);
            });
        },
        "RequestsDiffer");
    // At the same place.
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 0, [](Section& section) {
                section.section.records.push_back(section.section.records.at(0));
            });
        },
        "TwoSuccessors");
    // More of it.
    expect_refused(
        p,
        [](Draft& draft, const SealedScope&) {
            change(draft, 0, [](Section& section) {
                auto& record = section.section.records.at(0);
                record.request.value += uint256{1u};
                record.raw_response_hash = crypto::keccak256(
                    encode(answer_to(record.request, true, abi::encode(uint256{}))));
            });
        },
        "Differ(");
}

TEST(attack, a_limit_that_is_not_what_l1_holds) {
    // §10: a rollup serves value of another one up to what it is told that L1 holds for that one.
    const auto p =
        program({{{}}, {{call(2, 0, constant(0), 3), set(0, ACC)}}, {SET}}, {{.target = 1}});
    for (const bool is_left_out : {false, true})
        expect_refused(
            p,
            [&](Draft& draft, const SealedScope&) {
                change(draft, 2, [&](Section& section) {
                    auto& limits = section.section.limits;
                    ASSERT_EQ(limits.size(), 1u);
                    limits.at(0).value += uint256{1u};
                    if (is_left_out) limits.clear();
                });
            },
            is_left_out ? "EscrowExceeded" : "WrongLimit");
}

// ---- §2, §11: gas of the executor ------------------------------------------------------------

TEST(attack, a_submitter_that_gives_too_little_gas) {
    // An operation of L1 that tries a call to a rollup, and a call of a rollup that L1 serves.
    const auto p = program({{{attempt_call(1, 0, constant(4)), set(0, ACC)}, SET},
                            {SET, {attempt_call(0, 1, constant(2)), set(1, ACC)}}},
                           {{.target = 1, .function = 1}, {.target = 0}});
    on(p, [&](const SealedScope& sealed) {
        size_t settled = 0;
        for (uint64_t gas = 400'000; gas <= 16'600'000; gas += gas < 2'000'000 ? 20'000 : 300'000) {
            auto draft = draft_of(sealed.bundle);
            draft.gas_limit = gas;
            const auto judgement = judge(p, sealed, attempt(sealed, draft));
            EXPECT_TRUE(judgement.verdict == Verdict::refused ||
                        judgement.verdict == Verdict::equivalent)
                << gas << ": " << judgement.detail;
            settled += judgement.verdict == Verdict::equivalent;
        }
        EXPECT_GT(settled, 0u);
    });
}

TEST(attack, a_system_transaction_with_too_little_gas) {
    const auto p = program(
        {{{}}, {{call(2, 0), set(0, ACC)}, SET}, {{attempt_call(1, 1, constant(2)), set(1, ACC)}}},
        {{.target = 1}});
    on(p, [&](const SealedScope& sealed) {
        size_t settled = 0;
        for (uint64_t gas = 100'000; gas < 30'000'000; gas += gas < 1'500'000 ? 25'000 : 500'000) {
            auto draft = draft_of(sealed.bundle);
            const auto section = section_of(draft, 2);
            draft.batches[section.batch].blocks[0].transactions[section.transaction].gas_limit =
                gas;
            const auto judgement = judge(p, sealed, attempt(sealed, draft));
            EXPECT_TRUE(judgement.verdict == Verdict::refused ||
                        judgement.verdict == Verdict::equivalent)
                << gas << ": " << judgement.detail;
            settled += judgement.verdict == Verdict::equivalent;
        }
        EXPECT_GT(settled, 0u);
    });
}

// ---- §12: derivation -------------------------------------------------------------------------

TEST(attack, calldata_of_a_settlement_that_no_follower_reads) {
    // Solidity's decoder doesn't look at what stands behind the last value.
    const auto p = program({{{}}, {{call(2, 0), set(0, ACC)}}, {SET}}, {{.target = 1}});
    const auto judgement = forged(p, [](Draft& draft, const SealedScope&) {
        draft.calldata = concat(protocol::execute_scope(draft.scope), Bytes{0});
    });
    EXPECT_TRUE(judgement.verdict == Verdict::refused || judgement.verdict == Verdict::equivalent)
        << judgement.detail;
}

}  // namespace scope::adversary

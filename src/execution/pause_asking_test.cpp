#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "evm/analysis.hpp"
#include "evm/opcodes.hpp"
#include "execution/host.hpp"
#include "execution/scope_rollup.hpp"
#include "state/memory_state.hpp"

namespace scope::execution {
namespace {

using namespace scope::literals;
using evm::CallKind;
using evm::Status;

constexpr Address USER = "0x00000000000000000000000000000000000000a1"_address;
constexpr Address SYSTEM = "0x00000000000000000000000000000000000000a2"_address;
constexpr Address PREDEPLOY = "0x00000000000000000000000000000000000000c1"_address;
// Contracts: A is called by the transaction, and calls the others as a test has it.
constexpr Address A = "0x000000000000000000000000000000000000aaaa"_address;
constexpr Address B = "0x000000000000000000000000000000000000bbbb"_address;
constexpr Address C = "0x000000000000000000000000000000000000cccc"_address;
constexpr uint64_t ALL_GAS = 10'000'000;

/// Calls itself with its input; called by itself, it serves: calls the address behind the selector.
const Bytes SERVING = "333014601357365f5f375f5f365f5f305af1005b5f5f5f5f5f60043560601c5af100"_hex;
/// Calls the address that ends at its input's byte 32, as ScopedCallable calls an alias.
const Bytes FORWARDING = "5f5f5f5f5f5f355af100"_hex;

/// A call that a contract makes.
struct Call {
    Address to;
    Bytes input;  // at most 32 bytes
    uint8_t opcode = evm::OP_CALL;
    uint64_t gas = ALL_GAS;
    uint8_t value = 0;
};
Call call_to(const Address& contract, uint8_t opcode = evm::OP_CALL) {
    return {.to = contract, .input = {}, .opcode = opcode};
}
Call pause(uint8_t opcode = evm::OP_CALL) {
    return {.to = PREDEPLOY, .input = to_bytes(PAUSE_ASKING), .opcode = opcode};
}
Call ask(BytesView selector = SCOPED_CALL, uint8_t opcode = evm::OP_CALL) {
    return {.to = PREDEPLOY, .input = to_bytes(selector), .opcode = opcode};
}

enum class End : uint8_t { stop = evm::OP_STOP, revert = evm::OP_REVERT };

/// Returns code that makes calls, one after the other, whatever becomes of them.
Bytes calling(const std::vector<Call>& calls, End end = End::stop) {
    Bytes code;
    const auto push = [&](BytesView bytes) {
        code.push_back(static_cast<uint8_t>(evm::OP_PUSH1 + bytes.size() - 1));
        append(code, bytes);
    };
    const auto push_number = [&](uint64_t number) { push(to_be(uint256{number})); };
    for (const auto& call : calls) {
        Bytes word = call.input;
        word.resize(32);
        push(word);
        push_number(0);
        code.push_back(evm::OP_MSTORE);
        push_number(0);
        push_number(0);
        push_number(call.input.size());
        push_number(0);
        if (call.opcode == evm::OP_CALL || call.opcode == evm::OP_CALLCODE) push_number(call.value);
        push(call.to);
        push_number(call.gas);
        code.push_back(call.opcode);
        code.push_back(evm::OP_POP);
    }
    push_number(0);
    push_number(0);
    code.push_back(static_cast<uint8_t>(end));
    return code;
}

/// Returns code that creates a contract, whose init code begins at its byte 12.
Bytes creating(const Bytes& init_code) {
    const Bytes size = to_bytes(BytesView{to_be(uint256{init_code.size()})}.last(2));
    return concat("61"_hex, size, "80600c5f395f5ff000"_hex, init_code);
}

/// A message to the predeploy, or one that runs its code, and what it gave.
struct Asked {
    Address who;
    int64_t gas = 0;
    evm::CallResult result;
};

class Recording final : public Host {
  public:
    using Host::Host;
    evm::CallResult call(const evm::Message& message) override {
        auto result = Host::call(message);
        if (message.code_address == PREDEPLOY && message.sender != PREDEPLOY &&
            !equal(message.input, PAUSE_ASKING))
            asked.push_back({message.kind == CallKind::call ? message.sender : message.recipient,
                             message.gas, result});
        return result;
    }
    std::vector<Asked> asked;
};

class PauseAskingTest : public testing::Test {
  protected:
    PauseAskingTest() {
        environment.revision = evm::Revision::osaka;
        environment.block.gas_limit = 30'000'000;
        environment.rollup = std::make_shared<ScopeRollup>(
            SystemTransactionRule{.sender = SYSTEM, .target = PREDEPLOY});
    }

    void put(const Address& address, const Bytes& code) {
        state.set_code(address, evm::make_code(code));
    }

    static void call(Recording& host, const Address& to, BytesView input = {}) {
        host.call(
            {.gas = ALL_GAS, .recipient = to, .sender = USER, .code_address = to, .input = input});
    }

    /// Tells who asked, in the order in which they had their answer, with a "-" behind those that
    /// were refused: "A B-".
    static std::string told(const std::vector<Asked>& asked) {
        std::string text;
        for (const auto& [who, gas, result] : asked) {
            if (!text.empty()) text += ' ';
            text += who == A ? 'A' : who == B ? 'B' : who == C ? 'C' : '?';
            if (result.status == Status::success) continue;
            text += '-';
            EXPECT_EQ(result.status, Status::revert);
            EXPECT_EQ(result.output, to_bytes(ASKING_PAUSED));
            EXPECT_EQ(result.gas_left, gas);
        }
        return text;
    }

    /// Puts @p code at A, calls it, and tells who asked.
    std::string run(const Bytes& code) {
        put(A, code);
        Recording host{state, environment};
        host.open_transaction({.origin = USER});
        call(host, A);
        host.close_transaction();
        return told(host.asked);
    }

    Environment environment;
    const state::MemoryState base{state::GenesisAlloc{
        {PREDEPLOY, {.nonce = 1, .balance = {}, .code = SERVING, .storage = {}}},
        {B, {.nonce = 1, .balance = uint256{5u}, .code = calling({ask()}), .storage = {}}},
        {C, {.nonce = 1, .balance = {}, .code = calling({ask()}), .storage = {}}},
    }};
    state::State state{base};
};

TEST_F(PauseAskingTest, refuses_whom_the_frame_calls_not_the_frame_itself) {
    EXPECT_EQ(run(calling({ask(), call_to(B)})), "A B");
    EXPECT_EQ(run(calling({call_to(B), pause(), ask(), call_to(B), ask()})), "B A B- A");
}

TEST_F(PauseAskingTest, refuses_each_way_to_ask_and_nothing_else) {
    for (const uint8_t opcode : {evm::OP_CALL, evm::OP_STATICCALL}) {
        for (const auto& selector :
             {SCOPED_CALL, TRY_SCOPED_CALL, SCOPED_STATIC_CALL, FORWARD_STRANDED}) {
            put(B, calling({ask(selector, opcode)}));
            EXPECT_EQ(run(calling({pause(), ask(selector), call_to(B, opcode)})), "A B-");
        }
        const BytesView less_than_a_selector = BytesView{SCOPED_CALL}.first(3);
        for (const BytesView other : {BytesView{LOAD_ROOT}, less_than_a_selector}) {
            put(B, calling({ask(other, opcode)}));
            EXPECT_EQ(run(calling({pause(), call_to(B, opcode)})), "B");
        }
    }
}

TEST_F(PauseAskingTest, a_refusal_gives_the_gas_back_and_moves_no_value) {
    put(B, calling({{.to = PREDEPLOY, .input = to_bytes(SCOPED_CALL), .value = 1}}));
    EXPECT_EQ(run(calling({pause(), call_to(B)})), "B-");  // told() looks at the gas
    EXPECT_EQ(state.balance(B), uint256{5u});
    EXPECT_EQ(state.balance(PREDEPLOY), uint256{});
    EXPECT_EQ(run(calling({call_to(B)})), "B");
    EXPECT_EQ(state.balance(B), uint256{4u});
}

TEST_F(PauseAskingTest, refuses_at_any_depth_and_in_any_kind_of_frame) {
    put(B, calling({call_to(C)}));
    EXPECT_EQ(run(calling({pause(), call_to(B)})), "C-");
    put(B, calling({call_to(C, evm::OP_DELEGATECALL), call_to(C, evm::OP_CALLCODE)}));
    EXPECT_EQ(run(calling({pause(), call_to(B)})), "B- B-");
    EXPECT_EQ(run(calling({pause(), call_to(C, evm::OP_DELEGATECALL)})), "A-");
    put(B, creating(calling({ask(), pause(), call_to(C)})));
    EXPECT_EQ(run(calling({pause(), call_to(B)})), "?- C-");
    // Init code may pause as well.
    EXPECT_EQ(run(calling({call_to(B)})), "? C-");
}

TEST_F(PauseAskingTest, ends_with_its_frame) {
    for (const auto end : {End::stop, End::revert}) {
        put(B, calling({pause(), call_to(C)}, end));
        EXPECT_EQ(run(calling({call_to(B), call_to(C)})), "C- C");
    }
}

TEST_F(PauseAskingTest, nests) {
    put(B, calling({pause(), ask(), call_to(C), ask()}));
    EXPECT_EQ(run(calling({call_to(B), ask(), call_to(C)})), "B C- B A C");
    EXPECT_EQ(run(calling({pause(), call_to(B), ask(), call_to(C)})), "B- C- B- A C-");
}

TEST_F(PauseAskingTest, a_stranger_leaves_no_pause_behind) {
    put(B, calling({pause()}));
    for (const uint8_t opcode :
         {evm::OP_CALL, evm::OP_STATICCALL, evm::OP_DELEGATECALL, evm::OP_CALLCODE})
        EXPECT_EQ(run(calling({call_to(B, opcode), ask(), call_to(C)})), "A C");
}

TEST_F(PauseAskingTest, is_called_in_a_static_context_too) {
    EXPECT_EQ(run(calling({pause(evm::OP_STATICCALL), ask(), call_to(B)})), "A B-");
    put(B, calling({pause(), ask(SCOPED_STATIC_CALL), call_to(C)}));
    EXPECT_EQ(run(calling({call_to(B, evm::OP_STATICCALL), call_to(C)})), "B C- C");
}

TEST_F(PauseAskingTest, is_no_pause_that_fails_or_is_not_called_at_the_predeploy) {
    Call without_gas = pause();
    without_gas.gas = 5;
    EXPECT_EQ(run(calling({without_gas, call_to(B)})), "B");
    Call elsewhere = pause();
    elsewhere.to = C;
    EXPECT_EQ(run(calling({elsewhere, call_to(B)})), "C B");
    put(PREDEPLOY, {evm::OP_STOP});
    for (const uint8_t opcode : {evm::OP_DELEGATECALL, evm::OP_CALLCODE})
        EXPECT_EQ(run(calling({pause(opcode), call_to(B)})), "B");
}

// The predeploy's code on somebody's own storage asks nobody.
TEST_F(PauseAskingTest, refuses_no_delegatecall_of_the_predeploys_code) {
    put(PREDEPLOY, {evm::OP_STOP});
    for (const uint8_t opcode : {evm::OP_DELEGATECALL, evm::OP_CALLCODE}) {
        put(B, calling({ask(SCOPED_CALL, opcode), ask()}));
        EXPECT_EQ(run(calling({pause(), call_to(B)})), "B B-");
    }
}

TEST_F(PauseAskingTest, what_is_served_meanwhile_may_ask) {
    for (const auto& selector : {SCOPED_CALL, ASK}) {
        const Call serve_b{.to = PREDEPLOY, .input = concat(selector, B)};
        EXPECT_EQ(run(calling({pause(), serve_b, call_to(C), ask()})), "B A C- A");
    }
    // Whoever has the predeploy call itself.
    put(B, calling({{.to = PREDEPLOY, .input = concat(LOAD_ROOT, C)}}));
    EXPECT_EQ(run(calling({pause(), call_to(B), call_to(C)})), "C B C-");
    // A pause in what is served is one there, and no longer.
    put(B, calling({pause(), ask(), call_to(C)}));
    const Call serve_b{.to = PREDEPLOY, .input = concat(SCOPED_CALL, B)};
    EXPECT_EQ(run(calling({serve_b, call_to(C)})), "B C- A C");
}

// The predeploy has the alias ask for whom it is.
TEST_F(PauseAskingTest, the_frames_own_call_may_go_through_an_alias) {
    put(PREDEPLOY, FORWARDING);
    const Call forward_stranded{.to = PREDEPLOY, .input = concat(FORWARD_STRANDED, Bytes(8), B)};
    EXPECT_EQ(run(calling({pause(), forward_stranded, call_to(B)})), "B A B-");
    put(C, calling({forward_stranded}));
    EXPECT_EQ(run(calling({pause(), call_to(C)})), "C-");
}

TEST_F(PauseAskingTest, does_not_outlive_its_transaction) {
    put(A, calling({ask()}));
    Recording host{state, environment};
    host.open_transaction({.origin = USER});
    call(host, PREDEPLOY, PAUSE_ASKING);
    call(host, A);
    host.close_transaction();
    host.open_transaction({.origin = USER});
    call(host, A);
    host.close_transaction();
    EXPECT_EQ(told(host.asked), "A- A");
}

TEST_F(PauseAskingTest, is_nothing_on_ethereum) {
    environment.rollup = nullptr;
    EXPECT_EQ(run(calling({pause(), call_to(B)})), "B");
}

}  // namespace
}  // namespace scope::execution

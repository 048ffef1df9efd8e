#include "evm/tracer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "evm/mock_host.hpp"

namespace scope::evm::test {

namespace {

struct Recorder : Tracer {
    std::string text;

    void on_frame_start(const Message& message, const Code& code) override {
        text += "frame " + std::to_string(message.depth) + ", " +
                std::to_string(code.bytes.size()) + " bytes\n";
    }
    void on_instruction(const TraceStep& step) override {
        text += std::to_string(step.pc) + " " + std::string{INSTRUCTIONS[step.opcode].name} +
                " gas " + std::to_string(step.gas_left) + " memory " +
                std::to_string(step.memory.size()) + " [";
        for (const uint256& item : step.stack) text += to_quantity(item) + ",";
        text += "]";
    }
    void on_cost(int64_t gas_cost, int64_t gas_refund, std::optional<Status> failure) override {
        text += " refund " + std::to_string(gas_refund) + " cost " + std::to_string(gas_cost);
        if (failure) text += std::string{" "} + to_string(*failure);
        text += "\n";
    }
    void on_frame_end(const CallResult& result) override {
        text += std::string{"end "} + to_string(result.status) + "\n";
    }
};

std::string trace(MockHost& host, const Program& program, int64_t gas) {
    Recorder recorder;
    Message message;
    message.gas = gas;
    execute(host, LATEST_REVISION, message, *make_code(program.bytes), &recorder);
    return recorder.text;
}

TEST(tracer, tells_every_instruction) {
    MockHost host;
    EXPECT_EQ(trace(host, op(OP_MSTORE, 1u, 2u) << OP_STOP, 100),
              "frame 0, 6 bytes\n"
              "0 PUSH1 gas 100 memory 0 [] refund 0 cost 3\n"
              "2 PUSH1 gas 97 memory 0 [0x2,] refund 0 cost 3\n"
              "4 MSTORE gas 94 memory 0 [0x2,0x1,] refund 0 cost 9\n"
              "5 STOP gas 85 memory 64 [] refund 0 cost 0\n"
              "end success\n");
}

TEST(tracer, tells_what_failed) {
    MockHost host;
    EXPECT_EQ(trace(host, Program{} << OP_ADD, 100),
              "frame 0, 1 bytes\n"
              "0 ADD gas 100 memory 0 [] refund 0 cost 0 stack underflow\n"
              "end stack underflow\n");
}

TEST(tracer, has_the_cost_of_a_call_before_the_callee_runs) {
    MockHost host;
    Recorder recorder;
    host.on_call = [&](const Message& message) {
        recorder.text += "call with " + std::to_string(message.gas) + "\n";
        CallResult result;
        result.gas_left = message.gas;
        return result;
    };
    host.accounts[Address{}].exists = true;
    host.warm_accounts.insert(Address{});
    Message message;
    message.gas = 20000;
    // 100 + 9000 for the value + 1000 for the callee; the stipend is a gift.
    const Program program = op(OP_CALL, 1000u, 0u, 1u, 0u, 0u, 0u, 0u);
    execute(host, LATEST_REVISION, message, *make_code(program.bytes), &recorder);
    EXPECT_NE(recorder.text.find("cost 10100\ncall with 3300\n"), std::string::npos)
        << recorder.text;
}

TEST(tracer, has_the_cost_of_a_create_without_the_gas_that_it_gives) {
    MockHost host;
    Recorder recorder;
    host.on_call = [&](const Message&) { return CallResult{}; };
    Message message;
    message.gas = 50000;
    // 32000, 3 for a word of memory, 2 for one of init code (EIP-3860).
    const Program program = op(OP_CREATE, 0u, 0u, 32u);
    execute(host, LATEST_REVISION, message, *make_code(program.bytes), &recorder);
    EXPECT_NE(recorder.text.find("refund 0 cost 32005\n"), std::string::npos) << recorder.text;
}

TEST(tracer, has_the_refund_of_an_instruction_with_it) {
    MockHost host;
    const Hash slot{};
    host.original_storage[{Address{}, slot}] = host.current_storage[{Address{}, slot}] = Hash{{1}};
    host.warm_slots.insert({Address{}, slot});
    const std::string text = trace(host, op(OP_SSTORE, 0u, 0u) << OP_STOP, 30000);
    EXPECT_NE(text.find("refund 4800 cost 2900\n"), std::string::npos) << text;
}

}  // namespace

}  // namespace scope::evm::test

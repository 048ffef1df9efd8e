#include "evm/mock_host.hpp"

#include <gtest/gtest.h>

namespace scope::evm::test {

CallResult Runner::run(const Bytes& bytes) {
    const CodePtr code = make_code(bytes);
    Tracer silent;
    MockHost loop_host = host;
    MockHost traced_host = host;
    const CallResult loop = execute(loop_host, revision, message, *code, Dispatch::loop);
    const CallResult traced = execute(traced_host, revision, message, *code, &silent);
    CallResult result = execute(host, revision, message, *code);
    for (const CallResult& other : {loop, traced}) {
        EXPECT_EQ(other.status, result.status);
        EXPECT_EQ(other.gas_left, result.gas_left);
        EXPECT_EQ(other.gas_refund, result.gas_refund);
        EXPECT_EQ(other.output, result.output);
    }
    EXPECT_EQ(loop_host.current_storage, host.current_storage);
    EXPECT_EQ(loop_host.calls.size(), host.calls.size());
    EXPECT_EQ(loop_host.logs.size(), host.logs.size());
    return result;
}

uint256 Runner::top(const Program& program) {
    const CallResult result = run(Program{program} << return_top());
    EXPECT_EQ(result.status, Status::success) << to_string(result.status);
    return result.output.size() == 32 ? from_be(result.output) : uint256{};
}

int64_t Runner::gas(const Program& program) {
    const CallResult result = run(program);
    EXPECT_EQ(result.status, Status::success) << to_string(result.status);
    return message.gas - result.gas_left;
}

}  // namespace scope::evm::test

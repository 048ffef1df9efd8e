#include "evm/mock_host.hpp"

// One interpreter, two ways from an instruction to the next: the same result, gas and effects.
// Input: revision, flags, gas (two bytes), then the code; calls of it are answered by a mock.

using namespace scope;
using namespace scope::evm;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

struct Run {
    CallResult result;
    test::MockHost host;
};

Run run(Revision revision, const Message& message, const Code& code, Dispatch dispatch) {
    Run made;
    made.host.on_call = [](const Message& inner) {
        CallResult result;
        result.gas_left = inner.gas - inner.gas / 3;
        result.status = inner.gas % 3 == 0 ? Status::revert : Status::success;
        result.output = to_bytes(inner.input);
        return result;
    };
    made.result = execute(made.host, revision, message, code, dispatch);
    return made;
}

bool same(const Message& a, const Message& b) {
    return a.kind == b.kind && a.is_static == b.is_static && a.depth == b.depth && a.gas == b.gas &&
           a.recipient == b.recipient && a.sender == b.sender && a.code_address == b.code_address &&
           a.value == b.value && a.salt == b.salt;
}
bool same(const test::Log& a, const test::Log& b) {
    return a.address == b.address && a.topics == b.topics && a.data == b.data;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 5 || !has_threaded_dispatch()) return 0;
    const auto revision = static_cast<Revision>(data[0] % REVISION_COUNT);
    const Bytes bytes(data + 4, data + size);
    const auto code = make_code(bytes);
    Message message;
    message.is_static = (data[1] & 1) != 0;
    message.gas = int64_t{data[2]} << (data[3] % 13);
    message.recipient[19] = 0xaa;
    message.sender[19] = 0xcc;
    message.input = code->bytes;
    message.value = uint256{data[1]};

    const Run a = run(revision, message, *code, Dispatch::threaded);
    const Run b = run(revision, message, *code, Dispatch::loop);
    CHECK(a.result.status == b.result.status);
    CHECK(a.result.gas_left == b.result.gas_left);
    CHECK(a.result.gas_refund == b.result.gas_refund);
    CHECK(a.result.output == b.result.output);
    CHECK(a.host.current_storage == b.host.current_storage);
    CHECK(a.host.transient == b.host.transient);
    CHECK(a.host.warm_accounts == b.host.warm_accounts);
    CHECK(a.host.warm_slots == b.host.warm_slots);
    CHECK(a.host.self_destructs == b.host.self_destructs);
    CHECK(a.host.call_inputs == b.host.call_inputs);
    CHECK(std::ranges::equal(a.host.logs, b.host.logs,
                             [](const auto& x, const auto& y) { return same(x, y); }));
    CHECK(std::ranges::equal(a.host.calls, b.host.calls,
                             [](const auto& x, const auto& y) { return same(x, y); }));
    return 0;
}

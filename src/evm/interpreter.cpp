#include "evm/interpreter.hpp"

#include <array>
#include <utility>

#include "evm/frame.hpp"
#include "evm/instructions.hpp"
#include "evm/operands.hpp"

// Tail calls with arguments in registers need clang; elsewhere the loop runs the same instructions.
// Not with the address sanitizer, for whose frames clang 19 cannot generate preserve_none code.
#define SCOPE_EVM_THREADED 0
#if defined(__clang__) && defined(__x86_64__)
#if __has_cpp_attribute(clang::musttail) && __has_attribute(preserve_none) && \
    !__has_feature(address_sanitizer)
#undef SCOPE_EVM_THREADED
#define SCOPE_EVM_THREADED 1
#endif
#endif

namespace scope::evm {

namespace {

// Apart, so that the usual case of grow_memory saves no registers.
[[gnu::noinline]] int64_t grow_and_zero(Memory& memory, int64_t gas, uint64_t size) {
    memory.grow(size);
    return gas;
}

}  // namespace

int64_t grow_memory(Frame& f, int64_t gas, uint64_t end) {
    const int64_t words = words_of(end);
    gas -= memory_gas(words) - memory_gas(static_cast<int64_t>(f.memory.size() / 32));
    if (gas < 0) return gas;
    const uint64_t size = static_cast<uint64_t>(words) * 32;
    if (!f.memory.is_zeroed(size)) [[unlikely]]
        return grow_and_zero(f.memory, gas, size);
    f.memory.grow(size);
    return gas;
}

namespace {

template <size_t... I>
consteval bool table_is_complete(std::index_sequence<I...>) {
    return ((INSTRUCTIONS[I].defined() ==
             !std::is_same_v<std::remove_const_t<decltype(run<static_cast<uint8_t>(I)>)>,
                             std::nullptr_t>) &&
            ...);
}
static_assert(table_is_complete(std::make_index_sequence<256>{}),
              "every instruction of INSTRUCTIONS needs a run<OP>, and nothing else has one");

/// Calls run<OP> with the arguments that it takes.
template <uint8_t OP>
[[gnu::always_inline]] inline Status run_body(Step& s, Frame& f) {
    constexpr auto& body = run<OP>;
    using Body = decltype(body);
    if constexpr (std::is_invocable_v<Body, uint256*>) {
        body(s.top);
        return NEXT;
    } else if constexpr (std::is_invocable_v<Body, uint256*, Frame&>) {
        body(s.top, f);
        return NEXT;
    } else if constexpr (std::is_invocable_v<Body, uint256*, Frame&, int64_t&>) {
        return body(s.top, f, s.gas);
    } else {
        return body(s, f);
    }
}

/// One instruction: stack check, base gas, what it does, and the stack's new height.
template <uint8_t OP>
[[gnu::always_inline]] inline Status step(Step& s, Frame& f) {
    constexpr Instruction INFO = INSTRUCTIONS[OP];
    const uint32_t height = stack_bytes(s.top);
    if constexpr (INFO.inputs > 0)
        if (height < INFO.inputs * sizeof(uint256)) [[unlikely]]
            return Status::stack_underflow;
    if constexpr (INFO.growth > 0)
        if (height > (STACK_LIMIT - INFO.growth) * sizeof(uint256)) [[unlikely]]
            return Status::stack_overflow;
    // Unsigned, so that the compiler takes the sign of the difference, and compares nothing else.
    if constexpr (!has_constant_gas(static_cast<Opcode>(OP)))
        s.gas = static_cast<int64_t>(static_cast<uint64_t>(s.gas) -
                                     static_cast<uint64_t>(int64_t{f.rules.base[OP]}));
    else if constexpr (INFO.gas != 0)
        s.gas =
            static_cast<int64_t>(static_cast<uint64_t>(s.gas) - static_cast<uint64_t>(INFO.gas));
    if (s.gas < 0) [[unlikely]]
        return Status::out_of_gas;
    ++s.pc;
    const Status status = run_body<OP>(s, f);
    s.top += INFO.growth;
    return status;
}

Status undefined_step(Step& /*s*/, Frame& /*f*/) noexcept {
    return Status::undefined_instruction;
}

/// A table of 256 entries for each revision: ENTRY::of<OP>() where it has the instruction,
/// ENTRY::undefined() elsewhere.
template <typename Entry, size_t... I>
consteval auto make_dispatch_table(Revision revision, std::index_sequence<I...>) {
    return std::array{(is_defined(revision, I) ? Entry::template of<I>() : Entry::undefined())...};
}
template <typename Entry, size_t... R>
consteval auto make_dispatch_tables(std::index_sequence<R...>) {
    return std::array{
        make_dispatch_table<Entry>(static_cast<Revision>(R), std::make_index_sequence<256>{})...};
}
template <typename Entry>
constexpr auto DISPATCH = make_dispatch_tables<Entry>(std::make_index_sequence<REVISION_COUNT>{});

// ---- Dispatch::loop

using StepFunction = Status (*)(Step&, Frame&);

template <uint8_t OP>
Status step_function(Step& s, Frame& f) {
    return step<OP>(s, f);
}

struct LoopEntry {
    template <uint8_t OP>
    static consteval StepFunction of() {
        if constexpr (INSTRUCTIONS[OP].defined())
            return step_function<OP>;
        else
            return undefined_step;
    }
    static consteval StepFunction undefined() { return undefined_step; }
};

Status run_loop(Step s, Frame& f) {
    const auto& table = DISPATCH<LoopEntry>[static_cast<size_t>(f.revision)];
    for (;;) {
        const Status status = table[*s.pc](s, f);
        if (status == NEXT) continue;
        f.gas_left = s.gas;
        return status;
    }
}

/// As run_loop, and tells the tracer.
Status run_traced(Step s, Frame& f, FrameSpace& space) {
    const auto& table = DISPATCH<LoopEntry>[static_cast<size_t>(f.revision)];
    for (;;) {
        f.gas_before = s.gas;
        f.cost_is_told = false;
        const auto height = static_cast<size_t>(s.top - space.empty_top());
        f.tracer->on_instruction({
            .pc = static_cast<uint64_t>(s.pc - f.code_begin),
            .opcode = *s.pc,
            .gas_left = s.gas,
            .stack = {space.empty_top() + 1, height},
            .memory = f.memory.view(0, f.memory.size()),
            .return_data = f.return_data,
            .gas_refund = f.gas_refund,
            .depth = f.message.depth,
        });
        const Status status = table[*s.pc](s, f);
        if (!f.cost_is_told) {
            const bool failed =
                status != NEXT && status != Status::success && status != Status::revert;
            f.tracer->on_cost(f.gas_before - s.gas, failed ? std::optional{status} : std::nullopt);
        }
        if (status == NEXT) continue;
        f.gas_left = s.gas;
        return status;
    }
}

// ---- Dispatch::threaded

#if SCOPE_EVM_THREADED

// Program counter, top of stack, gas, frame and table stay in registers from one instruction to
// the next: the calling convention passes the first four where calls to other functions keep them.
using Handler = Status(__attribute__((preserve_none)) *)(const uint8_t* pc, uint256* top,
                                                         int64_t gas, Frame* f, const void* table);

/// Runs the instructions OPS, which follow one another in the code, then jumps to the next.
template <uint8_t... OPS>
[[gnu::always_inline]] __attribute__((preserve_none)) inline Status run_threaded_ops(
    const uint8_t* pc, uint256* top, int64_t gas, Frame* f, const void* table) {
    Step s{pc, top, gas};
    Status status = NEXT;
    static_cast<void>(((status = step<OPS>(s, *f), status == NEXT) && ...));
    if (status != NEXT) [[unlikely]] {
        f->gas_left = s.gas;
        return status;
    }
    // Makes the compiler change the registers in place, where it would make copies.
    asm("" : "+r"(s.pc), "+r"(s.top), "+r"(s.gas));
    [[clang::musttail]] return static_cast<const Handler*>(table)[*s.pc](s.pc, s.top, s.gas, f,
                                                                         table);
}

/// Pairs that programs use much run as one: without a jump through the table between them, and
/// the compiler knows what the first has left on the stack. Nothing else is different.
/// REQUIRES: every revision has both.
struct Pair {
    uint8_t first;
    uint8_t second;
};
constexpr uint8_t OP_PUSH2 = OP_PUSH1 + 1;
constexpr uint8_t OP_DUP2 = OP_DUP1 + 1;
constexpr Pair PAIRS[] = {
    {OP_PUSH1, OP_ADD},  {OP_PUSH1, OP_MSTORE}, {OP_PUSH1, OP_MLOAD},  {OP_PUSH2, OP_JUMPI},
    {OP_PUSH2, OP_JUMP}, {OP_PUSH2, OP_MLOAD},  {OP_PUSH2, OP_MSTORE}, {OP_DUP2, OP_MSTORE},
    {OP_SWAP1, OP_POP},  {OP_POP, OP_POP},      {OP_POP, OP_JUMP},     {OP_ISZERO, OP_PUSH2},
};

/// A function of its own, so that what it keeps on the native stack does not burden its first
/// instruction elsewhere.
template <Pair PAIR>
[[gnu::noinline]] __attribute__((preserve_none)) Status threaded_pair(const uint8_t* pc,
                                                                      uint256* top, int64_t gas,
                                                                      Frame* f, const void* table) {
    [[clang::musttail]] return run_threaded_ops<PAIR.first, PAIR.second>(pc, top, gas, f, table);
}

/// @tparam I  the first of PAIRS that was not yet looked at
template <uint8_t OP, size_t I = 0>
__attribute__((preserve_none)) Status threaded(const uint8_t* pc, uint256* top, int64_t gas,
                                               Frame* f, const void* table) {
    if constexpr (I == std::size(PAIRS)) {
        [[clang::musttail]] return run_threaded_ops<OP>(pc, top, gas, f, table);
    } else {
        if constexpr (PAIRS[I].first == OP)
            if (pc[1 + INSTRUCTIONS[OP].immediate] == PAIRS[I].second) [[clang::musttail]]
                return threaded_pair<PAIRS[I]>(pc, top, gas, f, table);
        [[clang::musttail]] return threaded<OP, I + 1>(pc, top, gas, f, table);
    }
}

__attribute__((preserve_none)) Status threaded_undefined(const uint8_t* /*pc*/, uint256* /*top*/,
                                                         int64_t /*gas*/, Frame* f,
                                                         const void* /*table*/) {
    f->gas_left = 0;
    return Status::undefined_instruction;
}

struct ThreadedEntry {
    template <uint8_t OP>
    static consteval Handler of() {
        if constexpr (INSTRUCTIONS[OP].defined())
            return threaded<OP>;
        else
            return threaded_undefined;
    }
    static consteval Handler undefined() { return threaded_undefined; }
};

Status run_threaded(const Step& s, Frame& f) {
    const auto& table = DISPATCH<ThreadedEntry>[static_cast<size_t>(f.revision)];
    return table[*s.pc](s.pc, s.top, s.gas, &f, table.data());
}

#else

Status run_threaded(const Step& s, Frame& f) {
    return run_loop(s, f);
}

#endif

CallResult run_frame(Host& host, Revision revision, const Message& message, const Code& code,
                     Dispatch dispatch, Tracer* tracer) {
    CHECK(code.analysis != nullptr && message.gas >= 0);
    PooledFrameSpace space;
    const Analysis& analysis = *code.analysis;
    Frame frame{.host = host,
                .rules = gas_rules(revision),
                .message = message,
                .code = code,
                .memory = space->memory,
                .code_begin = analysis.code(),
                .code_size = analysis.code_size(),
                .jump_destinations = analysis.jump_destinations(),
                .revision = revision,
                .tracer = tracer};
    const Step start{frame.code_begin, space->empty_top(), message.gas};

    if (tracer != nullptr) tracer->on_frame_start(message, code);
    CallResult result;
    if (tracer != nullptr)
        result.status = run_traced(start, frame, *space);
    else if (dispatch == Dispatch::threaded)
        result.status = run_threaded(start, frame);
    else
        result.status = run_loop(start, frame);

    if (result.status == Status::success || result.status == Status::revert) {
        result.gas_left = frame.gas_left;
        result.output = std::move(frame.output);
    }
    if (result.status == Status::success) result.gas_refund = frame.gas_refund;
    if (tracer != nullptr) tracer->on_frame_end(result);
    return result;
}

}  // namespace

CallResult execute(Host& host, Revision revision, const Message& message, const Code& code,
                   Tracer* tracer) {
    return run_frame(host, revision, message, code, Dispatch::threaded, tracer);
}

CallResult execute(Host& host, Revision revision, const Message& message, const Code& code,
                   Dispatch dispatch) {
    return run_frame(host, revision, message, code, dispatch, nullptr);
}

bool has_threaded_dispatch() noexcept {
    return SCOPE_EVM_THREADED != 0;
}

}  // namespace scope::evm

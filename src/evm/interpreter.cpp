#include "evm/interpreter.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
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

/// The needs of the instructions OPS, one after the other, before the first.
struct Needs {
    int inputs = 0;     ///< words on the stack
    int read_only = 0;  ///< of these, from the lowest: words that are only copied
    int growth = 0;     ///< room for more words
    int change = 0;     ///< of the stack's height, in the end
    int64_t gas = 0;    ///< where it is the same in every revision
};
template <uint8_t... OPS>
consteval Needs needs_of() {
    Needs needs;
    int lowest_written = 0;
    for (const uint8_t op : {OPS...}) {
        const Instruction& info = INSTRUCTIONS[op];
        const bool is_dup = op >= OP_DUP1 && op < OP_SWAP1;
        needs.inputs = std::max(needs.inputs, info.inputs - needs.change);
        lowest_written = std::min(lowest_written, needs.change - (is_dup ? 0 : info.inputs));
        needs.change += info.growth;
        needs.growth = std::max(needs.growth, needs.change);
        needs.gas += has_constant_gas(static_cast<Opcode>(op)) ? info.gas : 0;
    }
    needs.read_only = needs.inputs + lowest_written;
    return needs;
}

/// Checks that the stack is as OPS need it; returns NEXT, or the exceptional halt.
template <uint8_t... OPS>
[[gnu::always_inline]] inline Status check_stack(const uint256* top) {
    constexpr Needs NEEDS = needs_of<OPS...>();
    constexpr uint32_t LEAST = NEEDS.inputs * sizeof(uint256);
    constexpr uint32_t MOST = (STACK_LIMIT - NEEDS.growth) * sizeof(uint256);
    const uint32_t height = stack_bytes(top);
    if constexpr (NEEDS.inputs > 0)
        if (height < LEAST) [[unlikely]]
            return Status::stack_underflow;
    if constexpr (NEEDS.growth > 0)
        if (height > MOST) [[unlikely]]
            return Status::stack_overflow;
    return NEXT;
}

/// Pays for OPS, as far as their gas is the same in every revision; returns NEXT, or out_of_gas.
template <uint8_t... OPS>
[[gnu::always_inline]] inline Status pay(int64_t& gas) {
    constexpr Needs NEEDS = needs_of<OPS...>();
    if constexpr (NEEDS.gas == 0) return NEXT;
    // Unsigned, so that the compiler takes the sign of the difference, and compares nothing else.
    gas = static_cast<int64_t>(static_cast<uint64_t>(gas) - static_cast<uint64_t>(NEEDS.gas));
    return gas < 0 ? Status::out_of_gas : NEXT;
}

/// Executes an instruction after its check: a price that differs between revisions, its effect
/// (run<OP>, with the arguments that it takes), and the stack's new height.
template <uint8_t OP>
[[gnu::always_inline]] inline Status step_checked(Step& s, Frame& f) {
    if constexpr (!has_constant_gas(static_cast<Opcode>(OP))) {
        s.gas = static_cast<int64_t>(static_cast<uint64_t>(s.gas) -
                                     static_cast<uint64_t>(int64_t{f.rules.gas.base[OP]}));
        if (s.gas < 0) [[unlikely]]
            return Status::out_of_gas;
    }
    ++s.pc;
    uint256* const top = s.top;
    constexpr auto& body = run<OP>;
    using Body = decltype(body);
    Status status = NEXT;
    if constexpr (std::is_invocable_v<Body, uint256*>)
        body(top);
    else if constexpr (std::is_invocable_v<Body, uint256*, Frame&>)
        body(top, f);
    else if constexpr (std::is_invocable_v<Body, uint256*, Frame&, int64_t&>)
        status = body(top, f, s.gas);
    else
        status = body(s, f);
    s.top = top + INSTRUCTIONS[OP].growth;
    return status;
}

/// One instruction.
template <uint8_t OP>
[[gnu::always_inline]] inline Status step(Step& s, Frame& f) {
    if (const Status status = check_stack<OP>(s.top); status != NEXT) [[unlikely]]
        return status;
    if (const Status status = pay<OP>(s.gas); status != NEXT) [[unlikely]]
        return status;
    return step_checked<OP>(s, f);
}

Status undefined_step(Step& /*s*/, Frame& /*f*/) noexcept {
    return Status::undefined_instruction;
}

/// A table for each revision: ENTRY::COUNT times ENTRY::FUNCTION, ENTRY::of<I>(revision).
template <typename Entry, size_t... I>
consteval auto make_dispatch_table(Revision revision, std::index_sequence<I...>) {
    return std::array<typename Entry::Function, Entry::COUNT>{Entry::template of<I>(revision)...};
}
template <typename Entry, size_t... R>
consteval auto make_dispatch_tables(std::index_sequence<R...>) {
    return std::array{make_dispatch_table<Entry>(static_cast<Revision>(R),
                                                 std::make_index_sequence<Entry::COUNT>{})...};
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
    using Function = StepFunction;
    static constexpr size_t COUNT = 256;
    template <uint8_t OP>
    static consteval StepFunction of(Revision revision) {
        if constexpr (INSTRUCTIONS[OP].defined())
            if (is_defined(revision, OP)) return step_function<OP>;
        return undefined_step;
    }
};

Status run_loop(Step s, Frame& f, Revision revision) {
    const auto& table = DISPATCH<LoopEntry>[static_cast<size_t>(revision)];
    for (;;) {
        const Status status = table[*s.pc](s, f);
        if (status == NEXT) continue;
        f.gas_left = s.gas;
        return status;
    }
}

/// Runs as run_loop does, and tells the tracer.
Status run_traced(Step s, Frame& f, Revision revision, FrameSpace& space) {
    const auto& table = DISPATCH<LoopEntry>[static_cast<size_t>(revision)];
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
            .depth = f.message.depth,
        });
        const Status status = table[*s.pc](s, f);
        if (!f.cost_is_told) {
            const bool failed =
                status != NEXT && status != Status::success && status != Status::revert;
            f.tracer->on_cost(f.gas_before - s.gas, f.gas_refund,
                              failed ? std::optional{status} : std::nullopt);
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

/// Instructions that programs often have one after the other run as one: checked once, without a
/// jump through the table in between, and the compiler knows what the first has left on the stack.
/// If their check fails, they run one by one.
///
/// Beside these: PUSH1 with almost anything behind it (follows_push1), and a jump with the JUMPDEST
/// where it ends.
constexpr uint8_t OP_PUSH2 = OP_PUSH1 + 1;
constexpr uint8_t OP_DUP2 = OP_DUP1 + 1;
constexpr std::array<uint8_t, 3> SEQUENCES[] = {
    {OP_PUSH1, OP_DUP2, OP_MSTORE},
    {OP_PUSH2, OP_JUMPI},
    {OP_PUSH2, OP_JUMP},
    {OP_PUSH2, OP_MLOAD},
    {OP_PUSH2, OP_MSTORE},
    {OP_DUP2, OP_MSTORE},
    {OP_SWAP1, OP_POP},
    {OP_SWAP1 + 1, OP_POP},
    {OP_SWAP1 + 2, OP_POP},
    {OP_SWAP1 + 3, OP_POP},
    {OP_SWAP1 + 4, OP_POP},
    {OP_SWAP1 + 5, OP_POP},
    {OP_POP, OP_POP},
    {OP_POP, OP_JUMP},
    {OP_ISZERO, OP_PUSH2},
    {OP_ISZERO, OP_PUSH2, OP_JUMPI},
};

/// Returns whether the instruction runs as one with a PUSH1 before it.
constexpr bool follows_push1(uint8_t op) {
    if (op >= OP_PUSH0 && op <= OP_PUSH2 + 2) return true;
    if (op >= OP_DUP1 && op < OP_SWAP1 + 16) return true;
    switch (op) {
        case OP_ADD:
        case OP_MUL:
        case OP_SUB:
        case OP_LT:
        case OP_GT:
        case OP_EQ:
        case OP_AND:
        case OP_OR:
        case OP_NOT:
        case OP_SHL:
        case OP_SHR:
        case OP_MLOAD:
        case OP_MSTORE:
        case OP_CALLDATALOAD:
            return true;
        default:
            return false;
    }
}

consteval bool may_run_as_one() {
    for (const auto& sequence : SEQUENCES)
        for (const uint8_t op : sequence)
            if (INSTRUCTIONS[op].since != Revision::frontier ||
                !has_constant_gas(static_cast<Opcode>(op)))
                return false;
    for (size_t op = 0; op < 256; ++op)
        if (follows_push1(static_cast<uint8_t>(op)) && !has_constant_gas(static_cast<Opcode>(op)))
            return false;
    return true;
}
static_assert(may_run_as_one(),
              "every revision has SEQUENCES, at one price; what follows PUSH1 has one price");

/// The instructions OPS, then a jump to what follows.
template <uint8_t... OPS>
struct Threaded {
    static constexpr std::array<uint8_t, sizeof...(OPS)> ALL = {OPS...};
    static constexpr size_t CODE_SIZE = (size_t{0} + ... + (1 + INSTRUCTIONS[OPS].immediate));

    /// The opcode that makes OPS a longer one of SEQUENCES.
    static constexpr std::optional<uint8_t> longer(std::span<const uint8_t> sequence) {
        if (!std::ranges::equal(sequence.first(std::min(ALL.size(), sequence.size())), ALL))
            return std::nullopt;
        if (sequence.size() == ALL.size() || sequence[ALL.size()] == 0) return std::nullopt;
        return sequence[ALL.size()];
    }

    [[gnu::always_inline]] __attribute__((preserve_none)) static Status execute(
        const uint8_t* pc, uint256* top, int64_t gas, Frame* f, const void* table) {
        constexpr bool IS_ONE = sizeof...(OPS) == 1;
        Status status = check_stack<OPS...>(top);
        if (status != NEXT) [[unlikely]] {
            if constexpr (IS_ONE) return status;
            [[clang::musttail]] return Threaded<ALL[0]>::alone(pc, top, gas, f, table);
        }
        status = pay<OPS...>(gas);
        if (status != NEXT) [[unlikely]] {
            if constexpr (IS_ONE) return status;
            asm("" : "+r"(gas));  // or the compiler keeps a copy of what it was
            gas += needs_of<OPS...>().gas;
            [[clang::musttail]] return Threaded<ALL[0]>::alone(pc, top, gas, f, table);
        }
        Step s{pc, top, gas};
        if constexpr (IS_ONE)
            status = step_checked<OPS...>(s, *f);
        else
            status = on_window(s, *f);
        if constexpr (ALL.back() == OP_JUMP || ALL.back() == OP_JUMPI)
            if (status == NEXT && (ALL.back() == OP_JUMP || *s.pc == OP_JUMPDEST))
                status = step<OP_JUMPDEST>(s, *f);
        if (status != NEXT) [[unlikely]] {
            f->gas_left = s.gas;
            return status;
        }
        // Makes the compiler change the registers in place, where it would make copies.
        asm("" : "+r"(s.pc), "+r"(s.top), "+r"(s.gas));
        [[clang::musttail]] return static_cast<const Handler*>(table)[*s.pc](s.pc, s.top, s.gas, f,
                                                                             table);
    }

    /// Runs OPS on copies of the words they use, so that the compiler keeps those in registers, and
    /// what only lies between two of OPS is never written.
    [[gnu::always_inline]] static Status on_window(Step& s, Frame& f) {
        constexpr Needs NEEDS = needs_of<OPS...>();
        uint256* const top = s.top;
        uint256 window[static_cast<size_t>(NEEDS.inputs + NEEDS.growth)];
        for (int i = 0; i < NEEDS.inputs; ++i) window[i] = top[i + 1 - NEEDS.inputs];
        s.top = window + NEEDS.inputs - 1;
        Status status = NEXT;
        static_cast<void>(((status = step_checked<OPS>(s, f), status == NEXT) && ...));
        for (int i = NEEDS.read_only; i < NEEDS.inputs + NEEDS.change; ++i)
            top[i + 1 - NEEDS.inputs] = window[i];
        s.top = top + NEEDS.change;
        return status;
    }

    /// Never with what follows. A function of its own, so that what it keeps on the native stack
    /// does not burden others.
    [[gnu::noinline]] __attribute__((preserve_none)) static Status alone(const uint8_t* pc,
                                                                         uint256* top, int64_t gas,
                                                                         Frame* f,
                                                                         const void* table) {
        [[clang::musttail]] return execute(pc, top, gas, f, table);
    }

    /// With what follows, if that makes it one of SEQUENCES.
    [[gnu::noinline]] __attribute__((preserve_none)) static Status run(const uint8_t* pc,
                                                                       uint256* top, int64_t gas,
                                                                       Frame* f,
                                                                       const void* table) {
        [[clang::musttail]] return with_next<0>(pc, top, gas, f, table);
    }

  private:
    /// @tparam I  the first of SEQUENCES that was not yet looked at
    template <size_t I>
    [[gnu::always_inline]] __attribute__((preserve_none)) static Status with_next(
        const uint8_t* pc, uint256* top, int64_t gas, Frame* f, const void* table) {
        if constexpr (I == std::size(SEQUENCES)) {
            [[clang::musttail]] return execute(pc, top, gas, f, table);
        } else {
            if constexpr (constexpr auto next = longer(SEQUENCES[I]))
                if (pc[CODE_SIZE] == *next) [[clang::musttail]]
                    return Threaded<OPS..., *next>::run(pc, top, gas, f, table);
            [[clang::musttail]] return with_next<I + 1>(pc, top, gas, f, table);
        }
    }
};

/// PUSH1 asks the table once more: its second half is for what follows.
__attribute__((preserve_none)) Status threaded_push1(const uint8_t* pc, uint256* top, int64_t gas,
                                                     Frame* f, const void* table) {
    [[clang::musttail]] return static_cast<const Handler*>(table)[256 + pc[2]](pc, top, gas, f,
                                                                               table);
}

__attribute__((preserve_none)) Status threaded_undefined(const uint8_t* /*pc*/, uint256* /*top*/,
                                                         int64_t /*gas*/, Frame* f,
                                                         const void* /*table*/) {
    f->gas_left = 0;
    return Status::undefined_instruction;
}

struct ThreadedEntry {
    using Function = Handler;
    static constexpr size_t COUNT = 512;
    template <size_t I>
    static consteval Handler of(Revision revision) {
        constexpr uint8_t OP = I % 256;
        if constexpr (I == OP_PUSH1)
            return threaded_push1;
        else if constexpr (I < 256 && INSTRUCTIONS[OP].defined())
            return is_defined(revision, OP) ? Threaded<OP>::run : threaded_undefined;
        else if constexpr (I >= 256 && follows_push1(OP))
            return is_defined(revision, OP) ? Threaded<OP_PUSH1, OP>::run
                                            : Threaded<OP_PUSH1>::alone;
        else
            return I < 256 ? threaded_undefined : Threaded<OP_PUSH1>::alone;
    }
};

Status run_threaded(const Step& s, Frame& f, Revision revision) {
    const auto& table = DISPATCH<ThreadedEntry>[static_cast<size_t>(revision)];
    return table[*s.pc](s.pc, s.top, s.gas, &f, table.data());
}

#else

Status run_threaded(const Step& s, Frame& f, Revision revision) {
    return run_loop(s, f, revision);
}

#endif

CallResult run_frame(Host& host, Revision revision, const Message& message, const Code& code,
                     Dispatch dispatch, Tracer* tracer) {
    CHECK(code.analysis != nullptr && message.gas >= 0);
    PooledFrameSpace space;
    const Analysis& analysis = *code.analysis;
    Frame frame{.host = host,
                .rules = rules_of(revision),
                .message = message,
                .code = code,
                .code_begin = analysis.code(),
                .code_size = analysis.code_size(),
                .jump_destinations = analysis.jump_destinations(),
                .tracer = tracer};
    frame.memory.swap(space->memory);  // beside the rest, not a pointer away
    const Step start{frame.code_begin, space->empty_top(), message.gas};

    if (tracer != nullptr) tracer->on_frame_start(message, code);
    CallResult result;
    if (tracer != nullptr)
        result.status = run_traced(start, frame, revision, *space);
    else if (dispatch == Dispatch::threaded)
        result.status = run_threaded(start, frame, revision);
    else
        result.status = run_loop(start, frame, revision);
    frame.memory.swap(space->memory);

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

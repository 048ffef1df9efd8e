#include "oracle/script_code.hpp"

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "oracle/assembler.hpp"

namespace scope::oracle {

namespace {

using namespace evm;

// Memory: a word each.
constexpr uint64_t ACC = 0x00;
constexpr uint64_t ARG = 0x20;
constexpr uint64_t DEPTH_LEFT = 0x40;
constexpr uint64_t IS_STATIC = 0x60;
constexpr uint64_t FUNCTION = 0x80;
// Of a call: what its callee is given, and what it answered.
constexpr uint64_t NEXT_DEPTH = 0xa0;
constexpr uint64_t NEXT_STATIC = 0xc0;
constexpr uint64_t NEXT_LIMIT = 0xe0;
constexpr uint64_t OK = 0x100;
constexpr uint64_t ANSWER_AT = 0x120;
constexpr uint64_t ANSWER_SIZE = 0x140;
// Of the first of two calls: the hash of its answer.
constexpr uint64_t FIRST = 0x160;
// Areas.
constexpr uint64_t INPUT = 0x200;   // calldata, init code
constexpr uint64_t OUTPUT = 0x600;  // logged, returned, reverted with
constexpr uint64_t ANSWER = 0x800;
constexpr uint64_t OUTPUT_SIZE = ANSWER - OUTPUT;
constexpr uint64_t LONG_OUTPUT = 0x10000;  // a word, and zeros behind it
static_assert(ANSWER + LONGEST_ANSWER + 96 <= LONG_OUTPUT);

constexpr uint64_t SCRIPT_INPUT_SIZE = 128;
constexpr uint64_t SCOPED_INPUT_SIZE = 4 + 12 * 32;
constexpr uint64_t WORD = 32;
/// Gas limits are even.
constexpr uint64_t THROUGH_ALIAS = 1;

/// EIP-1167.
Bytes proxy_code(const Address& implementation) {
    static const Bytes BEFORE = from_hex("363d3d373d3d3d363d73").value();
    static const Bytes AFTER = from_hex("5af43d82803e903d91602b57fd5bf3").value();
    return concat(BEFORE, implementation, AFTER);
}

/// Init code of a proxy, which a script's input follows for its constructor.
Bytes init_code(const Address& implementation, bool constructs) {
    Assembler code;
    const auto runtime = code.label();
    const auto input = code.label();
    const Bytes proxy = proxy_code(implementation);
    if (constructs) {
        const auto constructed = code.label();
        code.push(SCRIPT_INPUT_SIZE).push_label(input).push(0u).op(OP_CODECOPY);
        code.push(0u).push(0u).push(SCRIPT_INPUT_SIZE).push(0u);
        code.push(to_uint256(implementation)).op(OP_GAS).op(OP_DELEGATECALL);
        code.jump_if(constructed);
        code.op(OP_RETURNDATASIZE).push(0u).push(0u).op(OP_RETURNDATACOPY);
        code.op(OP_RETURNDATASIZE).push(0u).op(OP_REVERT);
        code.at(constructed);
    }
    code.push(proxy.size()).push_label(runtime).push(0u).op(OP_CODECOPY);
    code.push(proxy.size()).push(0u).op(OP_RETURN);
    return code.data(runtime, proxy).data(input, {}).finish();
}

class Compiler {
  public:
    Compiler(const Program& program, const Addresses& addresses, size_t contract,
             const Remotes* remotes)
        : program_(program), addresses_(addresses), self_(contract), remotes_(remotes) {}

    Bytes compile() {
        const auto& functions = program_.contracts[self_].functions;
        const auto scripted = asm_.label();
        asm_.op(OP_CALLDATASIZE).jump_if(scripted).op(OP_STOP);  // plain ETH
        asm_.at(scripted);
        asm_.push(32u).op(OP_CALLDATALOAD).op(OP_DUP1).store(ARG).store(ACC);
        asm_.push(64u).op(OP_CALLDATALOAD).op(OP_DUP1);
        asm_.push(0xffu).op(OP_AND).store(DEPTH_LEFT).push(8u).op(OP_SHR).store(IS_STATIC);
        asm_.push(functions.size()).push(0u).op(OP_CALLDATALOAD).op(OP_MOD).store(FUNCTION);
        for (size_t i = 0; i < functions.size(); ++i) {
            const auto next = asm_.label();
            asm_.load(FUNCTION).push(i).op(OP_EQ).op(OP_ISZERO).jump_if(next);
            for (const auto& operation : functions[i]) guarded(operation);
            asm_.push(WORD).push(ACC).op(OP_RETURN);
            asm_.at(next);
        }
        asm_.op(OP_STOP);
        for (const auto& [label, bytes] : data_) asm_.data(label, bytes);
        return asm_.finish();
    }

  private:
    void evaluate(const Expression& e) {
        switch (e.kind) {
            case Expression::Kind::constant:
                asm_.push(e.value);
                return;
            case Expression::Kind::accumulator:
                asm_.load(ACC);
                return;
            case Expression::Kind::argument:
                asm_.load(ARG);
                return;
            case Expression::Kind::slot:
                asm_.push(e.value).op(OP_SLOAD);
                return;
            case Expression::Kind::transient:
                asm_.push(e.value).op(OP_TLOAD);
                return;
            case Expression::Kind::balance:
                asm_.op(OP_SELFBALANCE);
                return;
            case Expression::Kind::call_value:
                asm_.op(OP_CALLVALUE);
                return;
            case Expression::Kind::depth:
                asm_.load(DEPTH_LEFT);
                return;
            case Expression::Kind::gas:
                asm_.op(OP_GAS);
                return;
        }
    }

    /// (factor * a + b) mod MODULUS, where b and then a are on the stack.
    void mix(uint64_t factor) {
        asm_.push(factor).op(OP_MUL).op(OP_ADD).push(MODULUS).op(OP_SWAP1).op(OP_MOD);
    }

    /// Leaves size and place of the operation's bytes: words e, e + 1, .., or e and zeros.
    void make_bytes(const Operation& operation) {
        evaluate(operation.expression);
        if (operation.size > OUTPUT_SIZE) {
            asm_.store(LONG_OUTPUT).push(operation.size).push(LONG_OUTPUT);
            return;
        }
        for (uint64_t place = 0; place < operation.size; place += WORD)
            asm_.op(OP_DUP1).store(OUTPUT + place).push(1u).op(OP_ADD);
        asm_.op(OP_POP).push(operation.size).push(OUTPUT);
    }

    void guarded(const Operation& operation) {
        if (!operation.at) return emit(operation);
        const auto skip = asm_.label();
        asm_.load(DEPTH_LEFT).push(*operation.at).op(OP_EQ).op(OP_ISZERO).jump_if(skip);
        emit(operation);
        asm_.at(skip);
    }

    void emit(const Operation& operation) {
        const auto& e = operation.expression;
        switch (operation.kind) {
            case Operation::Kind::set:
                return set(operation);
            case Operation::Kind::set_transient:
                evaluate(e);
                asm_.push(operation.slot).op(OP_TLOAD);
                mix(3);
                asm_.push(operation.slot).op(OP_TSTORE);
                return;
            case Operation::Kind::load:
                evaluate(e);
                asm_.load(ACC);
                mix(11);
                asm_.store(ACC);
                return;
            case Operation::Kind::emit:
                asm_.op(OP_CALLER);
                make_bytes(operation);
                asm_.op(OP_LOG1);
                return;
            case Operation::Kind::revert_if: {
                const auto even = asm_.label();
                evaluate(e);
                asm_.push(2u).op(OP_SWAP1).op(OP_MOD).op(OP_ISZERO).jump_if(even);
                make_bytes(operation);
                asm_.op(OP_REVERT);
                asm_.at(even);
                return;
            }
            case Operation::Kind::revert:
                make_bytes(operation);
                asm_.op(OP_REVERT);
                return;
            case Operation::Kind::finish:
                make_bytes(operation);
                asm_.op(OP_RETURN);
                return;
            case Operation::Kind::burn:
                return burn(operation.burn);
            case Operation::Kind::self_destruct:
                asm_.push(to_uint256(addresses_.of(operation.target))).op(OP_SELFDESTRUCT);
                return;
            case Operation::Kind::call:
            case Operation::Kind::create:
            case Operation::Kind::look_twice: {
                const auto done = asm_.label();
                asm_.load(DEPTH_LEFT).op(OP_ISZERO).jump_if(done);
                next_frame(operation);
                if (operation.kind == Operation::Kind::create)
                    create(operation);
                else
                    call(operation);
                operation.kind == Operation::Kind::look_twice ? look_again(operation)
                                                              : take_answer(operation);
                asm_.at(done);
                return;
            }
        }
    }

    void set(const Operation& operation) {
        evaluate(operation.expression);
        asm_.push(operation.slot).op(OP_SLOAD);
        mix(3);
        asm_.push(operation.slot).op(OP_SSTORE);
    }

    void burn(Burn how) {
        switch (how) {
            case Burn::memory:
                asm_.push(0u).push(uint256{1} << uint64_t{200}).op(OP_MSTORE);
                return;
            case Burn::loop: {
                const auto again = asm_.label();
                asm_.at(again).jump(again);
                return;
            }
            case Burn::invalid:
                asm_.op(OP_INVALID);
                return;
            case Burn::storage:
                return burn_counting([&] { asm_.op(OP_DUP1).op(OP_DUP1).op(OP_SSTORE); });
            case Burn::logs:
                return burn_counting([&] { asm_.push(WORD).push(OUTPUT).op(OP_LOG0); });
            case Burn::accounts:
                return burn_counting([&] { asm_.op(OP_DUP1).op(OP_BALANCE).op(OP_POP); });
            case Burn::frames:
                asm_.op(OP_CALLDATASIZE).push(0u).push(INPUT).op(OP_CALLDATACOPY);
                asm_.push(0u).push(0u).op(OP_CALLDATASIZE).push(INPUT);
                asm_.op(OP_ADDRESS).op(OP_GAS).op(OP_DELEGATECALL).op(OP_INVALID);
                return;
        }
    }

    /// Runs @p body without end, with 1, 2, .. on the stack.
    template <typename Body>
    void burn_counting(Body body) {
        const auto again = asm_.label();
        asm_.push(0u).at(again).push(1u).op(OP_ADD);
        body();
        asm_.jump(again);
    }

    [[nodiscard]] bool is_remote(const Operation& operation) const {
        return program_.contracts[operation.target].chain != program_.contracts[self_].chain;
    }

    /// Appends the callee's input: depth, whether its context is static, gas.
    void next_frame(const Operation& operation) {
        const bool calls = is_call(operation);
        const bool remote = calls && is_remote(operation);
        Hash depths;
        for (uint64_t depth = 1; depth <= DEPTH; ++depth)
            depths[depth] =
                static_cast<uint8_t>(next_depth(depth, remote && operation.way == Way::alias));
        asm_.push(from_be(depths)).load(DEPTH_LEFT).op(OP_BYTE).store(NEXT_DEPTH);

        calls&& operation.is_static ? asm_.push(1u) : asm_.load(IS_STATIC);
        asm_.store(NEXT_STATIC);

        const uint64_t named = calls ? gas_of(program_, operation) : 0;
        if (named != 0) {
            asm_.push(named);
        } else {
            // (depth + 1) * (is_static ? a : remote ? b : 0); locally there is no limit
            const uint64_t in_static = gas_limit_for(0, true);
            const uint64_t otherwise = remote ? gas_limit_for(0, false) : 0;
            const auto chosen = asm_.label();
            asm_.push(in_static).load(NEXT_STATIC).jump_if(chosen);
            asm_.op(OP_POP).push(otherwise);
            asm_.at(chosen).load(NEXT_DEPTH).push(1u).op(OP_ADD).op(OP_MUL);
        }
        if (remote && operation.way == Way::alias) asm_.push(THROUGH_ALIAS).op(OP_OR);
        asm_.store(NEXT_LIMIT);
    }

    /// The script's words for the callee, at @p place.
    void script_input(const Operation& operation, uint64_t place) {
        asm_.push(MODULUS);
        evaluate(operation.expression);
        asm_.op(OP_MOD).store(place + 32);
        asm_.push(operation.function).store(place);
        asm_.load(NEXT_STATIC).push(8u).op(OP_SHL).load(NEXT_DEPTH).op(OP_OR).store(place + 64);
        asm_.load(NEXT_LIMIT).store(place + 96);
    }

    void call(const Operation& operation) {
        if (remotes_ == nullptr || !is_remote(operation))
            return plain_call(operation, addresses_.of(operation.target), local_gas(operation));
        if (operation.way == Way::alias)
            return plain_call(operation, remotes_->aliases[operation.target], Gas::all);
        scoped_call(operation);
    }

    enum class Gas : uint8_t { all, named, limit };
    /// Gas is no limit on one chain, but where a program names it.
    [[nodiscard]] Gas local_gas(const Operation& operation) const {
        if (gas_of(program_, operation) != 0) return Gas::named;
        return remotes_ == nullptr ? Gas::all : Gas::limit;
    }
    void push_gas(Gas gas) {
        if (gas == Gas::all) {
            asm_.op(OP_GAS);
            return;
        }
        asm_.load(NEXT_LIMIT);
        if (gas == Gas::named) return;
        const auto limited = asm_.label();
        asm_.op(OP_DUP1).jump_if(limited).op(OP_POP).op(OP_GAS);
        asm_.at(limited);
    }

    void plain_call(const Operation& operation, const Address& to, Gas gas) {
        script_input(operation, INPUT);
        asm_.push(0u).push(0u).push(SCRIPT_INPUT_SIZE).push(INPUT);
        if (!operation.is_static) asm_.push(value_of(program_, operation));
        asm_.push(to_uint256(to));
        push_gas(gas);
        asm_.op(operation.is_static ? OP_STATICCALL : OP_CALL).store(OK);
        copy_answer();
    }

    void scoped_call(const Operation& operation) {
        const bool tries = !operation.is_static && operation.way == Way::try_scoped;
        const auto selector = abi::selector(
            operation.is_static
                ? "scopedStaticCall(uint256,address,(address,uint256,uint256,bytes))"
                : (tries ? "tryScopedCall(uint256,address,(address,uint256,uint256,bytes))"
                         : "scopedCall(uint256,address,(address,uint256,uint256,bytes))"));
        // chain, from, offset; to, value, gas limit, offset; size, then the script's words
        constexpr uint64_t WORDS = INPUT + 4;
        const uint64_t value = value_of(program_, operation);
        asm_.push(from_be(selector) << uint64_t{224}).store(INPUT);
        asm_.push(chain_id_of(program_.contracts[operation.target].chain).number()).store(WORDS);
        asm_.op(OP_ADDRESS).store(WORDS + 32);
        asm_.push(0x60u).store(WORDS + 64);
        asm_.push(to_uint256(addresses_.of(operation.target))).store(WORDS + 96);
        asm_.push(value).store(WORDS + 128);
        asm_.load(NEXT_LIMIT).store(WORDS + 160);
        asm_.push(0x80u).store(WORDS + 192);
        asm_.push(SCRIPT_INPUT_SIZE).store(WORDS + 224);
        script_input(operation, WORDS + 256);
        asm_.push(0u).push(0u).push(SCOPED_INPUT_SIZE).push(INPUT);
        if (!operation.is_static) asm_.push(value);
        asm_.push(to_uint256(remotes_->callable)).op(OP_GAS);
        asm_.op(operation.is_static ? OP_STATICCALL : OP_CALL).store(OK);
        copy_answer();

        const auto failed = asm_.label();
        asm_.load(OK).op(OP_ISZERO).jump_if(failed);
        if (tries) asm_.load(ANSWER).store(OK);               // success, offset, size, data
        const uint64_t size_at = ANSWER + (tries ? 64 : 32);  // otherwise offset, size, data
        asm_.push(size_at + 32).store(ANSWER_AT).load(size_at).store(ANSWER_SIZE);
        asm_.at(failed);
    }

    void create(const Operation& operation) {
        const Bytes code = init_code(addresses_.code_of(operation.target), constructs(operation));
        data_.emplace_back(asm_.label(), code);
        asm_.push(code.size()).push_label(data_.back().first).push(INPUT).op(OP_CODECOPY);
        script_input(operation, INPUT + code.size());
        asm_.push(code.size() + SCRIPT_INPUT_SIZE).push(INPUT);
        asm_.push(value_of(program_, operation)).op(OP_CREATE);
        asm_.op(OP_DUP1).op(OP_ISZERO).op(OP_ISZERO).store(OK);
        copy_answer();
        const auto failed = asm_.label();
        asm_.load(OK).op(OP_ISZERO).jump_if(failed);
        asm_.op(OP_DUP1).store(ANSWER).push(WORD).store(ANSWER_SIZE);
        asm_.at(failed).op(OP_POP);
    }

    /// A constructor gets all the gas there is.
    [[nodiscard]] bool constructs(const Operation& operation) const {
        return operation.constructs && !burns(callee_of(program_, operation));
    }

    void copy_answer() {
        asm_.op(OP_RETURNDATASIZE).push(0u).push(ANSWER).op(OP_RETURNDATACOPY);
        asm_.push(ANSWER).store(ANSWER_AT).op(OP_RETURNDATASIZE).store(ANSWER_SIZE);
    }

    void take_answer(const Operation& operation) {
        if (operation.bubbles) {
            const auto succeeded = asm_.label();
            asm_.load(OK).jump_if(succeeded);
            asm_.load(ANSWER_SIZE).load(ANSWER_AT).op(OP_REVERT);
            asm_.at(succeeded);
        }
        asm_.load(OK).op(OP_ISZERO).push(13u).op(OP_MUL);
        if (!has_gas_in_answer(operation)) {
            hash_answer();
            asm_.push(MODULUS).op(OP_SWAP1).op(OP_MOD).op(OP_ADD);
        }
        take();
    }

    /// On one chain two looks have two answers, as gas has it; over chains the second one gets the
    /// record of the first.
    void look_again(const Operation& operation) {
        hash_answer();
        asm_.store(FIRST);
        set(operation);
        call(operation);
        asm_.load(OK).op(OP_ISZERO).push(13u).op(OP_MUL);
        hash_answer();
        asm_.load(FIRST).op(OP_EQ);
        const bool is_compared =
            remotes_ != nullptr && is_remote(operation) && has_gas_in_answer(operation);
        if (!is_compared) asm_.op(OP_POP).push(1u);
        asm_.op(OP_ADD);
        take();
    }

    [[nodiscard]] bool has_gas_in_answer(const Operation& operation) const {
        return is_call(operation) && answers_with_gas(callee_of(program_, operation));
    }

    void hash_answer() { asm_.load(ANSWER_SIZE).load(ANSWER_AT).op(OP_KECCAK256); }

    /// Mixes the top of the stack into the accumulator.
    void take() {
        asm_.load(ACC);
        mix(7);
        asm_.store(ACC);
    }

    const Program& program_;
    const Addresses& addresses_;
    size_t self_;
    const Remotes* remotes_;
    Assembler asm_;
    std::vector<std::pair<Assembler::Label, Bytes>> data_;
};

}  // namespace

ChainId chain_id_of(size_t chain) {
    constexpr uint64_t L1_ID = 1;
    constexpr uint64_t FIRST_ROLLUP_ID = 901;
    return ChainId{chain == 0 ? L1_ID : FIRST_ROLLUP_ID + chain - 1};
}

Bytes encode(const ScriptInput& input) {
    return abi::encode(uint256{input.function}, uint256{input.argument},
                       uint256{input.depth | (input.is_static ? 0x100u : 0u)},
                       uint256{input.gas_limit | (input.through_alias ? THROUGH_ALIAS : 0)});
}

Bytes encode(const Program& program, const Entry& entry) {
    if (!calls_function(program, entry)) return {};
    return encode(
        ScriptInput{.function = entry.function, .argument = entry.argument, .depth = DEPTH});
}

std::optional<ScriptInput> decode_script_input(BytesView calldata) {
    if (calldata.size() != SCRIPT_INPUT_SIZE) return std::nullopt;
    const auto word = [&](size_t i) { return from_be(calldata.subspan(32 * i, 32))[0]; };
    return ScriptInput{.function = word(0),
                       .argument = word(1),
                       .depth = word(2) & 0xff,
                       .is_static = word(2) > 0xff,
                       .gas_limit = word(3) & ~THROUGH_ALIAS,
                       .through_alias = (word(3) & THROUGH_ALIAS) != 0};
}

Bytes compile(const Program& program, const Addresses& addresses, size_t contract,
              const Remotes* remotes) {
    return Compiler{program, addresses, contract, remotes}.compile();
}

}  // namespace scope::oracle

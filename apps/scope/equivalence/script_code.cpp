#include "equivalence/script_code.hpp"

#include "abi/abi.hpp"
#include "evm/opcodes.hpp"

namespace scope::equivalence {

namespace {

using namespace evm;

// Memory: a word each.
constexpr uint64_t ACC = 0x00;
constexpr uint64_t ARG = 0x20;
constexpr uint64_t DEPTH_LEFT = 0x40;
constexpr uint64_t FUNCTION = 0x60;
constexpr uint64_t WORD_OUT = 0x80;  // a word to log or return, or the answer of a call
constexpr uint64_t OK = 0xa0;
constexpr uint64_t CALLDATA = 0x100;

/// Appends instructions; jumps go to labels that are known at the end.
class Assembler {
  public:
    using Label = size_t;

    Assembler& op(Opcode opcode) {
        code_.push_back(static_cast<uint8_t>(opcode));
        return *this;
    }
    Assembler& push(const uint256& value) {
        const unsigned size = significant_bytes(value);
        code_.push_back(static_cast<uint8_t>(OP_PUSH0 + size));
        append(code_, BytesView{to_be(value)}.subspan(32 - size));
        return *this;
    }
    Assembler& push(uint64_t value) { return push(uint256{value}); }
    Assembler& load(uint64_t place) { return push(place).op(OP_MLOAD); }
    /// Takes the value from the stack.
    Assembler& store(uint64_t place) { return push(place).op(OP_MSTORE); }

    Label label() {
        labels_.push_back(0);
        return labels_.size() - 1;
    }
    Assembler& at(Label label) {
        labels_[label] = code_.size();
        return op(OP_JUMPDEST);
    }
    Assembler& jump(Label label) { return push_label(label).op(OP_JUMP); }
    /// If the top of the stack is not zero.
    Assembler& jump_if(Label label) { return push_label(label).op(OP_JUMPI); }

    Bytes finish() {
        for (const auto& [place, label] : uses_) {
            code_[place] = static_cast<uint8_t>(labels_[label] >> 8);
            code_[place + 1] = static_cast<uint8_t>(labels_[label]);
        }
        return std::move(code_);
    }

  private:
    Assembler& push_label(Label label) {
        code_.push_back(static_cast<uint8_t>(OP_PUSH0 + 2));
        uses_.emplace_back(code_.size(), label);
        code_.insert(code_.end(), 2, 0);
        return *this;
    }

    Bytes code_;
    std::vector<size_t> labels_;
    std::vector<std::pair<size_t, Label>> uses_;
};

class Compiler {
  public:
    Compiler(const Contract& contract, const std::vector<CallTarget>& targets,
             const Address& callable)
        : contract_(contract), targets_(targets), callable_(callable) {}

    Bytes compile() {
        const auto scripted = asm_.label();
        asm_.op(OP_CALLDATASIZE).jump_if(scripted).op(OP_STOP);  // plain ETH
        asm_.at(scripted);
        asm_.push(32u).op(OP_CALLDATALOAD).op(OP_DUP1).store(ARG).store(ACC);
        asm_.push(64u).op(OP_CALLDATALOAD).store(DEPTH_LEFT);
        asm_.push(contract_.functions.size()).push(0u).op(OP_CALLDATALOAD).op(OP_MOD);
        asm_.store(FUNCTION);
        for (size_t i = 0; i < contract_.functions.size(); ++i) {
            const auto next = asm_.label();
            asm_.load(FUNCTION).push(i).op(OP_EQ).op(OP_ISZERO).jump_if(next);
            for (const auto& operation : contract_.functions[i]) emit(operation);
            asm_.push(32u).push(ACC).op(OP_RETURN);
            asm_.at(next);
        }
        asm_.op(OP_STOP);
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
            case Expression::Kind::balance:
                asm_.op(OP_SELFBALANCE);
                return;
        }
    }

    /// (factor * a + b) mod MODULUS, where b and then a are on the stack.
    void mix(uint64_t factor) {
        asm_.push(factor).op(OP_MUL).op(OP_ADD).push(MODULUS).op(OP_SWAP1).op(OP_MOD);
    }

    void emit(const Operation& operation) {
        const auto& e = operation.expression;
        switch (operation.kind) {
            case Operation::Kind::set:
                evaluate(e);
                asm_.push(operation.slot).op(OP_SLOAD);
                mix(3);
                asm_.push(operation.slot).op(OP_SSTORE);
                return;
            case Operation::Kind::load:
                evaluate(e);
                asm_.load(ACC);
                mix(11);
                asm_.store(ACC);
                return;
            case Operation::Kind::emit:
                evaluate(e);
                asm_.store(WORD_OUT).op(OP_CALLER).push(32u).push(WORD_OUT).op(OP_LOG1);
                return;
            case Operation::Kind::revert_if: {
                const auto even = asm_.label();
                evaluate(e);
                asm_.push(2u).op(OP_SWAP1).op(OP_MOD).op(OP_ISZERO).jump_if(even);
                revert_with(e);
                asm_.at(even);
                return;
            }
            case Operation::Kind::revert:
                revert_with(e);
                return;
            case Operation::Kind::call:
                call(operation);
                return;
        }
    }

    void revert_with(const Expression& e) {
        evaluate(e);
        asm_.store(WORD_OUT).push(32u).push(WORD_OUT).op(OP_REVERT);
    }

    void call(const Operation& operation) {
        const auto done = asm_.label();
        const auto taken = asm_.label();
        const auto affordable = asm_.label();
        const uint64_t value = value_of(operation);
        asm_.load(DEPTH_LEFT).op(OP_ISZERO).jump_if(done);

        asm_.push(value).op(OP_SELFBALANCE).op(OP_LT).op(OP_ISZERO).jump_if(affordable);
        asm_.push(0u).store(OK).push(NO_FUNDS).store(WORD_OUT).jump(taken);
        asm_.at(affordable);
        asm_.push(0u).store(WORD_OUT);
        const auto& target = targets_[operation.target];
        if (target.is_local)
            local_call(operation, target, value);
        else
            scoped_call(operation, target, value);

        asm_.at(taken);
        if (operation.mode == CallMode::bubble) {
            const auto succeeded = asm_.label();
            asm_.load(OK).jump_if(succeeded);
            asm_.push(32u).push(WORD_OUT).op(OP_REVERT);
            asm_.at(succeeded);
        }
        asm_.load(OK).op(OP_ISZERO).push(13u).op(OP_MUL).load(WORD_OUT).op(OP_ADD).load(ACC);
        mix(7);
        asm_.store(ACC);
        asm_.at(done);
    }

    /// tryScopedCall is not payable.
    static uint64_t value_of(const Operation& operation) {
        return operation.mode == CallMode::try_scoped ? 0 : operation.value;
    }

    /// The three words of a script's calldata, at @p place.
    void script_arguments(const Operation& operation, uint64_t place) {
        asm_.push(MODULUS);
        evaluate(operation.expression);
        asm_.op(OP_MOD).store(place + 32);
        asm_.push(operation.function).store(place);
        asm_.push(1u).load(DEPTH_LEFT).op(OP_SUB).store(place + 64);
    }

    void local_call(const Operation& operation, const CallTarget& target, uint64_t value) {
        script_arguments(operation, CALLDATA);
        asm_.push(32u).push(WORD_OUT).push(96u).push(CALLDATA).push(value);
        asm_.push(to_uint256(target.address)).op(OP_GAS).op(OP_CALL).store(OK);
    }

    void scoped_call(const Operation& operation, const CallTarget& target, uint64_t value) {
        const bool tries = operation.mode == CallMode::try_scoped;
        const auto selector =
            abi::selector(tries ? "tryScopedCall(uint256,address,(address,uint256,uint256,bytes))"
                                : "scopedCall(uint256,address,(address,uint256,uint256,bytes))");
        // selector, chain, from, offset; to, value, gas limit, offset; size, then the script's
        // words
        constexpr uint64_t WORDS = CALLDATA + 4;
        constexpr uint64_t SIZE = 4 + 11 * 32;
        asm_.push(from_be(selector) << uint64_t{224}).store(CALLDATA);
        asm_.push(target.chain_id).store(WORDS);
        asm_.op(OP_ADDRESS).store(WORDS + 32);
        asm_.push(0x60u).store(WORDS + 64);
        asm_.push(to_uint256(target.address)).store(WORDS + 96);
        asm_.push(value).store(WORDS + 128);
        gas_limit();
        asm_.store(WORDS + 160);
        asm_.push(0x80u).store(WORDS + 192);
        asm_.push(96u).store(WORDS + 224);
        script_arguments(operation, WORDS + 256);
        asm_.push(0u).push(0u).push(SIZE).push(CALLDATA).push(value);
        asm_.push(to_uint256(callable_)).op(OP_GAS).op(OP_CALL).store(OK);

        const auto failed = asm_.label();
        const auto read = asm_.label();
        asm_.load(OK).op(OP_ISZERO).jump_if(failed);
        if (tries) {
            copy_answer(96);  // success, offset, size, data
            asm_.push(32u).push(0u).push(OK).op(OP_RETURNDATACOPY);
        } else {
            copy_answer(64);  // offset, size, data
        }
        asm_.jump(read);
        asm_.at(failed);
        copy_answer(0);
        asm_.at(read);
    }

    /// A word of the return data, if it goes that far.
    void copy_answer(uint64_t offset) {
        const auto short_data = asm_.label();
        asm_.push(offset + 32).op(OP_RETURNDATASIZE).op(OP_LT).jump_if(short_data);
        asm_.push(32u).push(offset).push(WORD_OUT).op(OP_RETURNDATACOPY);
        asm_.at(short_data);
    }

    /// By the depth that the callee has left: BASE * 2^(left).
    void gas_limit() {
        asm_.push(1u).load(DEPTH_LEFT).op(OP_SUB);  // the callee's
        asm_.push(gas_limit_for(0)).op(OP_SWAP1).op(OP_SHL);
    }

    const Contract& contract_;
    const std::vector<CallTarget>& targets_;
    Address callable_;
    Assembler asm_;
};

}  // namespace

Bytes script_input(uint64_t function, uint64_t argument, uint64_t depth_left) {
    return abi::encode(uint256{function}, uint256{argument}, uint256{depth_left});
}

uint64_t gas_limit_for(uint64_t depth_left) {
    return uint64_t{200'000} << depth_left;
}

Bytes compile(const Contract& contract, const std::vector<CallTarget>& targets,
              const Address& callable) {
    return Compiler{contract, targets, callable}.compile();
}

}  // namespace scope::equivalence

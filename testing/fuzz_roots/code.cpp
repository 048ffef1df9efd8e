#include "fuzz_roots/code.hpp"

#include <algorithm>

#include "execution/scope_rollup.hpp"
#include "fuzz_evm/assembler.hpp"
#include "fuzz_evm/precompile_inputs.hpp"
#include "protocol/callable.hpp"
#include "protocol/settlement.hpp"

namespace scope::fuzz_roots {

namespace {

using namespace evm;
using fuzz_evm::Assembler;

constexpr size_t MAX_CODE = 9000;  // bytes; keeps labels and data within PUSH2
constexpr uint64_t SLOTS = 4;
// Functions that are more often than not what they are called.
constexpr uint64_t ASK_AND_REVERT = 1;
constexpr uint64_t ASK_BACK = 2;
constexpr uint64_t RETURN_STORAGE = 3;

constexpr auto ENVIRONMENT = std::to_array<Opcode>(
    {OP_ADDRESS, OP_ORIGIN, OP_CALLER, OP_CALLVALUE, OP_CALLDATASIZE, OP_CODESIZE, OP_PC, OP_MSIZE,
     OP_GAS, OP_GAS, OP_GAS, OP_SELFBALANCE, OP_SELFBALANCE, OP_CHAINID, OP_RETURNDATASIZE});
/// Those that look at a part of L1's environment which is then declared.
constexpr auto DECLARED =
    std::to_array<Opcode>({OP_COINBASE, OP_NUMBER, OP_TIMESTAMP, OP_PREVRANDAO, OP_GASLIMIT,
                           OP_BASEFEE, OP_BLOBBASEFEE, OP_GASPRICE});
constexpr auto BINARY =
    std::to_array<Opcode>({OP_ADD, OP_MUL, OP_SUB, OP_DIV, OP_MOD, OP_EXP, OP_LT, OP_GT, OP_EQ,
                           OP_AND, OP_OR, OP_XOR, OP_BYTE, OP_SHL, OP_SHR});
constexpr auto OF_ADDRESS = std::to_array<Opcode>({OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODEHASH});
constexpr auto CALLS = std::to_array<Opcode>({OP_CALL, OP_CALL, OP_CALL, OP_CALL, OP_STATICCALL,
                                              OP_STATICCALL, OP_DELEGATECALL, OP_CALLCODE});
/// The most that an answer may have, and what is one more.
constexpr uint64_t MAX_DATA = protocol::MAX_DATA_BYTES;
constexpr auto BOMBS = std::to_array<uint64_t>(
    {0, 1, MAX_DATA - 1, MAX_DATA, MAX_DATA + 1, MAX_DATA + 32, 100'000, 1'000'000});
constexpr auto GAS_LIMITS = std::to_array<uint64_t>(
    {0, 2300, 20'000, 50'000, 100'000, 100'000, 200'000, 300'000, 300'000, 500'000, 1'000'000,
     1'000'000, 2'000'000, 4'000'000, 1 << 24, (1 << 24) + 1, UINT64_MAX});
/// Memory that statements use: input of calls from 0, and a word that they keep.
constexpr uint64_t SCRATCH = 0x60'00;

bool takes_value(Opcode call) {
    return call == OP_CALL || call == OP_CALLCODE;
}

class Writer {
  public:
    Writer(Random& random, const Scenery& scenery, const Contract& contract)
        : random_(random), scenery_(scenery), contract_(contract), here_(contract.chain) {}

    Bytes code() {
        if (!scenery_.is_ring && random_.below(16) == 0)
            return random_.bytes(1 + random_.below(120));
        Assembler code;
        const auto functions = random_.chance(60) ? FUNCTIONS : 1 + random_.below(FUNCTIONS);
        std::vector<Assembler::Label> labels;
        for (uint64_t i = 1; i < functions; ++i) {
            labels.push_back(code.make_label());
            byte_of_calldata(code, 0);
            code.push(uint256{i});
            code.op(OP_EQ);
            code.push_label(labels.back());
            code.op(OP_JUMPI);
        }
        if (scenery_.is_ring)
            relay(code);
        else
            main_function(code);
        for (size_t i = 0; i < labels.size(); ++i) {
            code.place(labels[i]);
            function(code, i + 1);
        }
        return code.finish();
    }

    Bytes init_code(int nesting) {
        if (random_.chance(4)) return {};
        Assembler code;
        if (random_.chance(70)) block(code, 1 + random_.below(3), nesting);
        switch (random_.below(8)) {
            case 0:
                end(code);
                break;
            case 1:
                code.push(uint256{random_.pick(std::array<uint64_t, 3>{24'575, 24'576, 24'577})});
                code.push(uint256{0});
                code.op(OP_RETURN);
                break;
            default: {
                Assembler runtime;
                block(runtime, 1 + random_.below(4), nesting + 1);
                end(runtime);
                const Bytes bytes = runtime.finish();
                code.copy_data(bytes, 0);
                code.push(uint256{bytes.size()});
                code.push(uint256{0});
                code.op(OP_RETURN);
            }
        }
        code.op(OP_STOP);
        return code.finish();
    }

  private:
    // --- Operands

    uint256 number() {
        switch (random_.below(7)) {
            case 0:
            case 1:
            case 2:
                return random_.below(8);
            case 3:
                return random_.below(100'000);
            case 4:
                return uint256{1} << random_.below(256);
            case 5:
                return ~uint256{random_.below(300)};
            default:
                return from_be(random_.bytes(32)) >> random_.below(256);
        }
    }
    uint256 offset() {
        if (random_.below(250) != 0)
            return random_.pick(std::array<uint64_t, 7>{0, 0, 1, 31, 32, 64, 200});
        return random_.chance(70) ? uint256{random_.below(1 << 17)} : number();
    }
    uint256 size() {
        if (random_.below(250) != 0)
            return random_.pick(std::array<uint64_t, 7>{0, 1, 4, 32, 32, 64, 100});
        return random_.chance(70) ? uint256{random_.below(1 << 16)} : number();
    }
    /// Makes the slot that is told to who asks back: mostly one of them.
    uint256 told_slot() { return random_.chance(75) ? 0 : random_.below(SLOTS); }
    static void byte_of_calldata(Assembler& code, uint64_t place) {
        code.push(uint256{0});
        code.op(OP_CALLDATALOAD);
        code.push(uint256{place});
        code.op(OP_BYTE);
    }
    void address_operand(Assembler& code) {
        const auto choice = random_.below(20);
        if (choice == 0) return code.op(OP_CALLER);
        if (choice == 1) return code.op(OP_ORIGIN);
        if (choice == 2) return code.op(OP_ADDRESS);
        if (choice == 3 && random_.chance(30)) return code.op(OP_COINBASE);
        code.push(scenery_.address_on(random_, here_));
    }
    void expression(Assembler& code, int depth) {
        const auto choice = random_.below(depth == 0 ? 9 : 14);
        switch (choice) {
            case 0:
            case 1:
                return code.push(number());
            case 2:
            case 3:
                return code.op(random_.pick(ENVIRONMENT));
            case 4:
                // On rollups the environment is the batch's: it is nothing to be declared.
                if (here_ == 0 && random_.chance(50)) return code.push(number());
                return code.op(random_.pick(DECLARED));
            case 5:
            case 6:
                code.push(uint256{random_.below(SLOTS)});
                return code.op(random_.chance(70) ? OP_SLOAD : OP_TLOAD);
            case 7:
                code.push(offset());
                return code.op(random_.chance(50) ? OP_MLOAD : OP_CALLDATALOAD);
            case 8:
                code.push(uint256{SCRATCH});
                return code.op(OP_MLOAD);
            case 9:
                address_operand(code);
                return code.op(random_.pick(OF_ADDRESS));
            case 10:
                code.push(size());
                code.push(offset());
                return code.op(OP_KECCAK256);
            case 11:
                if (random_.chance(3)) {
                    code.push(uint256{random_.below(3)});
                    return code.op(OP_BLOBHASH);
                }
                if (random_.chance(30)) {
                    code.op(OP_NUMBER);
                    code.push(uint256{random_.below(4)});
                    code.op(OP_SWAP1);
                    code.op(OP_SUB);
                    return code.op(OP_BLOCKHASH);
                }
                [[fallthrough]];
            default:
                expression(code, depth - 1);
                expression(code, depth - 1);
                return code.op(random_.pick(BINARY));
        }
    }
    void value_operand(Assembler& code) {
        if (random_.chance(72)) return code.push(uint256{0});
        if (random_.chance(70)) return code.push(uint256{1 + random_.below(3)});
        if (random_.chance(40)) return code.op(OP_CALLVALUE);
        if (random_.chance(50)) return code.op(OP_SELFBALANCE);
        code.push(number());
    }
    void gas_operand(Assembler& code) {
        switch (random_.below(12)) {
            case 0:
                return code.push(uint256{0});
            case 1:
                return code.push(uint256{2300 + random_.below(4000)});
            case 2:
                return code.push(uint256{random_.below(60'000)});
            case 3:
                return code.push(uint256{random_.below(1'000'000)});
            case 4:  // a part of what is left
                code.push(uint256{1 + random_.below(4)});
                code.op(OP_GAS);
                return code.op(OP_DIV);
            default:
                return code.op(OP_GAS);
        }
    }

    // --- Statements: the stack is as high after each as before

    /// That of most roots: goes on to its end, if it can.
    void main_function(Assembler& code) {
        block(code, 3 + random_.below(6), 0);
        if (random_.chance(20)) end(code);
        code.op(OP_STOP);
    }
    /// Every other one is what makes one request have two answers, with ask_twice.
    void function(Assembler& code, uint64_t number) {
        if (random_.chance(55)) {
            if (number == ASK_AND_REVERT) ask_and_revert(code);
            if (number == ASK_BACK) ask_back(code);
            if (number == RETURN_STORAGE) return_storage(code);
        } else {
            block(code, 2 + random_.below(6), 0);
            if (random_.chance(60)) end(code);
        }
        code.op(OP_STOP);
    }
    /// A frame that acts, asks, and reverts with what came out.
    void ask_and_revert(Assembler& code) {
        if (random_.chance(50)) block(code, 1, 1);
        calldata(code, 0, ASK_BACK);
        call(code, OP_CALL, scenery_.alias_on(here_, scenery_.remote_contract(random_, here_)),
             CALLDATA_SIZE, 0);
        copy_return_data(code);
        code.op(OP_RETURNDATASIZE);
        code.push(uint256{0});
        code.op(OP_REVERT);
    }
    void ask_back(Assembler& code) {
        if (random_.chance(30)) block(code, 1, 1);
        call_back(code, RETURN_STORAGE);
        copy_return_data(code);
        code.op(OP_RETURNDATASIZE);
        code.push(uint256{0});
        code.op(random_.chance(85) ? OP_RETURN : OP_REVERT);
    }
    void return_storage(Assembler& code) {
        if (random_.chance(50)) block(code, 1, 1);
        code.push(told_slot());
        code.op(OP_SLOAD);
        code.push(uint256{0});
        code.op(OP_MSTORE);
        code.push(uint256{random_.pick(std::array<uint64_t, 3>{32, 64, 96})});
        code.push(uint256{0});
        code.op(OP_RETURN);
    }
    /// Asks the next chain of the ring with all there is to ask with, as often as calldata say, from
    /// as many frames below as their third byte says.
    void relay(Assembler& code) {
        constexpr size_t SIZE = CALLDATA_SIZE + 1;
        const auto ask = code.make_label();
        byte_of_calldata(code, CALLDATA_SIZE);
        code.op(OP_ISZERO);
        code.push_label(ask);
        code.op(OP_JUMPI);
        code.push(uint256{SIZE});
        code.push(uint256{0});
        code.push(uint256{0});
        code.op(OP_CALLDATACOPY);
        code.push(uint256{1});
        byte_of_calldata(code, CALLDATA_SIZE);
        code.op(OP_SUB);
        code.push(uint256{CALLDATA_SIZE});
        code.op(OP_MSTORE8);
        push_call_memory(code, SIZE);
        code.push(uint256{0});
        code.op(OP_ADDRESS);
        code.op(OP_GAS);
        code.op(OP_CALL);
        code.op(OP_POP);
        code.op(OP_STOP);

        code.place(ask);
        const auto after = code.make_label();
        byte_of_calldata(code, 1);
        code.op(OP_ISZERO);
        code.push_label(after);
        code.op(OP_JUMPI);
        const Contract& to = scenery_.next_of_ring(contract_);
        const auto way = random_.chance(60) ? AskWay::scoped : AskWay::attempted;
        code.copy_data(request_head(way, uint256{chain_id_of(to.chain)}, contract_.address,
                                    to.address, {}, {}, SIZE),
                       0);
        askable(code, 3);
        code.push(uint256{RequestHead::GAS_LIMIT});
        code.op(OP_MSTORE);
        calldata(code, RequestHead::SIZE, 0);
        code.push(uint256{frames_below()});
        code.push(uint256{RequestHead::SIZE + CALLDATA_SIZE});
        code.op(OP_MSTORE8);
        push_call_memory(code, RequestHead::SIZE + 32);
        code.push(uint256{0});
        code.push(scenery_.base.callable(here_));
        code.op(OP_GAS);
        code.op(OP_CALL);
        after_call(code);
        code.place(after);
        if (random_.chance(15)) end(code);
        code.op(OP_STOP);
    }
    /// Returns so many that a rollup has its 1,024 frames, or nearly, as all 64 calls are nested.
    uint64_t frames_below() {
        const uint64_t most = 16 * (scenery_.chains - 1);
        return random_.chance(40) ? random_.below(8) : most / 2 + random_.below(most / 2);
    }
    void block(Assembler& code, uint64_t statements, int nesting) {
        for (uint64_t i = 0; i < statements && code.size() < MAX_CODE; ++i)
            statement(code, nesting);
    }
    void statement(Assembler& code, int nesting) {
        const auto choice = random_.below(100);
        if (choice < 33) return remote_call(code);
        if (choice < 40) return call_callable(code);
        if (choice < 46) return local_call(code);
        if (choice < 51) return self_call(code, random_.below(FUNCTIONS));
        if (choice < 55) return ask_twice(code);
        if (choice < 58) return call_settlement(code);
        if (choice < 60) return call_precompile(code);
        if (choice < 62 && nesting < 2) return create(code, nesting);
        if (choice < 66 && nesting < 2) return branch(code, nesting);
        if (choice < 68 && nesting < 2) return loop(code, nesting);
        if (choice < 69 && random_.chance(50)) return eat_gas(code);
        if (choice < 70 && random_.chance(30)) return random_instructions(code);
        if (choice < 73) return log(code);
        if (choice < 77) return copy(code);
        expression(code, 2);
        keep(code);
    }

    /// A call of another chain's contract by any way; most go on only as often as the calldata say.
    void remote_call(Assembler& code) {
        const auto after = code.make_label();
        if (random_.chance(75)) {
            byte_of_calldata(code, 1);
            code.op(OP_ISZERO);
            code.push_label(after);
            code.op(OP_JUMPI);
        }
        const Contract& to = scenery_.remote_contract(random_, here_);
        const auto way = random_.below(10);
        if (way < 4)
            call_alias(code, scenery_.alias_on(here_, to));
        else if (way < 8)
            ask(code, to);
        else
            call_back(code, random_.below(FUNCTIONS));
        code.place(after);
    }
    /// Calls whoever called: the alias of another chain's contract, often.
    void call_back(Assembler& code, uint64_t function) {
        calldata(code, 0, function);
        const Opcode kind = random_.chance(70) ? OP_CALL : OP_STATICCALL;
        push_call_memory(code, CALLDATA_SIZE);
        if (takes_value(kind)) value_operand(code);
        code.op(OP_CALLER);
        gas_operand(code);
        code.op(kind);
        after_call(code);
    }
    /// The same question before and after a write: in frames that leave nothing, so that it is
    /// asked at the same point of the root.
    void ask_twice(Assembler& code) {
        const auto after = code.make_label();
        byte_of_calldata(code, 1);
        code.op(OP_ISZERO);
        code.push_label(after);
        code.op(OP_JUMPI);
        const bool is_static = random_.chance(50);
        const uint64_t function = random_.chance(20) ? random_.below(FUNCTIONS)
                                  : is_static        ? ASK_BACK
                                                     : ASK_AND_REVERT;
        const Address alias = scenery_.alias_on(here_, scenery_.remote_contract(random_, here_));
        const uint64_t times = 2 + random_.below(random_.chance(90) ? 2 : 20);
        for (uint64_t i = 0; i < times && code.size() < MAX_CODE; ++i) {
            if (is_static) {
                calldata(code, 0, function);
                push_call_memory(code, CALLDATA_SIZE);
                code.push(alias);
                code.op(OP_GAS);
                code.op(OP_STATICCALL);
                after_call(code);
            } else {
                self_call(code, function);
            }
            code.push(uint256{i + 1});
            code.push(told_slot());
            code.op(OP_SSTORE);
        }
        code.place(after);
    }

    /// Stores the calldata of a program's contract at a place in memory.
    void calldata(Assembler& code, uint64_t place) {
        calldata(code, place, random_.below(FUNCTIONS));
    }
    static void calldata(Assembler& code, uint64_t place, uint64_t function) {
        code.push(uint256{function});
        code.push(uint256{place});
        code.op(OP_MSTORE8);
        code.push(uint256{1});
        byte_of_calldata(code, 1);
        code.op(OP_SUB);
        code.push(uint256{place + 1});
        code.op(OP_MSTORE8);
    }
    /// Puts what the contract sees into the data behind.
    void maybe_tell(Assembler& code, uint64_t place) {
        if (!random_.chance(15)) return;
        expression(code, 1);
        code.push(uint256{place + CALLDATA_SIZE});
        code.op(OP_MSTORE);
    }
    uint64_t data_size() {
        if (random_.chance(88)) return CALLDATA_SIZE + random_.below(34);
        return random_.pick(std::array<uint64_t, 7>{0, 1, MAX_DATA - 1, MAX_DATA, MAX_DATA + 1,
                                                    MAX_DATA + 32, 60'000});
    }

    void call_alias(Assembler& code, const Address& alias) {
        calldata(code, 0);
        maybe_tell(code, 0);
        call(code, random_.chance(65) ? OP_CALL : random_.pick(CALLS), alias, data_size());
    }

    void ask(Assembler& code, const Contract& to) {
        const auto way = static_cast<AskWay>(random_.below(3));
        const bool static_call = way == AskWay::still ? random_.chance(85) : random_.chance(12);
        const uint64_t value = way == AskWay::scoped && random_.chance(25) ? random_.below(3) : 0;
        const uint64_t size = data_size();
        const Address from =
            random_.chance(93) ? contract_.address : scenery_.address_on(random_, here_);
        const Address target =
            random_.chance(88) ? to.address : scenery_.address_on(random_, to.chain);
        const uint256 chain_id =
            random_.chance(94) ? uint256{chain_id_of(to.chain)} : scenery_.chain_id(random_);
        code.copy_data(request_head(way, chain_id, from, target, uint256{value},
                                    uint256{random_.pick(GAS_LIMITS)}, size),
                       0);
        if (random_.chance(10)) {
            code.op(OP_ADDRESS);
            code.push(uint256{RequestHead::FROM});
            code.op(OP_MSTORE);
        }
        gas_limit(code);
        calldata(code, RequestHead::SIZE);
        maybe_tell(code, RequestHead::SIZE);
        const uint64_t sent = random_.chance(94) ? value : random_.below(3);
        call(code, static_call ? OP_STATICCALL : OP_CALL, scenery_.base.callable(here_),
             RequestHead::SIZE + (size + 31) / 32 * 32, sent);
    }
    /// Puts another gas limit into the request: what may be asked with, or what is left.
    void gas_limit(Assembler& code) {
        switch (random_.below(6)) {
            case 0:
            case 1:
                askable(code, random_.below(4));
                break;
            case 2:
                code.push(uint256{2 + random_.below(8)});
                code.op(OP_GAS);
                code.op(OP_DIV);
                break;
            default:
                return;
        }
        code.push(uint256{RequestHead::GAS_LIMIT});
        code.op(OP_MSTORE);
    }
    /// Leaves askableGas(), or a part of it: 0 all, 1 a fraction, 2 and 3 all but a little.
    void askable(Assembler& code, uint64_t part) {
        static const Bytes CALLDATA = abi::call("askableGas()");
        code.push(from_be(CALLDATA));
        code.push(uint256{SCRATCH});
        code.op(OP_MSTORE);
        code.push(uint256{32});
        code.push(uint256{SCRATCH});
        code.push(uint256{4});
        code.push(uint256{SCRATCH + 28});
        code.push(scenery_.base.callable(here_));
        code.op(OP_GAS);
        code.op(OP_STATICCALL);
        code.op(OP_POP);
        if (part != 0)
            code.push(part == 1   ? uint256{1 + random_.below(4)}
                      : part == 2 ? uint256{50'000}
                                  : uint256{random_.below(30'000)});
        code.push(uint256{SCRATCH});
        code.op(OP_MLOAD);
        if (part == 1) code.op(OP_DIV);
        if (part > 1) code.op(OP_SUB);
    }

    void call_callable(Assembler& code) {
        const Bytes data = callable_calldata(random_, scenery_, here_);
        code.copy_data(data, 0);
        call(code, random_.chance(75) ? OP_CALL : random_.pick(CALLS),
             scenery_.base.callable(here_), data.size());
    }
    void call_settlement(Assembler& code) {
        const auto& base = scenery_.base;
        const Bytes data = settlement_calldata(random_, scenery_);
        code.copy_data(data, 0);
        const auto& contracts = base.contracts;
        const Address& settlement = contracts.settlement.settlement;
        const Address to =
            random_.pick(std::array{settlement, settlement, contracts.account_factory,
                                    contracts.forced_queue, contracts.registry, contracts.exits,
                                    scenery_.user, scenery_.owned_account, base.verifier});
        call(code, random_.chance(75) ? OP_CALL : random_.pick(CALLS), to, data.size());
    }
    void local_call(Assembler& code) {
        const auto after = code.make_label();
        if (random_.chance(60)) {
            byte_of_calldata(code, 1);
            code.op(OP_ISZERO);
            code.push_label(after);
            code.op(OP_JUMPI);
        }
        calldata(code, 0);
        const Opcode kind = random_.pick(CALLS);
        push_call_memory(code, random_.chance(85) ? CALLDATA_SIZE + random_.below(40) : 0);
        if (takes_value(kind)) value_operand(code);
        address_operand(code);
        gas_operand(code);
        code.op(kind);
        after_call(code);
        code.place(after);
    }
    /// A frame of its own for another function, which may revert.
    void self_call(Assembler& code, uint64_t function) {
        const auto after = code.make_label();
        byte_of_calldata(code, 1);
        code.op(OP_ISZERO);
        code.push_label(after);
        code.op(OP_JUMPI);
        calldata(code, 0, function);
        const Opcode kind = random_.chance(75) ? OP_CALL : OP_STATICCALL;
        push_call_memory(code, CALLDATA_SIZE);
        if (takes_value(kind)) value_operand(code);
        code.op(OP_ADDRESS);
        gas_operand(code);
        code.op(kind);
        after_call(code);
        code.place(after);
    }
    void call_precompile(Assembler& code) {
        const uint64_t id = random_.pick(fuzz_evm::precompile_ids());
        const Bytes input = fuzz_evm::make_precompile_input(random_, id);
        code.copy_data(input, 0);
        call(code, random_.pick(CALLS), to_address(uint256{id}), input.size(), 0);
    }

    void push_call_memory(Assembler& code, uint64_t input_size) {
        const bool takes_output = random_.chance(30);
        code.push(takes_output ? size() : uint256{0});
        code.push(uint256{takes_output ? SCRATCH : 0});
        code.push(uint256{input_size});
        code.push(uint256{0});
    }
    void call(Assembler& code, Opcode kind, const Address& to, uint64_t input_size,
              std::optional<uint64_t> value = {}) {
        push_call_memory(code, input_size);
        if (takes_value(kind)) {
            if (value)
                code.push(uint256{*value});
            else
                value_operand(code);
        }
        code.push(to);
        gas_operand(code);
        code.op(kind);
        after_call(code);
    }
    /// Does something with a call's success, which is on the stack, and with what came back.
    void after_call(Assembler& code) {
        const auto choice = random_.below(12);
        if (choice > 9) return keep(code);
        if (choice == 9) {  // bubbles a failure
            const auto after = code.make_label();
            code.push_label(after);
            code.op(OP_JUMPI);
            copy_return_data(code);
            code.op(OP_RETURNDATASIZE);
            code.push(uint256{0});
            code.op(OP_REVERT);
            return code.place(after);
        }
        code.op(OP_POP);
        switch (choice) {
            case 0:
                copy_return_data(code);
                code.op(OP_RETURNDATASIZE);
                code.push(uint256{0});
                code.op(OP_KECCAK256);
                return keep(code);
            case 1:
                code.op(OP_RETURNDATASIZE);
                return keep(code);
            case 2:
                code.op(OP_GAS);
                return keep(code);
            case 3:
                code.op(OP_SELFBALANCE);
                return keep(code);
            default:
                return;
        }
    }
    static void copy_return_data(Assembler& code) {
        code.op(OP_RETURNDATASIZE);
        code.push(uint256{0});
        code.push(uint256{0});
        code.op(OP_RETURNDATACOPY);
    }

    void create(Assembler& code, int nesting) {
        const Bytes init = init_code(nesting + 1);
        const bool salted = random_.chance(60);
        code.copy_data(init, 0);
        if (salted) code.push(uint256{random_.below(2)});
        code.push(uint256{init.size()});
        code.push(uint256{0});
        code.push(uint256{random_.below(4) == 0});
        code.op(salted ? OP_CREATE2 : OP_CREATE);
        if (random_.chance(60)) {  // call it
            calldata(code, 0);
            push_call_memory(code, CALLDATA_SIZE);
            const bool is_static = random_.chance(20);
            if (!is_static) code.push(uint256{random_.below(3) == 0});
            code.op(static_cast<Opcode>(OP_DUP1 + (is_static ? 4 : 5)));
            code.op(OP_GAS);
            code.op(is_static ? OP_STATICCALL : OP_CALL);
            after_call(code);
        }
        keep(code);
    }
    void branch(Assembler& code, int nesting) {
        const auto after = code.make_label();
        if (random_.chance(40)) {  // by gas
            code.push(uint256{
                random_.pick(std::array<uint64_t, 5>{5'000, 50'000, 200'000, 400'000, 1'000'000})});
            code.op(OP_GAS);
            code.op(random_.chance(50) ? OP_LT : OP_GT);
        } else if (random_.chance(20)) {
            code.push(uint256{1 + random_.below(3)});
            code.op(random_.pick(DECLARED));
            code.op(OP_MOD);
        } else {
            expression(code, 2);
        }
        code.push_label(after);
        code.op(OP_JUMPI);
        if (random_.chance(30))
            end(code);
        else
            block(code, 1 + random_.below(3), nesting + 1);
        code.place(after);
    }
    void loop(Assembler& code, int nesting) {
        const auto again = code.make_label();
        code.push(uint256{1 + random_.below(random_.chance(85) ? 4 : 40)});
        code.place(again);
        block(code, 1 + random_.below(2), nesting + 1);
        code.push(uint256{1});
        code.op(OP_SWAP1);
        code.op(OP_SUB);
        code.op(OP_DUP1);
        code.push_label(again);
        code.op(OP_JUMPI);
        code.op(OP_POP);
    }
    /// Goes on until gas has run out, in one of many ways.
    void eat_gas(Assembler& code) {
        const auto again = code.make_label();
        const auto way = random_.below(8);
        if (way == 0) return code.op(OP_INVALID);
        if (way == 1) {  // memory
            code.push(uint256{1} << (20 + random_.below(12)));
            code.op(OP_MLOAD);
            return code.op(OP_POP);
        }
        code.push(uint256{0});
        code.place(again);
        code.push(uint256{1});
        code.op(OP_ADD);
        switch (way) {
            case 2:
                code.op(OP_DUP1);
                code.op(OP_DUP1);
                code.op(random_.chance(50) ? OP_SSTORE : OP_TSTORE);
                break;
            case 3:
                code.op(OP_DUP1);
                code.op(random_.pick(OF_ADDRESS));
                code.op(OP_POP);
                break;
            case 4:
                code.push(uint256{random_.chance(50) ? 32 : 4096});
                code.push(uint256{0});
                code.op(OP_LOG0);
                break;
            case 5:
                code.push(uint256{4096});
                code.push(uint256{0});
                code.op(OP_KECCAK256);
                code.op(OP_POP);
                break;
            case 6: {
                push_call_memory(code, 128);
                code.push(uint256{random_.pick(fuzz_evm::precompile_ids())});
                code.op(OP_GAS);
                code.op(OP_STATICCALL);
                code.op(OP_POP);
                break;
            }
            default:
                break;
        }
        code.push_label(again);
        code.op(OP_JUMP);
    }
    void random_instructions(Assembler& code) {
        for (uint64_t i = random_.below(8); i > 0; --i) {
            const auto byte = static_cast<uint8_t>(random_.next());
            code.raw(BytesView{&byte, 1});
        }
    }
    void log(Assembler& code) {
        const auto topics = random_.below(5);
        for (uint64_t i = 0; i < topics; ++i) expression(code, 1);
        code.push(size());
        code.push(offset());
        code.op(static_cast<Opcode>(OP_LOG0 + topics));
    }
    void copy(Assembler& code) {
        constexpr Opcode COPIES[] = {OP_MCOPY, OP_RETURNDATACOPY, OP_CALLDATACOPY, OP_CODECOPY,
                                     OP_EXTCODECOPY};
        const Opcode kind = random_.pick(COPIES);
        if (kind == OP_RETURNDATACOPY && random_.chance(80)) return copy_return_data(code);
        code.push(size());
        code.push(offset());
        code.push(offset());
        if (kind == OP_EXTCODECOPY) address_operand(code);
        code.op(kind);
    }
    /// Takes the topmost item away, mostly to where it is seen.
    void keep(Assembler& code) {
        switch (random_.below(8)) {
            case 0:
                return code.op(OP_POP);
            case 1:
                code.push(uint256{random_.below(SLOTS)});
                return code.op(OP_TSTORE);
            case 2:
            case 3:
                code.push(offset());
                return code.op(OP_MSTORE);
            case 4:
                code.push(uint256{SCRATCH});
                return code.op(OP_MSTORE);
            default:
                code.push(uint256{random_.below(SLOTS)});
                return code.op(OP_SSTORE);
        }
    }
    /// Ends the frame.
    void end(Assembler& code) {
        const auto choice = random_.below(120);
        if (choice >= 100) return code.op(OP_STOP);
        if (choice < 40) {  // as long as an account has to answer, or longer
            code.push(uint256{64 + 32 * random_.below(3)});
            code.push(offset());
            return code.op(OP_RETURN);
        }
        if (choice < 50) {
            code.push(uint256{32});
            code.push(uint256{SCRATCH});
            return code.op(random_.chance(60) ? OP_RETURN : OP_REVERT);
        }
        if (choice < 60) {  // what gas is left, or was taken
            code.op(random_.chance(70) ? OP_GAS : random_.pick(ENVIRONMENT));
            code.push(uint256{0});
            code.op(OP_MSTORE);
            code.push(uint256{32});
            code.push(uint256{0});
            return code.op(random_.chance(75) ? OP_RETURN : OP_REVERT);
        }
        if (choice < 76) {
            code.push(size());
            code.push(offset());
            return code.op(random_.chance(20) ? OP_RETURN : OP_REVERT);
        }
        if (choice < 84) {
            code.push(uint256{random_.pick(BOMBS)});
            code.push(uint256{0});
            return code.op(random_.chance(50) ? OP_RETURN : OP_REVERT);
        }
        if (choice < 89) {
            address_operand(code);
            return code.op(OP_SELFDESTRUCT);
        }
        if (choice < 93) return eat_gas(code);
        if (choice < 96) return code.raw(random_.bytes(1 + random_.below(4)));
        copy_return_data(code);
        code.op(OP_RETURNDATASIZE);
        code.push(uint256{0});
        code.op(random_.chance(50) ? OP_RETURN : OP_REVERT);
    }

    Random& random_;
    const Scenery& scenery_;
    const Contract& contract_;
    size_t here_;
};

}  // namespace

Bytes make_code(Random& random, const Scenery& scenery, const Contract& contract) {
    return Writer{random, scenery, contract}.code();
}

Bytes make_init_code(Random& random, const Scenery& scenery, const Contract& creator) {
    return Writer{random, scenery, creator}.init_code(0);
}

}  // namespace scope::fuzz_roots

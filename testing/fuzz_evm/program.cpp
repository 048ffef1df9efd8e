#include "fuzz_evm/program.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "fuzz_evm/assembler.hpp"
#include "fuzz_evm/precompile_inputs.hpp"
#include "fuzz_evm/random.hpp"
#include "types/signing.hpp"

namespace scope::fuzz_evm {

namespace {

using namespace evm;

constexpr size_t MAX_CODE = 12'000;  // bytes; keeps labels and data within PUSH2
constexpr uint64_t SLOTS = 5;
constexpr uint64_t ETHER = 1'000'000'000'000'000'000;

constexpr auto ENVIRONMENT = std::to_array<Opcode>(
    {OP_ADDRESS,        OP_ORIGIN,     OP_CALLER,   OP_CALLVALUE, OP_CALLDATASIZE,
     OP_CODESIZE,       OP_GASPRICE,   OP_COINBASE, OP_NUMBER,    OP_TIMESTAMP,
     OP_PREVRANDAO,     OP_GASLIMIT,   OP_CHAINID,  OP_BASEFEE,   OP_PC,
     OP_MSIZE,          OP_GAS,        OP_GAS,      OP_MSIZE,     OP_SELFBALANCE,
     OP_RETURNDATASIZE, OP_BLOBBASEFEE});
constexpr auto BINARY = std::to_array<Opcode>(
    {OP_ADD, OP_MUL, OP_SUB, OP_DIV, OP_SDIV, OP_MOD, OP_SMOD, OP_EXP, OP_SIGNEXTEND, OP_LT, OP_GT,
     OP_SLT, OP_SGT, OP_EQ,  OP_AND, OP_OR,   OP_XOR, OP_BYTE, OP_SHL, OP_SHR,        OP_SAR});
constexpr auto UNARY =
    std::to_array<Opcode>({OP_ISZERO, OP_NOT, OP_CLZ, OP_CLZ, OP_BLOBHASH, OP_CALLDATALOAD});
constexpr auto OF_ADDRESS = std::to_array<Opcode>({OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODEHASH});
constexpr auto CALLS =
    std::to_array<Opcode>({OP_CALL, OP_CALL, OP_CALLCODE, OP_DELEGATECALL, OP_STATICCALL});
constexpr auto OFFSETS =
    std::to_array<uint64_t>({0, 0, 0, 1, 31, 32, 33, 63, 64, 96, 128, 255, 256, 1023});
constexpr auto SIZES = std::to_array<uint64_t>({0, 0, 1, 4, 31, 32, 32, 33, 64, 65, 128, 200});

bool takes_value(Opcode call) {
    return call == OP_CALL || call == OP_CALLCODE;
}

class Generator {
  public:
    Generator(uint64_t seed, uint64_t index)
        : random_(seed * 0x2545f4914f6cdd1d + index), index_(index) {}

    Program make() {
        make_accounts();
        make_transaction();
        return {index_, std::move(accounts_), std::move(tx_), address_of(key_), key_};
    }

  private:
    // --- Operands ---

    uint256 number() {
        switch (random_.below(8)) {
            case 0:
            case 1:
            case 2:
                return random_.below(8);
            case 3:
                return random_.below(300);
            case 4:
                return uint256{1} << random_.below(256);
            case 5:
                return (uint256{1} << random_.below(256)) - uint256{1};
            case 6:
                return ~uint256{random_.below(300)};
            default:
                return from_be(random_.bytes(32)) >> random_.below(256);
        }
    }
    uint256 offset() {
        if (random_.chance(98)) return random_.pick(OFFSETS);
        return random_.chance(60) ? uint256{random_.below(1 << 17)} : number();
    }
    uint256 size() {
        if (random_.chance(98)) return random_.pick(SIZES);
        return random_.chance(60) ? uint256{random_.below(1 << 15)} : number();
    }
    /// Makes an offset into call data, code or return data: where reading behind the end gives
    /// zeros or, for return data, halts exceptionally.
    uint256 source_offset() { return random_.chance(95) ? uint256{random_.below(70)} : number(); }
    const Address& address() { return random_.pick(pool_); }
    /// Picks the target of a call: mostly one with code.
    const Address& target() { return random_.chance(65) ? random_.pick(contracts_) : address(); }

    void expression(Assembler& code, int depth) {
        const auto choice = depth == 0 ? random_.below(6) : random_.below(16);
        switch (choice) {
            case 0:
            case 1:
                return code.push(number());
            case 2:
            case 3:
                return code.op(random_.pick(ENVIRONMENT));
            case 4:
                code.push(uint256{random_.below(SLOTS)});
                return code.op(random_.chance(70) ? OP_SLOAD : OP_TLOAD);
            case 5:
                code.push(offset());
                return code.op(random_.chance(60) ? OP_MLOAD : OP_CALLDATALOAD);
            case 6:
                address_operand(code, depth - 1);
                return code.op(random_.pick(OF_ADDRESS));
            case 7:
                code.push(size());
                code.push(offset());
                return code.op(OP_KECCAK256);
            case 8:
                expression(code, depth - 1);
                return code.op(random_.pick(UNARY));
            case 9:
                for (int i = 0; i < 3; ++i) expression(code, depth - 1);
                return code.op(random_.chance(50) ? OP_ADDMOD : OP_MULMOD);
            default:
                expression(code, depth - 1);
                expression(code, depth - 1);
                return code.op(random_.pick(BINARY));
        }
    }
    void address_operand(Assembler& code, int depth) {
        if (random_.chance(90) || depth < 0)
            code.push(address());
        else
            expression(code, depth);
    }
    void call_gas(Assembler& code) {
        switch (random_.below(8)) {
            case 0:
                return code.push(uint256{0});
            case 1:
                return code.push(uint256{2300 + random_.below(3)});
            case 2:
                return code.push(uint256{random_.below(60'000)});
            case 3:
                return code.push(number());
            default:
                return code.op(OP_GAS);
        }
    }
    void call_value(Assembler& code) {
        if (random_.chance(70)) return code.push(uint256{0});
        if (random_.chance(70)) return code.push(uint256{1 + random_.below(3)});
        if (random_.chance(50)) return code.op(OP_SELFBALANCE);
        code.push(number());
    }

    // --- Statements: the stack is as high after each as before ---

    void block(Assembler& code, uint64_t statements, int nesting) {
        for (uint64_t i = 0; i < statements && code.size() < MAX_CODE; ++i)
            statement(code, nesting);
    }
    void statement(Assembler& code, int nesting) {
        switch (random_.below(26)) {
            case 0:
            case 1:
            case 2:
            case 3:
                expression(code, 2);
                return keep(code);
            case 4:
            case 5:
                expression(code, 2);
                code.push(uint256{random_.below(SLOTS)});
                return code.op(OP_TSTORE);
            case 6:
            case 7:
            case 8:
                expression(code, 2);
                code.push(offset());
                return code.op(random_.chance(80) ? OP_MSTORE : OP_MSTORE8);
            case 9:
            case 10:
                return copy(code);
            case 11:
                return log(code);
            case 12:
            case 13:
            case 14:
            case 15:
                return call(code);
            case 16:
            case 17:
                return precompile_call(code);
            case 18:
            case 19:
                if (nesting < 2) return create(code, nesting);
                return call(code);
            case 20:
            case 21:
                if (nesting < 3) return branch(code, nesting);
                return copy(code);
            case 22:
                if (nesting < 3) return loop(code, nesting);
                return copy(code);
            case 23:
                return shuffle_stack(code);
            case 24:
                if (random_.chance(30)) return random_instructions(code);
                return copy(code);
            default:
                expression(code, 3);
                return code.op(OP_POP);
        }
    }
    void copy(Assembler& code) {
        code.push(size());
        const auto choice = random_.below(5);
        if (choice == 0) {
            code.push(offset());
            code.push(offset());
            return code.op(OP_MCOPY);
        }
        if (choice == 1 && random_.chance(50)) {  // exactly what there is
            code.op(OP_POP);
            code.op(OP_RETURNDATASIZE);
            code.push(uint256{0});
        } else {
            code.push(source_offset());
        }
        code.push(offset());
        if (choice == 4) code.push(address());
        constexpr Opcode COPIES[] = {OP_MCOPY, OP_RETURNDATACOPY, OP_CALLDATACOPY, OP_CODECOPY,
                                     OP_EXTCODECOPY};
        code.op(COPIES[choice]);
    }
    void log(Assembler& code) {
        const auto topics = random_.below(5);
        for (uint64_t i = 0; i < topics; ++i) expression(code, 1);
        code.push(size());
        code.push(offset());
        code.op(static_cast<Opcode>(OP_LOG0 + topics));
    }
    void call(Assembler& code) {
        const Opcode kind = random_.pick(CALLS);
        code.push(size());
        code.push(offset());
        code.push(size());
        code.push(offset());
        if (takes_value(kind)) call_value(code);
        if (random_.chance(95))
            code.push(target());
        else
            expression(code, 1);
        call_gas(code);
        code.op(kind);
        keep(code);
    }
    void precompile_call(Assembler& code) {
        const uint64_t id = random_.pick(precompile_ids());
        const Bytes input = make_precompile_input(random_, id);
        const Opcode kind = random_.pick(CALLS);
        code.copy_data(input, 0);
        code.push(size());
        code.push(offset());
        code.push(uint256{input.size()});
        code.push(uint256{0});
        if (takes_value(kind)) code.push(uint256{random_.below(10) == 0});
        code.push(uint256{id});
        if (random_.chance(90))
            code.op(OP_GAS);
        else
            call_gas(code);
        code.op(kind);
        keep(code);
        if (random_.chance(50)) {  // all of the answer
            code.op(OP_RETURNDATASIZE);
            code.push(uint256{0});
            code.push(uint256{0});
            code.op(OP_RETURNDATACOPY);
            code.op(OP_RETURNDATASIZE);
            code.push(uint256{0});
            code.op(OP_KECCAK256);
            keep(code);
        }
    }
    void create(Assembler& code, int nesting) {
        const Bytes init = init_code(nesting + 1);
        const bool salted = random_.chance(50);
        code.copy_data(init, 0);
        if (salted) code.push(uint256{random_.below(2)});
        code.push(random_.chance(97) ? uint256{init.size()} : number());
        code.push(uint256{0});
        if (random_.chance(80))
            code.push(uint256{random_.below(2)});
        else
            call_value(code);
        code.op(salted ? OP_CREATE2 : OP_CREATE);
        if (random_.chance(50)) {  // call it
            const Opcode kind = random_.pick(CALLS);
            code.push(size());
            code.push(offset());
            code.push(size());
            code.push(offset());
            if (takes_value(kind)) code.push(uint256{random_.below(2)});
            code.op(static_cast<Opcode>(OP_DUP1 + (takes_value(kind) ? 5 : 4)));
            code.op(OP_GAS);
            code.op(kind);
            keep(code);
        }
        keep(code);
    }
    void branch(Assembler& code, int nesting) {
        const auto after = code.make_label();
        expression(code, 2);
        code.push_label(after);
        code.op(OP_JUMPI);
        if (random_.chance(15))
            end(code);
        else
            block(code, 1 + random_.below(3), nesting + 1);
        code.place(after);
    }
    void loop(Assembler& code, int nesting) {
        const auto again = code.make_label();
        code.push(uint256{1 + random_.below(random_.chance(90) ? 5 : 200)});
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
    void shuffle_stack(Assembler& code) {
        const auto height = 1 + random_.below(16);
        for (uint64_t i = 0; i <= height; ++i) code.push(number());
        code.op(static_cast<Opcode>(OP_SWAP1 + height - 1));
        code.op(static_cast<Opcode>(OP_DUP1 + height - 1));
        keep(code);
        for (uint64_t i = 0; i <= height; ++i) keep(code);
    }
    void random_instructions(Assembler& code) {
        for (uint64_t i = random_.below(12); i > 0; --i) {
            const auto byte = static_cast<uint8_t>(random_.next());
            // Their answers depend on more than this program's own accounts and transaction.
            if (byte == OP_BLOCKHASH) continue;
            code.raw(BytesView{&byte, 1});
        }
    }
    /// Takes the topmost item away, mostly to where it is seen.
    void keep(Assembler& code) {
        switch (random_.below(6)) {
            case 0:
                return code.op(OP_POP);
            case 1:
                code.push(uint256{random_.below(SLOTS)});
                return code.op(OP_TSTORE);
            case 2:
                code.push(offset());
                return code.op(OP_MSTORE);
            default:
                code.push(uint256{random_.below(SLOTS)});
                return code.op(OP_SSTORE);
        }
    }
    /// Ends the frame.
    void end(Assembler& code) {
        switch (random_.below(12)) {
            case 0:
                return code.op(OP_STOP);
            case 1:
                return code.op(OP_INVALID);
            case 2:
            case 3:
                code.push(size());
                code.push(offset());
                return code.op(OP_REVERT);
            case 4:
            case 5:
                address_operand(code, 0);
                return code.op(OP_SELFDESTRUCT);
            case 6:
                code.push(number());
                return code.op(OP_JUMP);
            case 7:
                return code.raw(random_.bytes(1 + random_.below(4)));
            default:
                code.push(size());
                code.push(offset());
                return code.op(OP_RETURN);
        }
    }

    Bytes runtime_code(int nesting) {
        Assembler code;
        block(code, 1 + random_.below(nesting == 0 ? 10 : 4), nesting);
        end(code);
        code.op(OP_STOP);
        return code.finish();
    }
    Bytes init_code(int nesting) {
        Assembler code;
        if (random_.chance(5)) return {};
        if (random_.chance(50)) block(code, 1 + random_.below(3), nesting);
        switch (random_.below(8)) {
            case 0:
                end(code);
                break;
            case 1: {  // what EIP-3541 refuses, and what only looks like a delegation
                const auto first = random_.chance(50) ? 0xef : 0xfe;
                code.push(uint256{first} << 248);
                code.push(uint256{0});
                code.op(OP_MSTORE);
                code.push(uint256{1 + random_.below(32)});
                code.push(uint256{0});
                code.op(OP_RETURN);
                break;
            }
            case 2:  // EIP-170
                code.push(uint256{24'575 + random_.below(3)});
                code.push(offset());
                code.op(OP_RETURN);
                break;
            default: {
                const Bytes runtime = runtime_code(nesting + 1);
                code.copy_data(runtime, 0);
                code.push(uint256{runtime.size()});
                code.push(uint256{0});
                code.op(OP_RETURN);
            }
        }
        code.op(OP_STOP);
        return code.finish();
    }

    // --- The surroundings ---

    crypto::SecretKey secret_key() {
        for (;;)
            if (const auto key = crypto::SecretKey::from(random_.fixed<32>())) return *key;
    }
    static Bytes delegation_to(const Address& to) { return concat(Bytes{0xef, 0x01, 0x00}, to); }

    state::GenesisAccount& add_account(const Address& address, const uint256& balance,
                                       uint64_t nonce, Bytes code = {}) {
        pool_.push_back(address);
        auto& account = accounts_[address];
        account = {nonce, balance, std::move(code), {}};
        return account;
    }

    void make_accounts() {
        add_account(address_of(key_), uint256{100} * uint256{ETHER}, random_.below(3));
        for (int i = 0; i < 2; ++i) {
            authorities_.push_back(secret_key());
            add_account(address_of(authorities_.back()), 1 + random_.below(3), random_.below(2));
        }
        const auto contracts = 2 + random_.below(3);
        for (uint64_t i = 0; i < contracts; ++i) {
            contracts_.push_back(random_.fixed<20>());
            pool_.push_back(contracts_.back());
        }
        // Delegations: to code, to another delegation, to a precompile, to nothing, to themselves.
        const Address delegated = random_.fixed<20>();
        add_account(delegated, 1u, 1).code = delegation_to(random_.pick(contracts_));
        if (random_.chance(50)) contracts_.push_back(delegated);
        const Address odd = random_.fixed<20>();
        const Address odd_targets[] = {delegated, odd, Address{}, to_address(uint256{4}),
                                       address_of(key_)};
        add_account(odd, 1u, 1).code = delegation_to(random_.pick(odd_targets));
        if (random_.chance(20))
            accounts_[address_of(authorities_[0])].code = delegation_to(random_.pick(contracts_));
        if (random_.chance(10)) accounts_[address_of(key_)].code = delegation_to(contracts_[0]);
        if (random_.chance(20)) add_account(random_.fixed<20>(), 1u, 1, random_.bytes(40));
        pool_.push_back(random_.fixed<20>());  // nobody's
        pool_.push_back(to_address(uint256{random_.pick(precompile_ids())}));
        pool_.push_back(to_address(uint256{random_.below(0x102)}));

        for (uint64_t i = 0; i < contracts; ++i) {
            auto& account = accounts_[contracts_[i]];
            account.nonce = 1;
            account.balance = random_.below(4);
            account.code = runtime_code(0);
            for (uint64_t slot = 0; slot < SLOTS; ++slot)
                if (random_.chance(40)) {
                    const Hash value = to_be(number());
                    if (!value.is_zero()) account.storage[to_be(uint256{slot})] = value;
                }
        }
    }

    Bytes call_data() {
        if (random_.chance(25)) return {};
        if (random_.chance(90)) return random_.bytes(random_.below(100));
        Bytes data = random_.bytes(random_.below(3000));  // EIP-7623
        if (random_.chance(50)) std::ranges::fill(data, uint8_t{0});
        return data;
    }
    AccessList access_list() {
        AccessList list;
        for (uint64_t i = random_.below(5); i > 0; --i) {
            auto& entry = list.emplace_back();
            entry.address = address();
            for (uint64_t j = random_.below(4); j > 0; --j)
                entry.storage_keys.push_back(to_be(uint256{random_.below(SLOTS)}));
        }
        return list;
    }
    Authorization authorization() {
        const bool own = random_.chance(20);
        const auto& key = own ? key_ : random_.pick(authorities_);
        Authorization made;
        made.chain_id = random_.chance(90) ? random_.below(2) : number();
        made.address = random_.chance(15) ? Address{} : target();
        made.nonce = accounts_[address_of(key)].nonce + uint64_t{own};
        if (random_.chance(25)) made.nonce += random_.below(3);
        if (random_.chance(2)) made.nonce = UINT64_MAX;
        sign(made, key);
        if (random_.chance(4)) made.s = crypto::SECP256K1_N - made.s;
        if (random_.chance(4)) made.y_parity = random_.below(4);
        if (random_.chance(2)) made.r = number();
        // Whoever it is that signed: anvil gives the refund of EIP-7702 for accounts that don't
        // exist, too (docs/fuzzing.md), so all of them do.
        if (const auto authority = recover_authority(made); authority)
            accounts_.try_emplace(
                *authority,
                state::GenesisAccount{.nonce = 0, .balance = 1u, .code = {}, .storage = {}});
        return made;
    }
    uint64_t gas_limit() {
        const auto choice = random_.below(100);
        if (choice < 8) return 21'000 + random_.below(60'000);
        if (choice < 90) return 80'000 + random_.below(500'000);
        if (choice < 98) return 600'000 + random_.below(2'000'000);
        return choice == 98 ? (1 << 24) : (1 << 24) + 1;  // EIP-7825
    }

    void make_transaction() {
        constexpr TxType TYPES[] = {TxType::legacy, TxType::access_list, TxType::dynamic_fee,
                                    TxType::dynamic_fee, TxType::set_code};
        tx_.type = random_.pick(TYPES);
        tx_.chain_id = CHAIN_ID;
        tx_.nonce = accounts_[address_of(key_)].nonce;
        tx_.max_fee_per_gas = tx_.max_priority_fee_per_gas = 2'000'000'000u + random_.below(1000);
        if (tx_.type >= TxType::dynamic_fee) tx_.max_priority_fee_per_gas = random_.below(2000);
        tx_.gas_limit = gas_limit();
        tx_.value = random_.chance(60) ? 0 : random_.below(4);
        const auto where = random_.below(100);
        if (where < 12 && tx_.type != TxType::set_code) {
            tx_.data = init_code(0);
        } else {
            tx_.data = call_data();
            if (where < 20)
                tx_.to = address();
            else if (where < 25 && tx_.type == TxType::set_code)
                tx_.to = address_of(authorities_[0]);
            else
                tx_.to = random_.pick(contracts_);
        }
        if (tx_.type != TxType::legacy && random_.chance(70)) tx_.access_list = access_list();
        if (tx_.type == TxType::set_code)
            for (uint64_t i = 1 + random_.below(4); i > 0; --i)
                tx_.authorization_list.push_back(authorization());
        sign(tx_, key_);
    }

    Random random_;
    uint64_t index_;
    crypto::SecretKey key_ = secret_key();
    state::GenesisAlloc accounts_;
    Transaction tx_;
    std::vector<Address> pool_;       // what addresses are taken from
    std::vector<Address> contracts_;  // with code
    std::vector<crypto::SecretKey> authorities_;
};

}  // namespace

Program make_program(uint64_t seed, uint64_t index) {
    return Generator{seed, index}.make();
}

}  // namespace scope::fuzz_evm

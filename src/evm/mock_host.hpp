#pragma once

// For tests: surroundings of a frame as plain maps, and a way to build bytecode.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "evm/host.hpp"
#include "evm/interpreter.hpp"
#include "evm/opcodes.hpp"

namespace scope::evm::test {

struct MockAccount {
    uint256 balance;
    CodePtr code = empty_code();
    bool exists = true;
};

struct Log {
    Address address;
    std::vector<Hash> topics;
    Bytes data;
};

/// A host that keeps what it is told and answers from its maps. call returns `on_call(message)`.
struct MockHost : Host {
    BlockContext block_context;
    TransactionContext transaction_context;
    std::map<Address, MockAccount> accounts;
    std::map<std::pair<Address, Hash>, Hash> original_storage;
    std::map<std::pair<Address, Hash>, Hash> current_storage;
    std::map<std::pair<Address, Hash>, Hash> transient;
    std::map<Address, Address> delegations;
    std::set<Address> warm_accounts;
    std::set<std::pair<Address, Hash>> warm_slots;
    std::vector<Log> logs;
    std::vector<std::pair<Address, Address>> self_destructs;
    std::vector<Message> calls;
    std::vector<Bytes> call_inputs;
    std::function<CallResult(const Message&)> on_call = [](const Message& message) {
        CallResult result;
        result.gas_left = message.gas;
        return result;
    };

    [[nodiscard]] const BlockContext& block() const noexcept override { return block_context; }
    [[nodiscard]] const TransactionContext& transaction() const noexcept override {
        return transaction_context;
    }
    Hash block_hash(uint64_t number) override {
        Hash hash;
        hash[31] = static_cast<uint8_t>(number);
        hash[0] = 0xbb;
        return hash;
    }
    bool account_exists(const Address& address) override {
        const auto found = accounts.find(address);
        return found != accounts.end() && found->second.exists;
    }
    uint256 balance(const Address& address) override {
        const auto found = accounts.find(address);
        return found == accounts.end() ? uint256{} : found->second.balance;
    }
    CodePtr code(const Address& address) override {
        const auto found = accounts.find(address);
        return found == accounts.end() ? empty_code() : found->second.code;
    }
    Hash code_hash(const Address& address) override {
        return account_exists(address) ? code(address)->hash : Hash{};
    }
    Hash storage(const Address& address, const Hash& key) override {
        return current_storage[{address, key}];
    }
    StorageChange set_storage(const Address& address, const Hash& key, const Hash& value) override {
        auto& current = current_storage[{address, key}];
        return {original_storage[{address, key}], std::exchange(current, value)};
    }
    Hash transient_storage(const Address& address, const Hash& key) override {
        return transient[{address, key}];
    }
    void set_transient_storage(const Address& address, const Hash& key,
                               const Hash& value) override {
        transient[{address, key}] = value;
    }
    AccessStatus access_account(const Address& address) override {
        return warm_accounts.insert(address).second ? AccessStatus::cold : AccessStatus::warm;
    }
    AccessStatus access_storage(const Address& address, const Hash& key) override {
        return warm_slots.insert({address, key}).second ? AccessStatus::cold : AccessStatus::warm;
    }
    void emit_log(const Address& address, std::span<const Hash> topics, BytesView data) override {
        logs.push_back({address, {topics.begin(), topics.end()}, to_bytes(data)});
    }
    bool self_destruct(const Address& address, const Address& beneficiary) override {
        self_destructs.emplace_back(address, beneficiary);
        return self_destructs.size() == 1;
    }
    CallResult call(const Message& message) override {
        calls.push_back(message);
        call_inputs.push_back(to_bytes(message.input));
        calls.back().input = {};
        return on_call(message);
    }
    std::optional<Address> delegation(const Address& address) override {
        const auto found = delegations.find(address);
        return found == delegations.end() ? std::nullopt : std::optional{found->second};
    }
};

/// Bytecode, built piece by piece: `Program{} << push(1u) << OP_ADD`.
struct Program {
    Bytes bytes;

    Program& operator<<(Opcode opcode) {
        bytes.push_back(opcode);
        return *this;
    }
    Program& operator<<(const Program& other) {
        append(bytes, other.bytes);
        return *this;
    }
};

/// Returns the shortest PUSH1..PUSH32 of a number.
inline Program push(const uint256& value) {
    const Hash word = to_be(value);
    const size_t size = std::max(1u, significant_bytes(value));
    Program p;
    p.bytes.push_back(static_cast<uint8_t>(OP_PUSH0 + size));
    append(p.bytes, BytesView{word}.subspan(32 - size));
    return p;
}

/// Returns an instruction with its operands as the Yellow Paper writes them: the first is on top.
template <typename... Operands>
Program op(Opcode opcode, const Operands&... operands) {
    const Program pushes[] = {Program{}, push(uint256{operands})...};
    Program p;
    for (size_t i = std::size(pushes); i-- > 0;) p << pushes[i];
    return p << opcode;
}

/// Returns code that returns the word on top of the stack.
/// 3 + 3 + (MSTORE 3 + 3) + 3 + 3 = 18 gas.
inline Program return_top() {
    return Program{} << op(OP_MSTORE, 0u) << op(OP_RETURN, 0u, 32u);
}
inline constexpr int64_t RETURN_TOP_GAS = 18;

/// A runner of programs in every way that there is, on copies of one host, which checks that they
/// agree.
struct Runner {
    MockHost host{};
    Revision revision = LATEST_REVISION;
    Message message{};

    Runner() {
        message.gas = 1'000'000;
        message.recipient[19] = 0xaa;
        message.sender[19] = 0xcc;
    }
    explicit Runner(Revision r) : Runner() { revision = r; }

    CallResult run(const Bytes& code);
    CallResult run(const Program& program) { return run(program.bytes); }
    /// Returns the word that the program leaves on top; fails the test if it does not succeed.
    uint256 top(const Program& program);
    /// Returns the gas that the program uses; fails the test if it does not succeed.
    int64_t gas(const Program& program);
};

}  // namespace scope::evm::test

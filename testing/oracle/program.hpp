#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Contracts whose calls cross chains, to compare one chain with many (docs/protocol.md §13.1).
namespace scope::oracle {

/// An operand of an operation.
struct Expression {
    enum class Kind : uint8_t {
        constant,
        accumulator,
        argument,
        slot,
        transient,   ///< a transient slot
        balance,     ///< the contract's own
        call_value,  ///< msg.value
        depth,       ///< how deep calls may still nest
        gas,         ///< what is left; only of what a function returns at its end
    };
    Kind kind = Kind::constant;
    uint64_t value = 0;  ///< of a constant; number of a slot
};

/// The way in which a call is made where its callee is on another chain. Between contracts of one
/// chain all are plain calls.
enum class Way : uint8_t {
    scoped,      ///< scopedCall, scopedStaticCall
    try_scoped,  ///< tryScopedCall; without value
    alias,       ///< a plain call to the callee's alias
};

/// The way in which a function uses up the gas that it was given.
enum class Burn : uint8_t {
    memory,
    loop,
    invalid,
    storage,   ///< writes one slot after the other
    logs,      ///< logs without end
    accounts,  ///< looks at one account after the other
    frames,    ///< calls itself with all but a 64th, as deep as that goes, and halts in each
};
inline constexpr size_t BURNS = 7;

struct Operation {
    enum class Kind : uint8_t {
        set,            ///< slot = (3 * slot + e) mod MODULUS
        set_transient,  ///< the same, of a transient slot
        load,           ///< acc = (11 * acc + e) mod MODULUS
        emit,           ///< logs size bytes made of e, with the caller as topic
        revert_if,      ///< reverts with size bytes made of e, if e is odd
        revert,         ///< reverts with size bytes made of e
        finish,         ///< returns size bytes made of e
        burn,           ///< runs out of gas
        call,           ///< acc = (7 * acc + digest of the answer + (failed ? 13 : 0)) mod MODULUS
        create,         ///< as a call, of the constructor; the answer is the address
        /// Calls statically, stores as set does, and calls once more:
        /// acc = (7 * acc + (the answers are equal) + (failed ? 13 : 0)) mod MODULUS.
        /// REQUIRES: is_static, and an argument that the store does not change.
        look_twice,
        self_destruct,  ///< to the target's address, a contract of its own chain
    };
    Kind kind = Kind::load;
    Expression expression;  ///< e; of a call: its argument
    uint64_t slot = 0;
    uint64_t size = 32;          ///< bytes
    Burn burn = Burn::memory;    ///< of a burn
    std::optional<uint64_t> at;  ///< only if calls may still nest this deep

    // Of calls, creates and look_twice.
    Way way = Way::scoped;
    bool bubbles = false;  ///< passes a failure on; otherwise catches it
    bool is_static = false;
    size_t target = 0;  ///< a contract; of a create: which one is made; who gets what it destroys
    uint64_t function = 0;
    uint64_t value = 0;       ///< wei
    uint64_t gas = 0;         ///< 0: enough
    bool constructs = false;  ///< a create: runs the function as its constructor
};
using Function = std::vector<Operation>;

/// A contract: f(argument) returns the accumulator, which starts as the argument.
struct Contract {
    size_t chain = 0;  ///< 0: L1
    std::vector<Function> functions;
    uint64_t balance = 0;  ///< wei, at the start
    /// The contract whose first create makes it; then it is not there at the start, and on its
    /// creator's chain.
    std::optional<size_t> creator;
};

/// A user's transaction, or on L1 a signed operation, which calls a contract of that chain.
struct RootCall {
    size_t target = 0;
    uint64_t function = 0;
    uint64_t argument = 0;
    uint64_t value = 0;          ///< wei
    bool in_next_scope = false;  ///< of that of the root before
};

/// An entry that waits on L1 in the queue of a rollup, and stands at the beginning of its next batch:
/// on one chain a transaction at that place, or nothing. No root is open there, so that a call of another
/// chain fails.
struct Entry {
    enum class Kind : uint8_t {
        deposit,      ///< by the depositor, whose alias makes the call
        transaction,  ///< of the user
        // Transactions of the user that do nothing:
        garbage,       ///< is none
        too_much_gas,  ///< may use more gas than its entry has paid for
        wrong_nonce,
        wrong_chain,  ///< is another chain's
        root,         ///< would be a root
    };
    enum class To : uint8_t {
        contract,   ///< the target
        receiver,   ///< an account without code
        predeploy,  ///< which no deposit may call
    };
    size_t before = 0;  ///< the root whose scope it stands before; the number of roots: behind all
    size_t chain = 1;   ///< a rollup
    Kind kind = Kind::deposit;
    To to = To::contract;
    size_t target = 0;   ///< a contract of that chain
    bool calls = false;  ///< a function of the target; else it brings value alone
    uint64_t function = 0;
    uint64_t argument = 0;
    uint64_t value = 0;  ///< wei
    uint64_t gas = 0;    ///< NO_GAS, of a deposit; 0: enough
};

struct Program {
    uint64_t id = 0;  ///< its contracts' addresses depend on it, so that many programs fit a chain
    size_t chains = 2;  ///< L1 and rollups
    std::vector<Contract> contracts;
    std::vector<RootCall> roots;
    std::vector<Entry> entries;    ///< in the order of their places
    bool entries_are_due = false;  ///< they have waited until no batch may pass them over
};

inline constexpr uint64_t MODULUS = 100'003;
inline constexpr uint64_t SLOTS = 2;
inline constexpr size_t MAX_CHAINS = 4;
/// The depth to which calls nest below a root; the callee of a call without depth left is not
/// called.
inline constexpr uint64_t DEPTH = 8;
/// Enough gas for a function that makes no calls; what burns gets no more.
inline constexpr uint64_t LEAF_GAS = 150'000;
/// Too little gas for anything.
inline constexpr uint64_t NO_GAS = 30;
/// Enough gas for whatever an entry of a forced queue does, if it does not burn.
inline constexpr uint64_t ENTRY_GAS = uint64_t{1} << 22;
/// The gas of a deposit that brings value alone.
inline constexpr uint64_t PLAIN_DEPOSIT_GAS = 100'000;
/// The most bytes that any function answers or reverts with: above what an answer may have.
inline constexpr uint64_t LONGEST_ANSWER = 60'000;

/// Returns the function that an operation calls, or constructs with.
const Function& callee_of(const Program& program, const Operation& operation);
/// Returns whether some operation of it runs out of gas.
bool burns(const Function& function);
/// Returns whether it makes no calls and creates nothing.
bool is_leaf(const Function& function);
/// Returns whether what it returns may be what gas it has left. That is another value on one chain,
/// so nobody lets an outcome hang on it.
bool answers_with_gas(const Function& function);
/// Returns whether the operation calls a contract that is there.
bool is_call(const Operation& operation);
/// Returns whether a contract that an earlier root of the same scope created on L1 may destroy
/// itself: all roots there are one transaction (EIP-6780), but not on one chain.
bool may_destroy_created_on_l1(const Program& program);
/// Returns the gas that a call names; 0 if it gives what there is. What burns always has a limit;
/// other limits are ones that the callee surely keeps, or surely exceeds. A call through an alias
/// can't set one.
uint64_t gas_of(const Program& program, const Operation& operation);
/// Returns the wei that a call really carries.
uint64_t value_of(const Program& program, const Operation& operation);

/// Returns whether some entry stands before this root, which then begins a scope.
bool has_entries_before(const Program& program, size_t root);
/// Returns whether the entry calls a function of a contract.
bool calls_function(const Program& program, const Entry& entry);
/// Returns the gas of an entry's call.
uint64_t gas_of(const Program& program, const Entry& entry);
/// Returns the wei that an entry really brings.
uint64_t value_of(const Program& program, const Entry& entry);

/// Returns the depth that is left for the callee. Aliases ask with little gas.
/// REQUIRES: depth > 0.
uint64_t next_depth(uint64_t depth, bool through_remote_alias);
/// Returns the gas limit of a request whose callee has so much depth left: enough for callbacks
/// inside it.
uint64_t gas_limit_for(uint64_t depth, bool in_static_context);

/// Returns the program in human-readable, Solidity-like text.
std::string to_string(const Program& program);

}  // namespace scope::oracle

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

/// Random contracts whose calls cross chains, to compare one chain with many (docs/protocol.md
/// §13.1).
namespace scope::equivalence {

/// What an operation computes with: a constant, the accumulator, the argument, a storage slot, the
/// contract's balance.
struct Expression {
    enum class Kind : uint8_t { constant, accumulator, argument, slot, balance };
    Kind kind = Kind::constant;
    uint64_t value = 0;  ///< of a constant; number of a slot
};

/// How a call takes a failed callee: passes the failure on, catches it around the call, or asks
/// with tryScopedCall (a plain call in a try where the callee is local).
enum class CallMode : uint8_t { bubble, attempt, try_scoped };

struct Operation {
    enum class Kind : uint8_t {
        set,        ///< slot = (3 * slot + e) mod MODULUS
        load,       ///< acc = (11 * acc + e) mod MODULUS
        emit,       ///< logs e, with the caller as topic
        revert_if,  ///< reverts with e if it is odd
        revert,     ///< reverts with e
        call,       ///< acc = (7 * acc + answer + (failed ? 13 : 0)) mod MODULUS
    };
    Kind kind = Kind::load;
    Expression expression;  ///< e; of a call: its argument
    uint64_t slot = 0;
    CallMode mode = CallMode::bubble;
    size_t target = 0;  ///< a contract
    uint64_t function = 0;
    uint64_t value = 0;  ///< wei
};
using Function = std::vector<Operation>;

/// A contract: f(function, argument, depth left) returns the accumulator, which starts as the
/// argument.
struct Contract {
    size_t chain = 0;  ///< 0: L1
    std::vector<Function> functions;
    uint64_t balance = 0;  ///< wei, at the start
};

/// A user's transaction, or on L1 a signed operation, which calls a contract of that chain.
struct RootCall {
    size_t target = 0;
    uint64_t function = 0;
    uint64_t argument = 0;
    uint64_t value = 0;  ///< wei
};

struct Program {
    size_t chains = 2;  ///< L1 and rollups
    std::vector<Contract> contracts;
    std::vector<RootCall> roots;
};

inline constexpr uint64_t MODULUS = 100'003;
inline constexpr uint64_t SLOTS = 2;
/// Calls nest at most this deep below a root; the callee of a call without depth left is not
/// called.
inline constexpr uint64_t DEPTH = 6;
/// What a call answers that the contract can't pay for.
inline constexpr uint64_t NO_FUNDS = 8;

Program random_program(std::mt19937_64& random);

/// Solidity-like, for a person.
std::string to_string(const Program& program);

/// Smaller programs to try in its place, the smallest cuts last.
std::vector<Program> smaller(const Program& program);

}  // namespace scope::equivalence

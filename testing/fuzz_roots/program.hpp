#pragma once

#include <string>
#include <variant>
#include <vector>

#include "fuzz_evm/random.hpp"
#include "fuzz_roots/base_chains.hpp"

namespace scope::fuzz_roots {

using fuzz_evm::Random;

/// A contract that is there at the genesis.
struct Contract {
    size_t chain = 0;
    Address address;
    Bytes code;
    uint256 balance;        ///< wei
    bool is_entry = false;  ///< on a rollup: declared, so that transactions to it are roots
};

/// A transaction of the user on a rollup, but for nonce and signature.
struct TransactionPlan {
    size_t chain = 1;
    TxType type = TxType::dynamic_fee;
    uint64_t gas = 0;
    std::optional<Address> to;
    uint256 value;
    Bytes data;  ///< the marker included
    AccessList access_list;
    std::optional<Address> delegate_to;  ///< type 4: the second account delegates to it
};

/// An operation on L1, but for nonce and signature.
struct OperationPlan {
    /// The one who signs: the user, whose account is delegated; the owner of an account that may
    /// not be there yet; nobody, for the account is a contract of the program.
    enum class Account : uint8_t { delegated, owned, contract };
    Account kind = Account::delegated;
    /// With account, but without nonce and outcome.
    protocol::Operation operation;
    /// The outcome that it signs: any; what it comes to; another one.
    enum class Outcome : uint8_t { any, own, other };
    Outcome outcome = Outcome::any;
    uint64_t index_gap = 0;
    bool names_owner = true;  ///< if owned
    bool bad_signature = false;
};

using RootPlan = std::variant<TransactionPlan, OperationPlan>;

/// Contracts on L1 and rollups, and roots for one scope: one to three, mostly. Addresses and keys belong to
/// this program alone, so that many share a world.
struct Program {
    uint64_t seed = 0;
    uint64_t index = 0;
    size_t chains = 3;  ///< L1 counted
    std::vector<Contract> contracts;
    std::vector<RootPlan> roots;
    bool in_blobs = false;

    crypto::SecretKey user;    ///< on all chains; delegated on L1
    crypto::SecretKey second;  ///< what it delegates to changes
    crypto::SecretKey owner;   ///< of an account on L1
};

/// Programs that share a world; all have as many chains.
inline constexpr uint64_t GROUP = 32;

/// Makes the program with this number of the run with this seed: always the same one.
///
/// Contracts are statements that make sense one after the other: what Ethereum's instructions do,
/// calls of other chains by all ways there are, calls of everything that the protocol's contracts
/// offer, well-formed and malformed, and what hurts whoever runs it: endless loops, bombs, answers
/// that hang on gas. Now and then a contract is random bytes.
Program make_program(const BaseChains& base, uint64_t seed, uint64_t index);

/// Returns all there is to say of it, in lines.
std::string to_string(const Program& program);

}  // namespace scope::fuzz_roots

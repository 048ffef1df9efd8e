#pragma once

#include <span>
#include <string>

#include "devnet/devnet.hpp"
#include "devnet/people.hpp"

namespace scope::demo {

using devnet::Person;

/// The price that a transaction offers for a unit of gas; wei.
struct Fees {
    uint256 max_fee;
    uint256 priority_fee;
};

/// The money that an account takes to be part of the demonstration.
struct Need {
    Person person;
    uint256 value;       ///< that it hands on, in wei
    uint64_t gas = 0;    ///< that its transactions use; what one of them may use is paid ahead
    uint64_t blobs = 0;  ///< that they carry
};

/// The reason why a transaction doesn't stand in a block as it should.
struct IncludeError {
    std::string what;
    std::optional<Bytes> output = {};  ///< revert data, where it is known
};

/// What an L1 that is another's says of itself.
struct L1Words {
    std::string authority;  ///< host and port
    std::string client;     ///< what it calls itself, fit to be printed; may be empty
};

/// The L1 that the demonstration stands on: the roles in which its nodes ask it, and what its people
/// do there.
class DemoL1 {
  public:
    DemoL1() = default;
    virtual ~DemoL1() = default;
    DemoL1(const DemoL1&) = delete;
    DemoL1& operator=(const DemoL1&) = delete;

    /// Returns the roles, which live as long as this.
    [[nodiscard]] virtual devnet::L1Roles roles() = 0;
    [[nodiscard]] virtual const l1::L1View& view() const = 0;
    /// Returns what it says of itself; null: it is one of this process, where attacks can be tried.
    [[nodiscard]] virtual const L1Words* words() const noexcept = 0;
    [[nodiscard]] bool is_own() const noexcept { return words() == nullptr; }
    /// Returns why no batch can be in blobs there, since followers wouldn't find them; empty: they would.
    [[nodiscard]] virtual std::string why_no_blobs() const = 0;
    /// Returns the head at which the demonstration begins.
    [[nodiscard]] virtual const l1::L1Head& first_head() const noexcept = 0;

    /// Makes a person of the demonstration.
    [[nodiscard]] virtual Person person(const std::string& name) const = 0;
    /// Returns what transactions offer that are made on this head.
    [[nodiscard]] virtual Fees fees(const BlockHeader& head) const = 0;
    /// Gives each what it needs, after saying how much that is. Throws std::runtime_error.
    virtual void fund(std::span<const Need> needs) = 0;
    /// Takes back what those have left who were given something. Throws std::runtime_error.
    virtual void take_back() = 0;

    /// Brings signed transactions into blocks, in their order, and waits until all have succeeded.
    virtual Result<void, IncludeError> include(std::span<const Transaction> transactions) = 0;
    /// Has head() of the view be the block that this follower has followed, where it can be another.
    virtual void stand_on(const rollup::Follower& follower) = 0;
    /// Returns how often a scope is built at most until one settles: where others add to the chain,
    /// the next block may be another than was foreseen.
    [[nodiscard]] virtual size_t max_tries() const noexcept = 0;
};

/// Makes an L1 in this process, on which the demonstration's people have money: it mines a block for
/// what it is sent, at once.
std::unique_ptr<DemoL1> make_own_l1();

}  // namespace scope::demo

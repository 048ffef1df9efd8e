#pragma once

#include <map>
#include <vector>

#include "service/l1_now.hpp"
#include "service/refusals.hpp"
#include "service/scope_log.hpp"

namespace scope::service {

/// The operations of L1 that wait for a scope, by account and nonce.
///
/// What is asked of L1 is read from its head's state; what can't be read throws state::Unavailable and
/// leaves them as they were.
class Operations {
  public:
    static constexpr size_t MAX = 1024;  ///< that wait
    static constexpr size_t MAX_OF_ACCOUNT = 16;
    static constexpr size_t MAX_SETTLED = 4096;  ///< that are kept until L1 can't undo them

    /// @param rows  Keep them for the next process, and those that settled until that is final; null:
    ///              neither. All must outlive it.
    Operations(const L1Now& l1, const protocol::SettlementId& settlement, Refusals& refusals,
               PoolRows* rows)
        : l1_(l1), settlement_(settlement), refusals_(refusals), rows_(rows) {}

    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    [[nodiscard]] size_t size() const noexcept { return waiting_.size(); }
    [[nodiscard]] bool contains(const Hash& hash) const;
    [[nodiscard]] std::vector<Hash> hashes() const;
    /// Returns the nonce of an account's next operation, by L1.
    [[nodiscard]] uint256 nonce_of(const Address& account) const;
    /// Returns the nonce behind those of an account that wait without a gap; nullopt: none waits.
    [[nodiscard]] std::optional<uint256> next_nonce(const Address& account) const;

    struct Admission {
        Hash hash;
        bool is_next = false;  ///< nothing has to run before it
    };
    /// Refuses an operation that will not run whatever comes before it: what can be known without
    /// running it.
    [[nodiscard]] Result<Admission, rpc::RpcError> admit(
        const protocol::SignedOperation& operation) const;
    /// Has one wait that was admitted; another one of its nonce goes, and where too many wait one that
    /// has a gap before it.
    Result<void, rpc::RpcError> add(builder::L1Root root, const Admission& admission);

    /// Returns the hashes of those that could run, one after the other from their account's nonce on.
    [[nodiscard]] std::vector<Hash> without_gap() const;
    /// Returns one that waits; null if it doesn't.
    [[nodiscard]] const builder::L1Root* find(const Hash& hash) const;

    /// Takes one out, and says why; returns whether it was there.
    bool refuse(const Hash& hash, std::optional<builder::Refusal> refusal, std::string reason);
    /// Takes those of a scope out that settled, if they need not be kept.
    void settled(std::span<const builder::RootResult> roots);
    /// Takes out what has run, was invalidated, or whose deadline has passed.
    void update();
    void clear();

    // --- that are kept until they are final. REQUIRES: rows

    /// Has those wait again that the process before had, or says why not. If that throws, it is to be
    /// called again, and nothing is lost.
    void load(const ScopeLog& scopes);
    /// Does what update does; what a scope has settled is kept until L1's block of this number has it or
    /// one below, and waits again if it is undone.
    void update(const ScopeLog& scopes, uint64_t finalized);

  private:
    using Key = std::pair<Address, uint256>;
    struct Waiting {
        builder::L1Root root;
        Hash hash;
        uint64_t arrival = 0;
    };
    struct Settled {
        Waiting operation;
        uint64_t l1_block = 0;
    };
    using Place = std::map<Key, Waiting>::iterator;

    static Key key_of(const builder::L1Root& root) {
        return {root.operation.operation.account, root.operation.operation.nonce};
    }
    [[nodiscard]] Bytes view(const Address& to, const Bytes& calldata) const;
    [[nodiscard]] Result<void, rpc::RpcError> check_funds(const protocol::Operation& one) const;
    /// Refuses an operation whose account did not sign it, as far as accounts are known.
    [[nodiscard]] Result<void, rpc::RpcError> check_signature(
        const protocol::SignedOperation& operation) const;
    Result<void, rpc::RpcError> add(builder::L1Root root, const Admission& admission,
                                    uint64_t arrival);
    Result<void, rpc::RpcError> make_room(bool is_next);
    Place erase(Place place);
    void put(Waiting waiting);
    void refuse(Place place, std::optional<builder::Refusal> refusal, std::string reason);
    void refuse(Place place, const std::string& reason);

    const L1Now& l1_;
    protocol::SettlementId settlement_;
    Refusals& refusals_;
    PoolRows* rows_;
    std::map<Key, Waiting> waiting_;
    std::map<Hash, Key> by_hash_;
    uint64_t arrivals_ = 0;
    std::map<uint64_t, Settled> settled_;  // by arrival
};

}  // namespace scope::service

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "l1/l1_source.hpp"
#include "l1/rpc_endpoint.hpp"
#include "l1/touched.hpp"
#include "state/state_view.hpp"
#include "state/unavailable.hpp"

namespace scope::l1 {

/// A state of L1 that couldn't be read, and why.
class StateUnavailable : public state::Unavailable {
  public:
    explicit StateUnavailable(const L1Error& why)
        : Unavailable("L1's state: " + to_string(why)), error(why) {}

    L1Error error;
};

/// The memory of what scopes touch, which the states of one L1 share.
struct SharedTouched {
    std::mutex mutex;
    Touched touched;
    std::optional<size_t> reads_left;  ///< round trips; nullopt: any number
};

/// Returns slots and those behind each, where a struct's next fields are: RpcState::SLOTS_AT_ONCE.
std::vector<Hash> with_those_behind(const std::vector<Hash>& slots);

/// The state of L1 after one block, read over JSON-RPC where it is needed, and kept.
///
/// Accounts and slots are proved against the block's state root (eth_getProof), code by its hash.
/// The first read asks for all that the last scopes touched, in one batch; what nobody expected costs
/// a round trip: for an account with its code, or for a slot and those behind it, where a struct's
/// next fields are. A read that fails throws
/// StateUnavailable. May be read in several threads.
class RpcState final : public state::StateView {
  public:
    /// @param touched   Never null.
    /// @param expected  Is asked for with the first read, too.
    RpcState(std::shared_ptr<const RpcEndpoint> endpoint, const L1BlockId& block,
             const Hash& state_root, std::shared_ptr<SharedTouched> touched,
             std::vector<Touch> expected = {});

    [[nodiscard]] std::optional<Account> account(const Address& address) const override;
    [[nodiscard]] evm::CodePtr code(const Address& address) const override;
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override;
    [[nodiscard]] bool has_storage(const Address& address) const override;

    /// Reads accounts with their code, and slots, that are not known yet, in one batch: a first read.
    Result<void, L1Error> prefetch(std::span<const Touch> touches) const;

    /// Returns whether an account with its code, and slots of it, have been read.
    [[nodiscard]] bool knows(const Address& address, std::span<const Hash> slots) const;

    /// The most slots that one proof is asked for: geth refuses more than 1024.
    static constexpr size_t MAX_SLOTS_IN_PROOF = 512;
    static constexpr uint64_t SLOTS_AT_ONCE = 8;  ///< that are asked for where one is read

  private:
    struct Known {
        std::optional<Account> account;
        Hash storage_root;
        evm::CodePtr code;  ///< null: not read
        std::map<Hash, Hash> slots;
    };
    struct Question;

    /// Returns an account that is known then. REQUIRES: the lock.
    Known& known(const Address& address, std::span<const Hash> slots) const;
    [[nodiscard]] bool is_known(const Address& address, std::span<const Hash> slots) const;
    /// Counts a round trip that nobody foresaw.
    void count_read() const;
    /// Reads touches; with the first ones all that is expected to be touched.
    Result<void, L1Error> read_with_expected(std::vector<Touch> touches) const;
    Result<void, L1Error> read(std::span<const Touch> touches) const;
    [[nodiscard]] std::vector<Question> questions(std::span<const Touch> touches) const;
    Result<void, L1Error> take_proof(const Question& question, json::Json proof) const;
    Result<void, L1Error> take_code(const Address& address, json::Json code) const;
    [[nodiscard]] L1Error at_block(L1Error error) const;

    std::shared_ptr<const RpcEndpoint> endpoint_;
    L1BlockId block_;
    Hash state_root_;
    std::shared_ptr<SharedTouched> touched_;
    std::vector<Touch> expected_;
    mutable std::mutex mutex_;
    mutable std::map<Address, Known> known_;
    mutable bool has_begun_ = false;
};

}  // namespace scope::l1

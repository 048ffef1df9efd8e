#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "l1/l1_sender.hpp"
#include "node_app/node_log.hpp"
#include "prover/prover.hpp"

namespace scope::node_app {

/// Watches a builder's scopes on their way: through its prover, and to L1. Each step is a line of the
/// node's log, and is counted; a member of the committee that doesn't sign is named, once for each
/// reason. May be used from several threads.
class ScopeWatch {
  public:
    struct Options {
        std::function<uint64_t()> now_s;
        /// Returns the slot of a time; nullopt: it isn't known.
        std::function<std::optional<uint64_t>(uint64_t timestamp_s)> slot_of;
    };
    /// @param log  Must outlive it.
    ScopeWatch(NodeLog& log, Options options) : log_(log), options_(std::move(options)) {}

    /// Returns a prover that is that one, watched. This must outlive it.
    std::shared_ptr<prover::Prover> watch(std::shared_ptr<prover::Prover> prover);
    /// Returns a sender that is that one, watched. This must outlive it.
    std::shared_ptr<l1::L1Sender> watch(std::shared_ptr<l1::L1Sender> sender);

    struct Counts {
        uint64_t built = 0;     ///< proofs that were asked for
        uint64_t proved = 0;    ///< and given
        uint64_t sent = 0;      ///< transactions that L1's client took, each once
        uint64_t replaced = 0;  ///< of them those that took another one's place
        uint64_t settled = 0;
        uint64_t reverted = 0;
        std::map<std::string, uint64_t> send_errors;  ///< by rule
        std::map<std::pair<Address, prover::DisagreementKind>, uint64_t> dissents;
    };
    [[nodiscard]] Counts counts() const;

  private:
    class WatchedProver;
    class WatchedSender;
    using Proof = Result<prover::Proof, prover::ProofFailure>;

    void note_built(const prover::ProofInput& input);
    void note_proved(const prover::ProofInput& input, const Proof& proof, uint64_t took_ms);
    void note_dissents(const std::vector<prover::Disagreement>& dissents);
    void note_sent(const Transaction& transaction, const Result<void, l1::SendError>& sent);
    void note_place(const Hash& transaction, const chain::TransactionPlace& place);
    void add_slot(NodeLog::Fields& fields, uint64_t timestamp_s) const;

    NodeLog& log_;
    Options options_;
    mutable std::mutex mutex_;
    Counts counts_;
    std::map<Address, prover::DisagreementKind> dissenting_;  // as it was told
    struct Sent {
        Hash transaction;
        uint64_t nonce = 0;
        Hash block;  // in which it was seen
    };
    std::deque<Sent> sent_;  // the last of them
};

}  // namespace scope::node_app

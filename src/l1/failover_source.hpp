#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "l1/blob_places.hpp"
#include "l1/l1_source.hpp"

namespace scope::l1 {

struct FailoverOptions {
    /// The time in ms, by a clock that nobody sets.
    std::function<uint64_t()> clock_ms;
    uint64_t rest_ms = 15'000;  ///< one that failed isn't asked for so long, while another is
    uint64_t wrong_rest_ms = 600'000;  ///< nor one that was found to be wrong, in any case
    /// Is told, from any thread that asks, when an endpoint fails otherwise than it did before, and
    /// when it answers again (nullopt). Null: nobody is.
    std::function<void(const std::string& name, const std::optional<L1Error>& error)> on_change;
};

/// Several sources of one L1, in the order in which they are preferred: the first that answers does,
/// and the next one where it is unreachable, slow, refuses, is behind, has pruned what was asked for,
/// or is wrong. One that failed rests, and is asked again afterwards; one that was wrong rests longer,
/// also where no other answers. May be asked from several threads.
///
/// Final blocks stay final whoever answers: one who has another of the same number is wrong, one who
/// has not come so far is behind. What is told to be final counts so once that block was read, so that
/// nobody shuts out the others with a number.
class FailoverSource final : public L1Source {
  public:
    struct Endpoint {
        std::string name;
        std::shared_ptr<const L1Source> source;
    };
    /// REQUIRES: at least one endpoint, and a clock.
    FailoverSource(std::vector<Endpoint> endpoints, FailoverOptions options);

    [[nodiscard]] Result<L1Heads, L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override;
    /// REQUIRES: block() has returned the block with it, among the last BlobPlaces::MAX_PLACES blobs.
    [[nodiscard]] Result<chain::StoredBlobPtr, L1Error> blob(
        const Hash& versioned_hash) const override;

    /// Returns the place of the endpoint to ask for what no source gives: the first that answered when
    /// it was asked last, or wasn't asked yet; where there is none, the first that isn't wrong.
    [[nodiscard]] size_t preferred() const;

    static constexpr size_t MAX_READ = 8192;  ///< blocks that are remembered to have been read

  private:
    struct State {
        uint64_t rests_until_ms = 0;
        bool is_wrong = false;
        std::optional<L1Error::Rule> told;
    };

    [[nodiscard]] std::vector<size_t> order() const;
    void note(size_t index, const std::optional<L1Error>& error) const;
    [[nodiscard]] L1Error why_nobody() const;
    [[nodiscard]] Result<L1Heads, L1Error> checked(L1Heads heads) const;
    void note_read(const chain::StoredBlock& block) const;
    template <typename Ask>
    auto ask(const Ask& ask_one) const -> decltype(ask_one(std::declval<const L1Source&>()));

    std::vector<Endpoint> endpoints_;
    FailoverOptions options_;

    mutable std::mutex mutex_;
    mutable std::vector<State> states_;
    mutable std::vector<std::optional<L1Error>> errors_;  ///< the last of each
    mutable std::deque<L1BlockId> read_;                  ///< the blocks that were read last
    mutable std::optional<L1BlockId> finalized_;          ///< the highest that was told and read
    mutable uint64_t latest_ = 0;                         ///< the number that was told last
    mutable BlobPlaces places_;
};

}  // namespace scope::l1

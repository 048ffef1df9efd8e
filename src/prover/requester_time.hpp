#pragma once

#include <chrono>
#include <unordered_map>

#include "base/bytes.hpp"

namespace scope::prover {

/// The bounds of what one requester takes of an attester's time.
struct RequesterLimits {
    std::chrono::milliseconds time{30'000};    ///< in a window
    std::chrono::milliseconds window{60'000};  ///< REQUIRES: above 0
    size_t max_requesters = 1024;              ///< that are remembered. REQUIRES: above 0
};

/// The time that each requester of an attester has used.
///
/// What was used is forgiven evenly: all of RequesterLimits::time within a window. If there are too
/// many requesters, the one that used least is forgotten. Requesters are told apart by an address
/// that whoever brings their requests has authenticated: one that can have several has the time of
/// all of them.
class RequesterTime {
  public:
    using Clock = std::chrono::steady_clock;

    explicit RequesterTime(RequesterLimits limits = {}) noexcept : limits_(limits) {}

    /// Returns what the requester may take; zero if it has used all.
    [[nodiscard]] Clock::duration left(const Address& requester, Clock::time_point now) const;
    /// Notes that the requester took so much, until @p now.
    void add(const Address& requester, Clock::duration used, Clock::time_point now);

    /// Returns the number of those of whom something is remembered.
    [[nodiscard]] size_t requesters() const noexcept { return used_.size(); }

  private:
    struct Used {
        Clock::duration time{};
        Clock::time_point until;
    };

    [[nodiscard]] Clock::duration used_now(const Used& used, Clock::time_point now) const;
    void make_room(Clock::time_point now);

    RequesterLimits limits_;
    std::unordered_map<Address, Used> used_;
};

}  // namespace scope::prover

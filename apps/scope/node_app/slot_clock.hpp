#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "l1/beacon_blobs.hpp"

namespace scope::node_app {

/// The times of the slots of L1's beacon chain: all sources of blobs are asked, in order, on a thread of
/// its own, until one tells.
class SlotClock : public std::enable_shared_from_this<SlotClock> {
  public:
    explicit SlotClock(std::vector<std::shared_ptr<const l1::BeaconBlobs>> sources)
        : sources_(std::move(sources)) {}

    /// Begins to ask; again after @p retry as long as nobody tells. It lives as long as the thread: one
    /// that waits for an answer is left to end by itself.
    void begin(std::chrono::milliseconds retry);
    void end();

    /// Returns null as long as nobody has told; from any thread.
    [[nodiscard]] std::optional<l1::SlotTimes> times() const;

  private:
    void run(std::chrono::milliseconds retry);
    [[nodiscard]] std::optional<l1::SlotTimes> ask() const;

    const std::vector<std::shared_ptr<const l1::BeaconBlobs>> sources_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<l1::SlotTimes> times_;
    bool has_ended_ = false;
};

}  // namespace scope::node_app

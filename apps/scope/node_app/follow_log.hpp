#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "node/node.hpp"
#include "node_app/l1_reading.hpp"
#include "node_app/node_status.hpp"

namespace scope::node_app {

/// Tells what comes of following L1: lines of a node's log, and its status. For one thread.
class FollowLog {
  public:
    /// @param log, l1  Must outlive it.
    FollowLog(NodeLog& log, const L1Reading& l1) : log_(log), l1_(l1) {}

    /// The reason why a node is not at L1's head.
    struct Failure {
        std::string reason;
        std::string rule;
    };
    /// Notes what a node has followed since the last call.
    /// @param failure  Why it can't go on; nullopt: it can.
    void note(const node::Node& node, const std::optional<Failure>& failure);
    [[nodiscard]] NodeStatus status(const node::Node& node) const;

  private:
    void note_blocks(const rollup::Follower& follower);
    void note_scopes(const rollup::Follower& follower);
    void note_stopped(const rollup::Follower& follower);
    void note_failure(const Failure& failure, uint64_t l1_block);
    void note_success();

    NodeLog& log_;
    const L1Reading& l1_;
    std::deque<l1::L1BlockId> blocks_;  // the last that were followed
    std::string told_trouble_;          // by its rules; empty: none
    std::map<ChainId, std::string> told_stopped_;
    uint64_t failing_since_s_ = 0;
    std::optional<std::string> failure_;
    uint64_t scopes_ = 0;
    uint64_t reorganisations_ = 0;
    uint64_t unwound_blocks_ = 0;
};

}  // namespace scope::node_app

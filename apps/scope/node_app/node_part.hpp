#pragma once

#include "node/node.hpp"
#include "node_app/l1_reading.hpp"
#include "node_app/node_status.hpp"
#include "rpc/network.hpp"

namespace scope::node_app {

/// The node of a process, with the rollups that it serves: one that follows, or one that builds. Its
/// functions are for the worker's thread, but for stop().
class NodePart {
  public:
    virtual ~NodePart() = default;

    /// Begins to follow; from any thread. REQUIRES: once.
    virtual void begin() = 0;
    /// Ends reading L1; from any thread. What was posted to the worker may still run.
    virtual void stop() = 0;

    [[nodiscard]] virtual rpc::Network& network() noexcept = 0;
    [[nodiscard]] virtual node::Node& node() noexcept = 0;
    [[nodiscard]] virtual L1Reading& l1() noexcept = 0;
    [[nodiscard]] virtual NodeStatus status() const = 0;
};

}  // namespace scope::node_app

#pragma once

#include <memory>
#include <string>

#include "net/http_service.hpp"
#include "net/worker.hpp"
#include "node_app/attester_answers.hpp"
#include "node_app/node_log.hpp"
#include "node_app/node_part.hpp"

namespace scope::node_app {

/// The part of a node that attests: an HTTPS port on which those ask whose keys its configuration has.
class AttesterPart {
  public:
    /// @param node    With the attester's part. It, log and worker must outlive this.
    /// Throws cli::UsageError for what the configuration names and isn't there.
    AttesterPart(const config::NodeConfig& config, NodePart& node, NodeLog& log,
                 net::Worker& worker);

    /// Begins to listen; returns HOST:PORT. Throws net::ListenError.
    std::string listen();
    /// Returns what it was asked and said, in Prometheus' text format; on the worker's thread.
    [[nodiscard]] std::string metrics() const { return metrics_text(*answers_); }
    /// Ends all connections. Not from the worker.
    void stop() { service_.stop(); }

  private:
    const config::NodeConfig& config_;
    std::shared_ptr<AttesterAnswers> answers_ = std::make_shared<AttesterAnswers>();
    net::HttpService service_;
};

}  // namespace scope::node_app

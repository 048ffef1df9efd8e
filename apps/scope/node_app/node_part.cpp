#include "node_app/node_part.hpp"

#include <utility>

namespace scope::node_app {

NodePart::NodePart(const config::NodeConfig& config, const node::NetworkFile& file, NodeLog& log,
                   net::Worker& worker)
    : worker_(worker),
      database_(open_database(config, file)),
      l1_(
          config, file, *database_, log, [this] { on_news(); },
          [&worker](std::exception_ptr failure) { worker.report(std::move(failure)); }),
      follow_log_(log, l1_) {}

void NodePart::begin(std::function<void()> on_look) {
    on_look_ = std::move(on_look);
    l1_.subscribe();
    is_looking_ = false;
    on_news();
}

/// On the thread that reads, or where it begins.
void NodePart::on_news() {
    if (is_looking_.exchange(true)) return;
    worker_.post([this] {
        is_looking_ = false;
        look();
        on_look_();
    });
}

std::vector<rpc::Network::NamedContract> contracts_of(const node::NetworkFile& file) {
    std::vector<rpc::Network::NamedContract> contracts;
    for (const auto& [chain_id, name, address] : file.contracts)
        contracts.push_back({chain_id, name, address});
    return contracts;
}

}  // namespace scope::node_app

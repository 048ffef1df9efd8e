#include "node_app/follower_part.hpp"

#include <fmt/format.h>

#include <utility>

namespace scope::node_app {

std::vector<rpc::Network::NamedContract> contracts_of(const node::NetworkFile& file) {
    std::vector<rpc::Network::NamedContract> contracts;
    for (const auto& [chain_id, name, address] : file.contracts)
        contracts.push_back({chain_id, name, address});
    return contracts;
}

FollowerPart::FollowerPart(const config::NodeConfig& config, const node::NetworkFile& file,
                           NodeLog& log, net::Worker& worker, crypto::SignerPtr attester)
    : worker_(worker),
      database_(open_database(config, file)),
      l1_(config, file, *database_, log, [this] { on_news(); }),
      node_(file.network, {.source = l1_.source(),
                           .database = database_,
                           .attester = std::move(attester),
                           .builder = {}}),
      network_(node_, contracts_of(file)),
      follow_log_(log, l1_) {
    l1_.subscribe();
}

FollowerPart::~FollowerPart() {
    stop();
}

void FollowerPart::begin() {
    is_following_ = false;
    on_news();
}

void FollowerPart::stop() {
    l1_.stop();
}

/// On the thread that reads, or where this is made.
void FollowerPart::on_news() {
    if (is_following_.exchange(true)) return;
    worker_.post([this] { follow(); });
}

void FollowerPart::follow() {
    is_following_ = false;
    const auto followed = network_.follow();
    const bool has_missed = l1_.ahead().take_missed();
    // What isn't here yet is read, and then is news.
    if (!followed && has_missed) return;
    std::optional<FollowLog::Failure> failure;
    if (!followed) {
        const auto error = l1_.ahead().status().error;
        failure = {to_string(followed.error()),
                   fmt::format("{} {}", to_string(followed.error().rule),
                               error ? to_string(error->rule) : std::string_view{})};
    }
    follow_log_.note(node_, failure);
}

}  // namespace scope::node_app

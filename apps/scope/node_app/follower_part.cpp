#include "node_app/follower_part.hpp"

#include <fmt/format.h>

#include <utility>

namespace scope::node_app {

FollowerPart::FollowerPart(const config::NodeConfig& config, const node::NetworkFile& file,
                           NodeLog& log, net::Worker& worker, crypto::SignerPtr attester)
    : NodePart(config, file, log, worker),
      node_(file.network, {.source = l1().source(),
                           .database = database(),
                           .attester = std::move(attester),
                           .builder = {}}),
      network_(node_, contracts_of(file)) {}

void FollowerPart::look() {
    const auto followed = network_.follow();
    const bool has_missed = l1().ahead().take_missed();
    // What isn't here yet is read, and then is news.
    if (!followed && has_missed) return;
    std::optional<FollowLog::Failure> failure;
    if (!followed) {
        const auto error = l1().ahead().status().error;
        failure = {to_string(followed.error()),
                   fmt::format("{} {}", to_string(followed.error().rule),
                               error ? to_string(error->rule) : std::string_view{})};
    }
    follow_log().note(node_, failure);
}

}  // namespace scope::node_app

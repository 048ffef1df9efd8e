#pragma once

#include <map>
#include <optional>

#include "builder/why_unserved.hpp"
#include "node/node.hpp"
#include "rpc/view.hpp"
#include "service/l1_now.hpp"

namespace scope::service {

/// The rollups that no node here serves, by L1's head: their owners have changed program or policy.
class Unserved {
  public:
    /// @param l1, node  Must outlive it.
    Unserved(const L1Now& l1, const node::Node& node) : l1_(l1), node_(node) {}

    /// Returns why no node here serves a rollup; nullopt if one does. Throws state::Unavailable.
    const std::optional<std::string>& why(ChainId chain_id) {
        auto& [at, why] = found_[chain_id];
        const Hash head = l1_.head().id.hash;
        if (at == head) return why;
        const auto& settlement = node_.network().contracts.settlement.settlement;
        const auto registered = protocol::decode_rollup(rpc::view(
            *l1_.state(), l1_.next_environment(), settlement, protocol::get_rollup(chain_id)));
        const bool is_open = registered && !registered->closed && !registered->verifier.is_zero();
        why = is_open
                  ? builder::why_unserved(node_.follower().rollup(chain_id)->config, *registered)
                  : std::nullopt;
        at = head;
        return why;
    }

  private:
    const L1Now& l1_;
    const node::Node& node_;
    /// L1's head when it was found out, and what it was.
    std::map<ChainId, std::pair<Hash, std::optional<std::string>>> found_;
};

}  // namespace scope::service

#pragma once

#include <type_traits>

#include "node/node.hpp"
#include "state/unavailable.hpp"

// How the parts of Node say why not.

namespace scope::node {

inline std::unexpected<SettleError> refuse(SettleRule rule, std::string reason = {}) {
    return std::unexpected{SettleError{rule, std::move(reason)}};
}

inline std::unexpected<SettleError> refuse(const l1::L1Error& error) {
    return refuse(SettleRule::unreachable, l1::to_string(error));
}

/// Returns what @p work does, a Result of SettleError; unreachable where a state can't be read.
template <typename Work>
std::invoke_result_t<Work> reading(const Work& work) {
    try {
        return work();
    } catch (const state::Unavailable& error) {
        return refuse(SettleRule::unreachable, error.what());
    }
}

}  // namespace scope::node

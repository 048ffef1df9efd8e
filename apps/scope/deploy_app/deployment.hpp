#pragma once

#include <chrono>
#include <functional>
#include <span>

#include "deploy_app/steps.hpp"

namespace scope::deploy_app {

struct DeploymentOptions {
    uint64_t max_steps = UINT64_MAX;      ///< transactions that are sent
    std::chrono::seconds timeout{600};    ///< for one step
    std::chrono::milliseconds poll{250};  ///< between looks at L1
    std::function<void(const std::string&)> tell = [](const auto&) {};   ///< a line for each step
    std::function<void(const std::string&)> worry = [](const auto&) {};  ///< why it waits
};

/// Does the steps that L1 doesn't show yet, one after the other; when all are done, looks at each once
/// more, since a reorganisation may have taken some away. Returns false if it ended at max_steps before
/// that. Throws std::runtime_error with what can't be done, or is not done in time: the same run again
/// goes on from there.
/// REQUIRES: an account that is not busy.
bool deploy(std::span<const Step> steps, const L1Reader& reader, l1::L1Account& account,
            const DeploymentOptions& options);

}  // namespace scope::deploy_app

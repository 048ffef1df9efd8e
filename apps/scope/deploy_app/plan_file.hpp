#pragma once

#include <filesystem>
#include <optional>

#include "deploy_app/plan.hpp"

/// The file in which a deployment that has begun keeps its plan: NETWORK.partial, JSON of the deployer,
/// its first nonce, the rollups' owner and the network file that comes of it. With the same options the
/// plan is made of it again, and has to be the same.
namespace scope::deploy_app {

/// Returns the file's path beside that of the network file.
std::filesystem::path plan_path(const std::filesystem::path& network);

std::string write_plan(const Plan& plan);

/// What a plan's file says.
struct ReadPlan {
    Beginning beginning;
    std::string network;  ///< the network file, as write_network_file gives it
    Address owner;
};
/// Reads it; an error names the place and the rule.
Result<ReadPlan, std::string> read_plan(std::string_view json);

/// Writes a file whole or not at all, over one that is there. Throws std::system_error.
void write_whole(const std::filesystem::path& path, std::string_view text);

}  // namespace scope::deploy_app

#include "l1/eth_config.hpp"

namespace scope::l1 {

std::vector<chain::BlobScheduleEntry> read_blob_schedule(json::Json config) {
    const auto parameters = [](json::Json fork) {
        return json::get(fork, "blobSchedule", json::blob_parameters);
    };
    std::vector<chain::BlobScheduleEntry> schedule{{0, json::get(config, "current", parameters)}};
    if (const auto next =
            json::get_optional(config, "next", [&](json::Json fork) -> chain::BlobScheduleEntry {
                return {json::get(fork, "activationTime", json::u64), parameters(fork)};
            }))
        schedule.push_back(*next);
    return schedule;
}

}  // namespace scope::l1

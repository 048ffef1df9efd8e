#include <fmt/format.h>

#include <algorithm>

#include "config/fields.hpp"

namespace scope::config {

namespace {

/// Notes keys of which two tables have the same.
template <typename T>
void require_distinct(std::vector<Contradiction>& found, std::string_view list,
                      std::string_view key, const std::vector<T>& tables, std::string T::* member) {
    for (size_t i = 0; i < tables.size(); ++i)
        for (size_t j = 0; j < i; ++j)
            if (!(tables[i].*member).empty() && tables[i].*member == tables[j].*member) {
                found.push_back(
                    {fmt::format("{}[{}].{}", list, i, key), "another one has the same"});
                break;
            }
}

}  // namespace

std::vector<Contradiction> contradictions(const NodeConfig& config) {
    std::vector<Contradiction> found;
    const auto require_table = [&](Role role, bool is_there) {
        if (config.has(role) && !is_there)
            found.push_back({"roles", fmt::format("{} needs the table [{}]", to_string(role),
                                                  to_string(role))});
        if (!config.has(role) && is_there)
            found.push_back(
                {std::string{to_string(role)},
                 fmt::format("the table is there, and roles has no {}", to_string(role))});
    };
    require_table(Role::builder, config.builder.has_value());
    require_table(Role::attester, config.attester.has_value());
    if (config.has(Role::builder) && config.has(Role::attester))
        found.push_back({"roles",
                         "a builder and an attester are two processes: who builds waits for who "
                         "attests"});
    if (config.has(Role::builder) && !config.rpc.forward.empty())
        found.push_back({"rpc.forward", "a builder takes what it is sent itself"});
    for (const auto& [key, bytes] :
         {std::pair{"rpc.max_request_size", config.rpc.max_request_bytes},
          std::pair{"rpc.max_response_size", config.rpc.max_response_bytes}})
        if (bytes > config.rpc.max_buffered_bytes)
            found.push_back({key, "it is above rpc.max_buffered: one would be too much"});
    if (config.builder) {
        const auto& builder = *config.builder;
        if (builder.attesters.size() < builder.threshold)
            found.push_back(
                {"builder.threshold", fmt::format("it is {}, and there are {} attesters",
                                                  builder.threshold, builder.attesters.size())});
        require_distinct(found, "builder.attesters", "address", builder.attesters,
                         &BuilderConfig::Attester::address);
    }
    if (config.attester) {
        if (config.attester->allowed.empty())
            found.push_back({"attester.allowed", "it is empty: nobody may ask"});
        require_distinct(found, "attester.allowed", "key", config.attester->allowed,
                         &AttesterConfig::Allowed::key);
    }
    return found;
}

}  // namespace scope::config

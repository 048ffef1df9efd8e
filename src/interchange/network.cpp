#include "interchange/network.hpp"

#include <array>
#include <string>

#include "interchange/fork_names.hpp"

namespace scope::interchange {

using evm::Revision;

namespace {

constexpr uint64_t TRANSITION_TIMESTAMP_S = 15'000;

/// Forks that change the blob schedule alone, and what Ethereum's has there, if it has.
struct BlobFork {
    std::string_view name;
    std::optional<execution::BlobParameters> parameters;
};
constexpr std::array BLOB_FORKS{
    BlobFork{"BPO1", execution::BlobParameters{10, 15, 8'346'193}},
    BlobFork{"BPO2", execution::BlobParameters{14, 21, 11'684'671}},
    BlobFork{"BPO3", std::nullopt},
    BlobFork{"BPO4", std::nullopt},
};

struct Fork {
    Revision revision;
    std::optional<execution::BlobParameters> blobs;
};

std::optional<Fork> find_fork(std::string_view fork_name) {
    for (const BlobFork& fork : BLOB_FORKS)
        if (fork.name == fork_name) return Fork{Revision::osaka, fork.parameters};
    const auto fork = fork_by_name(fork_name);
    if (!fork) return std::nullopt;
    return Fork{fork->revision, evm::rules_of(fork->revision).blobs};
}

/// Adds a fork's rules from a time on; false if they are not known.
bool add_fork(chain::ChainSpec& spec, std::string_view name, uint64_t from_s,
              std::optional<json::Json> schedule) {
    auto fork = find_fork(name);
    if (!fork) return false;
    spec.forks.push_back({fork->revision, chain::ForkActivation::By::timestamp, from_s});
    if (schedule)
        if (const auto entry = json::optional_field(*schedule, name))
            fork->blobs = json::blob_parameters(*entry);
    if (!evm::rules_of(fork->revision).has_blobs) return true;
    if (!fork->blobs) return false;
    spec.blob_schedule.push_back({from_s, *fork->blobs});
    return true;
}

/// A fork, and, of a transition, the one that follows; both empty for what is neither.
std::pair<std::string_view, std::string_view> forks_of(std::string_view network) {
    constexpr std::string_view SUFFIX = "AtTime15k";
    if (!network.ends_with(SUFFIX)) return {network, {}};
    network.remove_suffix(SUFFIX.size());
    const size_t to = network.find("To");
    if (to == std::string_view::npos) return {};
    return {network.substr(0, to), network.substr(to + 2)};
}

}  // namespace

bool is_network(std::string_view name) {
    const auto [fork, after] = forks_of(name);
    return find_fork(fork) && (after.empty() || find_fork(after));
}

std::optional<chain::ChainSpec> network_spec(std::string_view name, ChainId chain_id,
                                             std::optional<json::Json> blob_schedule) {
    chain::ChainSpec spec = chain::ChainSpec::of(Revision::frontier, chain_id);
    spec.forks.clear();
    const auto [fork, after] = forks_of(name);
    if (!add_fork(spec, fork, 0, blob_schedule)) return std::nullopt;
    if (!after.empty() && !add_fork(spec, after, TRANSITION_TIMESTAMP_S, blob_schedule))
        return std::nullopt;
    return spec;
}

}  // namespace scope::interchange

#include "interchange/network.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

#include "base/uint256.hpp"
#include "interchange/fork_names.hpp"

namespace scope::interchange {

using chain::ForkActivation;
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

/// Adds a fork's rules from a time or a block on; false if they are not known.
bool add_fork(chain::ChainSpec& spec, std::string_view name, ForkActivation::By by, uint64_t from,
              std::optional<json::Json> schedule) {
    auto fork = find_fork(name);
    if (!fork) return false;
    spec.forks.push_back({fork->revision, by, from});
    if (!evm::rules_of(fork->revision).has_blobs) return true;
    if (by == ForkActivation::By::number) return false;  // a schedule goes by time (EIP-7892)
    if (schedule)
        if (const auto blobs = json::get_optional(*schedule, name, json::blob_parameters))
            fork->blobs = *blobs;
    if (!fork->blobs) return false;
    spec.blob_schedule.push_back({from, *fork->blobs});
    return true;
}

/// A network's name in parts: a fork, and, of a transition, when which other follows.
struct Name {
    std::string_view fork;
    std::string_view after;
    ForkActivation::By by = ForkActivation::By::timestamp;
    uint64_t from = 0;
};

/// Reads the number of a block or of seconds; nullopt for what is neither.
std::optional<std::pair<ForkActivation::By, uint64_t>> parse_activation(std::string_view text) {
    if (text == "Time15k") return std::pair{ForkActivation::By::timestamp, TRANSITION_TIMESTAMP_S};
    const auto number = uint256_from_text(text);
    if (!number || !number->fits_u64() || text.starts_with("0x")) return std::nullopt;
    return std::pair{ForkActivation::By::number, static_cast<uint64_t>(*number)};
}

/// Reads a network's name; nullopt for a transition of another kind.
std::optional<Name> parse(std::string_view network) {
    const size_t to = network.find("To");
    const size_t at = network.find("At", to == std::string_view::npos ? 0 : to);
    if (to == std::string_view::npos || at == std::string_view::npos) return Name{.fork = network};
    const auto activation = parse_activation(network.substr(at + 2));
    if (!activation) return std::nullopt;
    return Name{network.substr(0, to), network.substr(to + 2, at - to - 2), activation->first,
                activation->second};
}

}  // namespace

bool is_network(std::string_view network) {
    const auto name = parse(network);
    return name && find_fork(name->fork) && (name->after.empty() || find_fork(name->after));
}

std::string why_unknown(std::string_view network) {
    if (network.find("AtDiff") != std::string_view::npos)
        return fmt::format("network {}: no fork begins at a difficulty here",
                           json::shortened(network));
    if (network.find("Dao") != std::string_view::npos)
        return fmt::format("network {}: the DAO fork's change of balances is not here",
                           json::shortened(network));
    if (is_network(network))
        return fmt::format("network {}: nobody says what its blob parameters are", network);
    return fmt::format("network {} is not known", json::shortened(network));
}

std::optional<chain::ChainSpec> network_spec(std::string_view network, ChainId chain_id,
                                             std::optional<json::Json> blob_schedule) {
    chain::ChainSpec spec = chain::ChainSpec::of(Revision::frontier, chain_id);
    spec.forks.clear();
    const auto name = parse(network);
    if (!name || !add_fork(spec, name->fork, ForkActivation::By::timestamp, 0, blob_schedule))
        return std::nullopt;
    if (!name->after.empty() && !add_fork(spec, name->after, name->by, name->from, blob_schedule))
        return std::nullopt;
    return spec;
}

}  // namespace scope::interchange

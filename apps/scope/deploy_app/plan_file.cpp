#include "deploy_app/plan_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "devnet/published.hpp"
#include "json/json.hpp"
#include "json/writer.hpp"

namespace scope::deploy_app {

namespace {

constexpr uint64_t VERSION = 1;

[[noreturn]] void fail(const std::filesystem::path& path) {
    throw std::system_error{errno, std::generic_category(), path.string()};
}

void write_all(int file, std::string_view text, const std::filesystem::path& path) {
    while (!text.empty()) {
        const auto put = write(file, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail(path);
        text.remove_prefix(static_cast<size_t>(put));
    }
    if (fsync(file) != 0) fail(path);
}

/// A file descriptor that is closed.
struct File {
    int number;
    explicit File(int opened) noexcept : number(opened) {}
    ~File() {
        if (number >= 0) close(number);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
};

}  // namespace

std::filesystem::path plan_path(const std::filesystem::path& network) {
    auto path = network;
    path += ".partial";
    return path;
}

std::string write_plan(const Plan& plan) {
    json::JsonWriter out;
    out.begin_object();
    out.member("version", VERSION);
    out.member("deployer", BytesView{plan.beginning.deployer});
    out.member("firstNonce", plan.beginning.first_nonce);
    out.member("owner", BytesView{plan.owner});
    out.key("network");
    out.raw(node::write_network_file(plan.file));
    out.end_object();
    return out.finish();
}

Result<ReadPlan, std::string> read_plan(std::string_view text) {
    try {
        const json::Document document{text};
        const auto root = document.root();
        if (json::get(root, "version", json::u64) != VERSION)
            throw json::FormatError{"version", fmt::format("only {} is known", VERSION)};
        const auto network =
            node::read_network_file(simdjson::minify(json::field(root, "network")));
        if (!network) throw json::FormatError{"network", network.error()};
        const auto has = [&](const Address& address) {
            return std::ranges::any_of(network->contracts, [&](const auto& named) {
                return named.chain_id == network->l1_spec.chain_id && named.address == address;
            });
        };
        return ReadPlan{
            .beginning = {.deployer = json::get(root, "deployer", json::address),
                          .first_nonce = json::get(root, "firstNonce", json::u64),
                          .l1_spec = network->l1_spec,
                          .first_block = {network->network.first_l1_block,
                                          network->first_l1_block_hash},
                          .timestamp_s = network->network.rollups.front().genesis.timestamp_s,
                          .has_create2_deployer = has(devnet::DETERMINISTIC_DEPLOYER),
                          .has_multicall3 = has(devnet::MULTICALL3)},
            .network = node::write_network_file(*network),
            .owner = json::get(root, "owner", json::address)};
    } catch (const json::FormatError& error) {
        return std::unexpected{std::string{error.what()}};
    }
}

void write_whole(const std::filesystem::path& path, std::string_view text) {
    auto beside = path;
    beside += ".new";
    {
        const File file{open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
        if (file.number < 0) fail(beside);
        write_all(file.number, text, beside);
    }
    std::filesystem::rename(beside, path);
    const auto folder = path.parent_path();
    const File opened{
        open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened.number < 0 || fsync(opened.number) != 0) fail(path);
}

}  // namespace scope::deploy_app

#include "chains.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>

#include "base/uint256.hpp"
#include "terminal/rollup_at_l1.hpp"

namespace scope::app {

namespace {

std::string decimal(std::string_view quantity) {
    const auto number = uint256_from_text(quantity);
    return number ? to_decimal(*number) : std::string{quantity};
}

std::string block(simdjson::dom::element chain, const char* label) {
    return decimal(std::string_view{chain[label]["number"]});
}

/// Returns the date of an announcement: "2026-11-29 23:00 UTC".
std::string date(simdjson::dom::element announced) {
    const auto seconds = terminal::quantity(announced["appliesFrom"])[0];
    return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// Returns what L1 says of a rollup's closing: ", closed for good", ", may be closed from L1 block 7
/// on", or nothing.
std::string closing(simdjson::dom::element rollup) {
    if (bool{rollup["closed"]}) return ", closed for good";
    if (rollup["closesAt"].is_null()) return "";
    return fmt::format(", may be closed from L1 block {} on",
                       decimal(std::string_view{rollup["closesAt"]}));
}

/// Returns how batches are verified and who may submit them: as L1 has it, or as it was announced.
std::string terms(simdjson::dom::element rollup) {
    return fmt::format("verifier {}, program {}, policy {}", std::string_view{rollup["verifier"]},
                       std::string_view{rollup["programId"]},
                       rollup["policy"].is_null() ? "none" : std::string_view{rollup["policy"]});
}

/// Returns who owns a rollup, on which terms, what its owner announced, and what waits for it.
std::string on_l1(simdjson::dom::element rollup) {
    const auto quantity = [](simdjson::dom::element json) {
        return decimal(std::string_view{json});
    };
    std::string out = fmt::format("{:<8}owner {}, bond {}, forced queue: {} of {} taken{}\n",
                                  simdjson::minify(simdjson::dom::element{rollup["chainId"]}),
                                  std::string_view{rollup["owner"]},
                                  terminal::ether(terminal::quantity(rollup["bond"])),
                                  quantity(rollup["forcedQueue"]["position"]),
                                  quantity(rollup["forcedQueue"]["length"]), closing(rollup));
    if (!bool{rollup["closed"]}) out += fmt::format("{:<8}{}\n", "", terms(rollup));
    if (std::string_view why; rollup["unserved"].get(why) == simdjson::SUCCESS)
        out += fmt::format("{:<8}{}\n", "", why);
    if (std::string_view to; rollup["pendingOwner"].get(to) == simdjson::SUCCESS)
        out += fmt::format("{:<8}offered to {}\n", "", to);
    if (const simdjson::dom::element change = rollup["announcements"]["change"]; !change.is_null())
        out += fmt::format("{:<8}from {} on: {}\n", "", date(change), terms(change));
    if (const simdjson::dom::element upgrade = rollup["announcements"]["upgrade"];
        !upgrade.is_null())
        out += fmt::format("{:<8}from {} on: predeploy with code {}\n", "", date(upgrade),
                           std::string_view{upgrade["codeHash"]});
    return out;
}

cli::Run declare_chains(CLI::App& command) {
    const auto url = std::make_shared<std::string>();
    terminal::add_rpc_url(command, *url);
    return [url] {
        const terminal::Endpoint endpoint{*url};
        const auto chains = endpoint.ask("scope_chains");
        fmt::print("{:<8}{:<10}{:>8}{:>8}{:>11}  {}\n", "chain", "kind", "latest", "safe",
                   "finalized", "hash of the latest block");
        std::string rollups;
        for (const auto chain : chains.json()) {
            fmt::print("{:<8}{:<10}{:>8}{:>8}{:>11}  {}{}\n",
                       simdjson::minify(simdjson::dom::element{chain["chainId"]}),
                       std::string_view{chain["kind"]}, block(chain, "latest"),
                       block(chain, "safe"), block(chain, "finalized"),
                       std::string_view{chain["latest"]["hash"]},
                       bool{chain["patched"]} ? "  patched" : "");
            if (std::string_view{chain["kind"]} == "rollup") rollups += on_l1(chain);
        }
        fmt::print("\n{:<8}on L1\n{}", "rollup", rollups);
        return 0;
    };
}

}  // namespace

const cli::Command chains_command{
    "chains", "list the chains of a running devnet, with who owns rollups and what waits for them",
    declare_chains};

}  // namespace scope::app

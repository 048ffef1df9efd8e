#include "demo.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>

#include "demo/attacks.hpp"
#include "demo/run_scope.hpp"
#include "rollup/follower.hpp"

namespace scope::app {

namespace {

using namespace demo;

struct Options {
    bool json = false;
    std::string tamper;
    std::string data = "blobs";
    std::vector<std::string> only;
};

template <typename Items, typename Name>
std::string names(const Items& items, Name name) {
    return std::accumulate(items.begin(), items.end(), std::string{},
                           [&](std::string all, const auto& item) {
                               if (!all.empty()) all += ", ";
                               return all + std::string{item.*name};
                           });
}

/// Lines of a name and what it is, for the help.
template <typename Items, typename Name>
std::string table(const Items& items, Name name, Name what) {
    std::string lines;
    for (const auto& item : items) lines += fmt::format("  {:<27} {}\n", item.*name, item.*what);
    return lines;
}

/// The stories to run; all if none is named.
std::vector<const Story*> chosen_stories(const Options& options) {
    std::vector<const Story*> chosen;
    for (const auto& name : options.only)
        if (std::ranges::find(stories(), name, &Story::name) == stories().end())
            throw cli::UsageError{fmt::format("--only: there is no story '{}'; there are {}", name,
                                              names(stories(), &Story::name))};
    for (const auto& story : stories())
        if (options.only.empty() ||
            std::ranges::find(options.only, story.name) != options.only.end())
            chosen.push_back(&story);
    return chosen;
}

std::vector<const Attack*> chosen_attacks(const Options& options) {
    std::vector<const Attack*> chosen;
    if (!options.tamper.empty()) {
        const auto* const attack = find_attack(options.tamper);
        if (!attack)
            throw cli::UsageError{fmt::format("--tamper: there is no attack '{}'; there are {}",
                                              options.tamper, names(attacks(), &Attack::kind))};
        if (!options.only.empty())
            throw cli::UsageError{"--tamper attacks the bundle of all stories: leave out --only"};
        return {attack};
    }
    if (options.only.empty())
        for (const auto& attack : attacks()) chosen.push_back(&attack);
    return chosen;
}

/// One run; what is known is printed as it becomes known, unless it is to be one JSON document.
class Demonstration {
  public:
    explicit Demonstration(const Options& options)
        : stories_(chosen_stories(options)),
          attacks_(chosen_attacks(options)),
          is_json_(options.json),
          together_only_(!options.tamper.empty()),
          together_(options.only.empty()),
          colour_(isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr ? Colour::yes
                                                                                   : Colour::no),
          data_availability_(options.data == "blobs" ? builder::DataAvailability::blobs
                                                     : builder::DataAvailability::calldata) {}

    int run() {
        const StopWatch watch;
        World world{Artifacts::locate(), data_availability_, progress_};
        report_.set_up_ms = watch.ms();
        print([&] { return describe_world(world, colour_); });

        if (!together_only_) {
            for (const auto* const story : stories_) {
                progress_.say(fmt::format("story '{}': one root, one scope", story->name));
                tell(world,
                     run_scope(world, std::string{story->name}, std::array{story}, report_.checks));
            }
        }
        if (together_) run_together(world);
        follow(world);
        check_conservation(world);
        report_.total_ms = progress_.elapsed_ms();
        print([&] { return describe_end(report_, colour_); });
        if (is_json_) fmt::print("{}", to_json(report_, world));
        return report_.checks.failed() == 0 ? 0 : cli::kFailed;
    }

  private:
    template <typename Text>
    void print(Text text) const {
        if (is_json_) return;
        fmt::print("{}", text());
        std::fflush(stdout);
    }

    void tell(const World& world, ScopeReport scope) {
        print([&] { return describe_scope(scope, world, colour_); });
        report_.scopes.push_back(std::move(scope));
    }

    /// All stories in one scope; its bundle is attacked before it settles, and once after.
    void run_together(World& world) {
        progress_.say("all stories as roots of one scope");
        std::optional<builder::Bundle> bundle;
        auto scope =
            run_scope(world, "all", stories_, report_.checks, [&](const builder::Bundle& made) {
                bundle = made;
                attack(world, made, Attack::When::before_settling);
            });
        const bool settled = scope.settled;
        tell(world, std::move(scope));
        if (settled) attack(world, *bundle, Attack::When::after_settling);
        if (report_.attacks.size() != attacks_.size())
            report_.checks.expect(false, "there was a bundle to attack");
        print([&] { return describe_attacks(report_.attacks, colour_); });
    }

    void attack(World& world, const builder::Bundle& bundle, Attack::When when) {
        const StopWatch watch;
        for (const auto* const attack : attacks_) {
            if (attack->when != when) continue;
            progress_.say(fmt::format("attack '{}'", attack->kind));
            auto report = run_attack(world, *attack, bundle);
            report_.checks.expect(report.as_expected(),
                                  fmt::format("attack {}: reverts with {}; got {}", attack->kind,
                                              attack->expected, report.reason));
            report_.attacks.push_back(std::move(report));
        }
        report_.attacks_ms += watch.ms();
    }

    /// From nothing but L1's blocks and blobs, and what the rollups are.
    void follow(World& world) {
        progress_.say("a follower derives both rollups from L1");
        const StopWatch watch;
        const auto node = world.devnet().make_follower();
        auto& report = report_.follower;
        report.ran = true;
        const auto batches = node->follow();
        if (batches)
            report.batches = batches->batches;
        else
            report.failure = to_string(batches.error());
        for (const ChainId chain_id : {A, B}) {
            const auto head = world.chain(chain_id).head();
            report.chains.push_back(
                {.chain_id = chain_id,
                 .number = head->header().number,
                 .head_hash = head->hash,
                 .follower_hash = node->follower().rollup(chain_id)->chain.head()->hash});
            if (const auto stopped = node->follower().head(chain_id).stopped)
                report.failure = to_string(*stopped);
            report_.checks.expect(
                report.chains.back().head_hash == report.chains.back().follower_hash,
                fmt::format("the follower arrived at the head of {}",
                            chain_name(uint256{chain_id})));
        }
        report_.checks.expect(report.failure.empty(),
                              "the follower went through: " + report.failure);
        report_.follow_ms = watch.ms();
    }

    /// Checks that L1 holds what exists on rollups.
    void check_conservation(const World& world) {
        const auto& sites = world.sites();
        for (const ChainId chain_id : {A, B}) {
            const auto name = chain_name(uint256{chain_id});
            report_.checks.expect(
                world.number(L1, sites.settlement,
                             abi::call("escrowOf(uint256)", uint256{chain_id})) ==
                    world.ether_on(chain_id) + world.ether_burnt_on(chain_id),
                fmt::format("L1's escrow for {} is the ETH that exists there, and its base fees",
                            name));
            const auto& on = sites.rollups.at(chain_id);
            const std::array tokens{std::pair{sites.usd, on.usd}, std::pair{sites.gold, on.gold}};
            for (const auto& [home, bridged] : tokens)
                report_.checks.expect(
                    world.number(L1, sites.bridge,
                                 abi::call("locked(address,uint256)", home, uint256{chain_id})) ==
                        world.number(chain_id, bridged, abi::call("totalSupply()")),
                    fmt::format("L1's bridge has locked the {} that exist on {}",
                                world.label(uint256{L1}, home), name));
        }
    }

    std::vector<const Story*> stories_;
    std::vector<const Attack*> attacks_;
    bool is_json_;
    bool together_only_;
    bool together_;
    Colour colour_;
    builder::DataAvailability data_availability_;
    Progress progress_;
    Report report_;
};

cli::Run declare(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    app.footer(fmt::format(
        "Starts an L1 (Ethereum's Osaka rules) and two rollups in this process, with real blocks,\n"
        "receipts and state roots, deploys SCOPE, a token bridge and Uniswap V2 on them, and runs\n"
        "five stories in which contracts of one chain call contracts of another one inside a "
        "single\n"
        "transaction. Each story is settled by one L1 transaction; then all five together by one.\n"
        "Then it attacks its own bundle, and derives both rollups from L1 alone.\n"
        "\n"
        "Prints a report; progress goes to standard error. Exit code 0: every check held; 1: one "
        "did\n"
        "not; 2: wrong arguments.\n"
        "\n"
        "Stories:\n{}"
        "\n"
        "Attacks:\n{}"
        "\n"
        "The JSON document is described in docs/formats/demo-json.md.",
        table(stories(), &Story::name, &Story::title),
        table(attacks(), &Attack::kind, &Attack::what)));
    app.add_flag("--json", options->json,
                 "Print one JSON document instead of the report, and nothing else");
    app.add_option("--tamper", options->tamper,
                   "Run only this attack, on the bundle of all stories")
        ->type_name("KIND");
    app.add_option("--data", options->data, "Where batches are published: blobs or calldata")
        ->check(CLI::IsMember({"blobs", "calldata"}))
        ->type_name("PLACE")
        ->capture_default_str();
    app.add_option("--only", options->only,
                   "Run only this story, in a scope of its own, without attacks; may be repeated")
        ->type_name("STORY")
        ->take_all();
    return [options] { return Demonstration{*options}.run(); };
}

}  // namespace

const cli::Command demo_command{
    "demo", "Run the demonstration: chains, cross-chain stories, attacks, a follower", declare};

}  // namespace scope::app

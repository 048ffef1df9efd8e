#include "demo.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>

#include "demo/attacks.hpp"
#include "demo/rpc_demo_l1.hpp"
#include "demo/run_scope.hpp"
#include "keys/read_key.hpp"
#include "rollup/follower.hpp"

namespace scope::app {

namespace {

using namespace demo;

struct Options {
    bool json = false;
    std::string tamper;
    std::string data = "blobs";
    bool data_is_given = false;
    std::vector<std::string> only;
    std::string l1;      ///< URL; empty: an L1 in this process
    std::string beacon;  ///< URL; empty: none
    std::string key;
    std::string password;
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
    if (options.only.empty() && options.l1.empty())
        for (const auto& attack : attacks()) chosen.push_back(&attack);
    return chosen;
}

net::HttpUrl parse_url(std::string_view option, const std::string& text) {
    auto url = net::parse_http_url(text);
    if (!url) throw cli::UsageError{fmt::format("{}: {}", option, url.error())};
    return std::move(*url);
}

/// The L1 that is named, asked what it is; or one in this process.
std::unique_ptr<DemoL1> chosen_l1(const Options& options, const Progress& progress) {
    if (options.l1.empty()) {
        for (const auto& [name, value] :
             {std::pair{"--beacon", options.beacon}, std::pair{"--key", options.key},
              std::pair{"--password", options.password}})
            if (!value.empty())
                throw cli::UsageError{fmt::format("{} belongs to --l1, which is missing", name)};
        return make_own_l1();
    }
    if (!options.tamper.empty())
        throw cli::UsageError{
            "--tamper: attacks are not run on another's L1; leave out --tamper, or --l1"};
    if (options.key.empty())
        throw cli::UsageError{
            "--l1 needs --key: an account there with ETH, as file:PATH, env:NAME or "
            "http(s)://HOST:PORT#ADDRESS"};
    RpcDemoOptions rpc{.url = parse_url("--l1", options.l1), .beacon = {}, .funder = {}};
    if (!options.beacon.empty()) rpc.beacon = parse_url("--beacon", options.beacon);
    auto key = keys::read_key(options.key, options.password);
    if (!key) throw cli::UsageError{"--key: " + key.error()};
    rpc.funder = std::move(*key);
    return make_rpc_l1(std::move(rpc), progress);
}

/// Blobs, where followers find them, unless something else is asked for.
builder::DataAvailability chosen_data(const Options& options, const DemoL1& l1) {
    using enum builder::DataAvailability;
    if (options.data != "blobs") return calldata;
    const auto why_not = l1.why_no_blobs();
    if (why_not.empty()) return blobs;
    if (options.data_is_given) throw cli::UsageError{"--data blobs: " + why_not};
    return calldata;
}

/// One run; what is known is printed as it becomes known, unless it is to be one JSON document.
class Demonstration {
  public:
    explicit Demonstration(const Options& options)
        : stories_(chosen_stories(options)),
          attacks_(chosen_attacks(options)),
          l1_(chosen_l1(options, progress_)),
          is_json_(options.json),
          together_only_(!options.tamper.empty()),
          together_(options.only.empty()),
          colour_(isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr ? Colour::yes
                                                                                   : Colour::no),
          data_availability_(chosen_data(options, *l1_)) {}

    int run() {
        const StopWatch watch;
        std::optional<World> made;
        try {
            made.emplace(l1_, Artifacts::locate(), data_availability_, progress_);
            report_.set_up_ms = watch.ms();
            print([&] { return describe_world(*made, colour_); });
            run(*made);
        } catch (...) {
            take_back();
            throw;
        }
        take_back();
        const World& world = *made;
        report_.total_ms = progress_.elapsed_ms();
        print([&] { return describe_end(report_, world, colour_); });
        if (is_json_) fmt::print("{}", to_json(report_, world));
        return report_.checks.failed() == 0 ? 0 : cli::kFailed;
    }

  private:
    /// Returns the money of an L1 that is another's, as far as it is left.
    void take_back() const {
        try {
            l1_->take_back();
        } catch (const std::exception& error) {
            progress_.say(fmt::format("not all money went back: {}", error.what()));
        }
    }

    void run(World& world) {
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
    }

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
        print([&] { return describe_attacks(report_.attacks, world, colour_); });
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
                fmt::format("the follower arrived at the head of {}", world.chain_name(chain_id)));
        }
        report_.checks.expect(report.failure.empty(),
                              "the follower went through: " + report.failure);
        report_.follow_ms = watch.ms();
    }

    /// Checks that L1 holds what exists on rollups.
    void check_conservation(const World& world) {
        const auto& sites = world.sites();
        for (const ChainId chain_id : {A, B}) {
            const auto name = world.chain_name(chain_id);
            report_.checks.expect(
                world.number(world.l1_id(), sites.settlement,
                             abi::call("escrowOf(uint256)", uint256{chain_id})) ==
                    world.ether_on(chain_id) + world.ether_burnt_on(chain_id),
                fmt::format("L1's escrow for {} is the ETH that exists there, and its base fees",
                            name));
            const auto& on = sites.rollups.at(chain_id);
            const std::array tokens{std::pair{sites.usd, on.usd}, std::pair{sites.gold, on.gold}};
            for (const auto& [home, bridged] : tokens)
                report_.checks.expect(
                    world.number(world.l1_id(), sites.bridge,
                                 abi::call("locked(address,uint256)", home, uint256{chain_id})) ==
                        world.number(chain_id, bridged, abi::call("totalSupply()")),
                    fmt::format("L1's bridge has locked the {} that exist on {}",
                                world.label(uint256{world.l1_id()}, home), name));
        }
    }

    Progress progress_;
    std::vector<const Story*> stories_;
    std::vector<const Attack*> attacks_;
    std::shared_ptr<DemoL1> l1_;
    bool is_json_;
    bool together_only_;
    bool together_;
    Colour colour_;
    builder::DataAvailability data_availability_;
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
        "With --l1 it does the same on an L1 that is another's (anvil, geth, any chain by Osaka's\n"
        "rules), but for the attacks. The account of --key pays: what exists on the rollups, 3.95 "
        "ETH,\n"
        "and 2 ETH of bonds stay there; gas comes beside. Nobody else knows the keys of the\n"
        "stories' people. Without --beacon, and on anvil, batches are "
        "calldata.\n"
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
    const auto* const data =
        app.add_option("--data", options->data, "Where batches are published: blobs or calldata")
            ->check(CLI::IsMember({"blobs", "calldata"}))
            ->type_name("PLACE")
            ->capture_default_str();
    app.add_option("--only", options->only,
                   "Run only this story, in a scope of its own, without attacks; may be repeated")
        ->type_name("STORY")
        ->take_all();
    app.add_option("--l1", options->l1, "JSON-RPC of an L1 to run on, instead of one of its own")
        ->type_name("URL");
    app.add_option("--beacon", options->beacon, "Beacon REST API of that L1, for blobs")
        ->type_name("URL");
    app.add_option("--key", options->key,
                   "An account with ETH on that L1: file:PATH (a keystore), env:NAME (hex), or "
                   "http(s)://HOST:PORT#ADDRESS (a web3signer)")
        ->type_name("KEY");
    app.add_option("--password", options->password, "The keystore's: env:NAME or file:PATH")
        ->type_name("PLACE");
    return [options, data] {
        options->data_is_given = data->count() > 0;
        return Demonstration{*options}.run();
    };
}

}  // namespace

const cli::Command demo_command{
    "demo", "Run the demonstration: chains, cross-chain stories, attacks, a follower", declare};

}  // namespace scope::app

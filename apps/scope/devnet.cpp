#include "devnet.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <optional>

#include "cli/clock.hpp"
#include "cli/signals.hpp"
#include "devnet/live_network.hpp"
#include "devnet_app/banner.hpp"
#include "devnet_app/event_log.hpp"
#include "devnet_app/genesis_options.hpp"
#include "devnet_app/solidity.hpp"
#include "devnet_app/state_file.hpp"
#include "devnet_app/state_folder.hpp"
#include "net/server.hpp"
#include "rpc/no_open_root.hpp"
#include "rpc/openrpc.hpp"
#include "rpc/service.hpp"

namespace scope::app {

namespace {

using namespace devnet_app;
namespace chrono = std::chrono;

/// Time in which a root may be proved by all members, for they run on this machine too.
constexpr chrono::milliseconds PROOF_TIMEOUT{60'000};
/// Between two looks of the network at its clock, while nothing waits for it.
constexpr chrono::milliseconds IDLE_TICK{100};

/// Returns the file to load at the start; nullopt: none.
std::optional<std::filesystem::path> file_to_load(const Options& options) {
    if (!options.load_state.empty()) return state_file(options.load_state);
    if (options.state.empty() || is_state_folder(options.state) ||
        !std::filesystem::exists(state_file(options.state)))
        return std::nullopt;
    return state_file(options.state);
}

builder::BuilderOptions builder_options(const Options& options,
                                        const devnet::LiveGenesis& genesis) {
    return {.submitter = crypto::local_signer(genesis.submitter.key),
            .data_availability = options.data == "blobs" ? builder::DataAvailability::blobs
                                                         : builder::DataAvailability::calldata,
            .price = {.margin_percent = options.margin_percent}};
}

devnet::LiveOptions live_options(const Options& options, const devnet::LiveGenesis& genesis,
                                 const devnet::LiveGenesisOptions& genesis_options,
                                 const std::vector<devnet::WalletAccount>& wallet) {
    devnet::LiveOptions live{
        .devnet = {.builder = builder_options(options, genesis),
                   .members = {},
                   .committee = {.threshold = genesis.threshold, .timeout = PROOF_TIMEOUT},
                   .databases = {}},
        .coinbase = genesis.proposer.address,
        .accounts = {},
        .contracts = genesis.contracts,
        .automine = !options.no_mining && (!options.block_time_s || options.mixed_mining),
        .interval_ms = static_cast<uint64_t>(options.block_time_s.value_or(0) * 1000),
        .pool = {.order = options.order == "fifo" ? pool::Order::fifo : pool::Order::fees},
        .clock_ms = cli::now_ms};
    for (const auto& member : genesis.members) live.devnet.members.push_back(member.key);
    for (const auto& account : wallet) live.accounts.push_back({account.address, account.key});
    if (is_state_folder(options.state))
        live.devnet.databases = open_databases({.folder = options.state,
                                                .archive = options.archive,
                                                .cache_bytes = options.state_cache_mib << 20},
                                               genesis_options);
    return live;
}

std::shared_ptr<spdlog::logger> make_logger(const Options& options) {
    if (options.silent)
        return std::make_shared<spdlog::logger>("devnet",
                                                std::make_shared<spdlog::sinks::null_sink_st>());
    const bool colour = options.color == "always" ||
                        (options.color == "auto" && !options.json && isatty(STDOUT_FILENO) != 0 &&
                         std::getenv("NO_COLOR") == nullptr);
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stdout_sink_mt>(
        colour ? spdlog::color_mode::always : spdlog::color_mode::never);
    auto logger = std::make_shared<spdlog::logger>("devnet", std::move(sink));
    logger->set_pattern(options.json ? "%v" : "%H:%M:%S  %^%v%$");
    logger->flush_on(spdlog::level::info);
    return logger;
}

/// The running network, and the threads that it runs on.
class Run {
  public:
    /// @param genesis  What was made before; nullopt: the options say it.
    /// @param state    A dump to load; empty: none.
    Run(Options options, std::optional<devnet::LiveGenesisOptions> genesis, BytesView state)
        : options_(std::move(options)),
          artifacts_(devnet::Artifacts::locate()),
          wallet_(wallet_of(options_)),
          genesis_options_(genesis ? std::move(*genesis)
                                   : devnet_app::genesis_options(options_, cli::now_ms() / 1000)),
          genesis_(devnet::make_live_genesis(artifacts_, genesis_options_)),
          network_(genesis_.l1_spec, genesis_.l1, genesis_.network,
                   live_options(options_, genesis_, genesis_options_, wallet_)),
          service_(network_),
          log_(make_logger(options_), artifacts_, genesis_.contracts,
               {.form = options_.json ? EventLog::Form::json : EventLog::Form::text,
                .with_trees = options_.verbosity > 0,
                .l1 = genesis_.l1_spec.chain_id,
                .is_on = [this] { return network_.is_logging(); },
                .no_open_root =
                    [this](ChainId chain_id, const chain::StoredBlockPtr& block) {
                        return rpc::find_no_open_root(network_, chain_id, block);
                    }}) {
        service_.set_document(rpc::open_rpc(service_.method_table()));
        if (!state.empty()) load(state);
        network_.listen(&log_);
    }

    int run(const cli::Signals& signals) {
        // What ends a task ends the process, with its reason: a disk that is full, for one.
        std::exception_ptr failure;
        net::Worker worker{[&failure](std::exception_ptr exception) {
            if (failure == nullptr) failure = std::move(exception);
            cli::Signals::end();
        }};
        net::Server server{server_of_chains(), worker, service_};
        announce(listen(server));
        worker.post([&] { tick(worker); });
        while (!signals.wait(dump_interval())) on(worker, [this] { dump_or_say_why_not(); });
        server.stop();
        on(worker, [this, &failure] {
            if (failure != nullptr) std::rethrow_exception(failure);
            dump();
        });
        worker.stop();
        return 0;
    }

  private:
    [[nodiscard]] net::ServerOptions server_of_chains() const {
        net::ServerOptions server = server_options(options_);
        for (const auto name : service_.methods()) server.methods.emplace_back(name);
        return server;
    }

    /// Listens for every chain, L1 first.
    std::vector<Started::Port> listen(net::Server& server) {
        std::vector<Started::Port> ports;
        for (const ChainId chain_id : network_.chains()) {
            uint64_t port = options_.port;
            if (port != 0 && !ports.empty()) port += ROLLUP_PORTS + ports.size() - 1;
            try {
                ports.push_back({chain_id, server.listen(static_cast<uint16_t>(port), chain_id)});
            } catch (const net::ListenError& error) {
                throw std::runtime_error{
                    fmt::format("no port for {}: {}; --port N takes others, --port 0 free ones",
                                ports.empty() ? "L1" : "rollup " + to_decimal(uint256{chain_id}),
                                error.what())};
            }
        }
        return ports;
    }

    void announce(std::vector<Started::Port> ports) const {
        const Started started{.options = options_,
                              .wallet = wallet_,
                              .contracts = genesis_.contracts,
                              .timestamp_s = genesis_options_.timestamp_s,
                              .ports = std::move(ports)};
        const auto configured = configuration(started);
        if (!options_.config_out.empty()) write_file(options_.config_out, configured);
        if (options_.silent) return;
        fmt::print("{}", options_.json ? configured + "\n" : banner(started));
        std::fflush(stdout);
    }

    /// Does what is due, and has itself called when something is due next.
    void tick(net::Worker& worker) {
        network_.tick();
        const auto wait = network_.ms_to_next_tick();
        worker.post_after(wait ? std::min(chrono::milliseconds{*wait}, IDLE_TICK) : IDLE_TICK,
                          [this, &worker] { tick(worker); });
    }

    /// Runs something on the worker, and waits for it; what it throws is thrown here.
    static void on(net::Worker& worker, std::function<void()> work) {
        std::packaged_task<void()> task{std::move(work)};
        auto done = task.get_future();
        worker.post([&task] { task(); });
        done.get();
    }

    // ---- state

    [[nodiscard]] std::optional<chrono::seconds> dump_interval() const {
        if (!options_.state_interval_s) return std::nullopt;
        return chrono::seconds{*options_.state_interval_s};
    }

    void load(BytesView state) {
        const auto loaded = network_.controls()->load(state);
        if (!loaded)
            throw std::runtime_error{
                fmt::format("{}: {}", file_to_load(options_)->string(), loaded.error().message)};
        network_.finish();
    }

    /// Goes on without a dump that can't be written: the next one may.
    void dump_or_say_why_not() {
        try {
            dump();
        } catch (const std::exception& error) {
            cli::print_error(fmt::format("scope: {}\n", error.what()));
        }
    }
    void dump() {
        const bool has_file = !options_.state.empty() && !is_state_folder(options_.state);
        const auto& file = has_file ? options_.state : options_.dump_state;
        if (!file.empty())
            write_state(state_file(file), {genesis_options_, network_.controls()->dump()});
    }

    Options options_;
    devnet::Artifacts artifacts_;
    std::vector<devnet::WalletAccount> wallet_;
    devnet::LiveGenesisOptions genesis_options_;
    devnet::LiveGenesis genesis_;
    devnet::LiveNetwork network_;
    rpc::Service service_;
    EventLog log_;
};

cli::Run declare_devnet(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    declare(command, *options);
    return [options] {
        complete(*options);
        const cli::Signals signals;
        std::optional<devnet::LiveGenesisOptions> genesis;
        Bytes state;
        if (is_state_folder(options->state)) {
            genesis = genesis_in(options->state);
        } else if (const auto file = file_to_load(*options)) {
            auto saved = read_state(*file);
            genesis = std::move(saved.genesis);
            state = std::move(saved.state);
        }
        if (genesis) take_over(*options, *genesis);
        if (!options->solidity.empty()) write_solidity(options->solidity);
        return Run{*options, std::move(genesis), state}.run(signals);
    };
}

}  // namespace

const cli::Command devnet_command{
    "devnet", "start an L1 and rollups that wallets and tools use as they use anvil",
    declare_devnet};

}  // namespace scope::app

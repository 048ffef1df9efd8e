// ./scope bench large_state: a chain in a database with many accounts, made in bounded memory, and blocks of 1,000
// transfers between accounts at random on it: how long opening and the blocks take, and how much memory.
//
//     scope bench large_state --folder FOLDER --accounts 10000000    # makes it, once, and runs blocks
//     scope bench large_state --folder FOLDER --blocks 300           # opens it again
//
// bench/README.md has the figures.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/transfer_chain.hpp"
#include "crypto/keccak.hpp"

namespace scope::bench {

namespace {

struct Options {
    std::filesystem::path folder;
    size_t accounts = 100'000;
    size_t among = 0;
    size_t blocks = 100;
    size_t cache_mib = 64;
    size_t state_mib = 64;
};

double now_ms(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

/// Returns the process's anonymous memory: what no file has.
size_t anonymous_bytes() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) << 10;
    throw std::runtime_error("/proc/self/status has no RssAnon");
}

/// The most anonymous memory that the process has had, looked at each 5 ms.
class MemoryPeak {
  public:
    MemoryPeak()
        : thread_([this](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  peak_ = std::max<size_t>(peak_, anonymous_bytes());
                  std::this_thread::sleep_for(std::chrono::milliseconds{5});
              }
          }) {}
    [[nodiscard]] double mib() const { return static_cast<double>(peak_.load()) / (1 << 20); }

  private:
    std::atomic<size_t> peak_ = 0;
    std::jthread thread_;
};

/// The numbers of accounts by the first bits of the hash of their address: so those of one part lie
/// in one part of the state trie.
class Parts {
  public:
    explicit Parts(size_t accounts) : parts_(size_t{1} << BITS) {
        for (size_t i = 0; i < accounts; ++i) {
            const Hash hash = crypto::keccak256(account_address(i));
            parts_[size_t{hash[0]} << (BITS - 8) | hash[1] >> (16 - BITS)].push_back(
                static_cast<uint32_t>(i));
        }
    }
    [[nodiscard]] const std::vector<std::vector<uint32_t>>& all() const noexcept { return parts_; }

  private:
    static constexpr size_t BITS = 10;
    std::vector<std::vector<uint32_t>> parts_;
};

/// Puts blocks whose states have more and more accounts, one part of the state trie each. They are
/// no valid blocks: nothing gave the accounts what they have.
void create(store::Database& database, size_t accounts) {
    store::Staging staging{database};
    store::StoredChain chain{staging, TransferChain::ID, {.state_bytes = size_t{16} << 20}};
    const auto genesis = genesis_of_accounts(0);
    const auto spec = chain::ChainSpec::of(evm::Revision::osaka, TransferChain::ID);
    std::shared_ptr<const state::WorldState> state =
        std::make_shared<state::MemoryState>(genesis.alloc);
    BlockHeader header = chain::genesis_header(spec, genesis, state->state_root());
    const auto put = [&] {
        auto block = std::make_shared<chain::StoredBlock>();
        block->block.header = header;
        block->block.withdrawals.emplace();
        block->hash = hash(header);
        chain.put_block(block, state);
        chain.set_head(block->hash);
        staging.commit();
        state = chain.state(block->hash);
        header.parent_hash = block->hash;
        ++header.number;
        header.timestamp_s += 12;
    };
    put();
    const Parts parts{accounts};
    for (const auto& part : parts.all()) {
        state::StateDiff diff;
        for (const uint32_t i : part) {
            auto& change = diff.accounts.emplace_back();
            change.address = account_address(i);
            change.account = rich_account();
        }
        if (part.empty()) continue;
        state = state->after(diff);
        header.state_root = state->state_root();
        put();
    }
}

void print(std::string_view what, std::vector<double> samples_ms) {
    std::ranges::sort(samples_ms);
    const auto at = [&](double part) {
        return samples_ms[static_cast<size_t>(part * static_cast<double>(samples_ms.size() - 1))];
    };
    fmt::print("{:<40} median {:.1f} ms, 10 % {:.1f}, 90 % {:.1f}, most {:.1f}\n", what, at(0.5),
               at(0.1), at(0.9), at(1));
}

void run(const Options& options) {
    const store::DiskOptions disk{.folder = options.folder, .cache_bytes = options.cache_mib << 20};
    if (!std::filesystem::exists(options.folder)) {
        const MemoryPeak peak;
        const double start_ms = now_ms(CLOCK_MONOTONIC);
        create(*store::open_disk_database(disk), options.accounts);
        fmt::print("made {} accounts in {:.1f} s, within {:.0f} MiB of anonymous memory\n",
                   options.accounts, (now_ms(CLOCK_MONOTONIC) - start_ms) / 1e3, peak.mib());
    }
    const MemoryPeak peak;
    const double start_ms = now_ms(CLOCK_MONOTONIC);
    TransferChain chain{genesis_of_accounts(0),
                        store::open_disk_database(disk),
                        {.state_bytes = options.state_mib << 20}};
    fmt::print("opened in {:.1f} ms\n", now_ms(CLOCK_MONOTONIC) - start_ms);
    std::vector<double> wall_ms;
    std::vector<double> thread_ms;
    std::vector<double> process_ms;
    for (size_t i = 0; i < options.blocks; ++i) {
        chain.prepare(options.among != 0 ? options.among : options.accounts);
        const double wall = now_ms(CLOCK_MONOTONIC);
        const double thread = now_ms(CLOCK_THREAD_CPUTIME_ID);
        const double process = now_ms(CLOCK_PROCESS_CPUTIME_ID);
        chain.advance();
        wall_ms.push_back(now_ms(CLOCK_MONOTONIC) - wall);
        thread_ms.push_back(now_ms(CLOCK_THREAD_CPUTIME_ID) - thread);
        process_ms.push_back(now_ms(CLOCK_PROCESS_CPUTIME_ID) - process);
    }
    fmt::print("first block {:.1f} ms\n", wall_ms.front());
    print("block, CPU of the importing thread", thread_ms);
    print("block, CPU of all threads", process_ms);
    print("block, wall time", wall_ms);
    fmt::print("anonymous memory: at the end {:.0f} MiB, at most {:.0f} MiB\n",
               static_cast<double>(anonymous_bytes()) / (1 << 20), peak.mib());
}

}  // namespace

}  // namespace scope::bench

int main(int argc, char** argv) {
    scope::bench::Options options;
    CLI::App app{"Measures blocks of 1,000 transfers on a chain in a database with many accounts."};
    app.add_option("--folder", options.folder,
                   "the database; made if it isn't there (default: a temporary one)");
    app.add_option("--accounts", options.accounts, "accounts that it has")
        ->check(CLI::Range(1u, 1u << 31));
    app.add_option("--among", options.among, "transfers are among so many of them (default: all)");
    app.add_option("--blocks", options.blocks, "blocks to run")->check(CLI::PositiveNumber);
    app.add_option("--cache-mib", options.cache_mib, "memory for rows (DiskOptions::cache_bytes)");
    app.add_option("--state-mib", options.state_mib,
                   "memory for the state's nodes (StoredChainOptions::state_bytes)");
    CLI11_PARSE(app, argc, argv);
    try {
        const scope::bench::TemporaryFolder temporary;
        if (options.folder.empty()) options.folder = temporary.path() / "database";
        scope::bench::run(options);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "large_state_bench: {}\n", error.what());
        return 1;
    }
}

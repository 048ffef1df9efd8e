#include "t8n.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <system_error>

#include "base/hex.hpp"
#include "interchange/network.hpp"
#include "interchange/trace_printer.hpp"
#include "output.hpp"

namespace scope::t8n {

namespace {

namespace fs = std::filesystem;
using json::Json;

struct Options {
    std::string alloc = "alloc.json";
    std::string env = "env.json";
    std::string txs = "txs.json";
    std::string blob_parameters;
    std::string output_folder = ".";
    std::string output_alloc = "alloc.json";
    std::string output_result = "result.json";
    std::string output_body;
    std::string fork = "Osaka";
    uint64_t chain_id = 1;
    int64_t reward = 0;
    bool trace = false;
    bool trace_memory = false;
    bool trace_return_data = false;
    bool trace_no_stack = false;
    bool ignored = false;
    std::string ignored_verbosity;
};

/// One input: a JSON document that lives as long as this.
class Input {
  public:
    /// @param where  "stdin", or a file.
    /// @param keys   Names of its part in standard input: the first that is there counts; and its
    ///               name in messages.
    Input(const std::string& where, std::initializer_list<const char*> keys,
          const std::string& standard_input)
        : where_(where), name_(*keys.begin()), document_(read(where, standard_input)) {
        json_ = document_.root();
        if (where != "stdin") return;
        const auto* const key = std::ranges::find_if(keys, [&](const char* name) {
            return json::optional_field(document_.root(), name).has_value();
        });
        if (key == keys.end()) throw json::FormatError{where_, name_ + " is missing"};
        name_ = *key;
        json_ = json::field(document_.root(), name_);
    }

    /// Returns the result of @p read on it; errors name the input.
    template <typename Read>
    auto get(Read read_value) const {
        try {
            return json::within(name_, [&] { return read_value(json_); });
        } catch (const json::FormatError& error) {
            throw json::FormatError{where_, error.what()};
        }
    }

  private:
    static json::Document read(const std::string& where, const std::string& standard_input) {
        const std::string text = where == "stdin" ? standard_input : json::read_file(where);
        try {
            return json::Document{text};
        } catch (const json::FormatError& error) {
            throw json::FormatError{where, error.what()};
        }
    }

    std::string where_;
    std::string name_;
    json::Document document_;
    Json json_;
};

/// Writes what is asked for: to files, and to standard output and error one JSON object each.
class Outputs {
  public:
    explicit Outputs(fs::path folder) : folder_(std::move(folder)) {
        fs::create_directories(folder_);
    }

    using Write = void (*)(json::JsonWriter& json, const Transition& transition);
    void add(const std::string& where, const char* key, Write write, const Transition& transition) {
        if (where.empty()) return;
        if (where == "stdout" || where == "stderr") {
            Stream& stream = where == "stdout" ? out_ : err_;
            if (!stream.is_used) stream.json.begin_object();
            stream.is_used = true;
            stream.json.key(key);
            write(stream.json, transition);
            return;
        }
        json::JsonWriter json;
        write(json, transition);
        const fs::path path = folder_ / where;
        std::ofstream file{path, std::ios::binary};
        if (!(file << json.finish()).flush())
            throw std::runtime_error{fmt::format("{}: can't write it", path.string())};
    }
    void finish() {
        for (auto [stream, file] : {std::pair{&out_, stdout}, std::pair{&err_, stderr}}) {
            if (!stream->is_used) continue;
            stream->json.end_object();
            if (std::fputs(stream->json.finish().c_str(), file) < 0 || std::fflush(file) != 0)
                throw std::runtime_error{file == stdout ? "standard output: can't write all of it"
                                                        : "standard error: can't write all of it"};
        }
    }

  private:
    struct Stream {
        json::JsonWriter json;
        bool is_used = false;
    };
    fs::path folder_;
    Stream out_;
    Stream err_;
};

/// A file for each transaction of the block: trace-<index>-<hash>.jsonl. What is not kept is
/// removed: of transactions that were refused, and all if the run fails.
class TraceFiles {
  public:
    TraceFiles(fs::path folder, interchange::TracePrinter::Fields fields)
        : folder_(std::move(folder)), fields_(fields) {}
    TraceFiles(const TraceFiles&) = delete;
    TraceFiles& operator=(const TraceFiles&) = delete;
    ~TraceFiles() {
        drop();
        std::error_code ignored;
        for (const fs::path& path : written_) fs::remove(path, ignored);
    }

    evm::Tracer* begin(size_t index, const Transaction& tx) {
        drop();
        path_ = folder_ / fmt::format("trace-{}-{}.jsonl", index, to_hex(hash(tx)));
        file_.reset(std::fopen(path_.c_str(), "w"));
        if (!file_) fail();
        printer_.emplace(file_.get(), fields_);
        return &*printer_;
    }
    void end(const execution::Outcome& outcome) {
        printer_->print_outcome(outcome.output, outcome.gas_used);
        const bool is_whole = std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0;
        if (!is_whole) fail();
        file_.reset();
        written_.push_back(path_);
    }
    /// The run succeeded: what was written stays.
    void keep() {
        drop();
        written_.clear();
    }

  private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };

    /// The last one was refused: there is nothing to keep of it.
    void drop() {
        if (!file_) return;
        file_.reset();
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    [[noreturn]] void fail() const {
        throw std::runtime_error{fmt::format("{}: can't write it", path_.string())};
    }

    fs::path folder_;
    interchange::TracePrinter::Fields fields_;
    fs::path path_;
    std::unique_ptr<std::FILE, Close> file_;
    std::optional<interchange::TracePrinter> printer_;
    std::vector<fs::path> written_;
};

/// Forks that other transition tools know by another name, and those that changed nothing but the
/// difficulty bomb: their rules, and whether the difficulty must be given because of that.
struct OtherName {
    std::string_view name;
    const char* fork;
    bool is_bomb_delay;
};
constexpr std::array OTHER_NAMES{
    OtherName{"TangerineWhistle", "EIP150", false},
    OtherName{"SpuriousDragon", "EIP158", false},
    OtherName{"Petersburg", "ConstantinopleFix", false},
    OtherName{"MuirGlacier", "Istanbul", true},
    OtherName{"ArrowGlacier", "London", true},
    OtherName{"GrayGlacier", "London", true},
};

const OtherName* other_name(std::string_view fork) {
    const auto* const found = std::ranges::find(OTHER_NAMES, fork, &OtherName::name);
    return found == OTHER_NAMES.end() ? nullptr : found;
}

chain::ChainSpec read_spec(const Options& options, const std::string& standard_input) {
    std::optional<Input> parameters;
    if (!options.blob_parameters.empty())
        parameters.emplace(options.blob_parameters,
                           std::initializer_list<const char*>{"blobParams"}, standard_input);
    const OtherName* const other = other_name(options.fork);
    const ChainId chain_id{options.chain_id};
    auto spec = interchange::network_spec(other != nullptr ? other->fork : options.fork, chain_id);
    if (!spec && parameters && options.fork.starts_with("BPO"))
        spec = interchange::network_spec("Osaka", chain_id);
    if (!spec)
        throw cli::UsageError{fmt::format(
            "--state.fork {}: no such fork, or its blob parameters must be given", options.fork)};
    if (parameters) spec->blob_schedule = {{0, parameters->get(json::blob_parameters)}};
    return *spec;
}

std::string read_standard_input(const Options& options) {
    const auto inputs = {options.alloc, options.env, options.txs, options.blob_parameters};
    if (std::ranges::find(inputs, "stdin") == inputs.end()) return {};
    std::ostringstream content;
    content << std::cin.rdbuf();
    return content.str();
}

/// No balance can leave its 256 bits if all of them together, with what the block adds, do not.
void check_balances(const state::GenesisAlloc& alloc, const Env& env, const Reward& reward) {
    uint256 sum;
    const auto add = [&](const uint256& amount) {
        if (sum + amount < sum)
            throw json::FormatError{"balance",
                                    "all together, with the block's withdrawals and "
                                    "rewards, are above 2^256 - 1"};
        sum += amount;
    };
    for (const auto& [address, account] : alloc) add(account.balance);
    for (const Withdrawal& withdrawal : env.withdrawals.value_or(std::vector<Withdrawal>{}))
        add(uint256{withdrawal.amount_gwei} * uint256{1'000'000'000u});
    for (size_t i = 0; i < 1 + 2 * env.ommers.size(); ++i) add(reward.value_or(uint256{}));
}

/// Two outputs in one file would leave one.
void check_outputs(const Options& options) {
    std::set<fs::path> files;
    for (const std::string& where :
         {options.output_alloc, options.output_result, options.output_body})
        if (!where.empty() && where != "stdout" && where != "stderr" &&
            !files.insert(fs::path{where}.lexically_normal()).second)
            throw cli::UsageError{fmt::format("--output: {} is named twice", where)};
}

int run(const Options& options) {
    check_outputs(options);
    const std::string standard_input = read_standard_input(options);
    const chain::ChainSpec spec = read_spec(options, standard_input);
    const Input alloc_input{options.alloc, {"alloc"}, standard_input};
    const Input env_input{options.env, {"env"}, standard_input};
    const Input txs{options.txs, {"txs", "txsRlp"}, standard_input};

    if (const OtherName* const other = other_name(options.fork);
        other != nullptr && other->is_bomb_delay)
        env_input.get([&](Json env) {
            if (!json::optional_field(env, "currentDifficulty"))
                throw json::FormatError{"currentDifficulty",
                                        fmt::format("missing for {}", other->name)};
        });
    const Env env = env_input.get([&](Json json) { return read_env(json, spec); });
    Reward reward;
    if (options.reward >= 0) reward = uint256{static_cast<uint64_t>(options.reward)};
    const state::MemoryState pre{alloc_input.get([&](Json json) {
        auto alloc = json::alloc(json);
        check_balances(alloc, env, reward);
        return alloc;
    })};
    const bool protect =
        spec.rules_at(env.header.number, env.header.timestamp_s).has_replay_protection;
    const auto transactions = txs.get(
        [&](Json json) { return read_transactions(json, ChainId{options.chain_id}, protect); });

    Outputs outputs{options.output_folder};
    TraceFiles traces{options.output_folder,
                      {.stack = !options.trace_no_stack,
                       .memory = options.trace_memory,
                       .return_data = options.trace_return_data}};
    Watch watch;
    if (options.trace) {
        watch.begin = [&](size_t index, const Transaction& tx) { return traces.begin(index, tx); };
        watch.end = [&](const execution::Outcome& outcome) { traces.end(outcome); };
    }
    const auto transition = run_transition(spec, env, pre, transactions, reward, watch);
    outputs.add(options.output_alloc, "alloc", write_alloc, transition);
    outputs.add(options.output_result, "result", write_result, transition);
    outputs.add(options.output_body, "body", write_body, transition);
    outputs.finish();
    traces.keep();
    return 0;
}

cli::Run declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    const auto input = [&](const char* name, std::string& value, const char* what) {
        app.add_option(name, value, fmt::format("{}: a file, or stdin", what))
            ->capture_default_str();
    };
    input("--input.alloc", options->alloc, "The state before: address -> balance, nonce, ...");
    input("--input.env", options->env, "The block: currentCoinbase, currentNumber, ...");
    input("--input.txs", options->txs, "Transactions: JSON objects, or a string with RLP");
    app.add_option("--input.blobParams", options->blob_parameters,
                   "target, max and baseFeeUpdateFraction, if not the fork's: a file, or stdin");
    app.add_option("--output.basedir", options->output_folder,
                   "Where files are written; made if it is not there")
        ->capture_default_str();
    const auto output = [&](const char* name, std::string& value, const char* what) {
        app.add_option(name, value, fmt::format("{}: a file, stdout or stderr", what))
            ->capture_default_str();
    };
    output("--output.alloc", options->output_alloc, "The state after");
    output("--output.result", options->output_result, "Roots, receipts, rejected transactions");
    output("--output.body", options->output_body, "The block's transactions as RLP, if asked for");
    app.add_option("--state.fork", options->fork,
                   "Fork, named as in the official tests, or TangerineWhistle, SpuriousDragon,\n"
                   "Petersburg, MuirGlacier, ArrowGlacier, GrayGlacier")
        ->capture_default_str();
    app.add_option("--state.chainid", options->chain_id, "Chain id")
        ->capture_default_str()
        ->check(cli::numbers_from(0));
    app.add_option("--state.reward", options->reward,
                   "Wei for the coinbase before Paris; -1: don't even touch it")
        ->check(cli::numbers(-1, INT64_MAX))
        ->capture_default_str();
    app.add_flag("--trace", options->trace,
                 "trace-<index>-<transaction hash>.jsonl for each transaction (EIP-3155)");
    app.add_flag("--trace.memory", options->trace_memory, "Memory in the trace");
    app.add_flag("--trace.returndata", options->trace_return_data, "Return data in the trace");
    app.add_flag("--trace.nostack", options->trace_no_stack, "No stack in the trace");
    app.add_flag("--trace.nomemory,--trace.noreturndata", options->ignored, "As it is anyway");
    app.add_option("--verbosity", options->ignored_verbosity, "Taken for others' sake: nothing");
    app.footer(
        "Without --output.alloc and --output.result the state after is alloc.json and the result\n"
        "result.json in --output.basedir, the current folder if that is not given: files of those\n"
        "names there are overwritten, inputs too.\n"
        "Whatever is \"stdin\" is a member (alloc, env, txs or txsRlp, blobParams) of one JSON "
        "object there;\n"
        "whatever is \"stdout\" becomes a member of one there. A transaction that can't stand in "
        "the\n"
        "block is listed in the result's `rejected` with the reason; the others are executed.\n"
        "Exit code: 0 done, 1 an input is missing or malformed, 2 wrong usage.");
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command t8n_command{
    "t8n", "Executes transactions on a given state (the transition tool of other clients)",
    declare};

}  // namespace scope::t8n

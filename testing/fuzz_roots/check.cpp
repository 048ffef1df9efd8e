#include "fuzz_roots/check.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "base/hex.hpp"
#include "builder/own_stack.hpp"
#include "fuzz_roots/landing.hpp"

namespace scope::fuzz_roots {

namespace {

/// The stack on which a root is added, as most programs' main threads have it.
constexpr size_t STACK_SIZE = size_t{8} << 20;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr uint64_t SANITIZER_FACTOR = 10;
#else
constexpr uint64_t SANITIZER_FACTOR = 1;
#endif
#else
constexpr uint64_t SANITIZER_FACTOR = 1;
#endif
/// The most that adding one program's roots may take of memory, beyond what was taken before.
constexpr uint64_t MAX_GROWTH_KIB = (uint64_t{1} << 20) * SANITIZER_FACTOR;

/// The highest gas limit of a request (protocol.md, section 14), and the most calls for which a
/// builder serves a root: each counts for 12,000 of 2^28 gas.
constexpr uint64_t MAX_GAS_LIMIT = uint64_t{1} << 24;
constexpr size_t MAX_CALLS = (size_t{1} << 28) / 12'000;

uint64_t peak_memory_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<uint64_t>(usage.ru_maxrss);
}

std::optional<std::string> broken_bound(const std::vector<builder::CallTree>& calls, size_t nested,
                                        const protocol::Request* around) {
    for (const auto& call : calls) {
        const auto& request = call.request;
        const auto told = [&](std::string_view rule) {
            return fmt::format("{}: {} of chain {} to {} of chain {}", rule, to_hex(request.from),
                               to_decimal(request.source_chain_id), to_hex(request.to),
                               to_decimal(request.target_chain_id));
        };
        if (nested > protocol::MAX_DEPTH) return told("more calls nested than there may be");
        if (request.depth.is_zero() || request.depth > uint256{nested}) return told("depth");
        if (request.variant >= uint256{protocol::MAX_VARIANTS}) return told("variant");
        if (request.data.size() > protocol::MAX_DATA_BYTES) return told("bytes of data");
        if (call.output.size() > protocol::MAX_DATA_BYTES) return told("bytes of the answer");
        const bool is_below = around != nullptr && request.depth == around->depth + uint256{1u};
        if (request.gas_limit > (is_below ? around->gas_limit : uint256{MAX_GAS_LIMIT}))
            return told("gas limit");
        if (auto inside = broken_bound(call.calls, nested + 1, &request)) return inside;
    }
    return std::nullopt;
}

void count(const std::vector<builder::CallTree>& calls, size_t nested, Statistics& statistics) {
    for (const auto& call : calls) {
        ++statistics.calls;
        statistics.failed_calls += !call.success;
        const bool is_static = protocol::is_static(call.request);
        statistics.static_calls += is_static;
        statistics.undone_calls += !is_static && !call.kept;
        statistics.variants += !call.request.variant.is_zero();
        statistics.deepest = std::max<uint64_t>(statistics.deepest, nested);
        count(call.calls, nested + 1, statistics);
    }
}

/// A scope as a program's roots fill it.
class Filling {
  public:
    Filling(World& world, const Program& program, Statistics& statistics)
        : world_(world), program_(program), statistics_(statistics), scope_(world.open(program)) {}

    [[nodiscard]] builder::ScopeBuilder& scope() noexcept { return scope_; }
    [[nodiscard]] bool is_empty() const noexcept { return taken_.empty(); }

    /// Adds all roots. Returns what is wrong with how that went.
    std::optional<std::string> fill() {
        for (const auto& plan : program_.roots)
            if (auto wrong = add(plan)) return wrong;
        return has_refused_ ? trace_of_refused() : std::nullopt;
    }

    /// Has the scope touch a rollup, if none of its roots does.
    std::optional<std::string> touch_a_rollup() {
        const bool touches = std::ranges::any_of(scope_.roots(), [](const auto& root) {
            return root.context.root_chain_id != uint256{chain_id_of(0)} ||
                   std::ranges::any_of(root.plan, [](const auto& section) {
                       return section.first != chain_id_of(0);
                   });
        });
        if (touches || has_ordinary_) return std::nullopt;
        const auto added =
            scope_.add_transaction(chain_id_of(1), world_.make_ordinary(program_, counted_));
        if (added) return std::nullopt;
        return fmt::format("a transfer was refused: {}", added.error().reason);
    }

  private:
    /// Adds a root, or a transaction that is none.
    static Result<void, builder::Refusal> put(builder::ScopeBuilder& scope,
                                              const builder::Root& root) {
        if (is_ordinary(scope, root)) {
            const auto& [chain_id, transaction] = std::get<builder::L2Root>(root);
            if (auto added = scope.add_transaction(chain_id, transaction); !added)
                return std::unexpected{std::move(added.error())};
            return {};
        }
        if (auto added = scope.add(root); !added) return std::unexpected{std::move(added.error())};
        return {};
    }
    static bool is_ordinary(builder::ScopeBuilder& scope, const builder::Root& root) {
        const auto* const on_rollup = std::get_if<builder::L2Root>(&root);
        return on_rollup && scope.is_ordinary(on_rollup->chain_id, on_rollup->transaction);
    }

    std::optional<std::string> add(const RootPlan& plan) {
        auto made = world_.make_root(program_, plan, counted_, outcome_for(plan), index_for(plan));
        const bool is_root = !is_ordinary(scope_, made.root);
        const size_t before = scope_.roots().size();
        const auto put_there = put(scope_, made.root);
        if (scope_.roots().size() != before + size_t{is_root && put_there})
            return "the scope has another number of roots than it accepted";
        if (!put_there) return refused(put_there.error());
        taken_.push_back(made.root);
        counted_ = std::move(made.counted);
        if (is_root) return taken(made.root, scope_.roots().back());
        has_ordinary_ = true;
        ++statistics_.ordinary;
        return std::nullopt;
    }

    std::optional<std::string> taken(const builder::Root& root, const builder::RootResult& result) {
        ++statistics_.accepted;
        statistics_.failed += !result.success;
        count(result.calls, 1, statistics_);
        statistics_.most_calls =
            std::max<uint64_t>(statistics_.most_calls, builder::count_calls(result.calls));
        for (const auto field : result.environment)
            ++statistics_.declared[static_cast<size_t>(field)];
        return fuzz_roots::broken_bound(root, result);
    }

    std::optional<std::string> refused(const builder::Refusal& refusal) {
        has_refused_ = true;
        ++statistics_.refused[static_cast<size_t>(refusal.rule)];
        if (refusal.reason.empty())
            return fmt::format("refused as {} without a reason", builder::to_string(refusal.rule));
        return std::nullopt;
    }

    /// Compares with a scope of the same roots but for those that were refused.
    std::optional<std::string> trace_of_refused() {
        auto without = world_.open(program_);
        for (const auto& root : taken_)
            if (!put(without, root)) return "a refused root had another one accepted";
        const auto same = [](const builder::RootResult& a, const builder::RootResult& b) {
            return a.context == b.context && a.success == b.success && a.output == b.output &&
                   a.gas_used == b.gas_used && a.plan == b.plan && a.environment == b.environment;
        };
        if (!std::ranges::equal(scope_.roots(), without.roots(), same))
            return "a refused root left a trace";
        return std::nullopt;
    }

    std::optional<uint64_t> index_for(const RootPlan& plan) const {
        const auto* const operation = std::get_if<OperationPlan>(&plan);
        if (!operation ||
            (operation->index_gap == 0 && operation->outcome == OperationPlan::Outcome::any))
            return std::nullopt;
        const uint64_t next =
            scope_.roots().empty() ? 0 : uint64_t{scope_.roots().back().context.root_index} + 1;
        return next + operation->index_gap;
    }

    /// Returns the outcome that an operation signs, as its user would find it out: in a scope of the
    /// same roots.
    Hash outcome_for(const RootPlan& plan) const {
        const auto* const operation = std::get_if<OperationPlan>(&plan);
        if (!operation || operation->outcome == OperationPlan::Outcome::any) return {};
        if (operation->outcome == OperationPlan::Outcome::other) return Hash{{1}};
        auto trial = world_.open(program_);
        for (const auto& root : taken_) CHECK(put(trial, root).has_value());
        const auto result =
            trial.add(world_.make_root(program_, plan, counted_, {}, index_for(plan)).root);
        return result ? result->outcome : Hash{};
    }

    World& world_;
    const Program& program_;
    Statistics& statistics_;
    builder::ScopeBuilder scope_;
    std::vector<builder::Root> taken_;  // ordinary transactions among them
    bool has_refused_ = false;
    Counted counted_;
    bool has_ordinary_ = false;
};

}  // namespace

std::optional<std::string> broken_bound(const builder::Root& root,
                                        const builder::RootResult& result) {
    const auto* const on_rollup = std::get_if<builder::L2Root>(&root);
    const auto limit =
        on_rollup ? on_rollup->transaction.gas_limit
                  : protocol::operation_gas(std::get<builder::L1Root>(root).operation.operation);
    if (!limit || result.gas_used > *limit)
        return fmt::format("it used {} gas, its limit is {}", result.gas_used, limit.value_or(0));
    if (builder::count_calls(result.calls) > MAX_CALLS) return "more calls than may be served";
    size_t fills = 0;
    size_t records = 0;
    for (const auto& [chain_id, section] : result.plan) {
        fills += section.fills.size();
        records += section.records.size();
    }
    if (fills != records) return fmt::format("{} fills for {} records", fills, records);
    return broken_bound(result.calls, 1, nullptr);
}

std::optional<std::string> Checker::check(World& world, const Program& program,
                                          Statistics& statistics) const {
    const uint64_t memory_before = peak_memory_kib();
    Filling filling{world, program, statistics};
    std::optional<std::string> wrong;
    builder::on_own_stack(STACK_SIZE, [&] { wrong = filling.fill(); });
    if (wrong) return wrong;
    const uint64_t growth = peak_memory_kib() - memory_before;
    if (growth > MAX_GROWTH_KIB) return fmt::format("adding its roots took {} KiB", growth);
    if (property_ == Property::add || filling.is_empty()) return std::nullopt;

    if (auto failed = filling.touch_a_rollup()) return failed;
    const auto bundle = world.node().seal(filling.scope());
    if (!bundle) return "accepted, but not sealed: " + to_string(bundle.error());
    if (!bundle->dissents.empty()) return "a member of the committee did not sign";
    Random random{program.seed * 131 + program.index};
    return land(world, program, *bundle, random, statistics);
}

void Checker::run(uint64_t first, uint64_t count, Statistics& statistics,
                  const Watch& watch) const {
    std::vector<Program> programs;
    for (uint64_t i = 0; i < count; ++i) programs.push_back(make_program(base_, seed_, first + i));
    std::unique_ptr<World> world;
    for (size_t i = 0; i < programs.size(); ++i) {
        const auto& program = programs[i];
        if (!world) world = std::make_unique<World>(base_, std::span{programs}.subspan(i));
        if (watch.begin) watch.begin(program.index);
        const auto begin = std::chrono::steady_clock::now();
        std::optional<std::string> wrong;
        try {
            wrong = check(*world, program, statistics);
        } catch (const std::exception& error) {
            wrong = fmt::format("threw: {}", error.what());
        }
        const auto took = std::chrono::steady_clock::now() - begin;
        statistics.note_time(
            program.index,
            static_cast<uint64_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
        ++statistics.programs;
        if (!wrong) continue;
        world.reset();
        watch.found({program.index, std::move(*wrong)});
    }
    statistics.peak_kib = std::max(statistics.peak_kib, peak_memory_kib());
    if (!world || property_ == Property::add) return;
    // One that begins at the genesis and has nothing but L1.
    const auto fresh = world->devnet().make_follower();
    std::optional<std::string> wrong;
    if (const auto followed = fresh->follow(); !followed) wrong = to_string(followed.error());
    for (size_t chain = 1; chain < world->chains() && !wrong; ++chain) {
        const ChainId id = chain_id_of(chain);
        if (fresh->follower().rollup(id)->chain.head()->hash !=
            world->devnet().chain(id).head()->hash)
            wrong = fmt::format("rollup {} has another head", id);
    }
    if (wrong)
        watch.found({programs.back().index, "a follower that begins at the genesis: " + *wrong});
}

}  // namespace scope::fuzz_roots

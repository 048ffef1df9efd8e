#include "fuzz_roots/campaign.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <list>
#include <new>
#include <system_error>
#include <thread>

namespace scope::fuzz_roots {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// The time that a program may take, on a busy machine with sanitizers.
constexpr auto MOST_TIME = 300s;
constexpr auto PAUSE = 5ms;

/// A child's report while it runs: in memory that both have.
struct Told {
    std::atomic<uint64_t> program{UINT64_MAX};  ///< that it is at
    std::atomic<uint64_t> begun{0};             ///< how many it began
    std::atomic<bool> done{false};
    Statistics statistics;  ///< of programs that it is through with, but for its peak memory
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

/// Memory that a child shares.
class Shared {
  public:
    Shared() {
        void* const memory =
            mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) fail("mmap");
        told_ = new (memory) Told;
    }
    ~Shared() { munmap(told_, sizeof(Told)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    Told& operator*() const noexcept { return *told_; }
    Told* operator->() const noexcept { return told_; }

  private:
    Told* told_;
};

/// Programs that follow one another.
struct Range {
    uint64_t first = 0;
    uint64_t count = 0;
};

/// A process that checks a range.
class Child {
  public:
    Child(const BaseChains& base, const CampaignOptions& options, Range range)
        : range_(range), findings_(std::tmpfile()) {
        if (findings_ == nullptr) fail("tmpfile");
        std::fflush(nullptr);
        pid_ = fork();
        if (pid_ < 0) fail("fork");
        if (pid_ == 0) work(base, options);
    }
    ~Child() { std::fclose(findings_); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Returns whether it has ended. Ends it if a program takes too long.
    bool has_ended() {
        if (waitpid(pid_, &status_, WNOHANG) == pid_) return true;
        const uint64_t begun = told_->begun;
        if (begun != seen_) {
            seen_ = begun;
            since_ = Clock::now();
        }
        if (Clock::now() - since_ < MOST_TIME) return false;
        is_late_ = true;
        kill(pid_, SIGKILL);
        waitpid(pid_, &status_, 0);
        return true;
    }

    [[nodiscard]] const Statistics& statistics() const noexcept { return told_->statistics; }

    /// Tells what was found. REQUIRES: it has ended.
    /// @return  What is left of its range.
    Range finish(const std::function<void(const Finding&)>& found) {
        tell_findings(found);
        if (told_->done && WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
        const uint64_t at = told_->program;
        if (at == UINT64_MAX) {
            found({range_.first, "its process " + how_it_ended() + " before it began"});
            return {};
        }
        found({at, "its process " + how_it_ended()});
        return {at + 1, range_.first + range_.count - at - 1};
    }

  private:
    [[noreturn]] void work(const BaseChains& base, const CampaignOptions& options) {
        const Checker checker{base, options.property, options.seed};
        const Checker::Watch watch{.begin =
                                       [&](uint64_t program) {
                                           told_->program = program;
                                           ++told_->begun;
                                       },
                                   .found = [&](const Finding& finding) { write(finding); }};
        int code = 0;
        try {
            checker.run(range_.first, range_.count, told_->statistics, watch);
            told_->done = true;
        } catch (const std::exception& error) {
            std::fprintf(stderr, "fuzz roots: %s\n", error.what());
            code = 1;
        }
        _exit(code);  // what the parent has open is the parent's
    }

    void write(const Finding& finding) const {
        const uint64_t size = finding.what.size();
        std::fwrite(&finding.program, sizeof finding.program, 1, findings_);
        std::fwrite(&size, sizeof size, 1, findings_);
        std::fwrite(finding.what.data(), 1, size, findings_);
        std::fflush(findings_);
    }

    void tell_findings(const std::function<void(const Finding&)>& found) const {
        std::rewind(findings_);
        Finding finding;
        uint64_t size = 0;
        while (std::fread(&finding.program, sizeof finding.program, 1, findings_) == 1 &&
               std::fread(&size, sizeof size, 1, findings_) == 1) {
            finding.what.resize(size);
            if (std::fread(finding.what.data(), 1, size, findings_) != size) return;
            found(finding);
        }
    }

    [[nodiscard]] std::string how_it_ended() const {
        if (is_late_) return fmt::format("did not end within {} s", MOST_TIME.count());
        if (WIFSIGNALED(status_))
            return fmt::format("was ended by signal {} ({})", WTERMSIG(status_),
                               strsignal(WTERMSIG(status_)));
        return fmt::format("exited with code {}", WEXITSTATUS(status_));
    }

    Range range_;
    Shared told_;
    std::FILE* findings_;
    pid_t pid_ = -1;
    int status_ = 0;
    bool is_late_ = false;
    uint64_t seen_ = 0;
    Clock::time_point since_ = Clock::now();
};

/// Splits where groups do.
std::deque<Range> ranges_of(const CampaignOptions& options) {
    std::deque<Range> ranges;
    const uint64_t end = options.first + options.runs;
    for (uint64_t at = options.first; at < end;) {
        const uint64_t next = std::min(end, (at / GROUP + 1) * GROUP);
        ranges.push_back({at, next - at});
        at = next;
    }
    return ranges;
}

}  // namespace

Statistics run_campaign(const BaseChains& base, const CampaignOptions& options,
                        const std::function<void(const Finding&)>& found,
                        const std::function<void(const Statistics&)>& progress) {
    auto ranges = ranges_of(options);
    std::list<Child> children;
    Statistics sum;
    while (!ranges.empty() || !children.empty()) {
        while (!ranges.empty() && children.size() < options.jobs) {
            children.emplace_back(base, options, ranges.front());
            ranges.pop_front();
        }
        bool has_any_ended = false;
        for (auto child = children.begin(); child != children.end();) {
            if (!child->has_ended()) {
                ++child;
                continue;
            }
            has_any_ended = true;
            sum += child->statistics();
            if (const auto rest = child->finish(found); rest.count != 0) ranges.push_front(rest);
            child = children.erase(child);
        }
        if (!has_any_ended)
            std::this_thread::sleep_for(PAUSE);
        else if (progress)
            progress(sum);
    }
    return sum;
}

std::string to_string(const Statistics& statistics) {
    std::string text = fmt::format(
        "{} programs: {} roots accepted, {} of these failed by themselves, {} ordinary "
        "transactions\n",
        statistics.programs, statistics.accepted, statistics.failed, statistics.ordinary);
    text += fmt::format(
        "scoped calls: {}, {} failed, {} rolled back, {} static, {} by another variant; {} deep, "
        "{} "
        "in one root\n",
        statistics.calls, statistics.failed_calls, statistics.undone_calls, statistics.static_calls,
        statistics.variants, statistics.deepest, statistics.most_calls);
    text += "roots refused:";
    for (size_t i = 0; i < statistics.refused.size(); ++i)
        if (statistics.refused[i] != 0)
            text += fmt::format(" {} {},", statistics.refused[i],
                                builder::to_string(static_cast<builder::RefusalRule>(i)));
    text.back() = '\n';
    if (statistics.landings != 0) {
        constexpr std::array<const char*, FIELD_COUNT> NAMES{
            "parent hash", "number",   "timestamp",     "prevrandao", "coinbase",
            "gas limit",   "base fee", "blob base fee", "gas price"};
        text += fmt::format("{} scopes settled, in {} blocks, {} of them late; looked at by roots:",
                            statistics.scopes, statistics.landings, statistics.late_landings);
        for (size_t i = 0; i < statistics.declared.size(); ++i)
            text += fmt::format(" {} {},", statistics.declared[i], NAMES[i]);
        text.back() = '\n';
    }
    text +=
        fmt::format("slowest: program {}, {} ms; memory of a process: {} MiB\n",
                    statistics.slowest_program, statistics.slowest_ms, statistics.peak_kib / 1024);
    return text;
}

}  // namespace scope::fuzz_roots

#include "deploy_app/deployment.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

#include "base/hex.hpp"

namespace scope::deploy_app {

namespace {

using Clock = std::chrono::steady_clock;
using Rule = l1::AccountError::Rule;

/// How often all steps are looked at again before it is given up: L1 is reorganised without end.
constexpr int MAX_ROUNDS = 5;

class Deployment {
  public:
    Deployment(std::span<const Step> steps, const L1Reader& reader, l1::L1Account& account,
               const DeploymentOptions& options)
        : steps_(steps), reader_(reader), account_(account), options_(options) {}

    bool run() {
        for (int round = 0; round < MAX_ROUNDS; ++round) {
            bool is_as_before = true;
            for (size_t i = 0; i < steps_.size(); ++i) {
                if (is_done(steps_[i])) {
                    if (round == 0) tell(i, "is there");
                    continue;
                }
                if (sent_ == options_.max_steps) return false;
                is_as_before = false;
                send(i);
            }
            if (is_as_before) return true;
        }
        throw std::runtime_error{"L1's reorganisations take back what was done again and again"};
    }

  private:
    void tell(size_t index, std::string_view how) const {
        options_.tell(
            fmt::format("{}/{} {}: {}", index + 1, steps_.size(), steps_[index].what, how));
    }
    /// Tells why it waits, once; ends it after the timeout.
    void wait(const std::string& why, Clock::time_point since) {
        if (Clock::now() - since > options_.timeout)
            throw std::runtime_error{
                fmt::format("not done within {} s{}{}; the same command goes on from here",
                            options_.timeout.count(), why.empty() ? "" : ": ", why)};
        if (!why.empty() && why != worry_) options_.worry(why);
        worry_ = why;
        std::this_thread::sleep_for(options_.poll);
    }

    bool is_done(const Step& step) {
        for (const auto since = Clock::now();;) {
            try {
                return step.is_done(reader_);
            } catch (const L1Away& away) {
                wait(away.what(), since);
            }
        }
    }

    uint64_t next_nonce() {
        for (const auto since = Clock::now();;) {
            if (const auto nonces = account_.nonces())
                return nonces->latest;
            else
                wait(to_string(nonces.error()), since);
        }
    }

    void send(size_t index) {
        const auto& step = steps_[index];
        ++sent_;
        for (int attempt = 0; attempt < MAX_ROUNDS; ++attempt) {
            auto call = step.call();
            const bool has_nonce = call.nonce.has_value();
            // What an ended run has sent may wait in the pool: it is replaced, not done twice.
            if (!has_nonce) call.nonce = next_nonce();
            if (finish(index, std::move(call))) return;
            if (has_nonce)
                throw std::runtime_error{fmt::format(
                    "{}: the deployer has sent something else meanwhile, so nothing of the plan "
                    "comes where it should; without its file a new one begins",
                    step.what)};
        }
        throw std::runtime_error{
            fmt::format("{}: the deployer sends something else again and again", step.what)};
    }

    /// Sends a call until its step is done; returns false if another transaction has its nonce.
    bool finish(size_t index, l1::L1Call call) {
        const auto& step = steps_[index];
        const auto since = Clock::now();
        account_.begin(std::move(call));
        for (;;) {
            const auto progress = account_.step();
            if (!progress && progress.error().rule != Rule::l1) {
                account_.give_up();
                // What was sent before this run began may have done it just now.
                if (is_done(step)) {
                    tell(index, "is there");
                    return true;
                }
                if (progress.error().rule == Rule::nonce_is_used) return false;
                throw std::runtime_error{
                    fmt::format("{}: {}", step.what, to_string(progress.error()))};
            }
            if (progress && progress->stage == l1::AccountProgress::Stage::done) {
                note(index, *progress);
                return true;
            }
            wait(progress ? progress->trouble : progress.error().reason, since);
        }
    }

    void note(size_t index, const l1::AccountProgress& progress) {
        const auto& place = *progress.place;
        const auto number = place.block->header().number;
        if (!l1::receipt_at(place).success)
            throw std::runtime_error{fmt::format("{}: it failed in L1 block {}, transaction {}",
                                                 steps_[index].what, number,
                                                 to_hex(progress.transaction))};
        const auto& receipts = place.block->receipts;
        const uint64_t before =
            place.index == 0 ? 0 : receipts[place.index - 1].cumulative_gas_used;
        tell(index, fmt::format("L1 block {}, {} gas", number,
                                receipts[place.index].cumulative_gas_used - before));
    }

    std::span<const Step> steps_;
    const L1Reader& reader_;
    l1::L1Account& account_;
    const DeploymentOptions& options_;
    uint64_t sent_ = 0;
    std::string worry_;
};

}  // namespace

bool deploy(std::span<const Step> steps, const L1Reader& reader, l1::L1Account& account,
            const DeploymentOptions& options) {
    return Deployment{steps, reader, account, options}.run();
}

}  // namespace scope::deploy_app

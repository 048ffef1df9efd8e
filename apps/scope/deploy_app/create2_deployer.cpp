#include "deploy_app/create2_deployer.hpp"

#include <fmt/format.h>

#include <string_view>
#include <thread>

#include "base/hex.hpp"
#include "devnet/published.hpp"

namespace scope::deploy_app {

namespace {

using Clock = std::chrono::steady_clock;
using Rule = l1::SendError::Rule;

constexpr const Address& CREATOR = devnet::DETERMINISTIC_DEPLOYER_CREATOR;

/// Brings it to L1.
class Putting {
  public:
    Putting(const L1Reader& l1, l1::L1Account& account, l1::L1Sender& sender,
            const DeploymentOptions& options)
        : l1_(l1), account_(account), sender_(sender), options_(options) {}

    /// Returns the transactions that were sent; nullopt: it ended at max_steps.
    std::optional<uint64_t> run() {
        for (const auto since = Clock::now(); Clock::now() - since < options_.timeout;) {
            try {
                if (is_over()) return sent_;
            } catch (const L1Away& away) {
                options_.worry(away.what());
            }
            if (is_at_limit_) return std::nullopt;
            std::this_thread::sleep_for(options_.poll);
        }
        tell("in no block yet, and it goes on without");
        return sent_;
    }

  private:
    void tell(std::string_view how) const {
        options_.tell(fmt::format("the deterministic deployer {}: {}",
                                  to_hex(devnet::DETERMINISTIC_DEPLOYER), how));
    }
    /// Does what is due; returns whether the contract is there, or never will be.
    bool is_over() {
        // First, for a block may come between the two questions.
        const bool is_spent = l1_.nonce(CREATOR) > 0;
        if (!l1_.code(devnet::DETERMINISTIC_DEPLOYER).empty()) {
            if (sent_ > 0) tell("is there now");
            return true;
        }
        const auto without = [&](const std::string& why) {
            tell(fmt::format("it goes on without: {}", why));
            return true;
        };
        if (is_spent) return without("the one transaction that makes it has failed on this L1");
        if (l1_.base_fee() > creation_.max_fee_per_gas)
            return without("the one transaction that makes it pays less than L1's base fee");
        // Before it is paid for: a client that takes none of its kind says so at once.
        if (!is_offered_ && options_.max_steps <= sent_) {
            is_at_limit_ = true;
            return false;
        }
        const auto offered = sender_.send(creation_, {});
        if (offered) {
            if (!is_offered_) ++sent_;
            is_offered_ = true;
            return false;
        }
        if (offered.error().rule == Rule::unreachable) throw L1Away{offered.error().reason};
        if (offered.error().rule != Rule::insufficient)
            return without(fmt::format("L1's client takes no transaction without a chain id ({})",
                                       to_string(offered.error())));
        pay();
        return false;
    }

    void pay() {
        const uint256 cost = uint256{creation_.gas_limit} * creation_.max_fee_per_gas;
        const Step step{.what = "paying for the deterministic deployer",
                        .is_done = [&](const L1Reader& l1) { return l1.balance(CREATOR) >= cost; },
                        .call =
                            [&] {
                                const uint256 has = l1_.balance(CREATOR);
                                return l1::L1Call{.to = CREATOR,
                                                  .value = has < cost ? cost - has : uint256{},
                                                  .data = {}};
                            },
                        .value = cost};
        if (step.is_done(l1_)) return;  // the client looks at another block
        auto options = options_;
        options.max_steps -= sent_;
        (void)deploy({&step, 1}, l1_, account_, options);
        ++sent_;
    }

    const Transaction creation_ = devnet::deterministic_deployer_transaction();
    const L1Reader& l1_;
    l1::L1Account& account_;
    l1::L1Sender& sender_;
    const DeploymentOptions& options_;
    uint64_t sent_ = 0;
    bool is_offered_ = false;
    bool is_at_limit_ = false;
};

}  // namespace

std::optional<uint64_t> put_create2_deployer(const L1Reader& l1, l1::L1Account& account,
                                             l1::L1Sender& sender,
                                             const DeploymentOptions& options) {
    return Putting{l1, account, sender, options}.run();
}

}  // namespace scope::deploy_app

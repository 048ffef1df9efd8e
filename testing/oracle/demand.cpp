#include "oracle/demand.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace scope::oracle {

namespace {

/// The gas that frames may take more than on one chain: accounts and slots that are cold.
constexpr int64_t COLD = 15'000;
/// ScopedCallable's part of a call, at most: at its source, at its target, and loading it there.
constexpr int64_t ASK = 250'000;
constexpr int64_t SERVE = 250'000;
constexpr int64_t LOAD = 150'000;
/// An alias asks with so much at a root's own level, else with half the gas of its request's frame.
constexpr int64_t ALIAS_GAS_LIMIT = 2'000'000;

constexpr int64_t SYSTEM_GAS = 27'000'000;
constexpr int64_t L1_GAS = 9'500'000;

class Demand {
  public:
    explicit Demand(const Frame& root) : root_(root) { set_limits(root, 0); }

    bool fits() {
        const bool on_l1 = root_.chain == 0;
        const auto limit = static_cast<int64_t>(on_l1 ? OPERATION_GAS : ROOT_GAS);
        if (!spend(root_, limit - limit / 32)) return false;
        std::set<size_t> chains;
        collect_chains(root_, chains);
        chains.erase(root_.chain);
        for (const size_t chain : chains) {
            std::vector<const Frame*> inbound;
            collect(root_, chain, inbound);
            int64_t spent = 0;
            for (const auto* frame : inbound) {
                const auto cost = spend(*frame, limits_.at(frame));
                if (!cost) return false;
                spent += LOAD + SERVE + *cost;
            }
            if (spent > (chain == 0 ? L1_GAS : SYSTEM_GAS)) return false;
        }
        return true;
    }

  private:
    /// @param enclosing  Gas limit of the request around; 0 at the root's own level.
    void set_limits(const Frame& frame, int64_t enclosing) {
        for (const auto& below : frame.frames) {
            const bool remote = below.chain != frame.chain;
            auto limit = static_cast<int64_t>(below.input.gas_limit);
            if (remote && below.input.through_alias)
                limit = enclosing == 0 ? ALIAS_GAS_LIMIT : enclosing / 2;
            limits_[&below] = limit;
            set_limits(below, remote ? limit : enclosing);
        }
    }

    static void collect_chains(const Frame& frame, std::set<size_t>& chains) {
        chains.insert(frame.chain);
        for (const auto& below : frame.frames) collect_chains(below, chains);
    }

    /// The outermost frames of a chain below a frame of another one.
    static void collect(const Frame& frame, size_t chain, std::vector<const Frame*>& found) {
        for (const auto& below : frame.frames)
            below.chain == chain ? found.push_back(&below) : collect(below, chain, found);
    }

    /// Returns the gas that the frame takes on its own chain; nullopt if that is more than it has.
    std::optional<int64_t> spend(const Frame& frame, int64_t limit) {
        int64_t spent = frame.own_gas + COLD;
        for (const auto& below : frame.frames) {
            if (below.chain == frame.chain) {
                const int64_t named = limits_.at(&below);
                const int64_t at_most = (limit - spent) / 64 * 63 - COLD;
                if (named > at_most) return std::nullopt;
                const auto cost = spend(below, named != 0 ? named : at_most);
                if (!cost) return std::nullopt;
                spent += *cost;
                continue;
            }
            spent += ASK;
            std::vector<const Frame*> callbacks;
            collect(below, frame.chain, callbacks);
            for (const auto* callback : callbacks) {
                const int64_t named = limits_.at(callback);
                if (named + named / 32 + SERVE > limit - spent) return std::nullopt;
                const auto cost = spend(*callback, named);
                if (!cost) return std::nullopt;
                spent += SERVE + *cost;
            }
        }
        if (frame.halted()) spent = limit;
        if (spent > limit) return std::nullopt;
        return spent;
    }

    const Frame& root_;
    std::map<const Frame*, int64_t> limits_;
};

}  // namespace

bool fits(const Frame& root) {
    return Demand{root}.fits();
}

}  // namespace scope::oracle

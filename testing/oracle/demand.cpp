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
/// Beside these, for each byte of the answer.
constexpr int64_t ASK_BYTE = 40;
constexpr int64_t SERVE_BYTE = 40;
constexpr int64_t LOAD_BYTE = 20;
/// Bytes of all answers in a root.
constexpr uint64_t MOST_BYTES = 100'000;
/// An alias asks with so much, or with half of what its chain may still ask with.
constexpr int64_t ALIAS_GAS_LIMIT = 2'000'000;
/// The highest gas limit of a request that a root makes itself.
constexpr int64_t ROOT_LIMIT = 1 << 24;

constexpr int64_t SYSTEM_GAS = 27'000'000;
constexpr int64_t L1_GAS = 9'500'000;

class Demand {
  public:
    explicit Demand(const Frame& root) : root_(root) {
        waits_[root.chain].push_back({.is_root = true});
        set_limits(root);
    }

    /// Returns whether the root has enough on its own chain with this limit.
    bool fits_alone(int64_t limit) { return !asks_too_much_ && spend(root_, limit - limit / 32); }

    bool fits() {
        if (asks_too_much_ || bytes_answered(root_) > MOST_BYTES) return false;
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
                const auto cost = spend(*frame, limits_.at(frame).least);
                if (!cost) return false;
                const auto size = static_cast<int64_t>(frame->answer_size);
                spent += LOAD + SERVE + (LOAD_BYTE + SERVE_BYTE) * size + *cost;
            }
            if (spent > (chain == 0 ? L1_GAS : SYSTEM_GAS)) return false;
        }
        return true;
    }

  private:
    /// A gas limit. Where calls before it failed, it is not known to the unit: whoever asked may
    /// have taken back what it took.
    struct Limit {
        int64_t least = 0;
        int64_t most = 0;
    };

    /// A chain that runs a root's own code, or serves a request: what it may ask with.
    struct Asking {
        bool is_root = false;
        Limit left;              ///< of the request's gas limit; unused if is_root
        bool is_static = false;  ///< it waits in a static call

        [[nodiscard]] int64_t most() const {
            return is_root ? ROOT_LIMIT : left.least - left.least / 64;
        }
        [[nodiscard]] Limit of_alias() const {
            if (is_root) return {ALIAS_GAS_LIMIT, ALIAS_GAS_LIMIT};
            return {std::min(ALIAS_GAS_LIMIT, left.least / 2),
                    std::min(ALIAS_GAS_LIMIT, left.most / 2)};
        }
    };

    /// Notes the gas limits of all frames below this one (docs/protocol.md, section 7).
    void set_limits(const Frame& frame) {
        for (const auto& below : frame.frames) {
            const auto before = waits_[frame.chain].back();
            if (below.chain == frame.chain) {
                const auto named = static_cast<int64_t>(below.input.gas_limit);
                limits_[&below] = {named, named};
                set_limits(below);
                if (!below.succeeded())
                    waits_[frame.chain].back() = before;  // what it took is back
                continue;
            }
            auto& asking = waits_[frame.chain].back();
            const auto named = static_cast<int64_t>(below.input.gas_limit);
            const auto limit = below.input.through_alias ? asking.of_alias() : Limit{named, named};
            asks_too_much_ |= limit.least < named || limit.most > asking.most();
            limits_[&below] = limit;
            if (!asking.is_root && !below.in_static) {
                asking.left.least -= limit.most;
                if (below.succeeded()) asking.left.most -= limit.least;
            }
            asking.is_static = below.in_static;
            // Where it waits in a static call nothing is stored, so it asks with what it has there.
            auto& there = waits_[below.chain];
            const bool is_still = !there.empty() && there.back().is_static;
            if (!is_still) there.push_back({.left = limit});
            set_limits(below);
            if (!is_still) waits_[below.chain].pop_back();
            waits_[frame.chain].back().is_static = before.is_static;
        }
    }

    /// Returns the bytes that go from chain to chain.
    static uint64_t bytes_answered(const Frame& frame) {
        uint64_t bytes = 0;
        for (const auto& below : frame.frames)
            bytes += bytes_answered(below) + (below.chain != frame.chain ? below.answer_size : 0);
        return bytes;
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
                const int64_t named = limits_.at(&below).least;
                const int64_t at_most = (limit - spent) / 64 * 63 - COLD;
                if (named > at_most) return std::nullopt;
                const auto cost = spend(below, named != 0 ? named : at_most);
                if (!cost) return std::nullopt;
                spent += *cost;
                continue;
            }
            spent += ASK + ASK_BYTE * static_cast<int64_t>(below.answer_size);
            std::vector<const Frame*> callbacks;
            collect(below, frame.chain, callbacks);
            for (const auto* callback : callbacks) {
                const auto [least, most] = limits_.at(callback);
                if (most + most / 32 + SERVE > limit - spent) return std::nullopt;
                const auto cost = spend(*callback, least);
                if (!cost) return std::nullopt;
                spent += SERVE + SERVE_BYTE * static_cast<int64_t>(callback->answer_size) + *cost;
            }
        }
        if (frame.halted()) spent = limit;
        if (spent > limit) return std::nullopt;
        return spent;
    }

    const Frame& root_;
    std::map<const Frame*, Limit> limits_;
    std::map<size_t, std::vector<Asking>> waits_;  // by chain, innermost last
    bool asks_too_much_ = false;
};

}  // namespace

bool fits(const Frame& root) {
    return Demand{root}.fits();
}

bool fits_alone(const Frame& frame, uint64_t gas) {
    return Demand{frame}.fits_alone(static_cast<int64_t>(gas));
}

bool fits(const Program& program, const OneChain& ran) {
    for (size_t i = 0; i < ran.entries.size(); ++i) {
        // They ran in the order of their places, as they are listed.
        const auto& frame = ran.entries[i].frame;
        if (frame && !fits_alone(*frame, gas_of(program, program.entries[i]))) return false;
    }
    return std::ranges::all_of(ran.roots, [](const Frame& root) { return fits(root); });
}

}  // namespace scope::oracle

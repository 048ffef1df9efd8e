#include "oracle/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "protocol/request.hpp"

namespace scope::oracle {

namespace {

constexpr size_t DEEPEST = 6;

/// One walk over a root's frames.
class Walk {
  public:
    std::set<std::string> seen;

    void root(const Frame& frame) {
        if (!frame.succeeded()) seen.insert("root that fails");
        below(frame);
        size_t chains = 0;
        for (size_t c = 0; c < MAX_CHAINS; ++c) chains += visited_.contains(c);
        if (chains > 1) seen.insert(fmt::format("root over {} chains", chains));
    }

  private:
    /// The frames around a frame, the root first.
    struct Around {
        const Frame* frame;
        bool remote;  // called from another chain
    };

    void below(const Frame& frame) {
        visited_.insert(frame.chain);
        around_.push_back({&frame, !around_.empty() && around_.back().frame->chain != frame.chain});
        if (around_.back().remote) ++depth_;
        for (size_t i = 0; i < frame.frames.size(); ++i) {
            const auto& next = frame.frames[i];
            if (i != 0 && is_same_view_on_gas(frame, frame.frames[i - 1], next))
                seen.insert("view on gas, asked twice");
            if (next.destructs) destruct(next);
            next.kind == Frame::Kind::create ? create(next) : call(frame, next);
            below(next);
        }
        if (around_.back().remote) --depth_;
        around_.pop_back();
    }

    static bool is_same_view_on_gas(const Frame& from, const Frame& first, const Frame& second) {
        return second.chain != from.chain && second.in_static && second.answers_with_gas &&
               second.succeeded() && first.contract == second.contract &&
               first.input == second.input;
    }

    void destruct(const Frame& next) {
        if (!next.succeeded()) return;
        seen.insert("self-destruct");
        if (next.destructs_created) seen.insert("self-destruct of what the root created");
        if (is_rolled_back()) seen.insert("self-destruct, rolled back");
    }

    void create(const Frame& next) {
        seen.insert(next.succeeded() ? "create" : "create that fails");
        if (next.succeeded() && is_rolled_back()) seen.insert("create, rolled back");
        if (has_remote(next)) seen.insert("constructor that calls another chain");
    }

    static bool has_remote(const Frame& frame) {
        return std::ranges::any_of(frame.frames, [&](const Frame& next) {
            return next.chain != frame.chain || has_remote(next);
        });
    }

    void call(const Frame& from, const Frame& next) {
        if (std::ranges::any_of(around_, [&](const Around& a) {
                return a.frame->contract == next.contract && a.frame != &from;
            }))
            seen.insert("contract entered again");
        if (next.halted()) seen.insert(next.in_static ? "static violation" : "out of gas");
        if (next.input.gas_limit == LEAF_GAS || next.input.gas_limit == 2 * LEAF_GAS ||
            next.input.gas_limit == NO_GAS)
            seen.insert("gas named");
        if (next.chain != from.chain) remote(from, next);
    }

    void remote(const Frame& from, const Frame& next) {
        const size_t depth = std::min(depth_ + 1, DEEPEST);
        const bool back = std::ranges::any_of(
            around_, [&](const Around& a) { return a.frame->chain == next.chain; });
        seen.insert(fmt::format("call at depth {}", depth));
        if (back) seen.insert(fmt::format("callback at depth {}", depth));
        if (!next.succeeded()) seen.insert(fmt::format("failure at depth {}", depth));
        answer(next);
        if (next.burn && next.halted() && !next.in_static) {
            constexpr std::array<const char*, BURNS> EATERS{
                "memory", "computation", "INVALID", "storage", "logs", "accounts", "frames"};
            seen.insert(fmt::format("gas of a remote callee eaten by {}",
                                    EATERS[static_cast<size_t>(*next.burn)]));
        }
        if (next.destructs && next.succeeded()) seen.insert("self-destruct of a remote callee");
        if (next.input.through_alias) seen.insert("call through an alias");
        if (next.value != 0 && next.succeeded()) {
            seen.insert(from.chain == 0   ? "value from L1"
                        : next.chain == 0 ? "value to L1"
                                          : "value between rollups");
            if (back) seen.insert("value in a callback");
        }
        // An account that is not there yet takes no gas.
        if (next.is_created && next.own_gas != 0)
            seen.insert("created contract called from another chain");
        const bool rolled_back = is_rolled_back();
        if (rolled_back) seen.insert("call that is rolled back");
        if (chains_that_fail_around() >= 3) seen.insert("frames rolled back on 3 chains, nested");
        if (from.kind == Frame::Kind::call && next.in_static) {
            seen.insert("static call");
            if (from.in_static) seen.insert("static call in a static context");
            if (back) seen.insert("static callback");
            if (next.input.through_alias) seen.insert("static call through an alias");
            if (in_rolled_back_callback()) seen.insert("static in rolled-back in callback");
        }
        if (next.frames.empty() && !next.succeeded() && next.halted() && next.in_static)
            seen.insert("static violation of a remote callee");
    }

    void answer(const Frame& next) {
        if (next.too_long_after)
            seen.insert(*next.too_long_after == evm::Status::success ? "answer too long"
                                                                     : "revert data too long");
        if (next.answer_size == protocol::MAX_DATA_BYTES)
            seen.insert(next.succeeded() ? "longest answer" : "longest revert data");
    }

    [[nodiscard]] bool is_rolled_back() const {
        return std::ranges::any_of(around_, [](const Around& a) { return !a.frame->succeeded(); });
    }

    [[nodiscard]] size_t chains_that_fail_around() const {
        std::set<size_t> chains;
        for (const auto& a : around_)
            if (!a.frame->succeeded()) chains.insert(a.frame->chain);
        return chains.size();
    }

    /// Inside a callback there is a frame that fails, and in it this place.
    [[nodiscard]] bool in_rolled_back_callback() const {
        std::set<size_t> chains;
        bool in_callback = false;
        for (const auto& a : around_) {
            if (in_callback && !a.frame->succeeded()) return true;
            if (a.remote && chains.contains(a.frame->chain)) in_callback = true;
            chains.insert(a.frame->chain);
        }
        return false;
    }

    std::vector<Around> around_;
    std::set<size_t> visited_;
    size_t depth_ = 0;
};

}  // namespace

void Coverage::add(const Frame& root) {
    Walk walk;
    walk.root(root);
    for (const auto& what : walk.seen) count(what);
}

void Coverage::add(const builder::RootResult& result) {
    bool variant = false;
    bool is_static = false;
    bool rolled_back = false;
    for (const auto& [chain, section] : result.plan) {
        for (const auto& record : section.records) {
            count("records");
            variant |= !record.request.variant.is_zero();
            is_static |= protocol::is_static(record.request);
            rolled_back |= !record.kept && record.request.kind == protocol::CallKind::call;
        }
    }
    if (variant) count("record with a variant");
    if (is_static) count("static record");
    if (rolled_back) count("rolled-back record");
}

void Coverage::add(const Program& program, const Entry& entry, const RanEntry& ran) {
    constexpr std::array<const char*, 7> KINDS{"deposit",
                                               "forced transaction",
                                               "forced garbage",
                                               "forced transaction, too much gas",
                                               "forced transaction, wrong nonce",
                                               "forced transaction, another chain's",
                                               "forced root, which does nothing"};
    const std::string kind = KINDS[static_cast<size_t>(entry.kind)];
    count(kind);
    if (program.entries_are_due) count("entry that is due");
    if (entry.before == program.roots.size()) count("entry behind all roots");
    if (entry.kind == Entry::Kind::deposit) {
        if (entry.to == Entry::To::receiver) count("deposit to an account without code");
        if (entry.to == Entry::To::predeploy) count("deposit to the predeploy");
    }
    if (!ran.frame) return;
    const bool fails = !ran.frame->succeeded();
    if (calls_function(program, entry)) count(kind + (fails ? ", a call that fails" : ", a call"));
    if (ran.frame->halted()) count(kind + ", out of gas");
    if (entry.to == Entry::To::contract && program.contracts[entry.target].creator)
        count(kind + " to what the program creates");
    if (ran.asks) count(kind + " that makes a scoped call");
    if (fails && value_of(program, entry) != 0) count(kind + " that fails, with value");
}

void Coverage::add(const Coverage& other) {
    for (const auto& [what, times] : other.counts_) count(what, times);
}

uint64_t Coverage::operator[](const std::string& what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
}

const std::vector<std::string>& Coverage::required() {
    static const auto REQUIRED = [] {
        std::vector<std::string> names{"root that fails",
                                       "root over 4 chains",
                                       "call through an alias",
                                       "value from L1",
                                       "value to L1",
                                       "value between rollups",
                                       "value in a callback",
                                       "call that is rolled back",
                                       "frames rolled back on 3 chains, nested",
                                       "static call",
                                       "static call in a static context",
                                       "static callback",
                                       "static call through an alias",
                                       "static in rolled-back in callback",
                                       "static violation",
                                       "out of gas",
                                       "gas of a remote callee eaten by memory",
                                       "gas of a remote callee eaten by computation",
                                       "gas of a remote callee eaten by INVALID",
                                       "gas of a remote callee eaten by storage",
                                       "gas of a remote callee eaten by logs",
                                       "gas of a remote callee eaten by accounts",
                                       "gas of a remote callee eaten by frames",
                                       "answer too long",
                                       "revert data too long",
                                       "longest answer",
                                       "longest revert data",
                                       "view on gas, asked twice",
                                       "self-destruct",
                                       "self-destruct of a remote callee",
                                       "self-destruct of what the root created",
                                       "self-destruct, rolled back",
                                       "gas named",
                                       "contract entered again",
                                       "create",
                                       "create that fails",
                                       "create, rolled back",
                                       "constructor that calls another chain",
                                       "created contract called from another chain",
                                       "several roots in a scope",
                                       "several scopes",
                                       "blobs",
                                       "rolled-back record",
                                       "static record",
                                       "record with a variant",
                                       "deposit to an account without code",
                                       "deposit to the predeploy",
                                       "deposit, a call",
                                       "deposit, a call that fails",
                                       "deposit, out of gas",
                                       "deposit to what the program creates",
                                       "deposit that makes a scoped call",
                                       "deposit that fails, with value",
                                       "forced transaction, a call",
                                       "forced transaction, a call that fails",
                                       "forced transaction that makes a scoped call",
                                       "forced garbage",
                                       "forced transaction, too much gas",
                                       "forced transaction, wrong nonce",
                                       "forced transaction, another chain's",
                                       "forced root, which does nothing",
                                       "entry that is due",
                                       "entry behind all roots"};
        for (size_t depth = 1; depth <= DEEPEST; ++depth) {
            names.push_back(fmt::format("call at depth {}", depth));
            names.push_back(fmt::format("failure at depth {}", depth));
            if (depth > 1) names.push_back(fmt::format("callback at depth {}", depth));
        }
        return names;
    }();
    return REQUIRED;
}

}  // namespace scope::oracle

#pragma once

#include <string>
#include <vector>

#include "demo/stories.hpp"
#include "terminal/text.hpp"

namespace scope::demo {

/// A root that was part of a scope.
struct RootReport {
    const Story* story = nullptr;
    builder::RootResult result;
};

/// The streams of an ordered pair of chains: what one asks and the other serves.
struct PairReport {
    ChainId source;
    ChainId target;
    Hash requests_out;   ///< at the source
    Hash requests_in;    ///< at the target
    Hash responses_in;   ///< at the source
    Hash responses_out;  ///< at the target

    [[nodiscard]] bool requests_match() const { return requests_out == requests_in; }
    [[nodiscard]] bool responses_match() const { return responses_in == responses_out; }
};

/// The progress of a chain by a scope.
struct ChainReport {
    ChainId chain_id;
    Hash hash_before;  ///< of its head
    Hash hash_after;
    uint64_t block = 0;
    size_t transactions = 0;
    uint64_t gas_used = 0;
    size_t batch_bytes = 0;  ///< 0 on L1
};

/// The one L1 transaction that settled a scope.
struct BundleReport {
    Hash transaction_hash;
    TxType type{};
    uint64_t l1_block = 0;
    uint64_t gas_used = 0;
    size_t blobs = 0;
    size_t calldata_bytes = 0;
};

struct ScopeReport {
    std::string name;  ///< the story's, or "all"
    bool settled = false;
    std::string failure;  ///< the reason, if not settled
    std::vector<RootReport> roots;
    std::vector<PairReport> pairs;
    std::vector<ChainReport> chains;
    BundleReport bundle;
    builder::StepTimes times;
    double settle_ms = 0;
    size_t tries = 1;  ///< how often it was built until it settled
    std::vector<Balance> before;
    std::vector<Balance> after;
};

struct AttackReport {
    std::string_view kind;
    std::string_view what;
    bool reverted = false;
    std::string reason;    ///< error of executeScope, or why it was not run
    std::string cause;     ///< the fault that led to it, if there was one; may be empty
    std::string expected;  ///< beginning that the reason must have
    std::string note;      ///< of the attesters; may be empty
    uint64_t gas_used = 0;

    [[nodiscard]] bool as_expected() const { return reverted && reason.starts_with(expected); }
};

struct FollowerReport {
    struct Chain {
        ChainId chain_id;
        uint64_t number = 0;
        Hash head_hash;
        Hash follower_hash;
    };
    bool ran = false;
    std::string failure;
    size_t batches = 0;
    std::vector<Chain> chains;

    [[nodiscard]] bool equal() const {
        if (!ran || !failure.empty()) return false;
        for (const auto& chain : chains)
            if (chain.head_hash != chain.follower_hash) return false;
        return true;
    }
};

/// The results of a run of the demonstration.
struct Report {
    std::vector<ScopeReport> scopes;
    std::vector<AttackReport> attacks;
    FollowerReport follower;
    Checks checks;
    double set_up_ms = 0;
    double attacks_ms = 0;
    double follow_ms = 0;
    double total_ms = 0;
};

/// Returns one JSON document (docs/formats/demo-json.md).
std::string to_json(const Report& report, const World& world);

using terminal::Colour;

/// Returns a human-readable part, at most 120 columns wide. Each is printed when it is known.
std::string describe_world(const World& world, Colour colour);
std::string describe_scope(const ScopeReport& scope, const World& world, Colour colour);
std::string describe_attacks(const std::vector<AttackReport>& attacks, const World& world,
                             Colour colour);
std::string describe_end(const Report& report, const World& world, Colour colour);

}  // namespace scope::demo

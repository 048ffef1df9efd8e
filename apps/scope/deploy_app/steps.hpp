#pragma once

#include <functional>
#include <string>
#include <vector>

#include "deploy_app/genesis_word.hpp"
#include "deploy_app/l1_reader.hpp"
#include "deploy_app/plan.hpp"
#include "l1/l1_account.hpp"

namespace scope::deploy_app {

/// One transaction of a deployment, and how L1 shows that it was done.
struct Step {
    std::string what;  ///< for people: a contract and its address, or what is done
    /// Returns whether L1 shows it. Throws L1Away, and std::runtime_error where L1 has something else.
    std::function<bool(const L1Reader&)> is_done;
    /// Makes the transaction. Throws std::runtime_error where there is none.
    std::function<l1::L1Call()> call;
    uint256 value;  ///< that it brings; wei
};

/// Returns the steps of a plan, in their order: each needs those before it. Plan and words must outlive
/// them.
/// @param words  Of the members of the committee in the plan's file.
std::vector<Step> steps_of(const Plan& plan, GenesisWords& words);

/// Asks the committee for its words for the geneses that L1 has not registered. Throws
/// std::runtime_error where there are too few; and as Step::is_done does.
void ask_for_words(const Plan& plan, GenesisWords& words, const L1Reader& l1);

}  // namespace scope::deploy_app

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

/// Returns the steps of a plan, in their order: each needs those before it. The plan must outlive them.
/// @param members  Of the committee, as in the plan's file.
std::vector<Step> steps_of(const Plan& plan, std::vector<Member> members);

}  // namespace scope::deploy_app

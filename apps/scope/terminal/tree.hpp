#pragma once

#include <string>
#include <vector>

#include "base/uint256.hpp"
#include "terminal/text.hpp"

/// The tree of a root's calls across chains, as every command draws it.
namespace scope::terminal {

/// One scoped call, ready to be shown.
struct Call {
    std::string source;  ///< name of the chain
    std::string target;
    std::string callee;  ///< name of the contract, and of the function
    std::string answer;  ///< or the reason why it failed
    uint256 value_wei;
    uint64_t gas_used = 0;  ///< on the target
    bool is_static = false;
    bool kept = true;  ///< false: rolled back on its source
    std::vector<Call> calls;
};

/// Returns the line above a tree: what its columns are.
std::string tree_heading();
/// Returns the line of the root, under which its calls hang.
std::string root_line(std::string_view what, uint64_t gas_used, std::string_view answer);
/// Returns a line for each call, with those made inside it under it.
std::string draw_calls(const std::vector<Call>& calls);

}  // namespace scope::terminal

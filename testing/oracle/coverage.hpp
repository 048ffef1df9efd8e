#pragma once

#include <map>
#include <string>

#include "builder/call_tree.hpp"
#include "oracle/one_chain.hpp"

namespace scope::oracle {

/// The cases that programs really reached, by name, with the number of roots or entries that did.
class Coverage {
  public:
    /// Adds a root as it ran on one chain.
    void add(const Frame& root);
    /// Adds the same root as simulation saw it across chains.
    void add(const builder::RootResult& result);
    /// Adds an entry of a forced queue as it ran on one chain.
    void add(const Program& program, const Entry& entry, const RanEntry& ran);
    void add(const Coverage& other);
    void count(const std::string& what, uint64_t times = 1) { counts_[what] += times; }

    [[nodiscard]] uint64_t operator[](const std::string& what) const;
    [[nodiscard]] const std::map<std::string, uint64_t>& counts() const noexcept { return counts_; }

    /// Returns the cases that every larger sample must reach.
    static const std::vector<std::string>& required();

  private:
    std::map<std::string, uint64_t> counts_;
};

}  // namespace scope::oracle

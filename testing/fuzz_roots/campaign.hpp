#pragma once

#include "fuzz_roots/check.hpp"

namespace scope::fuzz_roots {

struct CampaignOptions {
    Property property = Property::add;
    uint64_t seed = 1;
    uint64_t first = 0;  ///< number of the first program
    uint64_t runs = 1000;
    unsigned jobs = 1;  ///< processes at a time
};

/// Checks programs in processes of their own, a group in each: one that ends, or does not end, is a
/// finding about its program, and the rest of its group goes on in another process.
///
/// For a program with one thread (fork).
/// @param found     Called for each finding, as its process has ended.
/// @param progress  Called now and then with what is done.
Statistics run_campaign(const BaseChains& base, const CampaignOptions& options,
                        const std::function<void(const Finding&)>& found,
                        const std::function<void(const Statistics&)>& progress = {});

/// Returns in lines what was reached.
std::string to_string(const Statistics& statistics);

}  // namespace scope::fuzz_roots

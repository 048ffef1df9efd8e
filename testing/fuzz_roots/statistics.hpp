#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "builder/root.hpp"
#include "protocol/settlement.hpp"

namespace scope::fuzz_roots {

inline constexpr size_t REFUSAL_RULE_COUNT =
    size_t{static_cast<uint8_t>(builder::RefusalRule::scope_full)} + 1;
inline constexpr size_t FIELD_COUNT =
    size_t{static_cast<uint8_t>(protocol::EnvironmentField::gas_price)} + 1;

/// The reach of a run, in numbers. Plain memory, so that two processes can share it.
struct Statistics {
    uint64_t programs = 0;
    uint64_t accepted = 0;  ///< roots
    uint64_t failed = 0;    ///< of these: the root's own code did
    uint64_t ordinary = 0;  ///< transactions that are no roots
    std::array<uint64_t, REFUSAL_RULE_COUNT> refused{};
    uint64_t calls = 0;  ///< scoped ones, of accepted roots
    uint64_t failed_calls = 0;
    uint64_t undone_calls = 0;  ///< rolled back
    uint64_t static_calls = 0;
    uint64_t variants = 0;  ///< asked by another than the first
    uint64_t deepest = 0;
    uint64_t most_calls = 0;  ///< of one root

    uint64_t scopes = 0;  ///< that settled
    uint64_t landings = 0;
    uint64_t late_landings = 0;  ///< not in the next block
    std::array<uint64_t, FIELD_COUNT> declared{};

    uint64_t slowest_ms = 0;
    uint64_t slowest_program = 0;
    uint64_t peak_kib = 0;  ///< of memory, of a process

    void note_time(uint64_t program, uint64_t took_ms) {
        if (took_ms < slowest_ms) return;
        slowest_ms = took_ms;
        slowest_program = program;
    }

    Statistics& operator+=(const Statistics& other) {
        programs += other.programs;
        accepted += other.accepted;
        failed += other.failed;
        ordinary += other.ordinary;
        for (size_t i = 0; i < refused.size(); ++i) refused[i] += other.refused[i];
        calls += other.calls;
        failed_calls += other.failed_calls;
        undone_calls += other.undone_calls;
        static_calls += other.static_calls;
        variants += other.variants;
        deepest = std::max(deepest, other.deepest);
        most_calls = std::max(most_calls, other.most_calls);
        scopes += other.scopes;
        landings += other.landings;
        late_landings += other.late_landings;
        for (size_t i = 0; i < declared.size(); ++i) declared[i] += other.declared[i];
        note_time(other.slowest_program, other.slowest_ms);
        peak_kib = std::max(peak_kib, other.peak_kib);
        return *this;
    }
};

}  // namespace scope::fuzz_roots

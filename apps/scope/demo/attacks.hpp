#pragma once

#include <optional>
#include <span>

#include "demo/report.hpp"

namespace scope::demo {

/// A lie that a builder could try to settle. All are told about one bundle, that of all five
/// stories as roots of one scope.
struct Attack {
    std::string_view kind;      ///< for --tamper and in the JSON
    std::string_view what;      ///< one human-readable line
    std::string_view expected;  ///< beginning of the reason that L1 has to give
    enum class When : uint8_t { before_settling, after_settling } when = When::before_settling;
};

std::span<const Attack> attacks();
/// Returns the attack of this kind, or null.
const Attack* find_attack(std::string_view kind);

/// Forges the bundle, signs the L1 transaction as its submitter would, has honest committee members
/// attest where what they re-execute is a valid batch, and runs the transaction on L1's head.
/// Nothing is kept.
AttackReport run_attack(World& world, const Attack& attack, const builder::Bundle& bundle);

}  // namespace scope::demo

#pragma once

#include <cstddef>
#include <cstdint>

namespace scope::evm {

/// The rules of execution, in the order they came into force on Ethereum.
///
/// Names are those of the official tests; forks that change no execution rule (Muir Glacier,
/// BPO1..) have none.
enum class Revision : uint8_t {
    frontier,
    homestead,
    tangerine_whistle,  // EIP-150
    spurious_dragon,    // EIP-158
    byzantium,
    constantinople,
    petersburg,  // "ConstantinopleFix"
    istanbul,
    berlin,
    london,
    paris,
    shanghai,
    cancun,
    prague,
    osaka,
};
inline constexpr Revision LATEST_REVISION = Revision::osaka;
inline constexpr size_t REVISION_COUNT = 15;

}  // namespace scope::evm

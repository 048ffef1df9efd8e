#pragma once

#include "chain/block_error.hpp"
#include "execution/block_executor.hpp"

namespace scope::chain {

/// Returns the error as the chain's refusals name it.
constexpr BlockError to_block_error(execution::ExecutionError error) noexcept {
    switch (error) {
        case execution::ExecutionError::system_contract_missing:
            return BlockError::system_contract_missing;
        case execution::ExecutionError::system_contract_failed:
            return BlockError::system_contract_failed;
        case execution::ExecutionError::bad_deposit_event:
            return BlockError::bad_deposit_event;
    }
    return BlockError::malformed;
}

inline std::unexpected<BlockRefusal> refuse(BlockError error) {
    return std::unexpected{BlockRefusal{.error = error}};
}

}  // namespace scope::chain

#include "execution/rollup_host.hpp"

#include <algorithm>

#include "execution/host.hpp"

namespace scope::execution {

void RollupHost::open_transaction(const evm::TransactionContext& /*transaction*/) {
    abort_reason_.reset();
    limit_gas(UINT64_MAX);
}

void RollupHost::limit_gas(uint64_t gas) noexcept {
    gas_limit_ = std::min(gas, host_.environment().block.gas_limit);
    gas_left_ = static_cast<int64_t>(gas_limit_);
}

void RollupHost::abort(BytesView reason) {
    if (!abort_reason_) abort_reason_ = to_bytes(reason);
}

}  // namespace scope::execution

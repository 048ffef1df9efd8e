#include <algorithm>

#include "evm/precompiles.hpp"

// Input: which revision and precompile, then what it is called with. The answer is the same each
// time, costs no more than there is, and with less gas than it cost the call fails.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const auto revision = static_cast<evm::Revision>(data[0] % evm::REVISION_COUNT);
    const auto addresses = evm::precompile_addresses(revision);
    const Address& address = addresses[data[1] % addresses.size()];
    const BytesView input{data + 2, size - 2};
    constexpr int64_t GAS = 1'000'000;
    const auto result = evm::execute_precompile(revision, address, input, GAS);
    CHECK(result.gas_left >= 0 && result.gas_left <= GAS);
    if (!result.success) return 0;
    const int64_t cost = GAS - result.gas_left;
    const auto again = evm::execute_precompile(revision, address, input, cost);
    CHECK(again.success && again.gas_left == 0 && again.output == result.output);
    if (cost > 0) CHECK(!evm::execute_precompile(revision, address, input, cost - 1).success);
    return 0;
}

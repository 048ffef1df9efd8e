#include "execution/environment.hpp"

#include "types/blob.hpp"

namespace scope::execution {

uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParameters& blobs) {
    // EIP-4844 fake_exponential: the Taylor series of MIN * e^(excess / fraction), times fraction.
    const uint256 fraction{blobs.base_fee_update_fraction};
    const uint256 excess{excess_blob_gas};
    uint256 term = uint256{MIN_BASE_FEE_PER_BLOB_GAS} * fraction;
    uint256 sum;
    for (uint64_t i = 1; !term.is_zero(); ++i) {
        sum += term;
        // No price that anybody could pay; stops before the product below loses bits.
        if (significant_bytes(term) > 22) return ~uint256{};
        term = term * excess / (fraction * uint256{i});
    }
    return sum / fraction;
}

}  // namespace scope::execution

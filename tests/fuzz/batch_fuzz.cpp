#include <algorithm>

#include "rollup/batch.hpp"
#include "rollup/blob_codec.hpp"

// A batch is decoded only from what encode gives; the same for blobs. The input is a batch, and the
// beginning of a blob whose rest is zeros.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const BytesView input{data, size};
    if (const auto batch = rollup::decode_batch(input)) CHECK(equal(rollup::encode(*batch), input));
    if (!input.empty()) {
        const auto blobs = rollup::to_blobs(input);
        CHECK(blobs.has_value());
        const auto back = rollup::from_blobs(*blobs);
        CHECK(back && equal(*back, input));
    }
    std::vector<crypto::Blob> blob(1);
    std::copy_n(data, std::min(size, crypto::Blob::size()), blob.front().data());
    if (const auto bytes = rollup::from_blobs(blob)) {
        const auto again = rollup::to_blobs(*bytes);
        CHECK(again && *again == blob);
    }
    return 0;
}

#include "attester/attest_format.hpp"

// What comes from an attester, or to one, is what the encoder gives, and nothing else; no input harms.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const BytesView input{data, size};
    if (const auto answer = attester::decode_answer(input))
        CHECK(equal(attester::encode(*answer), input));
    if (const auto claim = attester::decode_genesis_claim(input))
        CHECK(equal(attester::encode(*claim), input));
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto status = attester::read_status(text))
        CHECK(attester::read_status(attester::to_json(*status)) == *status);
    return 0;
}

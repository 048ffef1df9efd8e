#include "protocol/response.hpp"
#include "rlp/decode.hpp"
#include "types/block.hpp"
#include "types/transaction.hpp"

// What a decoder accepts is what the encoder gives, and nothing else; no input harms.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const BytesView input{data, size};
    const bool canonical = rlp::validate(input).has_value();
    if (const auto tx = decode_transaction(input)) {
        CHECK(equal(encode(*tx), input));
        CHECK(tx->type != TxType::legacy || canonical);
        if (tx->type != TxType::system) (void)recover_sender(*tx);
    }
    if (const auto header = decode_header(input)) {
        CHECK(canonical);
        CHECK(equal(encode(*header), input));
    }
    if (const auto block = decode_block(input)) {
        CHECK(canonical);
        CHECK(equal(encode(*block), input));
    }
    if (const auto response = protocol::decode_response(input))
        CHECK(equal(protocol::encode(*response), input));
    return 0;
}

#include "crypto/sha256.hpp"

#include <openssl/sha.h>

namespace scope::crypto {

Hash sha256(BytesView data) noexcept {
    Hash out;
    CHECK(SHA256(data.data(), data.size(), out.data()) != nullptr);
    return out;
}

}  // namespace scope::crypto

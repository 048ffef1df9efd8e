#include "crypto/sha256.hpp"

// The functions of OpenSSL 1, still there: what replaces them in OpenSSL 3 looks the algorithm up
// at each call, which takes as long as hashing 400 bytes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace scope::crypto {

Hash sha256(BytesView data) noexcept {
    Hash out;
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data.data(), data.size());
    SHA256_Final(out.data(), &context);
    return out;
}

}  // namespace scope::crypto

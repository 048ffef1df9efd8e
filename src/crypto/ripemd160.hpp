#pragma once

#include "base/bytes.hpp"

namespace scope::crypto {

/// Returns RIPEMD-160 (Dobbertin, Bosselaers, Preneel, 1996).
///
/// Ours: OpenSSL 3 keeps it in a provider module that is loaded from a file at run time, which
/// would make a precompile depend on the machine's configuration.
FixedBytes<20> ripemd160(BytesView data) noexcept;

}  // namespace scope::crypto

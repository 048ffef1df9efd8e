#include "rlp/encode.hpp"

namespace scope::rlp {

void close_list(Bytes& out, size_t start) {
    CHECK(start <= out.size());
    const size_t size = out.size() - start;
    const auto gap = static_cast<std::ptrdiff_t>(start);
    out.insert(out.begin() + gap, header_size(size), uint8_t{0});
    write_header(out.data() + start, LIST_BASE, size);
}

}  // namespace scope::rlp

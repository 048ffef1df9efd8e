#include <string_view>

#include "base/check.hpp"
#include "node/network_file.hpp"

// Any text is a network file, or is refused with a place and a rule; what is one is written such that it is
// the same again.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto file = node::read_network_file({reinterpret_cast<const char*>(data), size});
    if (!file) {
        CHECK(!file.error().empty());
        return 0;
    }
    const auto written = node::write_network_file(*file);
    const auto again = node::read_network_file(written);
    CHECK(again.has_value());
    CHECK(node::write_network_file(*again) == written);
    return 0;
}

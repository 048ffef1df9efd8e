#include <algorithm>
#include <string_view>

#include "base/check.hpp"
#include "config/node_config.hpp"

// Any text is a configuration, or is refused with lines and reasons; what is one is printed such that it
// is the same again, with comments and without. Amounts and keys on a command line are parsed beside.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void check_file(std::string_view text) {
    const auto config = config::parse_node_config(text, "folder/scope.toml");
    if (!config) {
        CHECK(!config.error().empty());
        for (const auto& error : config.error()) CHECK(!to_string(error).empty());
        return;
    }
    // As it is printed for people it has no paths of URLs; as it is written it is read as it was.
    const auto read =
        config::parse_node_config(config::print_commented(*config), "folder/scope.toml");
    CHECK(read.has_value());
    CHECK(config::print_node_config(*read) == config::print_node_config(*config));
}

/// Sets a key to a value: what is refused changes nothing.
void check_setting(std::string_view text) {
    const auto at = std::min(text.find('='), text.size());
    auto config = config::sample_config({config::Role::builder, config::Role::attester});
    const auto before = config::print_node_config(config);
    const auto done =
        config::set_key(config, text.substr(0, at), text.substr(std::min(at + 1, text.size())));
    if (!done) CHECK(!done.error().empty() && config::print_node_config(config) == before);
    [[maybe_unused]] const auto attester = config::parse_attester(text);
    [[maybe_unused]] const auto allowed = config::parse_allowed(text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_file(text);
    check_setting(text);
    return 0;
}

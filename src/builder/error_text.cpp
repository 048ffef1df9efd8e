#include "builder/error_text.hpp"

#include "abi/abi.hpp"

namespace scope::builder {

std::optional<std::string> error_text(BytesView revert_data) {
    static const auto ERROR_STRING = abi::selector("Error(string)");
    if (!abi::has_selector(ERROR_STRING, revert_data)) return std::nullopt;
    const auto arguments = revert_data.subspan(ERROR_STRING.size());
    const auto word_at = [&](uint64_t at) -> std::optional<uint64_t> {
        if (arguments.size() < abi::WORD || at > arguments.size() - abi::WORD) return std::nullopt;
        const uint256 word = from_be(arguments.subspan(at, abi::WORD));
        return word.fits_u64() ? std::optional{word[0]} : std::nullopt;
    };
    const auto place = word_at(0);
    const auto length = place ? word_at(*place) : std::nullopt;
    if (!length || *length > arguments.size() - *place - abi::WORD) return std::nullopt;
    const auto text = arguments.subspan(*place + abi::WORD, *length);
    return std::string{text.begin(), text.end()};
}

}  // namespace scope::builder

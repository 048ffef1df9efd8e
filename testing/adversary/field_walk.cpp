#include "adversary/field_walk.hpp"

namespace scope::adversary {

void FieldWalk::walk(const std::string& path, Bytes& bytes) {
    if (!is_chosen(path)) return;
    switch (bytes.empty() ? 0 : below(6)) {
        case 0:
            bytes.push_back(static_cast<uint8_t>(below(2)));
            return;
        case 1:
            bytes.pop_back();
            return;
        case 2:
            bytes.clear();
            return;
        default:
            bytes[below(bytes.size())] ^= static_cast<uint8_t>(1u << below(8));
    }
}

void FieldWalk::walk(const std::string& path, uint256& number) {
    if (!is_chosen(path)) return;
    const uint256 before = number;
    switch (below(5)) {
        case 0:
            number = {};
            break;
        case 1:
            number = ~uint256{};
            break;
        case 2:
            number -= uint256{1u};
            break;
        case 3:
            number = number ^ (uint256{1u} << static_cast<unsigned>(below(256)));
            break;
        default:
            break;
    }
    if (number == before) number += uint256{1u};
}

void FieldWalk::walk(const std::string& path, ChainId& chain_id) {
    uint64_t number = chain_id.number();
    walk(path, number);
    chain_id = ChainId{number};
}

void FieldWalk::walk(const std::string& path, uint64_t& number) {
    if (!is_chosen(path)) return;
    const uint64_t before = number;
    switch (below(5)) {
        case 0:
            number = 0;
            break;
        case 1:
            number = UINT64_MAX;
            break;
        case 2:
            --number;
            break;
        case 3:
            number ^= uint64_t{1} << below(64);
            break;
        default:
            break;
    }
    if (number == before) ++number;
}

void FieldWalk::walk(const std::string& path, uint8_t& number) {
    if (is_chosen(path)) number = static_cast<uint8_t>(number + 1 + below(255));
}

void FieldWalk::walk(const std::string& path, bool& flag) {
    if (is_chosen(path)) flag = !flag;
}

void FieldWalk::walk(const std::string& path, protocol::CallKind& kind) {
    if (is_chosen(path))
        kind = kind == protocol::CallKind::call ? protocol::CallKind::static_call
                                                : protocol::CallKind::call;
}

void FieldWalk::walk(const std::string& path, rollup::BlockKind& kind) {
    constexpr uint8_t KINDS = 3;
    if (is_chosen(path))
        kind = static_cast<rollup::BlockKind>((static_cast<uint8_t>(kind) + 1 + below(2)) % KINDS);
}

}  // namespace scope::adversary

#include "calldata_mutants.hpp"

#include <algorithm>

namespace scope::derivation {

namespace {

using Kind = AbiType::Kind;
constexpr size_t WORD = 32;
constexpr uint256 LOWEST{0, 0, 0, uint64_t{1} << 63};  // of the signed numbers

AbiType words(size_t count) {
    return {Kind::words, count, {}};
}
AbiType bytes() {
    return {Kind::bytes, 1, {}};
}
AbiType array(AbiType element) {
    return {Kind::array, 1, {std::move(element)}};
}
AbiType tuple(std::vector<AbiType> fields) {
    return {Kind::tuple, 1, std::move(fields)};
}

size_t head_size(const AbiType& type) {
    return type.kind == Kind::words ? type.words * WORD : WORD;
}
uint256 word_at(const Bytes& calldata, size_t at) {
    return load_be32(calldata.data() + at);
}
void set_word(Bytes& calldata, size_t at, const uint256& value) {
    store_be32(calldata.data() + at, value);
}

class Walk {
  public:
    explicit Walk(const Bytes& calldata) : calldata_(calldata) {}

    void follow(const AbiType& type, size_t base, size_t head) {
        const uint256 tail = uint256{base} + word_at(calldata_, head);
        const size_t index = found_.size();
        found_.push_back({head, base, &type, tail, 0});
        if (!tail.fits_u64() || tail[0] + WORD > calldata_.size()) return;
        found_[index].size = visit(type, tail[0]);
    }
    std::vector<Pointer> found_;

  private:
    size_t visit(const AbiType& type, size_t at) {
        if (type.kind == Kind::tuple) {
            size_t head = at;
            for (const auto& field : type.fields) {
                if (field.kind != Kind::words) follow(field, at, head);
                head += head_size(field);
            }
            return head - at;
        }
        const size_t length = word_at(calldata_, at)[0];
        if (type.kind == Kind::bytes) return WORD + length;
        const auto& element = type.fields[0];
        if (element.kind != Kind::words)
            for (size_t i = 0; i < length; ++i) follow(element, at + WORD, at + (i + 1) * WORD);
        return WORD + length * head_size(element);
    }

    const Bytes& calldata_;
};

/// Bytes that decoding looks at.
std::vector<bool> used_by(const Bytes& calldata) {
    std::vector<bool> used(calldata.size());
    const auto use = [&](size_t at, size_t size) {
        std::fill_n(used.begin() + static_cast<ptrdiff_t>(at), size, true);
    };
    use(0, 4);
    for (const auto& pointer : pointers_of(calldata)) {
        use(pointer.head, WORD);
        if (pointer.size > 0) use(pointer.tail[0], pointer.size);
    }
    return used;
}

}  // namespace

const AbiType& scope_type() {
    static const AbiType TYPE = [] {
        const auto batch = tuple({words(10), array(words(8)), bytes(), words(1)});
        const auto request = tuple({words(6), array(words(2)), words(5), bytes()});
        const auto fill = tuple({words(2), bytes()});
        const auto record = tuple({request, words(2)});
        const auto leg = tuple({words(3), array(fill), array(record), bytes()});
        return tuple({array(words(2)), bytes(), array(batch), array(leg), array(bytes())});
    }();
    return TYPE;
}

std::vector<Pointer> pointers_of(const Bytes& calldata) {
    Walk walk{calldata};
    walk.follow(scope_type(), 4, 4);
    return std::move(walk.found_);
}

void Mutator::add_garbage(Bytes& calldata, size_t size) {
    for (size_t i = 0; i < size; ++i) calldata.push_back(static_cast<uint8_t>(random_()));
}

/// Behind the end, without what it points to: so offsets in it become negative.
void Mutator::move_tail(Bytes& calldata) {
    const auto pointers = pointers_of(calldata);
    const auto& moved = pointers[below(pointers.size())];
    if (moved.size == 0) return;
    const size_t from = moved.tail[0];
    add_garbage(calldata, chance(2) ? below(70) : below(3) * WORD);
    const size_t to = calldata.size();
    for (size_t i = 0; i < moved.size; ++i) calldata.push_back(calldata[from + i]);
    // An array's offsets count from behind its length, a tuple's from its start: both move along.
    for (const auto& inner : pointers)
        if (inner.head >= from && inner.head < from + moved.size && inner.base >= from &&
            inner.base <= from + WORD)
            set_word(calldata, inner.head - from + to,
                     inner.tail - uint256{inner.base - from + to});
    if (moved.type->kind == Kind::bytes && chance(2)) add_garbage(calldata, below(WORD));
    set_word(calldata, moved.head, uint256{to} - uint256{moved.base});
}

void Mutator::redirect_empty_tail(Bytes& calldata) {
    auto pointers = pointers_of(calldata);
    std::erase_if(pointers, [&](const Pointer& pointer) {
        return pointer.type->kind == Kind::tuple ||
               (pointer.size > 0 && !word_at(calldata, pointer.tail[0]).is_zero());
    });
    if (pointers.empty()) return;
    const auto& empty = pointers[below(pointers.size())];
    uint256 tail = chance(2) ? LOWEST + uint256{random_()} : uint256{} - uint256{below(1000) + 1};
    if (!chance(3)) {
        const size_t start = below(calldata.size() - WORD);
        for (size_t at = start; at + WORD <= calldata.size(); ++at)
            if (word_at(calldata, at).is_zero()) {
                tail = uint256{at};
                break;
            }
    }
    set_word(calldata, empty.head, tail - uint256{empty.base});
}

void Mutator::share_tail(Bytes& calldata) {
    const auto pointers = pointers_of(calldata);
    const auto& one = pointers[below(pointers.size())];
    if (one.type->kind != Kind::bytes || one.size == 0) return;
    const auto text = [&](const Pointer& pointer) {
        return BytesView{calldata}.subspan(pointer.tail[0], pointer.size);
    };
    for (const auto& other : pointers) {
        if (&other == &one || other.type->kind != Kind::bytes || other.size == 0) continue;
        if (!equal(text(other), text(one))) continue;
        set_word(calldata, other.head, one.tail - uint256{other.base});
        return;
    }
}

void Mutator::fill_unused(Bytes& calldata) {
    const auto used = used_by(calldata);
    for (size_t i = 0; i < calldata.size(); ++i)
        if (!used[i]) calldata[i] = static_cast<uint8_t>(random_());
}

Bytes Mutator::reshape(Bytes calldata) {
    for (size_t steps = 1 + below(12); steps > 0; --steps) {
        switch (below(6)) {
            case 0:
            case 1:
            case 2:
                move_tail(calldata);
                break;
            case 3:
                redirect_empty_tail(calldata);
                break;
            case 4:
                share_tail(calldata);
                break;
            default:
                fill_unused(calldata);
        }
    }
    if (chance(3)) {
        const auto used = used_by(calldata);
        size_t end = calldata.size();
        while (!used[end - 1]) --end;
        calldata.resize(end);
    } else if (chance(2)) {
        add_garbage(calldata, below(100));
    }
    return calldata;
}

uint256 Mutator::odd_word(const Bytes& calldata, const uint256& current) {
    const uint256 sign = chance(2) ? uint256{1u} : ~uint256{};
    switch (below(9)) {
        case 0:
            return {};
        case 1:
            return sign * uint256{below(calldata.size() / WORD + 2) * WORD};
        case 2:
            return sign * uint256{below(calldata.size() + 64)};
        case 3:
            return current + sign;
        case 4:
            return current + sign * uint256{WORD};
        case 5:
            return current + (uint256{1u} << below(256));
        case 6:
            return LOWEST - uint256{below(2)};
        case 7:
            return uint256{~uint64_t{0}} + uint256{below(2)};
        default:
            return {random_(), random_(), random_(), random_()};
    }
}

Bytes Mutator::damage(Bytes calldata) {
    const auto pointers = pointers_of(calldata);
    for (size_t changes = 1 + below(2); changes > 0; --changes) {
        const auto& pointer = pointers[below(pointers.size())];
        size_t at = pointer.head;
        switch (below(4)) {
            case 0:
                break;
            case 1:
                if (pointer.size > 0) at = pointer.tail[0];
                break;
            case 2:
                at = below(calldata.size() / WORD) * WORD + 4;
                break;
            default:
                calldata[below(calldata.size())] = static_cast<uint8_t>(random_());
                continue;
        }
        if (at + WORD <= calldata.size())
            set_word(calldata, at, odd_word(calldata, word_at(calldata, at)));
    }
    if (chance(8)) calldata.resize(calldata.size() - below(100));
    return calldata;
}

}  // namespace scope::derivation

#include "rpc/typed_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::rpc {

namespace {

constexpr std::string_view DOMAIN_TYPE = "EIP712Domain";
/// The deepest nesting of arrays and structs.
constexpr size_t MAX_DEPTH = 64;
/// The most names of types that all types of one message refer to, through any others.
constexpr size_t MAX_TYPES = 1024;
/// The longest encoding of a type, with those that it refers to.
constexpr size_t MAX_TYPE_SIZE = size_t{64} << 10;

struct Member {
    std::string name;
    std::string type;
};
using Types = std::map<std::string, std::vector<Member>, std::less<>>;
using Members = std::map<std::string_view, Json>;

/// Returns the members of an object, each of which may be there once.
Members members_of(Json value) {
    Members members;
    for (const auto [key, member] : read_object(value))
        if (!members.emplace(key, member).second)
            throw BadValue{fmt::format("it has {} twice", key)};
    return members;
}

Json required(const Members& members, std::string_view name) {
    const auto found = members.find(name);
    if (found == members.end()) throw BadValue{fmt::format("{}: it is missing", name)};
    return found->second;
}

// ---- types

std::string_view without_arrays(std::string_view type) {
    return type.substr(0, type.find('['));
}

Types read_types(Json value) {
    Types types;
    for (const auto& [name, type] : members_of(value)) {
        std::vector<Member> members;
        read_member(name, type, [&](Json list) {
            for (const Json element : read_array(list)) {
                const auto of = members_of(element);
                Member member{std::string{read_text(required(of, "name"))},
                              std::string{read_text(required(of, "type"))}};
                if (std::ranges::find(members, member.name, &Member::name) != members.end())
                    throw BadValue{fmt::format("it has {} twice", member.name)};
                members.push_back(std::move(member));
            }
            return true;
        });
        types.emplace(name, std::move(members));
    }
    return types;
}

/// Adds a struct type and all that it refers to.
void add_referred(std::set<std::string_view>& referred, const Types& types, std::string_view type) {
    std::vector<std::string_view> open{type};
    while (!open.empty()) {
        const auto next = without_arrays(open.back());
        open.pop_back();
        const auto found = types.find(next);
        if (found == types.end() || !referred.insert(found->first).second) continue;
        if (referred.size() > MAX_TYPES) throw BadValue{"types: there are too many"};
        for (const auto& member : found->second) open.push_back(member.type);
    }
}

std::string encode_type(const Types& types, std::string_view type) {
    std::set<std::string_view> referred;
    add_referred(referred, types, type);
    std::string text;
    const auto append = [&](std::string_view name) {
        text += name;
        text += '(';
        const auto& members = types.find(name)->second;
        for (size_t i = 0; i < members.size(); ++i) {
            if (i > 0) text += ',';
            text += members[i].type + ' ' + members[i].name;
        }
        text += ')';
        if (text.size() > MAX_TYPE_SIZE) throw BadValue{"types: they are too long"};
    };
    append(type);
    for (const auto name : referred)
        if (name != type) append(name);
    return text;
}

// ---- values

/// A number of at most 256 bits, and its sign.
struct Number {
    bool is_negative = false;
    uint256 magnitude;
};

Number read_number(Json value) {
    if (value.is_uint64()) return {false, uint256{value.get_uint64().value_unsafe()}};
    if (value.is_int64()) {
        const int64_t number = value.get_int64().value_unsafe();
        return {true, uint256{static_cast<uint64_t>(-(number + 1)) + 1}};
    }
    std::string_view text = read_text(value);
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    const auto magnitude = uint256_from_text(text);
    if (!magnitude) throw BadValue{fmt::format("\"{}\" is no number of 256 bits", text)};
    return {is_negative && !magnitude->is_zero(), *magnitude};
}

/// Returns the digits at the end of a type's name, if they are what follows @p prefix.
std::optional<size_t> size_after(std::string_view type, std::string_view prefix) {
    if (!type.starts_with(prefix)) return std::nullopt;
    type.remove_prefix(prefix.size());
    size_t size = 0;
    const auto [end, error] = std::from_chars(type.data(), type.data() + type.size(), size);
    if (error != std::errc{} || end != type.data() + type.size() || type.front() == '0')
        return std::nullopt;
    return size;
}

Hash encode_number(std::string_view type, size_t bits, bool is_signed, Json value) {
    const auto [is_negative, magnitude] = read_number(value);
    // A signed type's least number is one farther from zero than its greatest.
    const uint256 limit = is_signed ? uint256{1u} << (bits - 1) : uint256{};
    const bool fits = is_signed      ? (is_negative ? magnitude <= limit : magnitude < limit)
                      : is_negative  ? false
                      : bits == 256u ? true
                                     : magnitude < uint256{1u} << bits;
    if (!fits) throw BadValue{fmt::format("it does not fit {}", type)};
    return to_be(is_negative ? -magnitude : magnitude);
}

class Encoder {
  public:
    explicit Encoder(const Types& types) : types_(types) {}

    Hash hash_struct(std::string_view type, Json value) {
        const auto found = types_.find(type);
        if (found == types_.end()) throw BadValue{fmt::format("there is no type {}", type)};
        const auto members = members_of(value);
        Bytes data = to_bytes(type_hash(type));
        for (const auto& member : found->second) {
            const auto place = members.find(member.name);
            if (place == members.end())
                throw BadValue{fmt::format("{}: it is missing", member.name)};
            append(data, read_member(member.name, place->second,
                                     [&](Json of) { return encode(member.type, of); }));
        }
        return crypto::keccak256(data);
    }

  private:
    const Hash& type_hash(std::string_view type) {
        auto found = type_hashes_.find(type);
        if (found == type_hashes_.end())
            found =
                type_hashes_.emplace(type, crypto::keccak256(as_bytes(encode_type(types_, type))))
                    .first;
        return found->second;
    }

    Hash encode(std::string_view type, Json value) {
        if (++depth_ > MAX_DEPTH) throw BadValue{"it is nested too deeply"};
        const Hash word = encode_unbounded(type, value);
        --depth_;
        return word;
    }

    Hash encode_unbounded(std::string_view type, Json value) {
        if (type.ends_with(']')) return encode_array(type, value);
        if (types_.contains(type)) return value.is_null() ? Hash{} : hash_struct(type, value);
        if (type == "string") return crypto::keccak256(as_bytes(read_text(value)));
        if (type == "bytes") return crypto::keccak256(read_data(value));
        if (type == "bool") return to_be(uint256{read_boolean(value) ? 1u : 0u});
        if (type == "address") return to_be(to_uint256(read_address(value)));
        if (const auto size = size_after(type, "bytes"); size && *size <= 32) {
            const Bytes bytes = read_data(value);
            if (bytes.size() != *size)
                throw BadValue{
                    fmt::format("it has {} bytes, {} has {}", bytes.size(), type, *size)};
            Hash word;
            std::ranges::copy(bytes, word.data());
            return word;
        }
        for (const bool is_signed : {false, true}) {
            const std::string_view prefix = is_signed ? "int" : "uint";
            const auto bits = type == prefix ? 256 : size_after(type, prefix);
            if (bits && *bits % 8 == 0 && *bits <= 256)
                return encode_number(type, *bits, is_signed, value);
        }
        throw BadValue{fmt::format("there is no type {}", type)};
    }

    Hash encode_array(std::string_view type, Json value) {
        const size_t open = type.rfind('[');
        if (open == std::string_view::npos)
            throw BadValue{fmt::format("there is no type {}", type)};
        const auto of = type.substr(0, open);
        const auto length = type.substr(open + 1, type.size() - open - 2);
        const auto words = read_list(value, [&](Json element) { return encode(of, element); });
        if (!length.empty() && size_after(length, "") != words.size())
            throw BadValue{
                fmt::format("it has {} elements, {} has {}", words.size(), type, length)};
        Bytes data;
        for (const Hash& word : words) append(data, word);
        return crypto::keccak256(data);
    }

    const Types& types_;
    std::map<std::string, Hash, std::less<>> type_hashes_;
    size_t depth_ = 0;
};

/// Adds the type of the domain, of the members that EIP-712 has and the domain too.
void add_domain_type(Types& types, const Members& domain) {
    static constexpr std::array MEMBERS{std::pair{"name", "string"}, std::pair{"version", "string"},
                                        std::pair{"chainId", "uint256"},
                                        std::pair{"verifyingContract", "address"},
                                        std::pair{"salt", "bytes32"}};
    auto& members = types[std::string{DOMAIN_TYPE}];
    for (const auto& [name, type] : MEMBERS)
        if (domain.contains(name)) members.push_back({name, type});
}

}  // namespace

Hash typed_data_hash(Json typed_data) {
    const auto members = members_of(typed_data);
    Types types = read_member("types", required(members, "types"), read_types);
    const auto primary = read_member("primaryType", required(members, "primaryType"), read_text);
    const Json domain = required(members, "domain");
    if (!types.contains(DOMAIN_TYPE))
        add_domain_type(types, read_member("domain", domain, members_of));
    Encoder encoder{types};
    Bytes data{0x19, 0x01};
    append(data, read_member("domain", domain,
                             [&](Json of) { return encoder.hash_struct(DOMAIN_TYPE, of); }));
    if (primary != DOMAIN_TYPE)
        append(data, read_member("message", required(members, "message"),
                                 [&](Json of) { return encoder.hash_struct(primary, of); }));
    return crypto::keccak256(data);
}

Hash personal_message_hash(BytesView message) {
    Bytes data =
        to_bytes(as_bytes("\x19"
                          "Ethereum Signed Message:\n"));
    append(data, as_bytes(std::to_string(message.size())));
    append(data, message);
    return crypto::keccak256(data);
}

}  // namespace scope::rpc

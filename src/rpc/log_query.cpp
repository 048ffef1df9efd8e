#include "rpc/log_query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::rpc {

namespace {

/// Reads an address or a topic, with geth's words (eth/filters/api.go).
template <size_t N>
FixedBytes<N> read_value(Json value, std::string_view what) {
    Bytes bytes;
    try {
        bytes = read_data(value);
    } catch (const BadValue& error) {
        throw BadValue{fmt::format("invalid {}: {}", what, error.what())};
    }
    if (bytes.size() != N)
        throw BadValue{fmt::format("hex has invalid length {} after decoding; expected {} for {}",
                                   bytes.size(), N, what)};
    return FixedBytes<N>::from(bytes);
}

void check_count(size_t count) {
    if (count > LogQuery::MOST_VALUES)
        throw BadValue{"exceed max addresses or topics per search position"};
}

std::vector<Address> read_addresses(Json value) {
    if (value.is_string()) return {read_value<20>(value, "address")};
    if (!value.is_array()) throw BadValue{"invalid addresses in query"};
    std::vector<Address> addresses;
    for (const Json element : read_array(value)) {
        if (!element.is_string())
            throw BadValue{fmt::format("non-string address at index {}", addresses.size())};
        addresses.push_back(read_value<20>(element, "address"));
        check_count(addresses.size());
    }
    return addresses;
}

std::vector<Hash> read_topic(Json value) {
    if (value.is_null()) return {};
    if (value.is_string()) return {read_value<32>(value, "topic")};
    if (!value.is_array()) throw BadValue{"invalid topic(s)"};
    std::vector<Hash> values;
    for (const Json element : read_array(value)) {
        if (element.is_null()) return {};  // any
        if (!element.is_string()) throw BadValue{"invalid topic(s)"};
        values.push_back(read_value<32>(element, "topic"));
        check_count(values.size());
    }
    return values;
}

std::vector<std::vector<Hash>> read_topics(Json value) {
    std::vector<std::vector<Hash>> topics;
    for (const Json element : read_array(value)) {
        if (topics.size() == LogQuery::MOST_TOPICS) throw BadValue{"exceed max topics"};
        topics.push_back(read_topic(element));
    }
    return topics;
}

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
    return values.empty() || std::ranges::find(values, value) != values.end();
}

}  // namespace

LogQuery read_log_query(Json value) {
    LogQuery query;
    for (const auto& [name, member] : read_object(value)) {
        const Json content = member;
        if (content.is_null()) continue;
        if (name == "blockHash") query.block_hash = read_member(name, content, read_hash);
        if (name == "fromBlock") query.from = read_member(name, content, read_block_number);
        if (name == "toBlock") query.to = read_member(name, content, read_block_number);
        if (name == "address") query.addresses = read_addresses(content);
        if (name == "topics") query.topics = read_topics(content);
    }
    if (query.block_hash && (query.from || query.to))
        throw BadValue{
            "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"};
    return query;
}

bool is_in_range(const LogQuery& query, uint64_t number) {
    const auto is_number = [](const std::optional<BlockTag>& tag) {
        return tag && tag->kind == BlockTag::Kind::number;
    };
    return (!is_number(query.from) || query.from->number <= number) &&
           (!is_number(query.to) || number <= query.to->number);
}

LogMatcher::Bits::Bits(BytesView value) {
    const Hash hash = crypto::keccak256(value);
    for (size_t i = 0; i < 3; ++i) {
        const unsigned bit = (unsigned{hash[2 * i]} << 8 | hash[2 * i + 1]) & 2047;
        bytes[i] = static_cast<uint16_t>(Bloom::size() - 1 - bit / 8);
        masks[i] = static_cast<uint8_t>(1U << bit % 8);
    }
}

bool LogMatcher::Bits::are_in(const Bloom& bloom) const {
    for (size_t i = 0; i < 3; ++i)
        if ((bloom[bytes[i]] & masks[i]) == 0) return false;
    return true;
}

bool LogMatcher::any_in(const std::vector<Bits>& bits, const Bloom& bloom) {
    return bits.empty() ||
           std::ranges::any_of(bits, [&](const Bits& each) { return each.are_in(bloom); });
}

LogMatcher::LogMatcher(const LogQuery& query) : addresses_(query.addresses), topics_(query.topics) {
    for (const Address& address : addresses_) address_bits_.emplace_back(address);
    for (const std::vector<Hash>& values : topics_) {
        std::vector<Bits>& bits = topic_bits_.emplace_back();
        for (const Hash& value : values) bits.emplace_back(value);
    }
}

bool LogMatcher::may_match(const Bloom& bloom) const {
    return any_in(address_bits_, bloom) &&
           std::ranges::all_of(topic_bits_, [&](const auto& bits) { return any_in(bits, bloom); });
}

bool LogMatcher::matches(const Log& log) const {
    if (log.topics.size() < topics_.size() || !contains(addresses_, log.address)) return false;
    for (size_t i = 0; i < topics_.size(); ++i)
        if (!contains(topics_[i], log.topics[i])) return false;
    return true;
}

}  // namespace scope::rpc

#include "types/transaction.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"
#include "types/blob.hpp"
#include "types/rlp_fields.hpp"
#include "types/signing.hpp"

namespace scope {
namespace {

using namespace literals;

const crypto::SecretKey& key() {
    static const auto value = crypto::SecretKey::from(
        "0x4646464646464646464646464646464646464646464646464646464646464646"_hash);
    return *value;
}
constexpr Address TO = "0x3535353535353535353535353535353535353535"_address;

constexpr TxType TYPES[] = {TxType::legacy, TxType::access_list, TxType::dynamic_fee,
                            TxType::blob,   TxType::set_code,    TxType::system};

/// A transaction with something in each field that its type has.
Transaction example(TxType type) {
    Transaction tx;
    tx.type = type;
    tx.chain_id = ChainId{901};
    tx.nonce = 9;
    tx.gas_limit = 100'000;
    tx.to = TO;
    tx.data = "00112233"_hex;
    if (type == TxType::system) return tx;
    tx.max_fee_per_gas = 20'000'000'000u;
    tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    tx.value = uint256{1u} << 200;
    if (type == TxType::legacy) {
        sign(tx, key());
        return tx;
    }
    tx.access_list = {{TO, {Hash{{1}}, Hash{{2}}}}, {Address{}, {}}};
    if (type != TxType::access_list) tx.max_priority_fee_per_gas = 1'000'000'000u;
    if (type == TxType::blob) {
        tx.max_fee_per_blob_gas = 7u;
        tx.blob_versioned_hashes = {Hash{{1, 5}}, Hash{{1, 6}}};
    }
    if (type == TxType::set_code) {
        tx.authorization_list = {{uint256{901u}, TO, 3, {}, {}, {}},
                                 {{}, TO, ~uint64_t{0}, {}, {}, {}}};
        for (Authorization& authorization : tx.authorization_list) sign(authorization, key());
    }
    sign(tx, key());
    return tx;
}

// The example of EIP-155.
TEST(transaction, eip155_example) {
    Transaction tx;
    tx.chain_id = ChainId{1};
    tx.nonce = 9;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = 20'000'000'000u;
    tx.gas_limit = 21'000;
    tx.to = TO;
    tx.value = 1'000'000'000'000'000'000u;
    EXPECT_EQ(signing_hash(tx),
              "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"_hash);
    sign(tx, key());
    EXPECT_EQ(
        to_hex(encode(tx)),
        "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000"
        "8025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761"
        "aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
    EXPECT_EQ(recover_sender(tx), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"_address);
    EXPECT_EQ(decode_transaction(encode(tx)), tx);
}

TEST(transaction, every_type_comes_back) {
    for (const TxType type : TYPES) {
        const Transaction tx = example(type);
        const Bytes encoded = encode(tx);
        const auto decoded = decode_transaction(encoded);
        ASSERT_TRUE(decoded) << to_string(decoded.error());
        EXPECT_EQ(*decoded, tx);
        EXPECT_EQ(hash(tx), crypto::keccak256(encoded));
        if (type != TxType::legacy) EXPECT_EQ(encoded[0], static_cast<uint8_t>(type));
        if (type != TxType::system) EXPECT_EQ(recover_sender(tx), crypto::address_of(key()));
    }
}

TEST(transaction, unprotected_legacy) {
    Transaction tx = example(TxType::legacy);
    tx.chain_id.reset();
    tx.to.reset();
    sign(tx, key());
    EXPECT_EQ(decode_transaction(encode(tx)), tx);
    EXPECT_EQ(recover_sender(tx), crypto::address_of(key()));
}

TEST(transaction, largest_chain_id) {
    for (const TxType type : TYPES) {
        Transaction tx = example(type);
        tx.chain_id = ChainId{~uint64_t{0}};
        if (type != TxType::system) sign(tx, key());
        EXPECT_EQ(decode_transaction(encode(tx)), tx);
    }
}

TEST(transaction, system_transaction_has_five_fields) {
    const Transaction tx = example(TxType::system);
    EXPECT_EQ(encode(tx), concat("7d"_hex, rlp::encode_list(901u, 9u, 100'000u, TO, tx.data)));
}

TEST(transaction, high_s_is_for_frontier_only) {
    Transaction tx = example(TxType::legacy);
    tx.s = crypto::SECP256K1_N - tx.s;
    tx.y_parity = !tx.y_parity;
    EXPECT_EQ(decode_transaction(encode(tx)), tx);
    EXPECT_EQ(recover_sender(tx), std::nullopt);
    EXPECT_EQ(recover_sender(tx, SignatureRule::frontier), crypto::address_of(key()));
}

TEST(transaction, authorization_signatures) {
    Authorization authorization{uint256{1u}, TO, 7, {}, {}, {}};
    sign(authorization, key());
    EXPECT_EQ(recover_authority(authorization), crypto::address_of(key()));

    Authorization high_s = authorization;
    high_s.s = crypto::SECP256K1_N - high_s.s;
    high_s.y_parity = uint256{1u} - high_s.y_parity;
    EXPECT_EQ(recover_authority(high_s), std::nullopt);
    Authorization parity = authorization;
    parity.y_parity += uint256{2u};
    EXPECT_EQ(recover_authority(parity), std::nullopt);
    Authorization zero = authorization;
    zero.r = {};
    EXPECT_EQ(recover_authority(zero), std::nullopt);
    Authorization changed = authorization;
    changed.nonce = 8;
    EXPECT_NE(recover_authority(changed), crypto::address_of(key()));
}

std::string_view error_of(const Bytes& bytes) {
    const auto decoded = decode_transaction(bytes);
    return decoded ? std::string_view{"accepted"} : to_string(decoded.error());
}

TEST(transaction_decode, refuses_unknown_types) {
    const Bytes body = rlp::encode_list();
    for (unsigned type = 0; type < 0xc0; ++type) {
        if (std::ranges::count(TYPES, static_cast<TxType>(type)) > 0 && type != 0) continue;
        EXPECT_EQ(error_of(concat(Bytes{static_cast<uint8_t>(type)}, body)),
                  to_string(TxDecodeError::unknown_type));
    }
}

TEST(transaction_decode, refuses_what_is_no_list) {
    EXPECT_EQ(error_of({}), to_string(TxDecodeError::malformed_rlp));
    for (const TxType type : TYPES) {
        const auto malformed = to_string(TxDecodeError::malformed_rlp);
        const Bytes encoded = encode(example(type));
        for (size_t size = 1; size < encoded.size(); ++size)
            ASSERT_EQ(error_of({encoded.begin(), encoded.begin() + static_cast<long>(size)}),
                      malformed);
        if (type == TxType::legacy) continue;
        const auto byte = static_cast<uint8_t>(type);
        EXPECT_EQ(error_of({byte}), malformed);
        EXPECT_EQ(error_of({byte, 0x80}), malformed);
        EXPECT_EQ(error_of({byte, 0xc0}), malformed);
    }
}

TEST(transaction_decode, refuses_trailing_bytes) {
    for (const TxType type : TYPES) {
        const Bytes encoded = encode(example(type));
        EXPECT_EQ(error_of(concat(encoded, "00"_hex)), to_string(TxDecodeError::trailing_bytes));
        // One item more inside the list; all of them have a header of 3 or 2 bytes.
        const size_t start = type == TxType::legacy ? 0 : 1;
        const size_t header = 1 + (encoded[start] - 0xf7u) * (encoded[start] > 0xf7);
        Bytes longer{encoded.begin() + static_cast<long>(start + header), encoded.end()};
        longer.push_back(0x01);
        rlp::close_list(longer, 0);
        if (start == 1) longer.insert(longer.begin(), encoded[0]);
        EXPECT_EQ(error_of(longer), to_string(TxDecodeError::trailing_bytes));
    }
}

/// An access list transaction, its fields one by one.
struct Fields {
    Bytes chain_id = rlp::encode(1u), nonce = rlp::encode(0u), gas_price = rlp::encode(1u),
          gas_limit = rlp::encode(21'000u), to = rlp::encode(TO), value = rlp::encode(0u),
          data = rlp::encode(BytesView{}), access_list = rlp::encode(AccessList{}),
          y_parity = rlp::encode(1u), r = rlp::encode(1u), s = rlp::encode(1u);

    [[nodiscard]] Bytes bytes() const {
        Bytes out = concat(chain_id, nonce, gas_price, gas_limit, to, value, data, access_list,
                           y_parity, r, s);
        rlp::close_list(out, 0);
        return concat("01"_hex, out);
    }
    [[nodiscard]] std::string_view error() const { return error_of(bytes()); }
};

const std::map<std::string_view, std::pair<Bytes Fields::*, TxField>> FIELDS{
    {"chain_id", {&Fields::chain_id, TxField::chain_id}},
    {"nonce", {&Fields::nonce, TxField::nonce}},
    {"gas_price", {&Fields::gas_price, TxField::max_fee_per_gas}},
    {"gas_limit", {&Fields::gas_limit, TxField::gas_limit}},
    {"to", {&Fields::to, TxField::to}},
    {"value", {&Fields::value, TxField::value}},
    {"data", {&Fields::data, TxField::data}},
    {"access_list", {&Fields::access_list, TxField::access_list}},
    {"y_parity", {&Fields::y_parity, TxField::v}},
    {"r", {&Fields::r, TxField::r}},
    {"s", {&Fields::s, TxField::s}},
};

TEST(transaction_decode, refuses_each_bad_field) {
    const Bytes two_to_64 = rlp::encode(uint256{1u} << 64);
    const Bytes two_to_256 = concat("a101"_hex, Hash{});
    const Bytes leading_zero = "820001"_hex;
    const Bytes list = "c0"_hex;
    const Bytes n = rlp::encode(crypto::SECP256K1_N);
    struct Case {
        std::string_view field;
        Bytes value;
        TxDecodeError error;
        std::optional<rlp::RlpError> rlp;
    };
    using enum TxDecodeError;
    using rlp::RlpError::expected_list, rlp::RlpError::expected_string, rlp::RlpError::missing_item,
        rlp::RlpError::number_too_large, rlp::RlpError::wrong_size;
    const std::vector<Case> cases{
        {"chain_id", two_to_64, field_too_large, number_too_large},
        {"chain_id", leading_zero, malformed_rlp, rlp::RlpError::leading_zero},
        {"nonce", two_to_64, field_too_large, number_too_large},
        {"nonce", "00"_hex, malformed_rlp, rlp::RlpError::leading_zero},
        {"nonce", list, malformed_rlp, expected_string},
        {"gas_price", two_to_256, field_too_large, number_too_large},
        {"gas_limit", two_to_64, field_too_large, number_too_large},
        {"value", two_to_256, field_too_large, number_too_large},
        {"to", rlp::encode(Bytes(19, 1)), bad_address, wrong_size},
        {"to", rlp::encode(Bytes(21, 1)), bad_address, wrong_size},
        {"to", "00"_hex, bad_address, wrong_size},
        {"to", list, malformed_rlp, expected_string},
        {"data", list, malformed_rlp, expected_string},
        {"access_list", "80"_hex, malformed_rlp, expected_list},
        {"access_list", rlp::encode_list(std::tuple{TO}), malformed_rlp, missing_item},
        {"access_list", rlp::encode_list(std::tuple{Bytes(19, 1), std::tuple<>{}}),
         bad_field_length, wrong_size},
        {"access_list", rlp::encode_list(std::tuple{TO, std::tuple{Bytes(31, 1)}}),
         bad_field_length, wrong_size},
        {"access_list", rlp::encode_list(std::tuple{TO, std::tuple<>{}, 1u}), trailing_bytes,
         rlp::RlpError::trailing_bytes},
        {"y_parity", rlp::encode(2u), bad_signature_value, number_too_large},
        {"y_parity", rlp::encode(27u), bad_signature_value, number_too_large},
        {"r", rlp::encode(0u), bad_signature_value, std::nullopt},
        {"r", n, bad_signature_value, std::nullopt},
        {"r", two_to_256, field_too_large, number_too_large},
        {"s", rlp::encode(0u), bad_signature_value, std::nullopt},
        {"s", n, bad_signature_value, std::nullopt},
        {"s", leading_zero, malformed_rlp, rlp::RlpError::leading_zero},
    };
    EXPECT_EQ(Fields{}.error(), "accepted");
    for (size_t i = 0; i < cases.size(); ++i) {
        const auto& [member, name] = FIELDS.at(cases[i].field);
        Fields fields;
        fields.*member = cases[i].value;
        EXPECT_EQ(fields.error(), to_string(cases[i].error)) << i;
        const Bytes bytes = fields.bytes();
        const auto fault = decode_or_locate_fault(bytes);
        ASSERT_FALSE(fault) << i;
        EXPECT_EQ(fault.error().field, name) << i;
        EXPECT_EQ(fault.error().rlp, cases[i].rlp) << i;
        if (fault.error().rlp) {
            const BytesView rest = fault.error().rest;
            EXPECT_TRUE(std::ranges::equal(rest.first(cases[i].value.size()), cases[i].value)) << i;
        }
    }
    Fields creates;
    creates.to = "80"_hex;
    EXPECT_EQ(creates.error(), "accepted");
}

TEST(transaction_decode, names_the_first_field_that_is_missing) {
    const Bytes number = rlp::encode(1u);
    Bytes items;
    for (const TxField field :
         {TxField::nonce, TxField::max_fee_per_gas, TxField::gas_limit, TxField::to, TxField::value,
          TxField::data, TxField::v, TxField::r, TxField::s}) {
        Bytes list = items;
        rlp::close_list(list, 0);
        const auto fault = decode_or_locate_fault(list);
        ASSERT_FALSE(fault);
        EXPECT_EQ(fault.error().field, field);
        EXPECT_EQ(fault.error().rlp, rlp::RlpError::missing_item);
        items = concat(items, field == TxField::to  ? rlp::encode(TO)
                              : field == TxField::v ? rlp::encode(27u)
                                                    : number);
    }
}

TEST(transaction_decode, refuses_bad_legacy_v) {
    const auto error_of_v = [](const uint256& v) {
        return error_of(rlp::encode_list(0u, 1u, 21'000u, TO, 0u, BytesView{}, v, 1u, 1u));
    };
    for (const unsigned v : {27u, 28u, 35u, 36u, 37u, 38u}) EXPECT_EQ(error_of_v(v), "accepted");
    for (const unsigned v : {0u, 1u, 26u, 29u, 34u})
        EXPECT_EQ(error_of_v(v), to_string(TxDecodeError::bad_signature_value));
    const uint256 largest = (uint256{1u} << 65) + uint256{34u};
    EXPECT_EQ(error_of_v(largest), "accepted");
    EXPECT_EQ(error_of_v(largest + uint256{1u}), to_string(TxDecodeError::bad_signature_value));
}

TEST(transaction_decode, refuses_creation_where_the_type_has_none) {
    for (const TxType type : TYPES) {
        Transaction tx = example(type);
        tx.to.reset();
        const bool creates =
            type == TxType::legacy || type == TxType::access_list || type == TxType::dynamic_fee;
        EXPECT_EQ(error_of(encode(tx)),
                  creates ? "accepted" : to_string(TxDecodeError::missing_to));
    }
}

TEST(transaction_decode, leaves_the_largest_nonce_to_those_who_name_its_rule) {
    Transaction tx = example(TxType::dynamic_fee);
    tx.nonce = ~uint64_t{0};  // EIP-2681
    EXPECT_EQ(error_of(encode(tx)), "accepted");
}

TEST(transaction_decode, refuses_bad_authorizations_and_blob_hashes) {
    Transaction tx = example(TxType::set_code);
    tx.authorization_list[0].y_parity = uint256{255u};
    EXPECT_EQ(error_of(encode(tx)), "accepted");
    tx.authorization_list[0].y_parity = uint256{256u};
    EXPECT_EQ(error_of(encode(tx)), to_string(TxDecodeError::field_too_large));

    const Bytes body = rlp::encode_list(1u, 0u, 1u, 1u, 21'000u, TO, 0u, BytesView{}, AccessList{},
                                        1u, std::tuple{Bytes(31, 1)}, true, 1u, 1u);
    EXPECT_EQ(error_of(concat("03"_hex, body)), to_string(TxDecodeError::bad_field_length));
}

TEST(transaction_decode, accepts_only_what_encode_gives) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    for (const TxType type : TYPES) {
        const Bytes valid = encode(example(type));
        size_t accepted = 0;
        for (int i = 0; i < 50'000; ++i) {
            Bytes bytes = valid;
            for (unsigned changes = 1 + random() % 3; changes > 0 && !bytes.empty(); --changes) {
                const size_t at = random() % bytes.size();
                const auto place = bytes.begin() + static_cast<long>(at);
                switch (random() % 8) {
                    case 0:
                        bytes.erase(place);
                        break;
                    case 1:
                        bytes.insert(place, static_cast<uint8_t>(random()));
                        break;
                    case 2:
                        bytes.resize(at + 1);
                        break;
                    default:
                        *place = static_cast<uint8_t>(random());
                        break;
                }
            }
            const auto decoded = decode_transaction(bytes);
            if (!decoded) continue;
            ++accepted;
            ASSERT_EQ(to_hex(encode(*decoded)), to_hex(bytes));
            if (decoded->type != TxType::system && random() % 64 == 0)
                (void)recover_sender(*decoded);
        }
        EXPECT_GT(accepted, 1000u);
    }
}

}  // namespace
}  // namespace scope

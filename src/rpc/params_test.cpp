#include "rpc/params.hpp"

#include <gmock/gmock.h>

#include "base/hex.hpp"

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::HasSubstr;

constexpr Address ADDRESS = "0x00000000000000000000000000000000000000aa"_address;
constexpr Hash HASH = "0x00000000000000000000000000000000000000000000000000000000000000bb"_hash;

/// Parameters as a message has them.
class Given {
  public:
    explicit Given(const std::string& text, std::string_view names = {})
        : params_(Json{parser_.parse(text)}, names) {}
    const Params* operator->() const { return &params_; }

  private:
    simdjson::dom::parser parser_;
    Params params_;
};

/// Returns the error that @p read ends with; code 0 if none.
template <typename Read>
RpcError error_of(Read&& read) {
    try {
        read();
    } catch (const RpcFailure& failure) {
        return failure.error;
    }
    return {};
}
/// Returns the message of reading the first parameter; "" if it is read.
template <typename Read>
std::string refusal_of(const std::string& value, Read&& read) {
    const RpcError error = error_of([&] { (void)Given{"[" + value + "]"} -> get(0, read); });
    EXPECT_TRUE(error.code == 0 || error.code == INVALID_PARAMS) << value;
    return error.message;
}

TEST(params, are_an_array_or_nothing) {
    EXPECT_EQ(Params{std::nullopt}.size(), 0u);
    EXPECT_EQ(Given{"null"} -> size(), 0u);
    EXPECT_EQ(Given{"[1, null]"} -> size(), 2u);
    for (const char* const text : {"{}", R"({"block": "latest"})", "1", "\"latest\""}) {
        const RpcError error = error_of([&] { Given{text}; });
        EXPECT_EQ(error.code, INVALID_PARAMS);
        EXPECT_THAT(error.message, HasSubstr("non-array args"));
    }
}

TEST(params, more_than_a_method_has_are_refused) {
    EXPECT_EQ(Given("[1, 2]", "address block?")->size(), 2u);
    EXPECT_EQ(error_of([] { Given("[1, 2, 3]", "address block?"); }).message,
              "too many arguments, want at most 2");
    std::string many = "[0";
    for (size_t i = 0; i < Params::MOST; ++i) many += ",0";
    EXPECT_EQ(error_of([&] { Given{many + "]"}; }).message, "too many arguments, want at most 16");
}

TEST(params, a_missing_one_is_named) {
    const Given given("[null]", "address block?");
    EXPECT_EQ(error_of([&] { (void)given->address(0); }).message,
              "missing value for required argument 0 (address)");
    EXPECT_EQ(error_of([&] { (void)given->text(1); }).message,
              "missing value for required argument 1 (block)");
    EXPECT_EQ(error_of([] { (void)Given{"[]"} -> text(1); }).message,
              "missing value for required argument 1");
    EXPECT_EQ(given->block(1), BlockTag{});
    EXPECT_FALSE(given->flag(1));
    EXPECT_EQ(given->find(0, read_address), std::nullopt);
}

TEST(params, quantities_are_hex_without_leading_zeros) {
    EXPECT_EQ(Given{R"(["0x0"])"} -> quantity(0), 0u);
    EXPECT_EQ(Given{R"(["0xfFFfffffFFffffff"])"} -> quantity(0), UINT64_MAX);
    const std::string most = "\"0x" + std::string(64, 'f') + "\"";
    EXPECT_EQ(Given{"[" + most + "]"} -> get(0, read_quantity256), ~uint256{});
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"("1")", "hex string without 0x prefix"},
        {R"("")", "empty hex string"},
        {R"("0x")", "hex string \"0x\""},
        {R"("0x01")", "hex number with leading zero digits"},
        {R"("0xg")", "invalid hex string"},
        {R"("0x10000000000000000")", "hex number > 64 bits"},
        {"\"0x1" + std::string(64, '0') + "\"", "hex number > 256 bits"},
        {"1", "non-string"},
        {"true", "non-string"},
        {"{}", "non-string"},
    };
    for (const auto& [value, reason] : cases)
        EXPECT_EQ(refusal_of(value, read_quantity), "invalid argument 0: json: cannot unmarshal " +
                                                        reason +
                                                        " into Go value of type hexutil.Uint64");
    EXPECT_EQ(refusal_of("\"0x1" + std::string(64, '0') + "\"", read_quantity256),
              "invalid argument 0: json: cannot unmarshal hex number > 256 bits into Go value of "
              "type *hexutil.Big");
}

TEST(params, loose_quantities_are_what_test_methods_take) {
    for (const char* const value : {"10", R"("10")", R"("0xa")", R"("0x00a")"})
        EXPECT_EQ(refusal_of(value,
                             [](Json json) {
                                 const uint256 number = read_loose_quantity(json);
                                 EXPECT_EQ(number, uint256{10u});
                                 return number;
                             }),
                  "");
    for (const char* const value : {"-1", "1.5", R"("x")", "[]", "true"})
        EXPECT_THAT(refusal_of(value, read_loose_quantity), HasSubstr("expected a number"))
            << value;
}

TEST(params, addresses_and_hashes_have_their_length) {
    EXPECT_EQ(Given{"[\"" + to_hex(ADDRESS) + "\"]"} -> address(0), ADDRESS);
    EXPECT_EQ(Given{"[\"" + to_hex(HASH) + "\"]"} -> hash(0), HASH);
    EXPECT_EQ(refusal_of(R"("0xaa")", read_address),
              "invalid argument 0: hex string has length 2, want 40 for common.Address");
    EXPECT_EQ(refusal_of("\"" + std::string(64, '0') + "\"", read_hash),
              "invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go "
              "value of type common.Hash");
    EXPECT_EQ(refusal_of("\"0x" + std::string(40, 'g') + "\"", read_address),
              "invalid argument 0: json: cannot unmarshal invalid hex string into Go value of type "
              "common.Address");
    EXPECT_THAT(refusal_of("\"0x" + std::string(39, '0') + "\"", read_address),
                HasSubstr("odd length"));
    EXPECT_THAT(refusal_of("5", read_address), HasSubstr("non-string"));
}

TEST(params, words_are_padded) {
    EXPECT_EQ(Given{R"(["0xbb"])"} -> get(0, read_word), HASH);
    EXPECT_EQ(Given{R"(["0x0bb"])"} -> get(0, read_word), HASH);
    EXPECT_EQ(Given{"[\"" + to_hex(HASH) + "\"]"} -> get(0, read_word), HASH);
    EXPECT_THAT(refusal_of("\"0x" + std::string(65, '0') + "\"", read_word), HasSubstr("too long"));
    EXPECT_THAT(refusal_of(R"("0xzz")", read_word), HasSubstr("invalid hex"));
    EXPECT_THAT(refusal_of(R"("0x0x")", read_word), HasSubstr("invalid hex"));
}

TEST(params, data_is_whole_bytes) {
    EXPECT_EQ(Given{R"(["0x"])"} -> data(0), Bytes{});
    EXPECT_EQ(Given{R"(["0xAbcd"])"} -> data(0), (Bytes{0xab, 0xcd}));
    EXPECT_THAT(refusal_of(R"("0xabc")", read_data), HasSubstr("odd length"));
    EXPECT_THAT(refusal_of(R"("abcd")", read_data), HasSubstr("without 0x prefix"));
    EXPECT_THAT(refusal_of(R"("0x0xab")", read_data), HasSubstr("invalid hex"));
}

TEST(params, a_block_is_a_name_a_number_a_hash_or_an_object) {
    using Kind = BlockTag::Kind;
    const std::string hash = "\"" + to_hex(HASH) + "\"";
    const std::vector<std::pair<std::string, BlockTag>> cases{
        {R"("latest")", {}},
        {"null", {}},
        {R"("pending")", {.kind = Kind::pending}},
        {R"("earliest")", {.kind = Kind::earliest}},
        {R"("safe")", {.kind = Kind::safe}},
        {R"("finalized")", {.kind = Kind::finalized}},
        {R"("0x10")", BlockTag::of_number(16)},
        {hash, BlockTag::of_hash(HASH)},
        {R"({"blockNumber": "0x10"})", BlockTag::of_number(16)},
        {R"({"blockNumber": "safe", "blockHash": null})", {.kind = Kind::safe}},
        {R"({"blockHash": )" + hash + "}", BlockTag::of_hash(HASH)},
        {R"({"requireCanonical": true, "blockHash": )" + hash + "}",
         {.kind = Kind::hash, .hash = HASH, .require_canonical = true}},
    };
    for (const auto& [value, tag] : cases)
        EXPECT_EQ(Given{"[" + value + "]"} -> block(0), tag) << value;

    for (const auto& [value, reason] : std::vector<std::pair<std::string, std::string>>{
             {R"("2")", "hex string without 0x prefix"},
             {R"("0x02")", "hex number with leading zero digits"},
             {R"("lates")", "hex string without 0x prefix"},
             {R"("0x8000000000000000")", "block number larger than int64"},
             {R"("0x10000000000000000")", "hex number > 64 bits"},
             {"{}", "must specify either BlockHash or BlockNumber"},
             {R"({"blockNumber": "0x1", "blockHash": )" + hash + "}",
              "cannot specify both BlockHash and BlockNumber, choose one or the other"},
             {"5", "json: cannot unmarshal number into Go value of type string"}})
        EXPECT_EQ(refusal_of(value, read_block_tag), "invalid argument 0: " + reason) << value;
    EXPECT_EQ(refusal_of("\"0x" + std::string(64, 'f') + "\"", read_block_number),
              "invalid argument 0: hex number > 64 bits");
}

TEST(params, a_transaction_has_all_fields) {
    const std::string address = "\"" + to_hex(ADDRESS) + "\"";
    const std::string hash = "\"" + to_hex(HASH) + "\"";
    const Given given{
        R"([{"from":)" + address + R"(,"to":)" + address +
        R"(,"gas":"0x1","gasPrice":"0x2","maxFeePerGas":"0x3","maxPriorityFeePerGas":"0x4",)"
        R"("maxFeePerBlobGas":"0x5","value":"0x6","nonce":"0x7","type":"0x2","chainId":"0x8",)"
        R"("data":"0xab","input":"0xab","unknown":{},)"
        R"("accessList":[{"address":)" +
        address + R"(,"storageKeys":[)" + hash +
        R"(]}],)"
        R"("authorizationList":[{"chainId":"0x1","address":)" +
        address +
        R"(,"nonce":"0x2","yParity":"0x1","r":"0x03","s":"0x4"}],)"
        R"("blobVersionedHashes":[)" +
        hash +
        R"(],"blobs":["0x01"],"commitments":["0x02"],)"
        R"("proofs":["0x03"]}])"};
    const TransactionArgs args = given->transaction(0);
    EXPECT_EQ(args.from, ADDRESS);
    EXPECT_EQ(args.to, ADDRESS);
    EXPECT_EQ(args.gas, 1u);
    EXPECT_EQ(args.gas_price, uint256{2u});
    EXPECT_EQ(args.max_fee_per_gas, uint256{3u});
    EXPECT_EQ(args.max_priority_fee_per_gas, uint256{4u});
    EXPECT_EQ(args.max_fee_per_blob_gas, uint256{5u});
    EXPECT_EQ(args.value, uint256{6u});
    EXPECT_EQ(args.nonce, 7u);
    EXPECT_EQ(args.type, 2u);
    EXPECT_EQ(args.chain_id, uint256{8u});
    EXPECT_EQ(args.data, Bytes{0xab});
    EXPECT_EQ(args.access_list, (AccessList{{ADDRESS, {HASH}}}));
    EXPECT_EQ(args.authorization_list,
              (std::vector{Authorization{
                  .chain_id = 1, .address = ADDRESS, .nonce = 2, .y_parity = 1, .r = 3, .s = 4}}));
    EXPECT_EQ(args.blob_versioned_hashes, std::vector{HASH});
    EXPECT_EQ(args.blobs, (std::vector<Bytes>{{1}}));
    EXPECT_EQ(args.commitments, (std::vector<Bytes>{{2}}));
    EXPECT_EQ(args.proofs, (std::vector<Bytes>{{3}}));

    const TransactionArgs none = Given{R"([{"to":null,"gas":null}])"} -> transaction(0);
    EXPECT_FALSE(none.to || none.gas || none.data || none.access_list);
    EXPECT_EQ(Given{R"([{"input":"0x01"}])"} -> transaction(0).data, Bytes{1});
}

TEST(params, a_wrong_field_of_a_transaction_is_named) {
    const auto refusal = [](const std::string& members) {
        return refusal_of("{" + members + "}", read_transaction);
    };
    EXPECT_THAT(refusal(R"("data":"0x01","input":"0x02")"), HasSubstr("set and not equal"));
    EXPECT_THAT(refusal(R"("from":"0x1")"), HasSubstr("argument 0: from: "));
    EXPECT_THAT(refusal(R"("gas":1)"), HasSubstr("argument 0: gas: "));
    EXPECT_THAT(refusal(R"("accessList":[{"address":"0x"}])"),
                HasSubstr("accessList: [0]: address: "));
    EXPECT_THAT(refusal(R"("accessList":[{}])"),
                HasSubstr("accessList: [0]: missing required field 'address' for AccessTuple"));
    EXPECT_THAT(refusal(R"("authorizationList":[{"yParity":"0x100"}])"),
                HasSubstr("authorizationList: [0]: yParity: it is above 255"));
    EXPECT_THAT(refusal(R"("authorizationList":[{}])"),
                HasSubstr("missing required field 'chainId'"));
    EXPECT_THAT(refusal_of("[]", read_transaction), HasSubstr("expected an object, found array"));
}

TEST(params, of_a_doubled_field_the_last_counts) {
    EXPECT_EQ(Given{R"([{"gas":"0x1","gas":"0x2"}])"} -> transaction(0).gas, 2u);
}

TEST(params, overrides_have_all_fields) {
    const std::string hash = "\"" + to_hex(HASH) + "\"";
    const StateOverrides state = Given{
        "[{\"" + to_hex(ADDRESS) + R"(":{"nonce":"0x1","balance":"0x2","code":"0x03","state":{)" +
        hash + ":" + hash + R"(},"stateDiff":{)" + hash + ":" + hash +
        R"(},"movePrecompileToAddress":")" + to_hex(ADDRESS) + R"("}}])"} -> state_overrides(0);
    ASSERT_EQ(state.size(), 1u);
    const AccountOverride& account = state.at(ADDRESS);
    EXPECT_EQ(account.nonce, 1u);
    EXPECT_EQ(account.balance, uint256{2u});
    EXPECT_EQ(account.code, Bytes{3});
    EXPECT_EQ(account.state, (std::map<Hash, Hash>{{HASH, HASH}}));
    EXPECT_EQ(account.state_diff, (std::map<Hash, Hash>{{HASH, HASH}}));
    EXPECT_EQ(account.move_precompile_to, ADDRESS);

    const BlockOverrides block = Given{
        R"([{"number":"0x1","difficulty":"0x2","time":"0x3","gasLimit":"0x4","feeRecipient":")" +
        to_hex(ADDRESS) + R"(","prevRandao":)" + hash +
        R"(,"baseFeePerGas":"0x5","blobBaseFee":"0x6","beaconRoot":)" + hash +
        R"(,"withdrawals":[{"index":"0x7","validatorIndex":"0x8","address":")" + to_hex(ADDRESS) +
        R"(","amount":"0x9"}]}])"} -> block_overrides(0);
    EXPECT_EQ(block.number, uint256{1u});
    EXPECT_EQ(block.difficulty, uint256{2u});
    EXPECT_EQ(block.time, 3u);
    EXPECT_EQ(block.gas_limit, 4u);
    EXPECT_EQ(block.fee_recipient, ADDRESS);
    EXPECT_EQ(block.prev_randao, HASH);
    EXPECT_EQ(block.base_fee_per_gas, uint256{5u});
    EXPECT_EQ(block.blob_base_fee, uint256{6u});
    EXPECT_EQ(block.beacon_root, HASH);
    EXPECT_EQ(block.withdrawals, (std::vector{Withdrawal{7, 8, ADDRESS, 9}}));

    EXPECT_THAT(refusal_of(R"({"0x1":{}})", read_state_overrides), HasSubstr("not an address"));
    EXPECT_THAT(
        refusal_of("{\"" + to_hex(ADDRESS) + R"(":{"state":{"0x1":"0x1"}}})", read_state_overrides),
        HasSubstr("not a storage key"));
    EXPECT_THAT(refusal_of(R"({"time":3})", read_block_overrides), HasSubstr("time: "));
}

}  // namespace
}  // namespace scope::rpc

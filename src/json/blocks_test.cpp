#include "json/blocks.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "chain/chain_spec.hpp"
#include "chain/store.hpp"
#include "rpc/to_json.hpp"
#include "types/signing.hpp"

namespace scope::json {
namespace {

/// A generator of blocks with transactions of all types; nothing in them need be valid.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::shared_ptr<chain::StoredBlock> block() {
        auto stored = std::make_shared<chain::StoredBlock>();
        auto& header = stored->block.header;
        header.parent_hash = word();
        header.coinbase = Address::from(BytesView{word()}.first(20));
        header.state_root = word();
        header.logs_bloom[7] = 9;
        header.number = random_();
        header.gas_limit = random_();
        header.gas_used = random_();
        header.timestamp_s = random_();
        header.extra_data = data(32);
        header.prev_randao = word();
        header.base_fee_per_gas = uint256{random_()};
        header.withdrawals_root = word();
        header.blob_gas_used = random_();
        header.excess_blob_gas = random_() % 1'000'000;
        header.parent_beacon_block_root = word();
        header.requests_hash = word();
        for (int i = 0; i < 10; ++i) add_transaction(*stored, static_cast<TxType>(i % 5));
        stored->block.withdrawals.emplace();
        for (int i = 0; i < 3; ++i)
            stored->block.withdrawals->push_back(
                {random_(), random_(), Address::from(BytesView{word()}.first(20)), random_()});
        header.transactions_root = transactions_root(stored->block.transactions);
        header.receipts_root = receipts_root(stored->receipts);
        stored->hash = hash(header);
        return stored;
    }

  private:
    Hash word() {
        Hash result;
        for (size_t i = 0; i < 32; ++i) result[i] = static_cast<uint8_t>(random_());
        return result;
    }
    uint256 number() { return from_be(word()) >> static_cast<unsigned>(random_() % 256); }
    Bytes data(size_t most) {
        Bytes result(random_() % (most + 1));
        for (uint8_t& byte : result) byte = static_cast<uint8_t>(random_());
        return result;
    }
    static uint256 from_be(const Hash& hash) { return *uint256_from_text(to_hex(hash)); }

    void add_transaction(chain::StoredBlock& stored, TxType type) {
        const auto key = *crypto::SecretKey::from(to_be(uint256{1 + random_() % 9}));
        Transaction tx;
        tx.type = type;
        if (type != TxType::legacy || random_() % 2 == 0)
            tx.chain_id = ChainId{1 + random_() % 1'000'000};
        tx.nonce = random_();
        // Above the base fee and far from 2^256: legacy fees are shown as what is paid.
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = (number() >> 8) + uint256{UINT64_MAX};
        if (type >= TxType::dynamic_fee) tx.max_priority_fee_per_gas = number();
        tx.gas_limit = random_();
        if (type >= TxType::blob || random_() % 3 != 0)
            tx.to = Address::from(BytesView{word()}.first(20));
        tx.value = number();
        tx.data = data(80);
        if (type != TxType::legacy)
            for (size_t i = random_() % 3; i-- > 0;)
                tx.access_list.push_back({Address{{7}}, {word(), word()}});
        if (type == TxType::blob) {
            tx.max_fee_per_blob_gas = number();
            tx.blob_versioned_hashes = {word(), word()};
        }
        if (type == TxType::set_code) {
            Authorization authorization{
                .chain_id = number(), .address = Address{{8}}, .nonce = random_()};
            sign(authorization, key);
            tx.authorization_list = {authorization};
        }
        sign(tx, key);
        Receipt receipt;
        receipt.type = type;
        receipt.success = random_() % 2 == 0;
        receipt.cumulative_gas_used = random_();
        for (size_t i = random_() % 5; i-- > 0;)
            receipt.logs.push_back({Address{{9}}, std::vector<Hash>(i, word()), data(100)});
        receipt.logs_bloom = bloom_of(receipt.logs);
        stored.transaction_hashes.push_back(hash(tx));
        stored.senders.push_back(crypto::address_of(key));
        stored.block.transactions.push_back(std::move(tx));
        stored.receipts.push_back(std::move(receipt));
    }

    std::mt19937_64 random_;
};

std::string block_json(const chain::StoredBlock& stored) {
    Appender out;
    rpc::append_block(out, stored, rpc::Transactions::full);
    return out.take();
}

std::string receipts_json(const chain::StoredBlock& stored) {
    Appender out;
    rpc::append_receipts(out, chain::ChainSpec::of(evm::Revision::prague, ChainId{1}), stored);
    return out.take();
}

TEST(json_blocks, reads_what_json_rpc_writes) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    Generator generator{seed};
    for (int round = 0; round < 50; ++round) {
        const auto stored = generator.block();
        const Document document{block_json(*stored)};
        ASSERT_EQ(block(document.root()), stored->block);
        const Document receipts{receipts_json(*stored)};
        ASSERT_EQ(list(receipts.root(), receipt), stored->receipts);
    }
}

/// Puts a value into a JSON text where the one of a key stands; the number of such places.
size_t replace_value(std::string& text, std::string_view key, size_t which,
                     std::string_view value) {
    size_t found = 0;
    const std::string mark = '"' + std::string{key} + "\":";
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        if (found++ != which) continue;
        const size_t begin = at + mark.size();
        size_t end = begin;
        int depth = 0;
        for (bool quoted = false; end < text.size(); ++end) {
            if (text[end] == '"') quoted = !quoted;
            if (quoted) continue;
            if (text[end] == '[' || text[end] == '{') ++depth;
            if (depth == 0 && (text[end] == ',' || text[end] == '}' || text[end] == ']')) break;
            if (text[end] == ']' || text[end] == '}') --depth;
        }
        text.replace(begin, end - begin, value);
        break;
    }
    return found;
}

TEST(json_blocks, refuses_or_reads_as_something_that_can_be_encoded) {
    Generator generator{1};
    const auto stored = generator.block();
    const std::string whole = block_json(*stored);
    const std::string logs = receipts_json(*stored);
    size_t refused = 0;
    size_t tried = 0;
    for (const auto* const key : {"number",
                                  "parentHash",
                                  "nonce",
                                  "mixHash",
                                  "sha3Uncles",
                                  "logsBloom",
                                  "stateRoot",
                                  "miner",
                                  "difficulty",
                                  "extraData",
                                  "gasLimit",
                                  "gasUsed",
                                  "timestamp",
                                  "receiptsRoot",
                                  "transactionsRoot",
                                  "baseFeePerGas",
                                  "withdrawalsRoot",
                                  "blobGasUsed",
                                  "excessBlobGas",
                                  "parentBeaconBlockRoot",
                                  "requestsHash",
                                  "transactions",
                                  "withdrawals",
                                  "gas",
                                  "type",
                                  "gasPrice",
                                  "maxFeePerGas",
                                  "maxPriorityFeePerGas",
                                  "maxFeePerBlobGas",
                                  "input",
                                  "to",
                                  "value",
                                  "accessList",
                                  "storageKeys",
                                  "chainId",
                                  "blobVersionedHashes",
                                  "v",
                                  "yParity",
                                  "r",
                                  "s",
                                  "authorizationList",
                                  "address",
                                  "index",
                                  "amount",
                                  "cumulativeGasUsed",
                                  "status",
                                  "logs",
                                  "topics",
                                  "data"}) {
        for (const auto* const value :
             {"null", "7", "-1", "1e99", "true", "\"\"", "\"0x\"", "\"0x0\"", "\"0x1\"", "\"zz\"",
              "[]", "[7]", "[[]]", "{}", "\"0xffffffffffffffffff\"",
              "99999999999999999999999999999999999999999999999999999999999999999999999999999999"}) {
            for (size_t which = 0; which < 8; which += 4) {
                std::string changed = whole;
                if (replace_value(changed, key, which, value) > which) {
                    ++tried;
                    try {
                        const Document document{changed};
                        (void)encode(block(document.root()));
                    } catch (const FormatError&) {
                        ++refused;
                    }
                }
                changed = logs;
                if (replace_value(changed, key, which, value) <= which) continue;
                ++tried;
                try {
                    const Document document{changed};
                    for (const auto& each : list(document.root(), receipt)) (void)encode(each);
                } catch (const FormatError&) {
                    ++refused;
                }
            }
        }
    }
    EXPECT_GT(tried, 1000u);
    EXPECT_GT(refused, tried / 2);
}

TEST(json_blocks, names_the_field_and_the_rule) {
    Generator generator{2};
    const auto whole = block_json(*generator.block());
    const auto error_of = [&](std::string_view key, size_t which,
                              std::string_view value) -> std::string {
        std::string changed = whole;
        replace_value(changed, key, which, value);
        try {
            const Document document{changed};
            block(document.root());
            return "no error";
        } catch (const FormatError& error) {
            return error.what();
        }
    };
    EXPECT_EQ(error_of("stateRoot", 0, "\"0x12\""), "stateRoot: expected a hash, found \"0x12\"");
    EXPECT_EQ(error_of("requestsHash", 0, "null"), "no error");  // Cancun's
    EXPECT_EQ(error_of("baseFeePerGas", 0, "null"), "the optional fields are those of no fork");
    EXPECT_EQ(error_of("type", 0, "\"0x7d\""),
              "transactions[0].type: 125 is a type that this version does not know");
    EXPECT_EQ(error_of("v", 0, "\"0x1d\""), "transactions[0].v: 29 is none of a signature");
    EXPECT_EQ(error_of("yParity", 0, "\"0x2\""), "transactions[1].yParity: 2 is neither 0 nor 1");
    EXPECT_EQ(error_of("difficulty", 0, R"("0x0","slotNumber":"0x5")"),
              "slotNumber: a field of a fork that this version does not know");
    EXPECT_EQ(error_of("sha3Uncles", 0, '"' + to_hex(Hash{}) + '"'),
              "sha3Uncles: a block with ommers is not read");
}

}  // namespace
}  // namespace scope::json

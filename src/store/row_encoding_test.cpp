#include "store/row_encoding.hpp"

#include <gtest/gtest.h>

#include "store/error.hpp"
#include "store/test_workload.hpp"

namespace scope::store {

namespace {

/// Rows of every column, of made-up chains.
std::map<Bytes, Bytes> some_rows() {
    const auto database = make_memory_database();
    Staging staging{*database};
    TestWorkload workload{staging, 1};
    while (workload.steps() < 12) workload.step();
    return rows_of(*database);
}

/// Decodes a row as its column says.
void decode(BytesView key, BytesView value) {
    chain::StoredBlock block;
    switch (static_cast<Column>(key[0])) {
        case Column::header:
            (void)decode_header_row(key, value);
            break;
        case Column::body:
            decode_body_row(key, value, block);
            (void)decode_transaction_hashes(key, value);
            break;
        case Column::receipts:
            (void)decode_receipts_row(key, value);
            break;
        case Column::place:
            (void)decode_place_row(key, value);
            break;
        case Column::state:
            (void)decode_state_row(key, value);
            break;
        case Column::changes:
            (void)decode_changes_row(key, value, 1'000);
            break;
        case Column::blob:
            (void)decode_blob_row(key, value);
            break;
        case Column::canonical:
            (void)decode_hash_row(key, value);
            break;
        default:
            break;
    }
}

TEST(row_encoding, decodes_its_own_rows) {
    std::set<uint8_t> columns;
    for (const auto& [key, value] : some_rows()) {
        columns.insert(key[0]);
        EXPECT_NO_THROW(decode(key, value)) << describe_key(key);
    }
    EXPECT_GE(columns.size(), 11u);
}

TEST(row_encoding, names_the_row_that_is_none) {
    std::mt19937_64 random{1};
    size_t refused = 0;
    for (const auto& [key, value] : some_rows()) {
        for (int i = 0; i < 8; ++i) {
            Bytes changed = value;
            if (i == 0)
                changed.push_back(0);
            else if (i < 4)
                changed.resize(changed.size() * random() % (changed.size() + 1));
            else if (!changed.empty())
                changed[random() % changed.size()] ^= static_cast<uint8_t>(1 << random() % 8);
            try {
                decode(key, changed);
            } catch (const DatabaseError& error) {
                ++refused;
                EXPECT_EQ(error.rule(), DatabaseRule::bad_row);
                EXPECT_NE(std::string{error.what()}.find(describe_key(key)), std::string::npos);
            }
        }
    }
    EXPECT_GT(refused, 100u);
}

TEST(row_encoding, refuses_what_no_sequence_is) {
    const Bytes state_key = block_key(Column::state, TEST_L1, 3, Hash{});
    const Bytes next_key = value_key(TEST_L1, ChainValue::next_sequence);
    for (const uint64_t sequence : {uint64_t{1}, trie::SEQUENCE_LIMIT - 1}) {
        const StateRow state{sequence, sequence};
        EXPECT_EQ(decode_state_row(state_key, encode_state_row(state)), state);
        EXPECT_EQ(decode_sequence_row(next_key, encode_number_row(sequence)), sequence);
    }
    for (const uint64_t sequence : {trie::SEQUENCE_LIMIT, UINT64_MAX}) {
        EXPECT_THROW((void)decode_state_row(state_key, encode_state_row({sequence, 1})),
                     DatabaseError);
        EXPECT_THROW((void)decode_sequence_row(next_key, encode_number_row(sequence)),
                     DatabaseError);
    }
}

TEST(row_encoding, keeps_receipts_of_the_types_that_there_are) {
    const Bytes key = hash_key(Column::receipts, TEST_L1, Hash{});
    size_t kept = 0;
    for (unsigned type = 0; type <= UINT8_MAX; ++type) {
        Receipt receipt;
        receipt.type = static_cast<TxType>(type);
        const auto row = encode_receipts_row({receipt});
        if (type > 4 && type != 0x7d) {
            EXPECT_THROW((void)decode_receipts_row(key, row), DatabaseError) << type;
            continue;
        }
        EXPECT_EQ(decode_receipts_row(key, row), std::vector{receipt}) << type;
        ++kept;
    }
    EXPECT_EQ(kept, 6u);
}

TEST(row_encoding, refuses_a_header_of_another_hash) {
    auto rows = some_rows();
    auto found = std::ranges::find_if(
        rows, [](const auto& row) { return row.first[0] == static_cast<uint8_t>(Column::header); });
    ASSERT_NE(found, rows.end());
    Bytes key = found->first;
    key.back() ^= 1;
    EXPECT_THROW((void)decode_header_row(key, found->second), DatabaseError);
}

TEST(row_encoding, keeps_changes_of_many_tries) {
    StateChanges changes;
    changes.written = {{std::nullopt, {}, {1}}, {Hash{{7}}, trie::NodePath{}.then(1), {2}}};
    changes.replaced = {{std::nullopt, trie::NodePath{}.then(3).then(4), 0},
                        {Hash{{7}}, trie::NodePath::of(Hash{{9}}), 41}};
    const ChangedPlaces places =
        decode_changes_row(Bytes{'u'}, encode_changes_row(changes, 42), 42);
    EXPECT_EQ(places.replaced, changes.replaced);
    ASSERT_EQ(places.written.size(), 2u);
    EXPECT_EQ(places.written[1], (ChangedPlaces::Place{Hash{{7}}, trie::NodePath{}.then(1)}));
}

TEST(keys, are_in_the_order_of_their_numbers) {
    EXPECT_TRUE(KeyLess{}(number_key(Column::unsettled, ChainId{1}, 255),
                          number_key(Column::unsettled, ChainId{1}, 256)));
    EXPECT_TRUE(KeyLess{}(number_key(Column::unsettled, ChainId{1}, 256),
                          number_key(Column::unsettled, ChainId{2}, 0)));
    EXPECT_EQ(number_of(number_key(Column::unsettled, ChainId{1}, 300)), 300u);
    EXPECT_EQ(number_of(commit_key(300)), 300u);
    EXPECT_THROW((void)number_of(Bytes{'k', 1}), DatabaseError);
}

TEST(keys, of_nodes_differ_wherever_the_nodes_do) {
    std::set<Bytes> keys;
    size_t count = 0;
    for (const Owner& owner : {Owner{}, Owner{Hash{}}, Owner{Hash{{1}}}})
        for (const uint64_t sequence : {0u, 1u, 256u})
            for (const char* nibbles : {"", "0", "00", "000", "1", "10", "01"}) {
                trie::NodePath path;
                for (const char* at = nibbles; *at != 0; ++at)
                    path = path.then(static_cast<size_t>(*at - '0'));
                keys.insert(node_key(ChainId{1}, owner, path, sequence));
                ++count;
            }
    EXPECT_EQ(keys.size(), count);
}

}  // namespace

}  // namespace scope::store

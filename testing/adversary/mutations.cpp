#include "adversary/mutations.hpp"

#include <algorithm>

#include "rollup/blob_codec.hpp"

namespace scope::adversary {

namespace callable = protocol::callable;

namespace {

/// Bytes that hold a struct: what is in them, and they themselves.
template <typename Decode, typename Encode>
void walk_encoded(FieldWalk& walk, const std::string& path, Bytes& bytes, Decode decode,
                  Encode encode) {
    walk.walk(path + " bytes", bytes);
    auto decoded = decode(bytes);
    if (!decoded) return;
    const auto before = *decoded;
    walk.walk(path, *decoded);
    if (*decoded != before) bytes = encode(*decoded);
}

/// Packs a response as protocol::encode does, whatever is in it.
Bytes pack(const protocol::Response& response) {
    Bytes out{static_cast<uint8_t>((response.success ? 1 : 0) | (response.has_baton ? 2 : 0))};
    if (response.has_baton) {
        append(out, response.trace);
        out.push_back(static_cast<uint8_t>(response.marks.size()));
        for (const auto& mark : response.marks) {
            append(out, BytesView{to_be(mark.chain_id)}.last(8));
            append(out, mark.trace);
        }
    }
    append(out, response.data);
    return out;
}

void walk_response(FieldWalk& walk, const std::string& path, Bytes& bytes) {
    walk.walk(path + " bytes", bytes);
    auto response = protocol::decode_response(bytes);
    if (!response) return;
    const auto before = *response;
    walk.walk(path + ": success", response->success);
    walk.walk(path + ": data", response->data);
    walk.walk(path + ": has baton", response->has_baton);
    walk.walk(path + ": trace", response->trace);
    walk.walk(path + ": marks", response->marks);
    if (*response != before) bytes = pack(*response);
}

void walk_section(FieldWalk& walk, const std::string& path, Section& section) {
    walk.walk(path + ": context", section.context);
    auto& [limits, fills, records] = section.section;
    walk.walk(path + ": limit", limits);
    walk.walk_list(path + ": fill", fills);
    for (auto& fill : fills) {
        walk.walk(path + ": fill: chain id", fill.chain_id);
        walk.walk(path + ": fill: request hash", fill.request_hash);
        walk_response(walk, path + ": fill: response", fill.response);
    }
    walk.walk(path + ": record", records);
}

/// A field of a record from another one.
void walk_copies(FieldWalk& walk, const std::string& path, protocol::Record& record,
                 const std::vector<protocol::Record>& all) {
    const auto copy = [&](const char* name, auto member) {
        if (!walk.is_chosen(path + ": " + name + " of another")) return;
        for (size_t tries = 0; tries < all.size(); ++tries) {
            const auto& other = all[walk.below(all.size())];
            record.request.*member = other.request.*member;
        }
    };
    copy("from", &protocol::Request::from);
    copy("to", &protocol::Request::to);
    copy("nonce", &protocol::Request::nonce);
    copy("marks", &protocol::Request::marks);
    copy("depth", &protocol::Request::depth);
    copy("data", &protocol::Request::data);
    copy("source", &protocol::Request::source_chain_id);
    copy("root id", &protocol::Request::root_id);
    if (walk.is_chosen(path + ": response hash of another"))
        record.raw_response_hash = all[walk.below(all.size())].raw_response_hash;
}

/// Fills and records go to another root, or to another chain.
void walk_moves(FieldWalk& walk, Draft& draft, std::vector<Section>& sections) {
    for (size_t from = 0; from < sections.size(); ++from) {
        const auto move = [&](auto list, const char* name) {
            auto& items = sections[from].section.*list;
            for (size_t i = 0; i < items.size(); ++i) {
                for (const bool is_other_chain : {false, true}) {
                    std::vector<size_t> to;
                    for (size_t s = 0; s < sections.size(); ++s)
                        if (s != from &&
                            (sections[s].chain_id != sections[from].chain_id) == is_other_chain)
                            to.push_back(s);
                    if (to.empty()) continue;
                    if (!walk.is_chosen(std::string{name} + " moved to another " +
                                        (is_other_chain ? "chain" : "root")))
                        continue;
                    auto& target = sections[to[walk.below(to.size())]];
                    (target.section.*list).push_back(items[i]);
                    items.erase(items.begin() + static_cast<ptrdiff_t>(i));
                    put(draft, target);
                    put(draft, sections[from]);
                    return;
                }
            }
        };
        move(&protocol::RootSection::limits, "limit");
        move(&protocol::RootSection::fills, "fill");
        move(&protocol::RootSection::records, "record");
    }
}

void walk_transaction(FieldWalk& walk, const std::string& path, Transaction& tx) {
    if (tx.chain_id) walk.walk(path + ": chain id", *tx.chain_id);
    walk.walk(path + ": nonce", tx.nonce);
    walk.walk(path + ": gas limit", tx.gas_limit);
    if (tx.to) walk.walk(path + ": to", *tx.to);
    walk.walk(path + ": data", tx.data);
    if (tx.type == TxType::system) return;
    walk.walk(path + ": priority fee", tx.max_priority_fee_per_gas);
    walk.walk(path + ": max fee", tx.max_fee_per_gas);
    walk.walk(path + ": value", tx.value);
    walk.walk(path + ": signature: y parity", tx.y_parity);
    walk.walk(path + ": signature: r", tx.r);
    walk.walk(path + ": signature: s", tx.s);
}

/// Walks the transaction that takes entries of the forced queue: it goes, or stands elsewhere. System
/// transactions behind it get the nonces that they would have then.
void walk_taking(FieldWalk& walk, std::vector<Transaction>& transactions) {
    const auto is_system = [](const Transaction& tx) { return tx.type == TxType::system; };
    const auto taking = std::ranges::find_if(transactions, [&](const Transaction& tx) {
        if (!is_system(tx)) return false;
        const auto call = callable::decode_system_call(tx.data);
        return call && std::holds_alternative<callable::TakeForcedCall>(*call);
    });
    if (taking == transactions.end()) return;
    const auto next = std::find_if(taking + 1, transactions.end(), is_system);
    if (walk.is_chosen("takeForced dropped")) {
        const uint64_t taken = next == transactions.end() ? 0 : next->nonce - taking->nonce;
        for (auto tx = next; tx != transactions.end(); ++tx)
            if (is_system(*tx)) tx->nonce -= taken;
        transactions.erase(taking);
        return;
    }
    if (walk.is_chosen("takeForced before the one before") && taking != transactions.begin()) {
        std::swap(taking->nonce, (taking - 1)->nonce);
        std::iter_swap(taking, taking - 1);
        return;
    }
    if (next == transactions.end() || !walk.is_chosen("takeForced behind the next")) return;
    next->nonce = taking->nonce;
    ++taking->nonce;
    std::rotate(taking, taking + 1, next + 1);
}

void walk_batch(FieldWalk& walk, rollup::Batch& batch) {
    walk.walk("batch: chain id", batch.chain_id);
    walk.walk("batch: number", batch.number);
    walk.walk("batch: first block", batch.first_block);
    walk.walk_list("batch: block", batch.blocks);
    for (size_t b = 0; b < batch.blocks.size(); ++b) {
        auto& block = batch.blocks[b];
        walk.walk("block: kind", block.kind);
        walk.walk("block: slot", block.slot);
        walk.walk("block: l1 origin number", block.l1_origin_number);
        walk.walk("block: l1 origin hash", block.l1_origin_hash);
        walk.walk("block: timestamp", block.timestamp_s);
        walk.walk("block: coinbase", block.coinbase);
        walk.walk_list("block: transaction", block.transactions);
        for (auto& tx : block.transactions) {
            const bool is_system = tx.type == TxType::system;
            walk_transaction(walk, is_system ? "system transaction" : "user's transaction", tx);
            if (!is_system) continue;
            auto call = callable::decode_system_call(tx.data);
            if (!call) continue;
            if (auto* open = std::get_if<callable::OpenScopeCall>(&*call)) {
                const auto before = open->remotes;
                walk.walk("openScope: remote", open->remotes);
                if (open->remotes != before) tx.data = callable::open_scope(open->remotes);
            } else if (auto* add = std::get_if<callable::AddChainsCall>(&*call)) {
                const auto before = add->chain_ids;
                walk.walk("addChains: chain id", add->chain_ids);
                if (add->chain_ids != before) tx.data = callable::add_chains(add->chain_ids);
            } else if (auto* take = std::get_if<callable::TakeForcedCall>(&*call)) {
                const auto before = take->position;
                walk.walk("takeForced: position", take->position);
                if (take->position != before) tx.data = callable::take_forced(take->position);
            }
        }
        walk_taking(walk, block.transactions);
        for (size_t t = 1; t < block.transactions.size(); ++t) {
            if (!walk.is_chosen("block: split")) continue;
            auto rest = block;
            rest.timestamp_s += 1;
            rest.transactions.erase(rest.transactions.begin(),
                                    rest.transactions.begin() + static_cast<ptrdiff_t>(t));
            block.transactions.resize(t);
            batch.blocks.insert(batch.blocks.begin() + static_cast<ptrdiff_t>(b) + 1,
                                std::move(rest));
            return;
        }
    }
}

/// The bytes of a batch, as its builder executes and has attested what they come to mean, if they
/// mean anything.
void walk_bytes(FieldWalk& walk, Draft& draft, size_t i) {
    if (draft.batches[i].blocks.empty()) return;  // its one block was dropped: no batch has none
    if (!walk.is_chosen("batch bytes")) return;
    auto bytes = rollup::encode(draft.batches[i]);
    bytes[walk.below(bytes.size())] ^= static_cast<uint8_t>(1u << walk.below(8));
    if (auto batch = rollup::decode_batch(bytes)) {
        draft.batches[i] = std::move(*batch);
        return;
    }
    Bytes all;
    for (size_t k = 0; k < draft.batches.size(); ++k)
        append(all, k == i ? bytes : rollup::encode(draft.batches[k]));
    if (draft.scope.data.empty())
        draft.data = Data{{}, *rollup::to_blobs(all)};
    else
        draft.data = Data{std::move(all), {}};
}

/// What all batches are published as.
void walk_data(FieldWalk& walk, Draft& draft) {
    if (std::ranges::any_of(draft.batches, [](const auto& b) { return b.blocks.empty(); })) return;
    const auto bytes = bytes_of(draft.batches);
    Data data;
    if (draft.scope.data.empty())
        data.blobs = *rollup::to_blobs(bytes);
    else
        data.calldata = bytes;
    const auto before = data;
    walk.walk("scope: data", data.calldata);
    walk.walk_list("blob", data.blobs);
    for (auto& blob : data.blobs)
        if (walk.is_chosen("blob: a byte"))
            blob[walk.below(blob.size())] ^= static_cast<uint8_t>(1u << walk.below(8));
    if (data != before) draft.data = std::move(data);
}

void walk_legs(FieldWalk& walk, Draft& draft) {
    walk.walk_list("leg", draft.scope.legs);
    for (auto& leg : draft.scope.legs) {
        if (leg.signed_operation.empty()) {
            walk.walk("leg: signed operation", leg.signed_operation);
            continue;
        }
        walk_encoded(
            walk, "leg: signed operation", leg.signed_operation,
            [](const Bytes& bytes) { return protocol::decode_signed_operation(bytes); },
            [](const auto& operation) { return protocol::encode(operation); });
    }
}

}  // namespace

void walk(FieldWalk& walk, Draft& draft) {
    walk.walk("environment", draft.scope.environment);
    walk.walk("claim", draft.scope.batches);
    if (draft.scope.batches.size() != draft.batches.size()) return;  // one was dropped or doubled
    walk_legs(walk, draft);

    auto sections = sections_of(draft);
    std::vector<protocol::Record> records;
    for (const auto& section : sections)
        records.insert(records.end(), section.section.records.begin(),
                       section.section.records.end());
    for (auto& section : sections) {
        const auto before = section;
        const std::string path = section.chain_id == oracle::chain_id_of(0) ? "L1" : "rollup";
        walk_section(walk, path, section);
        for (auto& record : section.section.records)
            walk_copies(walk, path + ": record", record, records);
        if (section.section != before.section || section.context != before.context)
            put(draft, section);
    }
    walk_moves(walk, draft, sections);
    for (size_t i = 0; i < draft.batches.size(); ++i) {
        walk_batch(walk, draft.batches[i]);
        walk_bytes(walk, draft, i);
    }
    walk_data(walk, draft);
    walk.walk("proof", draft.scope.proofs);
    if (walk.is_chosen("calldata of executeScope")) {
        auto calldata = protocol::execute_scope(draft.scope);
        switch (walk.below(3)) {
            case 0:
                calldata.push_back(static_cast<uint8_t>(walk.below(2)));
                break;
            case 1:
                calldata.pop_back();
                break;
            default:
                calldata[walk.below(calldata.size())] ^= static_cast<uint8_t>(1u << walk.below(8));
        }
        draft.calldata = std::move(calldata);
    }
}

}  // namespace scope::adversary

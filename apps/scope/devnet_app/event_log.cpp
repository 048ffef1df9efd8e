#include "devnet_app/event_log.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/hex.hpp"
#include "json/appender.hpp"
#include "rpc/scope_tree.hpp"
#include "terminal/tree_json.hpp"

namespace scope::devnet_app {

namespace {

using devnet::short_hex;
using terminal::grouped;

constexpr size_t NAME = 8;

std::string count(size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

uint64_t plain(ChainId chain_id) {
    return uint256{chain_id}[0];
}

std::string block_text(const chain::StoredBlock& block) {
    const auto& header = block.header();
    return fmt::format("block {:<6} {:<17} {:>11} gas  {}", header.number,
                       count(block.block.transactions.size(), "transaction"),
                       grouped(uint256{header.gas_used}), short_hex(block.hash));
}

std::string block_json(ChainId chain_id, const chain::StoredBlock& block) {
    const auto& header = block.header();
    json::Appender json;
    json.begin_object();
    json.key("event").string("block");
    json.key("chain_id").number(plain(chain_id));
    json.key("number").number(header.number);
    json.key("hash").hex(block.hash);
    json.key("timestamp").number(header.timestamp_s);
    json.key("transactions").number(uint64_t{block.block.transactions.size()});
    json.key("gas_used").number(header.gas_used);
    json.end_object();
    return json.take();
}

std::string undone_json(ChainId chain_id, const chain::StoredBlock& block) {
    json::Appender json;
    json.begin_object();
    json.key("event").string("undone");
    json.key("chain_id").number(plain(chain_id));
    json.key("number").number(block.header().number);
    json.key("hash").hex(block.hash);
    json.end_object();
    return json.take();
}

std::string refusal_json(const rpc::RefusalRecord& refusal) {
    json::Appender json;
    json.begin_object();
    json.key("event").string("refused");
    json.key("chain_id").number(plain(refusal.chain_id));
    json.key("hash").hex(refusal.hash);
    if (refusal.refusal) json.key("rule").string(builder::to_string(refusal.refusal->rule));
    json.key("reason").string(refusal.reason);
    json.end_object();
    return json.take();
}

std::string no_open_root_json(const rpc::NoOpenRoot& failed) {
    json::Appender json;
    json.begin_object();
    json.key("event").string("no_open_root");
    json.key("chain_id").number(plain(failed.chain_id));
    json.key("hash").hex(failed.hash);
    json.key("reason").string(failed.error.message);
    json.end_object();
    return json.take();
}

std::string trouble_json(std::string_view reason) {
    json::Appender json;
    json.begin_object();
    json.key("event").string("trouble");
    json.key("reason").string(reason);
    json.end_object();
    return json.take();
}

}  // namespace

EventLog::EventLog(std::shared_ptr<spdlog::logger> log, const devnet::Artifacts& artifacts,
                   const std::vector<rpc::Network::NamedContract>& contracts, Options options)
    : log_(std::move(log)), artifacts_(artifacts), options_(std::move(options)) {
    for (const auto& [chain_id, name, address] : contracts) names_[{chain_id, address}] = name;
}

// ---- events

void EventLog::on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                         std::span<const chain::StoredBlockPtr> added) {
    if (!options_.is_on()) return;
    if (options_.form == Form::json) {
        for (const auto& block : removed) log_->info(undone_json(chain_id, *block));
        for (const auto& block : added) {
            log_->info(block_json(chain_id, *block));
            log_no_open_root(chain_id, block);
        }
        return;
    }
    const auto name = terminal::left(name_of(chain_id), NAME);
    if (!removed.empty())
        log_->warn("{}{} undone, down to block {}", name, count(removed.size(), "block"),
                   removed.back()->header().number);
    for (const auto& block : added) {
        log_->info("{}{}", name, block_text(*block));
        log_no_open_root(chain_id, block);
    }
}

void EventLog::on_pending(ChainId, const pool::PooledTransaction&) {}

void EventLog::on_scope(const rpc::ScopeRecordPtr& scope) {
    if (!options_.is_on()) return;
    log_->info(options_.form == Form::json ? scope_json(*scope) : scope_text(*scope));
}

void EventLog::on_refusal(const rpc::RefusalRecord& refusal) {
    if (!options_.is_on()) return;
    if (options_.form == Form::json)
        log_->info(refusal_json(refusal));
    else
        log_->warn("{}refused {}: {}", terminal::left(name_of(refusal.chain_id), NAME),
                   to_hex(refusal.hash), refusal.reason);
}

void EventLog::log_no_open_root(ChainId chain_id, const chain::StoredBlockPtr& block) {
    if (!options_.no_open_root) return;
    for (const auto& failed : options_.no_open_root(chain_id, block))
        if (options_.form == Form::json)
            log_->info(no_open_root_json(failed));
        else
            log_->warn("{}failed {}: {}", terminal::left(name_of(chain_id), NAME),
                       to_hex(failed.hash), failed.error.message);
}

void EventLog::on_trouble(std::string_view reason) {
    if (!options_.is_on()) return;
    if (options_.form == Form::json)
        log_->info(trouble_json(reason));
    else
        log_->warn("{}can't go on, and tries again: {}", terminal::left("L1", NAME), reason);
}

// ---- scopes

std::string EventLog::name_of(ChainId chain_id) const {
    return chain_id == options_.l1 ? "L1" : to_decimal(uint256{chain_id});
}

std::string EventLog::label(const uint256& chain_id, const Address& account) const {
    const auto id = ChainId::from(chain_id);
    const auto found = id ? names_.find({*id, account}) : names_.end();
    return found == names_.end() ? short_hex(account) : found->second;
}

std::string EventLog::tree_json(const builder::RootResult& root) const {
    const rpc::TreeNames names{
        .account = [this](const uint256& chain_id,
                          const Address& account) { return label(chain_id, account); },
        .function = [this](BytesView data) { return artifacts_.function_name(data); },
        .output = [this](BytesView data,
                         BytesView output) { return artifacts_.describe_output(data, output); }};
    json::Appender json;
    rpc::append_root(json, root, names);
    return json.take();
}

std::string EventLog::trees(const rpc::ScopeRecord& scope) const {
    std::string out;
    for (const auto& root : scope.roots) {
        simdjson::dom::parser parser;
        const simdjson::padded_string text{tree_json(root)};
        out +=
            "\n" + terminal::draw_root(parser.parse(text), [this](std::string_view chain_id) {
                return chain_id == to_decimal(uint256{options_.l1}) ? "L1" : std::string{chain_id};
            });
        out.pop_back();  // the line's end is the log's
    }
    return out;
}

std::string EventLog::scope_text(const rpc::ScopeRecord& scope) const {
    std::string rollups;
    for (const auto& batch : scope.batches)
        rollups += (rollups.empty() ? "" : " ") + to_decimal(uint256{batch.chain_id});
    return fmt::format("{}scope {} settled: {}, batches of {}, {}, {} gas, L1 block {} {}{}",
                       terminal::left("L1", NAME), scope.number, count(scope.roots.size(), "root"),
                       rollups, count(scope.blobs, "blob"), grouped(uint256{scope.l1_gas_used}),
                       scope.l1_block_number, short_hex(scope.l1_transaction),
                       options_.with_trees ? trees(scope) : "");
}

std::string EventLog::scope_json(const rpc::ScopeRecord& scope) const {
    json::Appender json;
    json.begin_object();
    json.key("event").string("scope");
    json.key("number").number(scope.number);
    json.key("l1_transaction").hex(scope.l1_transaction);
    json.key("l1_block").number(scope.l1_block_number);
    json.key("l1_gas_used").number(scope.l1_gas_used);
    json.key("blobs").number(uint64_t{scope.blobs});
    json.key("rollups").begin_array();
    for (const auto& batch : scope.batches) rpc::append_chain(json, uint256{batch.chain_id});
    json.end_array();
    json.key("roots").begin_array();
    for (const auto& root : scope.roots) {
        if (options_.with_trees)
            json.raw(tree_json(root));
        else
            json.hex(root.context.operation_hash);
    }
    json.end_array();
    json.end_object();
    return json.take();
}

}  // namespace scope::devnet_app

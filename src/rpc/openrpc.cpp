#include "rpc/openrpc.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "json/appender.hpp"

namespace scope::rpc {

namespace {

// ---- types

/// A type and its JSON schema.
struct Type {
    std::string_view name;
    std::string_view schema;
};
constexpr auto TYPES = std::to_array<Type>({
    {"Any", R"({})"},
    {"Boolean", R"({"type":"boolean"})"},
    {"Integer", R"({"type":"integer","minimum":0})"},
    {"Ratio", R"({"type":"number"})"},
    {"String", R"({"type":"string"})"},
    {"Object", R"({"type":"object"})"},
    {"Quantity", R"({"type":"string","pattern":"^0x(0|[1-9a-f][0-9a-f]*)$"})"},
    {"Data", R"({"type":"string","pattern":"^0x([0-9a-fA-F]{2})*$"})"},
    {"Address", R"({"type":"string","pattern":"^0x[0-9a-fA-F]{40}$"})"},
    {"Hash", R"({"type":"string","pattern":"^0x[0-9a-fA-F]{64}$"})"},
    {"Word", R"({"type":"string","pattern":"^0x[0-9a-fA-F]{1,64}$"})"},
    {"Number", R"({"type":["string","integer"]})"},
    {"BlockNumberOrTag",
     R"({"type":"string","pattern":"^0x|^(earliest|finalized|latest|pending|safe)$"})"},
    // A number, a tag, a hash, or an object of EIP-1898.
    {"BlockId", R"({"type":["string","object"]})"},
    {"SyncStatus", R"({"type":["boolean","object"]})"},
    {"AddressOrList", R"({"type":["string","array","null"]})"},
});

/// A member of a type that is an object: "?" behind its name if it may be left out.
struct Member {
    std::string_view object;
    std::string_view name;
    std::string_view type;
};
constexpr auto MEMBERS = std::to_array<Member>({
    {"AccessListEntry", "address", "Address"},
    {"AccessListEntry", "storageKeys", "Hash[]"},
    {"AccessListResult", "accessList", "AccessListEntry[]"},
    {"AccessListResult", "gasUsed", "Quantity"},
    {"AccessListResult", "error?", "String"},
    {"AccountProof", "address", "Address"},
    {"AccountProof", "accountProof", "Data[]"},
    {"AccountProof", "balance", "Quantity"},
    {"AccountProof", "codeHash", "Hash"},
    {"AccountProof", "nonce", "Quantity"},
    {"AccountProof", "storageHash", "Hash"},
    {"AccountProof", "storageProof", "StorageProof[]"},
    {"Block", "number", "Quantity?"},
    {"Block", "hash", "Hash?"},
    {"Block", "parentHash", "Hash"},
    {"Block", "timestamp", "Quantity"},
    {"Block", "gasLimit", "Quantity"},
    {"Block", "gasUsed", "Quantity"},
    {"Block", "baseFeePerGas?", "Quantity"},
    {"Block", "stateRoot", "Hash"},
    {"Block", "transactionsRoot", "Hash"},
    {"Block", "receiptsRoot", "Hash"},
    {"Block", "miner", "Address"},
    {"Block", "transactions", "Any[]"},
    {"Call", "from?", "Address"},
    {"Call", "to?", "Address?"},
    {"Call", "gas?", "Quantity"},
    {"Call", "gasPrice?", "Quantity"},
    {"Call", "maxFeePerGas?", "Quantity"},
    {"Call", "maxPriorityFeePerGas?", "Quantity"},
    {"Call", "value?", "Quantity"},
    {"Call", "nonce?", "Quantity"},
    {"Call", "input?", "Data"},
    {"Call", "data?", "Data"},
    {"Call", "accessList?", "AccessListEntry[]"},
    {"Call", "chainId?", "Quantity"},
    {"FeeHistory", "oldestBlock", "Quantity"},
    {"FeeHistory", "baseFeePerGas", "Quantity[]"},
    {"FeeHistory", "gasUsedRatio", "Ratio[]"},
    {"FeeHistory", "reward?", "Any[]"},
    {"FilledTransaction", "raw", "Data"},
    {"FilledTransaction", "tx", "Transaction"},
    {"Filter", "fromBlock?", "BlockNumberOrTag"},
    {"Filter", "toBlock?", "BlockNumberOrTag"},
    {"Filter", "blockHash?", "Hash"},
    {"Filter", "address?", "AddressOrList"},
    {"Filter", "topics?", "Any[]"},
    {"Log", "address", "Address"},
    {"Log", "topics", "Hash[]"},
    {"Log", "data", "Data"},
    {"Log", "blockNumber?", "Quantity?"},
    {"Log", "blockHash?", "Hash?"},
    {"Log", "transactionHash?", "Hash?"},
    {"Log", "transactionIndex?", "Quantity?"},
    {"Log", "logIndex?", "Quantity?"},
    {"Log", "removed", "Boolean"},
    {"Receipt", "transactionHash", "Hash"},
    {"Receipt", "transactionIndex", "Quantity"},
    {"Receipt", "blockHash", "Hash"},
    {"Receipt", "blockNumber", "Quantity"},
    {"Receipt", "from", "Address"},
    {"Receipt", "to", "Address?"},
    {"Receipt", "status?", "Quantity"},
    {"Receipt", "type", "Quantity"},
    {"Receipt", "gasUsed", "Quantity"},
    {"Receipt", "cumulativeGasUsed", "Quantity"},
    {"Receipt", "effectiveGasPrice", "Quantity"},
    {"Receipt", "contractAddress", "Address?"},
    {"Receipt", "logs", "Log[]"},
    {"Receipt", "logsBloom", "Data"},
    {"StorageProof", "key", "Word"},
    {"StorageProof", "value", "Quantity"},
    {"StorageProof", "proof", "Data[]"},
    {"Transaction", "hash?", "Hash"},
    {"Transaction", "type", "Quantity"},
    {"Transaction", "nonce", "Quantity"},
    {"Transaction", "from?", "Address"},
    {"Transaction", "to?", "Address?"},
    {"Transaction", "gas", "Quantity"},
    {"Transaction", "value", "Quantity"},
    {"Transaction", "input", "Data"},
    {"Transaction", "blockHash?", "Hash?"},
    {"Transaction", "blockNumber?", "Quantity?"},
    {"Transaction", "transactionIndex?", "Quantity?"},
});

// ---- parameters

/// A parameter's name in the methods' tables, and its type.
constexpr auto PARAMETERS = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"address", "Address"},
    {"balance", "Number"},
    {"baseFeePerGas", "Number"},
    {"block", "BlockId"},
    {"blockCount", "Number"},
    {"blockHash", "Hash"},
    {"blockOverrides", "Object"},
    {"blocks", "Number"},
    {"chainId", "Number"},
    {"code", "Data"},
    {"data", "Data"},
    {"depth", "Number"},
    {"entryIndex", "Number"},
    {"filter", "Filter"},
    {"filterId", "Quantity"},
    {"firstScope", "Number"},
    {"form", "String"},
    {"fullTransactions", "Boolean"},
    {"gasLimit", "Number"},
    {"gasPrice", "Number"},
    {"hash", "Hash"},
    {"index", "Quantity"},
    {"interval", "Number"},
    {"isOn", "Boolean"},
    {"kind", "String"},
    {"lastScope", "Number"},
    {"message", "Data"},
    {"newestBlock", "BlockNumberOrTag"},
    {"nonce", "Number"},
    {"operation", "Object"},
    {"operationHash", "Hash"},
    {"options", "Any"},
    {"page", "Number"},
    {"pageSize", "Number"},
    {"password", "String"},
    {"remoteChainId", "Number"},
    {"rewardPercentiles", "Any"},
    {"rootIndex", "Number"},
    {"roots", "Any"},
    {"scope", "Any"},
    {"seconds", "Number"},
    {"sender", "Address"},
    {"signature", "Data"},
    {"slot", "Word"},
    {"slots", "Any"},
    {"snapshotId", "Number"},
    {"state", "Data"},
    {"stateOverrides", "Object"},
    {"stream", "String"},
    {"subscriptionId", "Quantity"},
    {"timeoutMs", "Number"},
    {"timestamp", "Number"},
    {"token", "Address"},
    {"transaction", "Call"},
    {"transactionHash", "Hash"},
    {"transactions", "Any"},
    {"typedData", "Object"},
    {"url", "String"},
    {"value", "Word"},
});

// ---- methods

constexpr auto DESCRIPTIONS = std::to_array<MethodDescription>({
    {"anvil_addBalance", "Any", "Adds to a balance by force"},
    {"anvil_autoImpersonateAccount", "Any",
     "Takes transactions of every account without a signature, or not"},
    {"anvil_dealERC20", "Any", "Sets an account's balance of a token by force"},
    {"anvil_dropAllTransactions", "Any", "Removes all that wait"},
    {"anvil_dropTransaction", "Any", "Removes a transaction that waits"},
    {"anvil_dumpState", "Data", "Returns the state of all chains, for anvil_loadState"},
    {"anvil_getAutomine", "Boolean", "Returns whether it mines at once what comes"},
    {"anvil_impersonateAccount", "Any", "Takes transactions of an account without its signature"},
    {"anvil_loadState", "Boolean", "Loads what anvil_dumpState returned"},
    {"anvil_metadata", "Object", "Returns what the node is"},
    {"anvil_mine", "Any", "Mines blocks"},
    {"anvil_nodeInfo", "Object", "Returns how the node is configured"},
    {"anvil_reorg", "Any", "Replaces the last blocks of L1, and what settled in them"},
    {"anvil_reset", "Any", "Brings all chains back to their genesis"},
    {"anvil_rollback", "Any", "Takes back the last blocks of L1, and what settled in them"},
    {"anvil_setBalance", "Any", "Sets a balance by force"},
    {"anvil_setChainId", "Any", "Answers that a chain keeps its id"},
    {"anvil_setCode", "Any", "Sets code by force"},
    {"anvil_setCoinbase", "Any", "Sets the coinbase of the blocks that come"},
    {"anvil_setLoggingEnabled", "Any", "Prints a log, or none"},
    {"anvil_setMinGasPrice", "Any", "Sets the price below which no transaction is taken"},
    {"anvil_setNextBlockBaseFeePerGas", "Any", "Sets the base fee of the next block"},
    {"anvil_setNonce", "Any", "Sets a nonce by force"},
    {"anvil_setRpcUrl", "Any", "Answers that it isn't a fork"},
    {"anvil_setStorageAt", "Any", "Sets a slot of storage by force"},
    {"anvil_stopImpersonatingAccount", "Any", "Takes none of them any more"},
    {"debug_executionWitness", "Object", "Returns what executing a block reads of the state"},
    {"debug_getRawBlock", "Data", "Returns a block's RLP"},
    {"debug_getRawHeader", "Data", "Returns a header's RLP"},
    {"debug_getRawReceipts", "Data[]",
     "Returns the receipts of a block as its receipts root has them"},
    {"debug_getRawTransaction", "Data", "Returns a transaction's bytes"},
    {"debug_traceBlockByHash", "Object[]",
     "Runs a block's transactions again and returns their traces"},
    {"debug_traceBlockByNumber", "Object[]",
     "Runs a block's transactions again and returns their traces"},
    {"debug_traceCall", "Any", "Runs a call and returns its trace"},
    {"debug_traceTransaction", "Any", "Runs a mined transaction again and returns its trace"},
    {"erigon_getHeaderByNumber", "Object?", "Returns a header"},
    {"eth_accounts", "Address[]", "Returns the accounts that it signs for"},
    {"eth_baseFee", "Quantity", "Returns the base fee of the next block, in wei"},
    {"eth_blobBaseFee", "Quantity", "Returns the price of blob gas in the next block, in wei"},
    {"eth_blockNumber", "Quantity", "Returns the number of the latest block"},
    {"eth_call", "Data",
     "Runs a call; on a chain of a network one that calls other chains runs as a root"},
    {"eth_capabilities", "Object", "Returns what is kept of the past"},
    {"eth_chainId", "Quantity", "Returns the chain id"},
    {"eth_coinbase", "Address", "Returns the coinbase of its blocks"},
    {"eth_config", "Object",
     "Returns the parameters of the present fork and of the next (EIP-7910)"},
    {"eth_createAccessList", "AccessListResult",
     "Returns the access list that a call would use, and its gas"},
    {"eth_estimateGas", "Quantity", "Returns the gas limit that a transaction needs"},
    {"eth_feeHistory", "FeeHistory",
     "Returns base fees, use of gas and priority fees of a range of blocks"},
    {"eth_fillTransaction", "FilledTransaction",
     "Fills in what a transaction leaves open; unsigned"},
    {"eth_gasPrice", "Quantity", "Returns a gas price that the next block takes, in wei"},
    {"eth_getAccountInfo", "Object", "Returns balance, nonce and code of an account"},
    {"eth_getBalance", "Quantity", "Returns an account's balance, in wei"},
    {"eth_getBlockByHash", "Block?", "Returns a block"},
    {"eth_getBlockByNumber", "Block?", "Returns a block"},
    {"eth_getBlockReceipts", "Receipt[]?", "Returns the receipts of a block"},
    {"eth_getBlockTransactionCountByHash", "Quantity?",
     "Returns the number of a block's transactions"},
    {"eth_getBlockTransactionCountByNumber", "Quantity?",
     "Returns the number of a block's transactions"},
    {"eth_getCode", "Data", "Returns an account's code"},
    {"eth_getFilterChanges", "Any[]", "Returns what a filter has taken since it was asked last"},
    {"eth_getFilterLogs", "Log[]", "Returns all logs that a filter takes"},
    {"eth_getLogs", "Log[]", "Returns the logs that a filter takes"},
    {"eth_getProof", "AccountProof", "Returns an account and slots of it with their Merkle proofs"},
    {"eth_getRawTransactionByHash", "Data", "Returns a transaction's bytes"},
    {"eth_getStorageAt", "Word", "Returns a slot of an account's storage"},
    {"eth_getStorageValues", "Object", "Returns slots of several accounts"},
    {"eth_getTransactionByBlockHashAndIndex", "Transaction?", "Returns a transaction of a block"},
    {"eth_getTransactionByBlockNumberAndIndex", "Transaction?", "Returns a transaction of a block"},
    {"eth_getTransactionByHash", "Transaction?", "Returns a transaction, mined or waiting"},
    {"eth_getTransactionCount", "Quantity",
     "Returns an account's nonce; of the pending block with what waits"},
    {"eth_getTransactionReceipt", "Receipt?", "Returns the receipt of a mined transaction"},
    {"eth_getUncleByBlockHashAndIndex", "Block?", "Returns null: there are no uncles"},
    {"eth_getUncleByBlockNumberAndIndex", "Block?", "Returns null: there are no uncles"},
    {"eth_getUncleCountByBlockHash", "Quantity?", "Returns 0 for a block that there is"},
    {"eth_getUncleCountByBlockNumber", "Quantity?", "Returns 0 for a block that there is"},
    {"eth_maxPriorityFeePerGas", "Quantity",
     "Returns a priority fee that the next block takes, in wei a gas"},
    {"eth_mining", "Boolean", "Returns whether it mines"},
    {"eth_newBlockFilter", "Quantity", "Makes a filter of new blocks"},
    {"eth_newFilter", "Quantity", "Makes a filter of logs"},
    {"eth_newPendingTransactionFilter", "Quantity",
     "Makes a filter of transactions that come to wait"},
    {"eth_sendRawTransaction", "Hash",
     "Takes a signed transaction; a root is simulated before it is taken"},
    {"eth_sendRawTransactionSync", "Receipt",
     "Takes a signed transaction and waits for its receipt (EIP-7966)"},
    {"eth_sendTransaction", "Hash",
     "Signs a transaction of a development account, fills it in, and takes it"},
    {"eth_sign", "Data", "Signs a message (EIP-191) with a development account"},
    {"eth_signTransaction", "FilledTransaction", "Signs a transaction of a development account"},
    {"eth_signTypedData_v4", "Data", "Signs typed data (EIP-712) with a development account"},
    {"eth_simulateV1", "Object[]",
     "Runs calls in blocks that come after one, and returns what they would be"},
    {"eth_subscribe", "Quantity",
     "Has notifications sent over a WebSocket: newHeads, logs, newPendingTransactions, syncing"},
    {"eth_syncing", "SyncStatus", "Returns false: it is never behind"},
    {"eth_uninstallFilter", "Boolean", "Ends a filter"},
    {"eth_unsubscribe", "Boolean", "Ends a subscription"},
    {"evm_increaseTime", "Any", "Puts the clock of all chains forward"},
    {"evm_mine", "Any", "Mines a block"},
    {"evm_revert", "Boolean", "Brings all chains back to a snapshot"},
    {"evm_setAutomine", "Any", "Mines at once what comes, or not"},
    {"evm_setBlockGasLimit", "Any", "Sets the gas limit of the blocks that come"},
    {"evm_setIntervalMining", "Any", "Mines at an interval; 0: not"},
    {"evm_setNextBlockTimestamp", "Any", "Sets the time of the next block"},
    {"evm_setTime", "Any", "Sets the clock of all chains"},
    {"evm_snapshot", "Quantity", "Keeps all chains as they are; returns a number to come back by"},
    {"hardhat_autoImpersonateAccount", "Any",
     "Takes transactions of every account without a signature, or not"},
    {"hardhat_dropAllTransactions", "Any", "Removes all that wait"},
    {"hardhat_dropTransaction", "Any", "Removes a transaction that waits"},
    {"hardhat_dumpState", "Data", "Returns the state of all chains, for anvil_loadState"},
    {"hardhat_getAutomine", "Boolean", "Returns whether it mines at once what comes"},
    {"hardhat_impersonateAccount", "Any", "Takes transactions of an account without its signature"},
    {"hardhat_loadState", "Boolean", "Loads what anvil_dumpState returned"},
    {"hardhat_metadata", "Object", "Returns what the node is"},
    {"hardhat_mine", "Any", "Mines blocks"},
    {"hardhat_nodeInfo", "Object", "Returns how the node is configured"},
    {"hardhat_reset", "Any", "Brings all chains back to their genesis"},
    {"hardhat_setBalance", "Any", "Sets a balance by force"},
    {"hardhat_setCode", "Any", "Sets code by force"},
    {"hardhat_setCoinbase", "Any", "Sets the coinbase of the blocks that come"},
    {"hardhat_setLoggingEnabled", "Any", "Prints a log, or none"},
    {"hardhat_setMinGasPrice", "Any", "Sets the price below which no transaction is taken"},
    {"hardhat_setNextBlockBaseFeePerGas", "Any", "Sets the base fee of the next block"},
    {"hardhat_setNonce", "Any", "Sets a nonce by force"},
    {"hardhat_setStorageAt", "Any", "Sets a slot of storage by force"},
    {"hardhat_stopImpersonatingAccount", "Any", "Takes none of them any more"},
    {"net_listening", "Boolean", "Returns true: it listens"},
    {"net_peerCount", "Quantity", "Returns the number of peers: a devnet has none"},
    {"net_version", "String", "Returns the chain id in decimal"},
    {"ots_getApiLevel", "Integer", "Returns the level of Otterscan's API"},
    {"ots_getBlockDetails", "Object", "Returns a block with its fees, without its transactions"},
    {"ots_getBlockDetailsByHash", "Object",
     "Returns a block with its fees, without its transactions"},
    {"ots_getBlockTransactions", "Object", "Returns a page of a block's transactions and receipts"},
    {"ots_getContractCreator", "Object?", "Returns who made a contract, and in which transaction"},
    {"ots_getInternalOperations", "Object[]",
     "Returns a transaction's transfers of ETH, creations and destructions"},
    {"ots_getTransactionBySenderAndNonce", "Hash?", "Returns a sender's transaction with a nonce"},
    {"ots_getTransactionError", "Data", "Returns the revert data of a transaction"},
    {"ots_hasCode", "Boolean", "Returns whether an account has code"},
    {"ots_searchTransactionsAfter", "Object",
     "Returns a page of transactions that touch an account, after a block"},
    {"ots_searchTransactionsBefore", "Object",
     "Returns a page of transactions that touch an account, before a block"},
    {"ots_traceTransaction", "Object[]", "Returns the frames of a transaction"},
    {"personal_sign", "Data", "Signs a message (EIP-191) with a development account"},
    {"rpc.discover", "Object", "Returns this document"},
    {"rpc_modules", "Object", "Returns the namespaces of methods, with a version each"},
    {"scope_chains", "Object[]",
     "Returns the chains of the network, with their heads; of rollups what L1 says: owner, "
     "announcements, forced queue, closing"},
    {"scope_contracts", "Object[]", "Returns the contracts that every network has, by name"},
    {"scope_getBundle", "Object?",
     "Returns the transaction of L1 that settled a scope, and its batches"},
    {"scope_getDeposit", "Object?",
     "Returns a deposit that was queued on L1, by its index in the rollup's forced queue, and what "
     "became of it"},
    {"scope_getForcedQueue", "Object[]",
     "Returns the deposits and forced transactions that wait on L1 for a rollup, in order"},
    {"scope_getForcedTransaction", "Object?",
     "Returns a forced transaction, by its index in the rollup's forced queue, and what became of "
     "it"},
    {"scope_getHashChain", "Object", "Returns the items that a rolling hash was folded of"},
    {"scope_getOperationReceipt", "Object?",
     "Returns what became of an operation; without success where its scope was built elsewhere"},
    {"scope_getRefusal", "Object?",
     "Returns why a root was refused, with its calls, or why a transaction failed that makes "
     "scoped "
     "calls and is no root; of a root that waits, {pending: true, reason}"},
    {"scope_getRollingHashes", "Object",
     "Returns the rolling hashes and values between two chains, after a block"},
    {"scope_getScope", "Object?",
     "Returns a scope that settled, by its number or the hash of something in it"},
    {"scope_getSettlement", "Object?", "Returns the scope that settled a rollup's block"},
    {"scope_prefill", "Object[]",
     "Returns the remote calls that a transaction makes, with their answers: what vm.mockCall "
     "takes"},
    {"scope_prepareOperation", "Object",
     "Returns the typed data that an account's owner signs for an operation on L1"},
    {"scope_sendOperation", "Hash", "Takes a signed operation of L1; returns its hash"},
    {"scope_simulate", "Any",
     "Simulates a root, or several, on the heads: calls, answers, gas, and why it would be "
     "refused"},
    {"scope_subscribe", "Quantity",
     "Has notifications sent over a WebSocket: scopes, settlements, refusals"},
    {"scope_traceScope", "Object?", "Returns the roots of a scope with their trees of calls"},
    {"txpool_content", "Object", "Returns those that wait, by sender and nonce"},
    {"txpool_contentFrom", "Object", "Returns those of one sender"},
    {"txpool_inspect", "Object", "Returns those that wait, each in a line of text"},
    {"txpool_status", "Object", "Returns how many transactions wait"},
    {"web3_clientVersion", "String", "Returns the name and version of the node"},
    {"web3_sha3", "Hash", "Returns keccak256 of data"},
});
static_assert(std::ranges::is_sorted(DESCRIPTIONS, {}, &MethodDescription::name));

// ---- the document

std::string reference(std::string_view type) {
    return R"({"$ref":"#/components/schemas/)" + std::string{type} + R"("})";
}

/// Returns the schema of a result: "Log[]?" is a list of logs, or null.
std::string schema_of(std::string_view type) {
    const bool may_be_null = type.ends_with('?');
    if (may_be_null) type.remove_suffix(1);
    const bool is_list = type.ends_with("[]");
    if (is_list) type.remove_suffix(2);
    auto schema = reference(type);
    if (is_list) schema = R"({"type":"array","items":)" + schema + "}";
    if (may_be_null) schema = R"({"oneOf":[)" + schema + R"(,{"type":"null"}]})";
    return schema;
}

/// Appends the schema of each object, whose members stand together.
void append_objects(json::Appender& out) {
    for (auto at = MEMBERS.begin(); at != MEMBERS.end();) {
        const auto end = std::find_if(at, MEMBERS.end(),
                                      [&](const Member& m) { return m.object != at->object; });
        json::Appender required;
        required.begin_array();
        out.key(at->object).begin_object();
        out.key("type").string("object");
        out.key("properties").begin_object();
        for (; at != end; ++at) {
            auto name = at->name;
            if (name.ends_with('?'))
                name.remove_suffix(1);
            else
                required.string(name);
            out.key(name).raw(schema_of(at->type));
        }
        out.end_object();
        required.end_array();
        out.key("required").raw(required.take());
        out.end_object();
    }
}

void append_parameter(json::Appender& out, std::string_view name) {
    const bool is_required = !name.ends_with('?');
    if (!is_required) name.remove_suffix(1);
    out.begin_object();
    out.key("name").string(name);
    out.key("required").boolean(is_required);
    out.key("schema").raw(reference(parameter_type(name).value_or("Any")));
    out.end_object();
}

void append_method(json::Appender& out, const MethodDescription& description,
                   std::string_view parameters) {
    out.begin_object();
    out.key("name").string(description.name);
    out.key("summary").string(description.summary);
    out.key("paramStructure").string("by-position");
    out.key("params").begin_array();
    for (const auto word : std::views::split(parameters, ' '))
        if (!word.empty()) append_parameter(out, {word.begin(), word.end()});
    out.end_array();
    out.key("result").begin_object();
    out.key("name").string("result");
    out.key("schema").raw(schema_of(description.result));
    out.end_object();
    out.end_object();
}

}  // namespace

std::span<const MethodDescription> method_descriptions() {
    return DESCRIPTIONS;
}

std::optional<std::string_view> parameter_type(std::string_view parameter) {
    const auto found =
        std::ranges::find(PARAMETERS, parameter, &decltype(PARAMETERS)::value_type::first);
    if (found == PARAMETERS.end()) return std::nullopt;
    return found->second;
}

std::string open_rpc(std::span<const Method> methods) {
    json::Appender out;
    out.begin_object();
    out.key("openrpc").string("1.3.2");
    out.key("info").begin_object();
    out.key("title").string("SCOPE: JSON-RPC of a chain");
    out.key("version").string(SCOPE_VERSION);
    out.end_object();
    out.key("methods").begin_array();
    for (const auto& description : DESCRIPTIONS) {
        const auto method = std::ranges::find(methods, description.name, &Method::name);
        if (method != methods.end())
            append_method(out, description, method->parameters);
        else if (description.name == "rpc.discover")
            append_method(out, description, {});
    }
    out.end_array();
    out.key("components").begin_object();
    out.key("schemas").begin_object();
    for (const auto& [name, schema] : TYPES) out.key(name).raw(schema);
    append_objects(out);
    out.end_object();
    out.end_object();
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc

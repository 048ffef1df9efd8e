#include "rpc/service.hpp"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "json/json.hpp"
#include "rpc/filters.hpp"
#include "rpc/params.hpp"
#include "rpc/receipt_waiters.hpp"
#include "rpc/subscriptions.hpp"

namespace scope::rpc {

struct Service::Impl {
    Network& network;
    Filters filters;
    Subscriptions subscriptions;
    ReceiptWaiters receipt_waiters{network};
    absl::flat_hash_map<std::string_view, const Method*> methods;
    std::string document;

    explicit Impl(Network& of) : network(of) {
        for (const auto table : {node_methods, block_methods, account_methods, fee_methods,
                                 log_methods, pool_methods, debug_raw_methods, call_methods,
                                 simulate_methods, trace_methods, otterscan_methods, send_methods})
            add(table());
        if (network.controls() != nullptr) add(test_methods());
        if (network.contracts() != nullptr) add(scope_methods());
        network.listen(&filters);
        network.listen(&subscriptions);
        network.listen(&receipt_waiters);
    }
    ~Impl() {
        network.unlisten(&filters);
        network.unlisten(&subscriptions);
        network.unlisten(&receipt_waiters);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void add(std::span<const Method> table) {
        for (const Method& method : table) {
            const bool is_new = methods.emplace(method.name, &method).second;
            CHECK(is_new);
        }
    }
};

namespace {

RpcError unknown_method(std::string_view name) {
    // geth's words, by which libraries tell it from other errors.
    return {METHOD_NOT_FOUND,
            fmt::format("the method {} does not exist/is not available", json::shortened(name)),
            {}};
}

/// Returns the transaction that a call of a batch sends; nullopt: it sends none, or one with blobs.
std::optional<Transaction> sent_by(const simdjson::dom::element& call) {
    std::string_view method;
    std::string_view data;
    if (call["method"].get(method) != simdjson::SUCCESS || method != "eth_sendRawTransaction" ||
        call["params"].at(0).get(data) != simdjson::SUCCESS)
        return std::nullopt;
    const auto bytes = from_hex(data);
    if (!bytes) return std::nullopt;
    auto transaction = decode_transaction(*bytes);
    return transaction ? std::optional{std::move(*transaction)} : std::nullopt;
}

}  // namespace

Service::Service(Network& network) : impl_(std::make_unique<Impl>(network)) {}
Service::~Service() = default;

void Service::batch_begins(ChainId chain_id, const simdjson::dom::array& calls) {
    try {
        std::vector<Transaction> transactions;
        for (const auto& call : calls)
            if (auto transaction = sent_by(call)) transactions.push_back(std::move(*transaction));
        if (transactions.size() > 1) impl_->network.expect(chain_id, std::move(transactions));
    } catch (const std::exception&) {
        // Out of memory: the calls will say so, each for itself, or do without.
    }
}

void Service::call(const net::RpcCall& call, net::Reply reply) {
    const auto found = impl_->methods.find(call.method);
    ChainView* const chain = impl_->network.chain(call.chain_id);
    if (found == impl_->methods.end() || chain == nullptr)
        return reply(std::unexpected{unknown_method(call.method)});
    const Method& method = *found->second;
    RpcResult result;
    try {
        Params params{call.params, method.parameters};
        Request request{.network = impl_->network,
                        .chain = *chain,
                        .chain_id = call.chain_id,
                        .params = params,
                        .subscriber = call.subscriber,
                        .service = *this,
                        .filters = impl_->filters,
                        .subscriptions = impl_->subscriptions,
                        .receipt_waiters = impl_->receipt_waiters,
                        .reply = reply};
        result = method.run(request);
    } catch (const RpcFailure& failure) {
        result = std::unexpected{failure.error};
    } catch (const std::exception& error) {
        result = std::unexpected{
            RpcError{INTERNAL_ERROR, fmt::format("internal error: {}", error.what()), {}}};
    }
    try {
        impl_->network.finish();
    } catch (const std::exception& error) {
        result = std::unexpected{
            RpcError{INTERNAL_ERROR, fmt::format("internal error: {}", error.what()), {}}};
    }
    if (reply) reply(std::move(result));  // else the method took it
}

void Service::closed(const net::Subscriber& subscriber) {
    impl_->subscriptions.remove_all(subscriber);
}

void Service::add(std::span<const Method> methods) {
    impl_->add(methods);
}

std::vector<Method> Service::method_table() const {
    std::vector<Method> table;
    for (const auto& [name, method] : impl_->methods)
        if (name != "rpc.discover" || !impl_->document.empty()) table.push_back(*method);
    std::ranges::sort(table, {}, &Method::name);
    return table;
}

std::vector<std::string_view> Service::methods() const {
    std::vector<std::string_view> names;
    for (const Method& method : method_table()) names.push_back(method.name);
    return names;
}

void Service::set_document(std::string open_rpc) {
    impl_->document = std::move(open_rpc);
}
const std::string& Service::document() const noexcept {
    return impl_->document;
}

}  // namespace scope::rpc

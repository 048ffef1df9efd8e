#include "net/message.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "net/raw_json.hpp"

namespace scope::net {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using std::chrono::steady_clock;

constexpr std::string_view NULL_ID = "null";
constexpr std::chrono::milliseconds SLICE{10};
/// A result from this size on is moved, a shorter one is copied behind its envelope.
constexpr size_t LONG_RESULT = 4096;
/// What a result has around it, in bytes, without its id.
constexpr size_t ENVELOPE = 48;
/// A parser that has grown beyond this gives its memory back: it takes about 14 bytes per byte.
constexpr size_t KEPT_CAPACITY = size_t{256} << 10;

/// A request as its text has it. What is wrong with it is in the error.
struct Envelope {
    std::string_view id;  ///< as written; empty: a notification
    std::string_view method;
    std::optional<element> params;
    std::optional<RpcError> error;
};

void append_envelope(std::string& out, std::string_view id) {
    out += R"({"jsonrpc":"2.0","id":)";
    out += id;
}

void append_error(std::string& out, std::string_view id, const RpcError& error) {
    append_envelope(out, id);
    fmt::format_to(std::back_inserter(out), R"(,"error":{{"code":{},"message":)", error.code);
    append_json_string(out, error.message);
    if (!error.data.empty()) {
        out += R"(,"data":)";
        out += error.data;
    }
    out += "}}";
}

bool is_id(std::string_view raw) {
    const char first = raw.empty() ? '{' : raw[0];
    return first == '"' || first == 'n' || first == '-' || (first >= '0' && first <= '9');
}

bool is_structured(element value) {
    return value.is_array() || value.is_object();
}

/// Returns the text of a member's value by its place in @p object; empty: there is none.
std::string_view raw_value(std::string_view object, size_t index) {
    RawItems values{object};
    while (index-- > 0) values.next();
    return values.next().value_or(std::string_view{});
}

/// Reads a request. @p raw is the text of @p request.
Envelope read_envelope(element request, std::string_view raw) {
    Envelope envelope;
    const auto refuse = [&](int code, std::string reason) {
        if (!envelope.error) envelope.error = RpcError{code, "invalid request: " + reason, {}};
    };
    simdjson::dom::object object;
    if (request.get(object) != simdjson::SUCCESS) {
        envelope.id = NULL_ID;
        refuse(INVALID_REQUEST, "must be an object");
        return envelope;
    }
    enum Field : unsigned { jsonrpc = 1, id = 2, method = 4, params = 8 };
    unsigned seen = 0;
    const auto once = [&](Field field, std::string_view name) {
        if ((seen & field) != 0) refuse(INVALID_REQUEST, fmt::format("{} is there twice", name));
        seen |= field;
    };
    bool params_fit = true;
    size_t index = 0;
    for (const auto [key, value] : object) {
        const size_t place = index++;
        if (key == "jsonrpc") {
            once(jsonrpc, key);
            std::string_view version;
            if (value.get(version) != simdjson::SUCCESS || version != "2.0")
                refuse(INVALID_REQUEST, R"(jsonrpc must be "2.0")");
        } else if (key == "id") {
            const bool is_first = (seen & id) == 0;
            once(id, key);
            // Its text is looked for once, however often it is there.
            const std::string_view text = is_first ? raw_value(raw, place) : NULL_ID;
            envelope.id = is_id(text) ? text : NULL_ID;
            if (!is_id(text)) refuse(INVALID_REQUEST, "id must be a string, a number or null");
        } else if (key == "method") {
            once(method, key);
            if (value.get(envelope.method) != simdjson::SUCCESS)
                refuse(INVALID_REQUEST, "method must be a string");
        } else if (key == "params") {
            once(params, key);
            params_fit = is_structured(value) || value.is_null();  // geth takes null for none
            if (is_structured(value)) envelope.params = value;
        }
    }
    if ((seen & jsonrpc) == 0) refuse(INVALID_REQUEST, "jsonrpc is missing");
    if ((seen & method) == 0) refuse(INVALID_REQUEST, "method is missing");
    // What is no request is no notification either (JSON-RPC 2.0, section 5).
    if (envelope.error && envelope.id.empty()) envelope.id = NULL_ID;
    if (!params_fit && !envelope.error)
        envelope.error = RpcError{INVALID_PARAMS, "params must be an array or an object", {}};
    return envelope;
}

}  // namespace

/// What all messages share. Its parser holds one document at a time: that of the call being made.
class MessageRunner::State {
  public:
    State(RpcHandler& handler_, MessageLimits limits_, Post post_, CallObserver* observer_)
        : handler(handler_),
          limits(limits_),
          post(std::move(post_)),
          observer(observer_),
          parser_(make_parser()) {}

    /// Parses @p text, which gets room behind it. What it returns holds until the next call.
    std::expected<element, RpcError> parse(std::string& text) {
        if (text.capacity() - text.size() < simdjson::SIMDJSON_PADDING)
            text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
        return parse_padded(text);
    }

    /// Parses a part of a text that parse() has had.
    std::expected<element, RpcError> parse_padded(std::string_view text) {
        if (parser_->capacity() > KEPT_CAPACITY && text.size() <= KEPT_CAPACITY)
            parser_ = make_parser();
        element root;
        auto error = parser_->parse(text.data(), text.size(), false).get(root);
        if (error == simdjson::NUMBER_ERROR) {
            // JSON has numbers of any size, and simdjson those of 64 bits.
            quoted_ = quote_big_numbers(text);
            error = parser_->parse(quoted_.data(), quoted_.size(), false).get(root);
        }
        if (error == simdjson::SUCCESS) return root;
        if (error == simdjson::DEPTH_ERROR)
            return std::unexpected{
                RpcError{INVALID_REQUEST,
                         fmt::format("invalid request: nested more than {} deep", limits.depth),
                         {}}};
        return std::unexpected{RpcError{PARSE_ERROR, "parse error", {}}};
    }

    /// Counts an error, on its way out.
    void failed() const {
        if (observer != nullptr) observer->failed();
    }

    RpcHandler& handler;
    const MessageLimits limits;
    const Post post;
    CallObserver* const observer;

  private:
    [[nodiscard]] std::unique_ptr<simdjson::dom::parser> make_parser() const {
        auto parser = std::make_unique<simdjson::dom::parser>();
        CHECK(parser->allocate(4096, limits.depth) == simdjson::SUCCESS);
        return parser;
    }

    std::unique_ptr<simdjson::dom::parser> parser_;
    std::string quoted_;
};

/// One message being run. One call of it at most is with the handler at any time, and only who
/// replies to that touches what is not atomic meanwhile.
class MessageRunner::Run : public std::enable_shared_from_this<Run> {
  public:
    Run(std::shared_ptr<State> state, Message&& message)
        : state_(std::move(state)), message_(std::move(message)) {}

    void start();
    void replied(RpcResult result);

  private:
    /// Where the call is that a batch waits for.
    enum class Phase { calling, waiting, replied };

    void start_batch(const simdjson::dom::array& batch);
    void advance();
    void continue_later();
    /// Runs one call. Returns false if its reply is to come.
    bool call(Envelope envelope);
    void append_result(std::string result);
    void refuse(std::string_view id, const RpcError& error);
    void finish();

    [[nodiscard]] bool is_abandoned() const {
        return message_.is_abandoned != nullptr && message_.is_abandoned->load();
    }

    const std::shared_ptr<State> state_;
    Message message_;
    bool is_batch_ = false;
    std::vector<std::string_view> calls_;  ///< of a batch, parts of the message's text
    size_t next_ = 0;
    std::string_view id_;  ///< of the call being made; empty: a notification
    size_t result_bytes_ = 0;
    Answer answer_;
    std::atomic<Phase> phase_{Phase::calling};
};

/// Replies to a call once: with -32603 if nobody else did.
class MessageRunner::ReplyOnce {
  public:
    explicit ReplyOnce(std::shared_ptr<Run> run) noexcept : run_(std::move(run)) {}
    ReplyOnce(ReplyOnce&&) noexcept = default;
    ReplyOnce& operator=(ReplyOnce&&) = delete;
    ~ReplyOnce() {
        if (run_) run_->replied(std::unexpected{RpcError{INTERNAL_ERROR, "internal error", {}}});
    }

    void operator()(RpcResult result) {
        CHECK(run_ != nullptr);
        std::exchange(run_, nullptr)->replied(std::move(result));
    }

  private:
    std::shared_ptr<Run> run_;
};

void MessageRunner::Run::start() {
    if (is_abandoned()) return;
    const auto root = state_->parse(message_.text);
    if (!root) {
        refuse(NULL_ID, root.error());
        return finish();
    }
    simdjson::dom::array batch;
    if (root->get(batch) == simdjson::SUCCESS) return start_batch(batch);
    if (call(read_envelope(*root, message_.text))) finish();
}

void MessageRunner::Run::start_batch(const simdjson::dom::array& batch) {
    RawItems items{message_.text};
    while (const auto item = items.next()) {
        calls_.push_back(*item);
        if (calls_.size() <= state_->limits.batch_calls) continue;
        refuse(NULL_ID,
               {INVALID_REQUEST,
                fmt::format("batch too large: more than {} calls", state_->limits.batch_calls),
                {}});
        return finish();
    }
    CHECK(calls_.size() == batch.size());
    if (calls_.empty()) {
        refuse(NULL_ID, {INVALID_REQUEST, "empty batch", {}});
        return finish();
    }
    is_batch_ = true;
    state_->handler.batch_begins(message_.chain_id, batch);
    advance();
}

void MessageRunner::Run::advance() {
    const auto begin = steady_clock::now();
    while (next_ < calls_.size()) {
        if (is_abandoned()) return;
        if (steady_clock::now() - begin > SLICE) return continue_later();
        const std::string_view raw = calls_[next_++];
        const auto request = state_->parse_padded(raw);
        phase_ = Phase::calling;
        if (!request)  // the whole was parsed, so there is no memory for it
            refuse(NULL_ID, request.error());
        else if (!call(read_envelope(*request, raw)) &&
                 phase_.exchange(Phase::waiting) == Phase::calling)
            return;
    }
    finish();
}

bool MessageRunner::Run::call(Envelope envelope) {
    const bool is_too_large = result_bytes_ > state_->limits.response_bytes;
    if (is_too_large && !envelope.error)
        envelope.error = RpcError{RESPONSE_TOO_LARGE, "response too large", {}};
    if (envelope.error) {
        if (!envelope.id.empty()) refuse(envelope.id, *envelope.error);
        return true;
    }
    if (state_->observer != nullptr) state_->observer->called(envelope.method);
    id_ = envelope.id;
    try {
        state_->handler.call(
            {message_.chain_id, envelope.method, envelope.params, message_.subscriber},
            Reply{ReplyOnce{shared_from_this()}});
    } catch (...) {
        // Whoever runs the runner is told. The caller has its answer: the reply was dropped.
        if (is_batch_ && phase_.exchange(Phase::waiting) == Phase::replied) continue_later();
        throw;
    }
    return false;
}

void MessageRunner::Run::replied(RpcResult result) {
    if (!result)
        refuse(id_, result.error());
    else
        append_result(std::move(*result));
    if (!is_batch_) return finish();
    if (phase_.exchange(Phase::replied) == Phase::waiting) continue_later();
}

void MessageRunner::Run::continue_later() {
    state_->post([run = shared_from_this()] { run->advance(); });
}

void MessageRunner::Run::append_result(std::string result) {
    if (id_.empty()) return;
    result_bytes_ += result.size();
    if (result_bytes_ > state_->limits.response_bytes)
        return refuse(id_, {RESPONSE_TOO_LARGE, "response too large", {}});
    const bool is_copied = is_batch_ || result.size() < LONG_RESULT;
    if (is_batch_)
        answer_.head += answer_.head.empty() ? '[' : ',';
    else
        answer_.head.reserve(ENVELOPE + id_.size() + (is_copied ? result.size() : 0));
    append_envelope(answer_.head, id_);
    answer_.head += R"(,"result":)";
    if (is_copied) {
        answer_.head += result;
        answer_.head += '}';
    } else {
        result += '}';
        answer_.body = std::move(result);
    }
}

void MessageRunner::Run::refuse(std::string_view id, const RpcError& error) {
    if (id.empty()) return;
    state_->failed();
    if (is_batch_) answer_.head += answer_.head.empty() ? '[' : ',';
    append_error(answer_.head, id, error);
}

void MessageRunner::Run::finish() {
    if (is_batch_ && !answer_.empty()) answer_.head += ']';
    if (message_.answer) message_.answer(std::move(answer_));
}

MessageRunner::MessageRunner(RpcHandler& handler, MessageLimits limits, Post post,
                             CallObserver* observer)
    : state_(std::make_shared<State>(handler, limits, std::move(post), observer)) {}

MessageRunner::~MessageRunner() = default;

void MessageRunner::run(Message&& message) {
    std::make_shared<Run>(state_, std::move(message))->start();
}

std::string run_message(RpcHandler& handler, ChainId chain_id, std::string text,
                        MessageLimits limits) {
    // Shared with tasks and replies, which may end after this function has returned.
    struct Queue {
        std::mutex mutex;
        std::condition_variable wake;
        std::deque<MessageRunner::Task> tasks;
        std::optional<Answer> answer;
    };
    const auto queue = std::make_shared<Queue>();
    MessageRunner runner{handler, limits, [queue](MessageRunner::Task task) {
                             const std::scoped_lock lock{queue->mutex};
                             queue->tasks.push_back(std::move(task));
                             queue->wake.notify_one();
                         }};
    runner.run({.chain_id = chain_id, .text = std::move(text), .answer = [queue](Answer answer) {
                    const std::scoped_lock lock{queue->mutex};
                    queue->answer = std::move(answer);
                    queue->wake.notify_one();
                }});
    std::unique_lock lock{queue->mutex};
    for (;;) {
        queue->wake.wait(lock, [&] { return queue->answer || !queue->tasks.empty(); });
        if (queue->answer) return queue->answer->head + queue->answer->body;
        MessageRunner::Task task = std::move(queue->tasks.front());
        queue->tasks.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

}  // namespace scope::net

#include "net/message.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "net/test_handler.hpp"

namespace scope::net {
namespace {

std::string answer(std::string text, MessageLimits limits = {}) {
    TestHandler handler;
    return run_message(handler, ChainId{7}, std::move(text), limits);
}

std::string call(std::string_view id, std::string_view method, std::string_view params = "[]") {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method,
                       params);
}

std::string error(std::string_view id, int code, std::string_view message) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":"{}"}}}})", id,
                       code, message);
}

std::string result(std::string_view id, std::string_view value) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id, value);
}

TEST(Message, an_id_is_echoed_byte_for_byte) {
    for (const std::string_view id :
         {"1", "0", "-1", "1.0", "1e3", "-0.0E-7", "null", "\"\"", "\"a\"", "\"\\u0061\\n\"",
          "\"\xc3\xa9\"", "18446744073709551616", "123456789012345678901234567890123456789012",
          "1e999", "\"\\\"}\""})
        EXPECT_EQ(answer(call(id, "echo")), result(id, "[]")) << id;
}

TEST(Message, an_id_of_another_type_is_refused) {
    for (const std::string_view id : {"true", "false", "[]", "[1]", "{}", "{\"a\":1}"})
        EXPECT_EQ(answer(call(id, "echo")),
                  error("null", -32600, "invalid request: id must be a string, a number or null"))
            << id;
}

TEST(Message, what_is_no_json_is_a_parse_error) {
    const std::vector<std::string> texts{"",
                                         " ",
                                         "{",
                                         "[",
                                         "]",
                                         "x",
                                         "{\"a\"}",
                                         "{'a':1}",
                                         "[1,]",
                                         R"({"jsonrpc":"2.0",})",
                                         "{\"a\":\"\xff\"}",
                                         call("01", "echo"),
                                         call("1", "echo") + "x",
                                         call("1.", "echo"),
                                         R"([)" + call("1", "echo"),
                                         R"({"id":1e5000,"a":-})",
                                         R"({1e5000:1})"};
    for (const std::string& text : texts)
        EXPECT_EQ(answer(text), error("null", -32700, "parse error")) << text;
}

TEST(Message, what_is_no_request_is_refused_with_the_rule) {
    const struct {
        std::string text, id, rule;
    } cases[] = {
        {"1", "null", "must be an object"},
        {"\"a\"", "null", "must be an object"},
        {"null", "null", "must be an object"},
        {"{}", "null", "jsonrpc is missing"},
        {R"({"id":1,"method":"echo"})", "1", "jsonrpc is missing"},
        {R"({"jsonrpc":"1.0","id":1,"method":"echo"})", "1", R"(jsonrpc must be \"2.0\")"},
        {R"({"jsonrpc":2.0,"id":1,"method":"echo"})", "1", R"(jsonrpc must be \"2.0\")"},
        {R"({"jsonrpc":"2.0","id":1})", "1", "method is missing"},
        {R"({"jsonrpc":"2.0","id":1,"result":2})", "1", "method is missing"},
        {R"({"jsonrpc":"2.0","id":1,"method":1})", "1", "method must be a string"},
        {R"({"jsonrpc":"2.0","id":1,"method":null})", "1", "method must be a string"},
        {R"({"jsonrpc":"2.0","method":1,"params":"bar"})", "null", "method must be a string"},
        // A doubled field, also one that is written in another way.
        {R"({"jsonrpc":"2.0","id":1,"method":"echo","method":"fail"})", "1",
         "method is there twice"},
        {R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[],"par\u0061ms":[1]})", "1",
         "params is there twice"},
        {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"echo"})", "null", "id is there twice"},
        {R"({"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"echo"})", "1",
         "jsonrpc is there twice"},
    };
    for (const auto& [text, id, rule] : cases)
        EXPECT_EQ(answer(text), error(id, -32600, "invalid request: " + rule)) << text;
}

TEST(Message, params_are_an_array_or_an_object_or_not_there) {
    EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":1,"method":"echo"})"), result("1", "null"));
    EXPECT_EQ(answer(call("1", "echo", "null")), result("1", "null"));
    EXPECT_EQ(answer(call("1", "echo", "[ 1 ]")), result("1", "[1]"));
    EXPECT_EQ(answer(call("1", "echo", R"({ "a": 1 })")), result("1", R"({"a":1})"));
    for (const std::string_view params : {"1", "\"a\"", "true", "1e999"})
        EXPECT_EQ(answer(call("1", "echo", params)),
                  error("1", -32602, "params must be an array or an object"));
}

TEST(Message, other_fields_are_ignored) {
    EXPECT_EQ(answer(R"( {"x":{"id":5},"id":1,"method":"echo","y":[],"jsonrpc":"2.0","x":1} )"),
              result("1", "null"));
}

TEST(Message, a_number_of_any_size_is_json) {
    EXPECT_EQ(answer(call("1", "echo", "[18446744073709551616,1]")),
              result("1", R"(["18446744073709551616",1])"));
}

TEST(Message, nesting_is_bounded) {
    const auto nested = [](size_t depth) {  // the request's own object is one more
        return call("1", "echo", std::string(depth, '[') + std::string(depth, ']'));
    };
    EXPECT_TRUE(answer(nested(63)).contains("result"));
    EXPECT_EQ(answer(nested(64)),
              error("null", -32600, "invalid request: nested more than 64 deep"));
    EXPECT_TRUE(answer(nested(100'000)).contains("-32600"));
}

TEST(Message, an_error_of_the_handler_is_passed_on) {
    EXPECT_EQ(answer(call("1", "fail")),
              R"({"jsonrpc":"2.0","id":1,"error":{"code":3,)"
              R"("message":"execution reverted: \"no\"\u000a","data":"0x1234"}})");
    EXPECT_EQ(answer(call("1", "nope")), error("1", -32601, "no method nope"));
}

TEST(Message, a_dropped_reply_is_an_internal_error) {
    EXPECT_EQ(answer(call("1", "drop")), error("1", -32603, "internal error"));
    EXPECT_EQ(answer('[' + call("1", "drop") + ',' + call("2", "echo") + ']'),
              '[' + error("1", -32603, "internal error") + ',' + result("2", "[]") + ']');
}

TEST(Message, a_notification_gets_no_answer) {
    TestHandler handler;
    for (const char* method : {"echo", "fail", "nope", "drop"}) {
        const auto text = fmt::format(R"({{"jsonrpc":"2.0","method":"{}"}})", method);
        EXPECT_EQ(run_message(handler, ChainId{1}, text), "");
    }
    EXPECT_EQ(run_message(handler, ChainId{1}, R"({"jsonrpc":"2.0","method":"echo","params":1})"),
              "");
    EXPECT_EQ(handler.calls, 4);
}

TEST(Message, a_batch_is_answered_in_order_element_by_element) {
    EXPECT_EQ(answer(" [ " + call("1", "echo") + " , 7, " + call("\"b\"", "nope") +
                     R"(, {"jsonrpc":"2.0","method":"echo"}, [], )" + call("1e3", "chain") + " ] "),
              '[' + result("1", "[]") + ',' +
                  error("null", -32600, "invalid request: must be an object") + ',' +
                  error("\"b\"", -32601, "no method nope") + ',' +
                  error("null", -32600, "invalid request: must be an object") + ',' +
                  result("1e3", "7") + ']');
}

TEST(Message, a_batch_of_notifications_gets_no_answer) {
    EXPECT_EQ(answer(R"([{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"nope"}])"),
              "");
}

TEST(Message, a_batch_is_announced_before_its_first_call) {
    TestHandler handler;
    for (const auto& text : {call("1", "echo"), '[' + call("1", "echo") + ",7]", std::string{"[]"}})
        run_message(handler, ChainId{7}, text);
    EXPECT_EQ(handler.batches, (std::vector<TestHandler::Batch>{{ChainId{7}, 2, 1}}));
}

TEST(Message, an_empty_batch_is_refused) {
    EXPECT_EQ(answer("[]"), error("null", -32600, "empty batch"));
    EXPECT_EQ(answer(" [ ] "), error("null", -32600, "empty batch"));
}

TEST(Message, a_batch_has_at_most_1000_elements) {
    const auto batch = [](int size) {
        std::string text = "[";
        for (int i = 0; i < size; ++i)
            text += (i == 0 ? "" : ",") + call(std::to_string(i), "echo");
        return text + ']';
    };
    std::string expect = "[";
    for (int i = 0; i < 1000; ++i) expect += (i == 0 ? "" : ",") + result(std::to_string(i), "[]");
    EXPECT_EQ(answer(batch(1000)), expect + ']');
    TestHandler handler;
    EXPECT_EQ(run_message(handler, ChainId{1}, batch(1001)),
              error("null", -32600, "batch too large: more than 1000 calls"));
    EXPECT_EQ(handler.calls, 0);
}

TEST(Message, a_result_has_at_most_as_many_bytes_as_the_limit) {
    const MessageLimits limits{.response_bytes = 10'002};  // with the quotes
    const std::string longest = '"' + std::string(10'000, 'x') + '"';
    EXPECT_EQ(answer(call("1", "big", "[10000]"), limits), result("1", longest));
    EXPECT_EQ(answer(call("1", "big", "[10001]"), limits),
              error("1", -32003, "response too large"));
    EXPECT_EQ(answer(call("1", "big", "[24999998]")).size(), 25'000'000 + result("1", "").size());
    EXPECT_TRUE(answer(call("1", "big", "[24999999]")).contains("-32003"));
}

TEST(Message, the_results_of_a_batch_are_summed) {
    // Who comes after the limit is not run.
    TestHandler handler;
    const auto text = run_message(handler, ChainId{1},
                                  '[' + call("1", "big", "[50]") + ',' + call("2", "big", "[50]") +
                                      ',' + call("3", "big", "[1]") + ',' + call("4", "echo") + ']',
                                  {.response_bytes = 103});
    EXPECT_EQ(text, '[' + result("1", '"' + std::string(50, 'x') + '"') + ',' +
                        error("2", -32003, "response too large") + ',' +
                        error("3", -32003, "response too large") + ',' +
                        error("4", -32003, "response too large") + ']');
    EXPECT_EQ(handler.calls, 2);
}

/// Replies to each call from a thread of its own.
class ThreadedHandler final : public RpcHandler {
  public:
    void call(const RpcCall& call, Reply reply) override {
        threads_.emplace_back(
            [reply = std::move(reply), method = std::string{call.method}]() mutable {
                if (method != "drop") reply('"' + method + '"');
            });
    }
    void closed(const Subscriber&) override {}

  private:
    std::vector<std::jthread> threads_;
};

TEST(Message, a_reply_may_come_later_from_any_thread) {
    ThreadedHandler handler;
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(run_message(handler, ChainId{1}, call("1", "a")), result("1", "\"a\""));
        EXPECT_EQ(run_message(
                      handler, ChainId{1},
                      '[' + call("1", "a") + ',' + call("2", "drop") + ',' + call("3", "b") + ']'),
                  '[' + result("1", "\"a\"") + ',' + error("2", -32603, "internal error") + ',' +
                      result("3", "\"b\"") + ']');
    }
}

TEST(Message, an_exception_of_the_handler_is_answered_and_goes_on_to_who_runs_it) {
    TestHandler handler;
    std::vector<MessageRunner::Task> tasks;
    std::vector<std::string> answers;
    MessageRunner runner{
        handler, {}, [&](MessageRunner::Task task) { tasks.push_back(std::move(task)); }};
    const auto run = [&](std::string text) {
        runner.run({.text = std::move(text), .answer = [&](const Answer& answer) {
                        answers.push_back(answer.head + answer.body);
                    }});
    };
    EXPECT_THROW(run(call("1", "throw")), std::runtime_error);
    EXPECT_THROW(run('[' + call("2", "throw") + ',' + call("3", "echo") + ']'), std::runtime_error);
    ASSERT_EQ(tasks.size(), 1U);
    tasks[0]();
    EXPECT_EQ(answers, (std::vector{error("1", -32603, "internal error"),
                                    '[' + error("2", -32603, "internal error") + ',' +
                                        result("3", "[]") + ']'}));
}

TEST(Message, what_nobody_waits_for_is_not_run) {
    TestHandler handler;
    std::vector<MessageRunner::Task> tasks;
    std::atomic<bool> is_abandoned = false;
    int answers = 0;
    MessageRunner runner{
        handler, {}, [&](MessageRunner::Task task) { tasks.push_back(std::move(task)); }};
    const auto run = [&](std::string text) {
        runner.run({.text = std::move(text),
                    .is_abandoned = &is_abandoned,
                    .answer = [&](const Answer&) { ++answers; }});
    };
    run('[' + call("1", "later") + ',' + call("2", "echo") + ']');
    is_abandoned = true;
    run(call("3", "echo"));
    EXPECT_EQ(handler.calls, 1);
    handler.waiting.front()("1");
    handler.waiting.clear();
    ASSERT_EQ(tasks.size(), 1U);
    tasks[0]();
    EXPECT_EQ(handler.calls, 1);
    EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace scope::net

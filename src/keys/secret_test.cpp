#include "keys/secret.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "keys/test_folder.hpp"

namespace scope::keys {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(secret, is_gone_from_where_it_was_moved) {
    for (const std::string text :
         {"short", "longer than what a string keeps in itself, so on the heap"}) {
        Secret from{text};
        const Secret to = std::move(from);
        EXPECT_EQ(to.text(), text);
        EXPECT_EQ(from.text(), "");  // NOLINT(bugprone-use-after-move): that is what is tested
    }
}

TEST(read_secret, reads_a_variable_and_a_file_without_its_last_end_of_line) {
    const test::Folder folder;
    setenv("SCOPE_TEST_SECRET", "in a variable", 1);
    EXPECT_EQ(read_secret("env:SCOPE_TEST_SECRET")->text(), "in a variable");
    for (const auto& [content, secret] :
         {std::pair{"word", "word"}, std::pair{"word\n", "word"}, std::pair{"word\r\n", "word"},
          std::pair{"two\nlines\n\n", "two\nlines\n"}, std::pair{"", ""}}) {
        const auto file = folder.write("secret", content);
        EXPECT_EQ(read_secret("file:" + file.string())->text(), secret);
        EXPECT_EQ(read_secret("file:secret", folder.path())->text(), secret);
    }
}

TEST(read_secret, says_what_is_wrong_and_nothing_of_the_secret) {
    const test::Folder folder;
    const std::string word = "hunter2";
    const auto refused = [&](const std::string& spec) {
        const auto secret = read_secret(spec, folder.path());
        EXPECT_FALSE(secret.has_value()) << spec;
        return secret ? std::string{} : secret.error();
    };
    unsetenv("SCOPE_TEST_NOTHING");
    EXPECT_EQ(refused("env:SCOPE_TEST_NOTHING"),
              "the environment has no variable SCOPE_TEST_NOTHING");
    EXPECT_THAT(refused(word), Not(HasSubstr(word)));
    EXPECT_THAT(refused("file:missing"), EndsWith("missing: No such file or directory"));
    EXPECT_THAT(refused("file:."), EndsWith("not a regular file"));
    for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0660}, mode_t{0777}}) {
        const auto file = folder.write("open", word, mode);
        EXPECT_THAT(refused("file:open"), HasSubstr("others than its owner may use it (mode 0"));
    }
    const auto large = folder.write("large", std::string(MAX_SECRET_FILE + 1, 'x'));
    EXPECT_THAT(refused("file:large"), EndsWith("large: more than 65536 bytes"));
}

TEST(write_private_file, writes_what_nobody_else_reads_and_never_over_another_file) {
    const test::Folder folder;
    const auto file = folder.path() / "new";
    ASSERT_TRUE(write_private_file(file, "first").has_value());
    EXPECT_EQ(read_private_file(file)->text(), "first");
    EXPECT_FALSE(write_private_file(file, "second").has_value());
    EXPECT_EQ(read_private_file(file)->text(), "first");
}

}  // namespace
}  // namespace scope::keys

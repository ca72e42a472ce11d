/* base/json: every rule and every limit once. The property test compares with another reader. */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#include "fx_test.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): 16 KiB, one test at a time
static struct fx_json json;

static const struct fx_json_token *parse(const char *text)
{
    assert_int_equal(fx_json_parse(&json, fx_str_of(text)), FX_OK);
    assert_int_equal(json.tokens[0].next, json.count);
    return &json.tokens[0];
}

static void assert_bad(fx_str text)
{
    if (fx_json_parse(&json, text) != FX_BAD_JSON) {
        fail_msg("accepted: %.*s", (int)text.size, text.data);
    }
    assert_int_equal(json.count, 0);
    assert_true(json.error_offset <= text.size);
}

static void assert_text(const struct fx_json_token *token, const char *expected)
{
    assert_non_null(token);
    assert_int_equal(token->text.size, strlen(expected));
    assert_memory_equal(token->text.data, expected, strlen(expected));
}

static void json_parse_of_an_order_gives_its_members(void **state)
{
    (void)state;
    const struct fx_json_token *root =
        parse(" {\"symbol\":\"BTCUSDT\", \"price\" : \"65000.5\",\"quantity\":0.10,"
              "\"isPostOnly\":true,\"tags\":[1,[],{\"a\":null}],\"x\":false}\r\n");
    assert_int_equal(root->kind, FX_JSON_OBJECT);
    assert_int_equal(root->count, 6);
    const struct fx_json_token *price = fx_json_member(&json, root, FX_STR("price"));
    assert_int_equal(price->kind, FX_JSON_STRING);
    assert_text(price, "65000.5");
    const struct fx_json_token *quantity = fx_json_member(&json, root, FX_STR("quantity"));
    assert_int_equal(quantity->kind, FX_JSON_NUMBER);
    assert_text(quantity, "0.10");
    assert_int_equal(fx_json_member(&json, root, FX_STR("isPostOnly"))->kind, FX_JSON_TRUE);
    assert_int_equal(fx_json_member(&json, root, FX_STR("x"))->kind, FX_JSON_FALSE);
    assert_null(fx_json_member(&json, root, FX_STR("a")));
    assert_null(fx_json_member(&json, root, FX_STR("pric")));
    const struct fx_json_token *tags = fx_json_member(&json, root, FX_STR("tags"));
    assert_int_equal(tags->kind, FX_JSON_ARRAY);
    assert_int_equal(tags->count, 3);
    assert_text(tags, "[1,[],{\"a\":null}]");
    assert_text(fx_json_element(&json, tags, 0), "1");
    assert_int_equal(fx_json_element(&json, tags, 1)->count, 0);
    const struct fx_json_token *inner = fx_json_element(&json, tags, 2);
    assert_int_equal(fx_json_member(&json, inner, FX_STR("a"))->kind, FX_JSON_NULL);
    assert_null(fx_json_element(&json, tags, 3));
    assert_null(fx_json_element(&json, root, 0));
    assert_null(fx_json_member(&json, tags, FX_STR("a")));
}

static void json_parse_takes_any_root(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"0",
                                       "-0",
                                       "1e400",
                                       "-1.5E+10",
                                       "null",
                                       "true",
                                       "false",
                                       "\"\"",
                                       "[]",
                                       "{}",
                                       " [ ] ",
                                       "{ }",
                                       "[[[]]]",
                                       "1E-2"};
    for (size_t index = 0; index < sizeof GOOD / sizeof GOOD[0]; index++) {
        (void)parse(GOOD[index]);
    }
}

// NOLINTNEXTLINE(readability-function-size): a table
static void json_parse_refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1,]",
        "{,}",
        "[,]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{1:2}",
        "[1}",
        "{\"a\":1]",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "--1",
        "0x1",
        "NaN",
        "Infinity",
        "nul",
        "True",
        "truefalse",
        "nulll",
        "1 1",
        "[] []",
        "\"",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\t\"",
        "\"\x1f\"",
        "/**/1",
        "[1]//",
        "\xEF\xBB\xBF{}",
        "\v1",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,,\"b\":2}",
        "[1,,2]",
        "00",
        "-01",
        "1a",
        "{\"a\":1,",
        "{\"a\":1",
        "{\"a\":",
        "{\"a\"",
        "{\"",
        "[1",
        "[1,",
        "\"\\u\"",
        "t",
        "\f",
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        assert_bad(fx_str_of(BAD[index]));
    }
    assert_bad(FX_STR("[]\0"));
    assert_bad(FX_STR("\"a\0b\""));
    assert_bad(fx_str_of(NULL));
}

static void json_parse_refuses_bad_strings(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\u0041\"",
        "\"\\udbff\\udfff\\udfff\"",
        "\"\x80\"",
        "\"\xC0\x80\"",
        "\"\xC1\xBF\"",
        "\"\xC2\"",
        "\"\xE0\x9F\xBF\"",
        "\"\xED\xA0\x80\"",
        "\"\xED\xBF\xBF\"",
        "\"\xE2\x82\"",
        "\"\xF0\x8F\xBF\xBF\"",
        "\"\xF4\x90\x80\x80\"",
        "\"\xF5\x80\x80\x80\"",
        "\"\xFF\"",
        "\"\xC2\xC2\"",
        "\"\xE2\x28\xA1\"",
        "\"\xF0\x9F\x98\"",
        "\"\xF0\x9F\x98",
        "\"\\ud83d",
        "\"\\ud83d\\u",
        "\"\\ud83d\\ude0",
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        assert_bad(fx_str_of(BAD[index]));
    }
    static const char *const GOOD[] = {
        "\"\x7F\"",
        "\"\xC2\x80\"",
        "\"\xDF\xBF\"",
        "\"\xE0\xA0\x80\"",
        "\"\xED\x9F\xBF\"",
        "\"\xEE\x80\x80\"",
        "\"\xEF\xBF\xBF\"",
        "\"\xF0\x90\x80\x80\"",
        "\"\xF4\x8F\xBF\xBF\"",
        "\"\\ud800\\udc00\"",
        "\"\\udbff\\udfff\"",
        "\"\\uD7FF\\uE000\"",
    };
    for (size_t index = 0; index < sizeof GOOD / sizeof GOOD[0]; index++) {
        (void)parse(GOOD[index]);
    }
}

/* The reader looks at eight bytes at once: a bad byte must be found at each place of the eight. */
static void json_parse_finds_a_special_byte_at_any_place(void **state)
{
    (void)state;
    static const char SPECIAL[] = {'\x01', '\x1f', '\n', '\x80', '\xff'};
    for (size_t size = 1; size < 40; size++) {
        for (size_t place = 0; place < size; place++) {
            char text[64];
            memset(text, 'a', sizeof text);
            text[0] = '"';
            text[size + 1] = '"';
            assert_int_equal(fx_json_parse(&json, (fx_str){text, size + 2}), FX_OK);
            for (size_t index = 0; index < sizeof SPECIAL; index++) {
                text[place + 1] = SPECIAL[index];
                assert_bad((fx_str){text, size + 2});
                assert_int_equal(json.error_offset, place + 1);
            }
            text[place + 1] = '"';
            if (place + 1 < size) {
                assert_bad((fx_str){text, size + 2});
                assert_int_equal(json.error_offset, place + 2);
            }
        }
    }
}

static void json_parse_refuses_duplicate_keys(void **state)
{
    (void)state;
    assert_bad(FX_STR("{\"a\":1,\"a\":2}"));
    assert_bad(FX_STR("{\"\":1,\"\":2}"));
    assert_bad(FX_STR("{\"a\":1,\"b\":{\"x\":[1,2,{\"a\":1}]},\"a\":1}"));
    assert_bad(FX_STR("{\"a\":1,\"\\u0061\":2}"));
    assert_bad(FX_STR("{\"\\u0061\":1,\"a\":2}"));
    assert_bad(FX_STR("{\"\\u0061\":1,\"\\u0061\":2}"));
    assert_bad(FX_STR("{\"/x\":1,\"b\":2,\"\\/x\":2}"));
    assert_bad(FX_STR("{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}"));
    (void)parse("{\"a\":{\"a\":1},\"b\":{\"a\":1}}");
    (void)parse("{\"a\":1,\"A\":2,\"ab\":3,\"ba\":4,\"aa\":5,\"\":6}");
    (void)parse("{\"\\u0061\":1,\"b\":2,\"\\u0062b\":2}");
}

static void json_members_are_found_unescaped(void **state)
{
    (void)state;
    const struct fx_json_token *root =
        parse("{\"\\u0061\\\"\\u00e9\\ud83d\\ude00z\":1,\"plain\":2}");
    assert_text(fx_json_member(&json, root, FX_STR("a\"\xC3\xA9\xF0\x9F\x98\x80z")), "1");
    assert_null(fx_json_member(&json, root, FX_STR("a\"\xC3\xA9\xF0\x9F\x98\x80")));
    assert_null(fx_json_member(&json, root, FX_STR("a\"\xC3\xA9\xF0\x9F\x98\x80zz")));
    assert_null(fx_json_member(&json, root, FX_STR("")));
    assert_text(fx_json_member(&json, root, FX_STR("plain")), "2");
}

static void json_unescape_gives_the_content(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 100);
    const struct fx_json_token *root =
        parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00E9\\u20ac\\ud83D\\uDe00\xC3\xA9z\"");
    assert_true(root->is_escaped);
    assert_true(fx_json_unescape(root, &buf));
    const fx_str expected =
        FX_STR("a\"\\/\b\f\n\r\t\x01\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9z");
    assert_true(fx_str_is_equal(fx_buf_str(&buf), expected));
    fx_buf_clear(&buf);
    root = parse("\"plain\"");
    assert_false(root->is_escaped);
    assert_true(fx_json_unescape(root, &buf));
    assert_true(fx_str_is_equal(fx_buf_str(&buf), FX_STR("plain")));
    fx_buf_deinit(&buf);
    fx_buf_init(&buf, 4);
    assert_false(fx_json_unescape(root, &buf));
    fx_buf_deinit(&buf);
}

static void repeat(struct fx_buf *buf, const char *text, uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        fx_buf_append(buf, fx_str_of(text));
    }
}

/* A prefix, `count` times a part, a suffix: accepted at the limit, refused one above. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in the order of the text
static void assert_limit(const char *prefix, const char *part, const char *suffix, uint32_t limit)
{
    for (uint32_t above = 0; above < 2; above++) {
        struct fx_buf buf;
        fx_buf_init(&buf, 100000);
        repeat(&buf, prefix, 1);
        repeat(&buf, part, limit + above);
        repeat(&buf, suffix, 1);
        assert_false(buf.is_overflow);
        assert_int_equal(fx_json_parse(&json, fx_buf_str(&buf)), above == 0 ? FX_OK : FX_BAD_JSON);
        fx_buf_deinit(&buf);
    }
}

static void json_parse_keeps_its_limits(void **state)
{
    (void)state;
    assert_limit("\"", "x", "\"", FX_JSON_STRING_SIZE_MAX);
    assert_limit("{\"", "x", "\":1}", FX_JSON_STRING_SIZE_MAX);
    assert_limit("", "1", "", FX_JSON_NUMBER_SIZE_MAX);
    assert_limit("-", "1", "", FX_JSON_NUMBER_SIZE_MAX - 1);
    assert_limit("[1.", "1", "]", FX_JSON_NUMBER_SIZE_MAX - 2);
    assert_limit("1E+", "1", "", FX_JSON_NUMBER_SIZE_MAX - 3);
    /* The array itself and its last element are tokens too. */
    assert_limit("[", "1,", "1]", FX_JSON_TOKENS_MAX - 2);
    assert_limit("[", "\"\",", "null]", FX_JSON_TOKENS_MAX - 2);
    assert_limit("[", "{},", "true]", FX_JSON_TOKENS_MAX - 2);
}

static void json_parse_keeps_the_limit_of_depth(void **state)
{
    (void)state;
    for (uint32_t depth = FX_JSON_DEPTH_MAX; depth <= FX_JSON_DEPTH_MAX + 1; depth++) {
        struct fx_buf arrays, objects;
        fx_buf_init(&arrays, 1000);
        fx_buf_init(&objects, 1000);
        repeat(&arrays, "[", depth);
        repeat(&arrays, "]", depth);
        repeat(&objects, "{\"a\":", depth);
        repeat(&objects, "1", 1);
        repeat(&objects, "}", depth);
        const fx_status expected = depth == FX_JSON_DEPTH_MAX ? FX_OK : FX_BAD_JSON;
        assert_int_equal(fx_json_parse(&json, fx_buf_str(&arrays)), expected);
        assert_int_equal(fx_json_parse(&json, fx_buf_str(&objects)), expected);
        fx_buf_deinit(&arrays);
        fx_buf_deinit(&objects);
    }
}

static void json_parse_keeps_the_limit_of_members(void **state)
{
    (void)state;
    for (uint32_t count = FX_JSON_MEMBERS_MAX; count <= FX_JSON_MEMBERS_MAX + 1; count++) {
        struct fx_buf buf;
        fx_buf_init(&buf, 10000);
        fx_buf_append_byte(&buf, '{');
        for (uint32_t index = 0; index < count; index++) {
            char key[16];
            (void)snprintf(key, sizeof key, "key%u", index);
            fx_json_add_int(&buf, fx_str_of(key), (int64_t)index);
        }
        fx_buf_append_byte(&buf, '}');
        assert_int_equal(fx_json_parse(&json, fx_buf_str(&buf)),
                         count == FX_JSON_MEMBERS_MAX ? FX_OK : FX_BAD_JSON);
        fx_buf_deinit(&buf);
    }
}

static void assert_written(struct fx_buf *buf, fx_str expected)
{
    if (!fx_str_is_equal(fx_buf_str(buf), expected)) {
        fail_msg("%.*s", (int)buf->size, buf->data);
    }
    fx_buf_deinit(buf);
}

static void json_append_string_escapes_what_it_must(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    fx_json_append_string(&buf, FX_STR("a\"\\/\b\f\n\r\t\x01\x1f\x7f\xC3\xA9\xF0\x9F\x98\x80z"));
    assert_written(
        &buf, FX_STR("\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xC3\xA9\xF0\x9F\x98\x80z\""));
    fx_buf_init(&buf, 1000);
    fx_json_append_string(&buf, fx_str_of(NULL));
    assert_written(&buf, FX_STR("\"\""));
}

static void json_append_string_replaces_what_is_not_text(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    fx_json_append_string(&buf, FX_STR("a\0b\x80\xC3"));
    assert_written(&buf,
                   FX_STR("\"a\xEF\xBF\xBD"
                          "b\xEF\xBF\xBD\xEF\xBF\xBD\""));
}

static void json_add_writes_members_with_commas(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    fx_buf_append_byte(&buf, '{');
    fx_json_add_str(&buf, FX_STR("s"), FX_STR("x{"));
    fx_json_add_dec(&buf, FX_STR("d"), -fx_dec_one() / 4);
    fx_json_add_int(&buf, FX_STR("i"), -5);
    fx_json_add_id(&buf, FX_STR("u"), UINT64_MAX);
    fx_json_add_bool(&buf, FX_STR("b"), true);
    fx_json_append_key(&buf, FX_STR("a"));
    fx_json_append_comma(&buf);
    fx_buf_append_byte(&buf, '[');
    fx_json_append_comma(&buf);
    fx_json_append_string(&buf, FX_STR("x"));
    fx_json_append_comma(&buf);
    fx_buf_append_u64(&buf, 1);
    fx_buf_append(&buf, FX_STR("]"));
    fx_json_append_key(&buf, FX_STR("o"));
    fx_buf_append_byte(&buf, '{');
    fx_json_add_bool(&buf, FX_STR("f"), false);
    fx_buf_append(&buf, FX_STR("}}"));
    assert_written(&buf,
                   FX_STR("{\"s\":\"x{\",\"d\":\"-0.25\",\"i\":-5,\"u\":\"18446744073709551615\","
                          "\"b\":true,\"a\":[\"x\",1],\"o\":{\"f\":false}}"));
    fx_buf_init(&buf, 10);
    fx_json_append_comma(&buf);
    fx_json_append_key(&buf, FX_STR("k"));
    assert_written(&buf, FX_STR("\"k\":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parse_of_an_order_gives_its_members),
        cmocka_unit_test(json_parse_takes_any_root),
        cmocka_unit_test(json_parse_refuses_what_is_not_json),
        cmocka_unit_test(json_parse_refuses_bad_strings),
        cmocka_unit_test(json_parse_finds_a_special_byte_at_any_place),
        cmocka_unit_test(json_parse_refuses_duplicate_keys),
        cmocka_unit_test(json_members_are_found_unescaped),
        cmocka_unit_test(json_unescape_gives_the_content),
        cmocka_unit_test(json_parse_keeps_its_limits),
        cmocka_unit_test(json_parse_keeps_the_limit_of_depth),
        cmocka_unit_test(json_parse_keeps_the_limit_of_members),
        cmocka_unit_test(json_append_string_escapes_what_it_must),
        cmocka_unit_test(json_append_string_replaces_what_is_not_text),
        cmocka_unit_test(json_add_writes_members_with_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

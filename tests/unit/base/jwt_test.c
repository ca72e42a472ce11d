#include "base/jwt.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "fx_test.h"

enum { NOW_S = 1700000000 };

static struct fx_crypto_rsa *key;
static struct fx_crypto_rsa *other_key;
static struct fx_jwt *jwt; /* of `key`, without issuer and so on, skew 30 s */

static int set_up(void **state)
{
    (void)state;
    key = fx_crypto_rsa_generate();
    other_key = fx_crypto_rsa_generate();
    const struct fx_jwt_options options = {.keys = {{.rsa = key}}, .key_count = 1, .skew_s = 30};
    jwt = fx_jwt_create(&options);
    return key != NULL && other_key != NULL && jwt != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fx_jwt_destroy(jwt);
    fx_crypto_rsa_destroy(key);
    fx_crypto_rsa_destroy(other_key);
    return 0;
}

/** Append a token of these texts, genuinely signed by `signer`: only its content can be wrong. */
static void forge(struct fx_crypto_rsa *signer,
                  fx_str header,
                  fx_str payload,
                  struct fx_buf *token_out)
{
    fx_crypto_base64url_encode(token_out, header);
    fx_buf_append_byte(token_out, '.');
    fx_crypto_base64url_encode(token_out, payload);
    uint8_t signature[FX_CRYPTO_RSA_SIZE_MAX];
    assert_int_equal(fx_crypto_rsa_sign(signer, fx_buf_str(token_out), signature), FX_OK);
    fx_buf_append_byte(token_out, '.');
    fx_crypto_base64url_encode(token_out, fx_crypto_str(signature, 256));
    assert_false(token_out->is_overflow);
}

static fx_status verify_forged(const char *header, const char *payload)
{
    struct fx_buf token;
    fx_buf_init(&token, 65536);
    forge(key, fx_str_of(header), fx_str_of(payload), &token);
    struct fx_jwt_claims claims;
    memset(&claims, 0x5a, sizeof claims);
    const struct fx_jwt_claims before = claims;
    const fx_status status = fx_jwt_verify(jwt, fx_buf_str(&token), NOW_S, &claims);
    if (status != FX_OK) {
        assert_memory_equal(&claims, &before, sizeof claims);
    }
    fx_buf_deinit(&token);
    return status;
}

#define HEADER  "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"
#define PAYLOAD "{\"sub\":\"7\",\"exp\":1700000100}"

static void jwt_sign_then_verify_roundtrips(void **state)
{
    (void)state;
    const struct fx_jwt_options options = {
        .keys = {{.rsa = key, .kid = FX_STR("2023-11")}},
        .key_count = 1,
        .issuer = FX_STR("https://future.example/\"quoted\""),
        .audience = FX_STR("api"),
        .type = FX_STR("access"),
    };
    struct fx_jwt *full = fx_jwt_create(&options);
    assert_non_null(full);
    struct fx_jwt_claims claims = {
        .user_id = UINT64_MAX,
        .issued_at_s = NOW_S,
        .expires_at_s = NOW_S + 600,
        .starts_at_s = NOW_S,
        .jti_size = 4,
        .jti = "abcd",
    };
    struct fx_buf token;
    fx_buf_init(&token, FX_JWT_SIZE_MAX);
    assert_int_equal(fx_jwt_sign(full, &claims, &token), FX_OK);
    struct fx_jwt_claims read = {0};
    assert_int_equal(fx_jwt_verify(full, fx_buf_str(&token), NOW_S, &read), FX_OK);
    assert_true(read.user_id == UINT64_MAX);
    assert_int_equal(read.issued_at_s, NOW_S);
    assert_int_equal(read.expires_at_s, NOW_S + 600);
    assert_int_equal(read.starts_at_s, NOW_S);
    assert_int_equal(read.jti_size, 4);
    assert_memory_equal(read.jti, "abcd", 4);
    /* Who does not ask for iss, aud and typ takes it too. */
    assert_int_equal(fx_jwt_verify(jwt, fx_buf_str(&token), NOW_S, &read), FX_OK);
    /* A full target is reported. */
    struct fx_buf small;
    fx_buf_init(&small, 100);
    assert_int_equal(fx_jwt_sign(full, &claims, &small), FX_NO_MEMORY);
    fx_buf_deinit(&small);
    fx_buf_deinit(&token);
    fx_jwt_destroy(full);
    fx_jwt_destroy(NULL);
}

static void jwt_with_other_issuer_audience_or_type_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        fx_status wanted;
    } CASES[] = {
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":\"api\",\"typ\":\"access\"}", FX_OK},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":[\"x\",\"api\"],\"typ\":\"access\"}",
         FX_OK},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":[\"api\",\"x\"],\"typ\":\"access\"}",
         FX_OK},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"\\u0075s\",\"aud\":\"api\",\"typ\":\"access\"}",
         FX_OK},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"them\",\"aud\":\"api\",\"typ\":\"access\"}",
         FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"aud\":\"api\",\"typ\":\"access\"}", FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"typ\":\"access\"}", FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":[],\"typ\":\"access\"}",
         FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":[\"api\",1],\"typ\":\"access\"}",
         FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":\"apis\",\"typ\":\"access\"}",
         FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":[\"us\"],\"aud\":\"api\",\"typ\":\"access\"}",
         FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":\"api\",\"typ\":\"refresh\"}",
         FX_BAD_TOKEN},
        {"{\"sub\":7,\"exp\":1700000100,\"iss\":\"us\",\"aud\":\"api\"}", FX_BAD_TOKEN},
    };
    const struct fx_jwt_options options = {
        .keys = {{.rsa = key}},
        .key_count = 1,
        .issuer = FX_STR("us"),
        .audience = FX_STR("api"),
        .type = FX_STR("access"),
    };
    struct fx_jwt *strict = fx_jwt_create(&options);
    assert_non_null(strict);
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_buf token;
        fx_buf_init(&token, 8192);
        forge(key, FX_STR(HEADER), fx_str_of(CASES[index].payload), &token);
        struct fx_jwt_claims claims;
        const fx_status status = fx_jwt_verify(strict, fx_buf_str(&token), NOW_S, &claims);
        if (status != CASES[index].wanted) {
            fail_msg("%s: %s", CASES[index].payload, fx_status_name(status));
        }
        fx_buf_deinit(&token);
    }
    fx_jwt_destroy(strict);
}

static void jwt_with_good_but_unusual_header_is_taken(void **state)
{
    (void)state;
    assert_int_equal(verify_forged("{\"alg\":\"RS256\"}", PAYLOAD), FX_OK);
    assert_int_equal(verify_forged(" { \"typ\" : \"at+jwt\" , \"alg\" : \"RS256\" } ", PAYLOAD),
                     FX_OK);
    assert_int_equal(verify_forged("{\"alg\":\"RS256\",\"kid\":\"unknown\"}", PAYLOAD), FX_OK);
    /* A key that the token brings along is never looked at. */
    assert_int_equal(
        verify_forged("{\"alg\":\"RS256\",\"jku\":\"https://evil.example/\"}", PAYLOAD), FX_OK);
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":1700000100,\"role\":{\"a\":[1]}}"),
                     FX_OK);
}

static void jwt_with_hostile_header_is_refused(void **state)
{
    (void)state;
    static const char *const HEADERS[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"NONE\",\"typ\":\"JWT\"}",
        "{\"alg\":\"\"}",
        "{\"alg\":null}",
        "{\"alg\":256}",
        "{\"alg\":[\"RS256\"]}",
        "{\"alg\":{\"RS256\":1}}",
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"PS256\"}",
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"RS384\"}",
        "{\"alg\":\"RS512\"}",
        "{\"alg\":\"rs256\"}",
        "{\"alg\":\"Rs256\"}",
        "{\"alg\":\" RS256\"}",
        "{\"alg\":\"RS256 \"}",
        "{\"alg\":\"RS256\\u0000\"}",
        "{\"alg\":\"RS25\\u0036\"}",
        "{\"typ\":\"JWT\"}",
        "{\"ALG\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
        "{\"alg\":\"none\",\"alg\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"\\u0061lg\":\"none\"}",
        "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"RS256\",\"b64\":false}",
        "{\"alg\":\"RS256\",\"cty\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RS256\",\"zip\":\"DEF\"}",
        "{\"alg\":\"RS256\",\"typ\":1}",
        "{\"alg\":\"RS256\",\"kid\":[\"a\"]}",
        "[\"RS256\"]",
        "\"RS256\"",
        "null",
        "{\"alg\":\"RS256\"",
        "{\"alg\":\"RS256\"}}",
        "{\"alg\":\"RS256\"}x",
        "{\"alg\":\"RS256\",}",
        "{alg:\"RS256\"}",
        "{\"alg\":\"RS256\",\"x\":\"\xff\"}",
        "\xef\xbb\xbf{\"alg\":\"RS256\"}",
    };
    for (size_t index = 0; index < sizeof HEADERS / sizeof HEADERS[0]; index++) {
        if (verify_forged(HEADERS[index], PAYLOAD) != FX_BAD_TOKEN) {
            fail_msg("taken: %s", HEADERS[index]);
        }
    }
}

static void jwt_with_hostile_claims_is_refused(void **state)
{
    (void)state;
    static const char *const PAYLOADS[] = {
        "{}",
        "[]",
        "{\"exp\":1700000100}",
        "{\"sub\":\"7\"}",
        "{\"sub\":\"\",\"exp\":1700000100}",
        "{\"sub\":0,\"exp\":1700000100}",
        "{\"sub\":\"0\",\"exp\":1700000100}",
        "{\"sub\":-7,\"exp\":1700000100}",
        "{\"sub\":\"-7\",\"exp\":1700000100}",
        "{\"sub\":\"+7\",\"exp\":1700000100}",
        "{\"sub\":\" 7\",\"exp\":1700000100}",
        "{\"sub\":\"07\",\"exp\":1700000100}",
        "{\"sub\":\"7\\u0000\",\"exp\":1700000100}",
        "{\"sub\":7.0,\"exp\":1700000100}",
        "{\"sub\":7e0,\"exp\":1700000100}",
        "{\"sub\":18446744073709551616,\"exp\":1700000100}",
        "{\"sub\":\"18446744073709551616\",\"exp\":1700000100}",
        "{\"sub\":true,\"exp\":1700000100}",
        "{\"sub\":null,\"exp\":1700000100}",
        "{\"sub\":[7],\"exp\":1700000100}",
        "{\"sub\":\"admin\",\"exp\":1700000100}",
        "{\"sub\":\"7\",\"sub\":\"8\",\"exp\":1700000100}",
        "{\"sub\":\"7\",\"s\\u0075b\":\"8\",\"exp\":1700000100}",
        "{\"sub\":\"7\",\"exp\":\"1700000100\"}",
        "{\"sub\":\"7\",\"exp\":null}",
        "{\"sub\":\"7\",\"exp\":true}",
        "{\"sub\":\"7\",\"exp\":0}",
        "{\"sub\":\"7\",\"exp\":-1}",
        "{\"sub\":\"7\",\"exp\":-1700000100}",
        "{\"sub\":\"7\",\"exp\":1700000100.5}",
        "{\"sub\":\"7\",\"exp\":1.7000001e9}",
        "{\"sub\":\"7\",\"exp\":1e400}",
        "{\"sub\":\"7\",\"exp\":253402300800}",
        "{\"sub\":\"7\",\"exp\":9223372036854775807}",
        "{\"sub\":\"7\",\"exp\":18446744073709551615}",
        "{\"sub\":\"7\",\"exp\":99999999999999999999999999}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"exp\":1600000000}",
        "{\"sub\":\"7\",\"exp\":{\"exp\":1700000100}}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"nbf\":1700000031}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"nbf\":\"1\"}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"nbf\":-1}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"iat\":1700000031}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"iat\":\"1\"}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"jti\":7}",
        ("{\"sub\":\"7\",\"exp\":1700000100,\"jti\":\"0123456789012345678901234567890123456789"
         "0123456789012345678901234\"}"),
        "{\"sub\":\"7\",\"exp\":1700000100,\"iss\":7}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"aud\":7}",
        "{\"sub\":\"7\",\"exp\":1700000100,\"typ\":{}}",
        "{\"sub\":\"7\",\"exp\":1700000100}{}",
        "{\"sub\":\"7\",\"exp\":1700000100",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    };
    for (size_t index = 0; index < sizeof PAYLOADS / sizeof PAYLOADS[0]; index++) {
        if (verify_forged(HEADER, PAYLOADS[index]) != FX_BAD_TOKEN) {
            fail_msg("taken: %s", PAYLOADS[index]);
        }
    }
}

static void jwt_at_the_edges_of_time_is_judged_with_skew(void **state)
{
    (void)state;
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":1699999971}"), FX_OK);
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":1699999970}"), FX_TOKEN_EXPIRED);
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":1}"), FX_TOKEN_EXPIRED);
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":253402300799}"), FX_OK);
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":1700000100,\"nbf\":1700000030}"),
                     FX_OK);
    assert_int_equal(verify_forged(HEADER, "{\"sub\":7,\"exp\":1700000100,\"iat\":1700000030}"),
                     FX_OK);
    /* A forged token is a bad one, however old. */
    struct fx_buf token;
    fx_buf_init(&token, FX_JWT_SIZE_MAX);
    forge(other_key, FX_STR(HEADER), FX_STR("{\"sub\":7,\"exp\":1}"), &token);
    struct fx_jwt_claims claims;
    assert_int_equal(fx_jwt_verify(jwt, fx_buf_str(&token), NOW_S, &claims), FX_BAD_TOKEN);
    fx_buf_deinit(&token);
}

static fx_status verify_text(fx_str token)
{
    struct fx_jwt_claims claims;
    return fx_jwt_verify(jwt, token, NOW_S, &claims);
}

/** Insert `extra` into a good token before `at` (SIZE_MAX: its end) and verify. */
static fx_status verify_with_insertion(fx_str token, size_t at, const char *extra)
{
    struct fx_buf text;
    fx_buf_init(&text, 65536);
    fx_buf_append(&text, fx_str_slice(token, 0, at));
    fx_buf_append(&text, fx_str_of(extra));
    fx_buf_append(&text, at < token.size ? fx_str_slice(token, at, token.size) : FX_STR(""));
    const fx_status status = verify_text(fx_buf_str(&text));
    fx_buf_deinit(&text);
    return status;
}

static void jwt_with_hostile_envelope_is_refused(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, FX_JWT_SIZE_MAX);
    forge(key, FX_STR(HEADER), FX_STR(PAYLOAD), &buf);
    const fx_str token = fx_buf_str(&buf);
    assert_int_equal(verify_text(token), FX_OK);
    const size_t first = fx_str_find(token, '.', 0);
    const size_t second = fx_str_find(token, '.', first + 1);
    static const char *const EXTRAS[] = {
        ".", "..", "=", "==", " ", "\n", "\t", "A", "AA", "AAAA", "+", "/", "\x80", ".AAAA", "%"};
    const size_t places[] = {0, 1, first, first + 1, second, second + 1, SIZE_MAX};
    for (size_t extra = 0; extra < sizeof EXTRAS / sizeof EXTRAS[0]; extra++) {
        for (size_t place = 0; place < sizeof places / sizeof places[0]; place++) {
            assert_int_equal(verify_with_insertion(token, places[place], EXTRAS[extra]),
                             FX_BAD_TOKEN);
        }
    }
    assert_int_equal(verify_text((fx_str){NULL, 0}), FX_BAD_TOKEN);
    assert_int_equal(verify_text(FX_STR(".")), FX_BAD_TOKEN);
    assert_int_equal(verify_text(FX_STR("..")), FX_BAD_TOKEN);
    assert_int_equal(verify_text(fx_str_slice(token, 0, second)), FX_BAD_TOKEN);
    assert_int_equal(verify_text(fx_str_slice(token, 0, second + 1)), FX_BAD_TOKEN);
    assert_int_equal(verify_text(fx_str_slice(token, first, token.size)), FX_BAD_TOKEN);
    assert_int_equal(verify_text(fx_str_slice(token, 0, token.size - 1)), FX_BAD_TOKEN);
    fx_buf_deinit(&buf);
}

static void jwt_with_any_byte_changed_is_refused(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, FX_JWT_SIZE_MAX);
    forge(key, FX_STR(HEADER), FX_STR(PAYLOAD), &buf);
    for (size_t index = 0; index < buf.size; index++) {
        const char before = buf.data[index];
        static const char OTHERS[] = "AB-_. =/";
        for (size_t other = 0; other < sizeof OTHERS - 1; other++) {
            /* The last character has unused bits: a lax decoder takes four spellings of it. */
            if (OTHERS[other] != before) {
                buf.data[index] = OTHERS[other];
                assert_int_equal(verify_text(fx_buf_str(&buf)), FX_BAD_TOKEN);
            }
        }
        buf.data[index] = (char)(before ^ 1);
        assert_int_equal(verify_text(fx_buf_str(&buf)), FX_BAD_TOKEN);
        buf.data[index] = before;
    }
    assert_int_equal(verify_text(fx_buf_str(&buf)), FX_OK);
    fx_buf_deinit(&buf);
}

static void jwt_hmac_with_the_public_key_is_refused(void **state)
{
    (void)state;
    struct fx_buf pem;
    struct fx_buf token;
    fx_buf_init(&pem, FX_CRYPTO_PEM_SIZE_MAX);
    fx_buf_init(&token, FX_JWT_SIZE_MAX);
    assert_int_equal(fx_crypto_rsa_save_public(key, &pem), FX_OK);
    static const char *const HEADERS[] = {"{\"alg\":\"HS256\"}", HEADER, "{\"alg\":\"none\"}"};
    for (size_t index = 0; index < 3; index++) {
        fx_buf_clear(&token);
        fx_crypto_base64url_encode(&token, fx_str_of(HEADERS[index]));
        fx_buf_append_byte(&token, '.');
        fx_crypto_base64url_encode(&token, FX_STR(PAYLOAD));
        struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(fx_buf_str(&pem));
        assert_non_null(hmac);
        uint8_t mac[FX_CRYPTO_SHA256_SIZE];
        fx_crypto_hmac_sign(hmac, fx_buf_str(&token), mac);
        fx_crypto_hmac_destroy(hmac);
        fx_buf_append_byte(&token, '.');
        assert_int_equal(verify_text(fx_buf_str(&token)), FX_BAD_TOKEN); /* no signature at all */
        fx_crypto_base64url_encode(&token, fx_crypto_str(mac, sizeof mac));
        assert_int_equal(verify_text(fx_buf_str(&token)), FX_BAD_TOKEN);
    }
    fx_buf_deinit(&pem);
    fx_buf_deinit(&token);
}

static void jwt_of_maximal_size_is_taken_and_one_more_refused(void **state)
{
    (void)state;
    /* Find a filler with which the token has exactly the maximal size; members of 1,000 bytes. */
    bool is_exact_seen = false;
    bool is_next_seen = false;
    for (size_t filler = 700; filler < 760; filler++) {
        char payload[4096];
        char text[1001];
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        (void)snprintf(payload,
                       sizeof payload,
                       "{\"sub\":7,\"exp\":1700000100,\"a\":\"%s\",\"b\":\"%s\",\"c\":\"%.*s\"}",
                       text,
                       text,
                       (int)filler,
                       text);
        struct fx_buf token;
        fx_buf_init(&token, 65536);
        /* 16 bytes of header: every size around the border exists. */
        forge(key, FX_STR("{\"alg\":\"RS256\"} "), fx_str_of(payload), &token);
        const bool fits = token.size <= FX_JWT_SIZE_MAX;
        is_exact_seen = is_exact_seen || token.size == FX_JWT_SIZE_MAX;
        is_next_seen = is_next_seen || token.size == FX_JWT_SIZE_MAX + 1;
        assert_int_equal(verify_text(fx_buf_str(&token)), fits ? FX_OK : FX_BAD_TOKEN);
        fx_buf_deinit(&token);
    }
    assert_true(is_exact_seen && is_next_seen);
}

static void jwt_with_two_keys_takes_both_and_obeys_kid(void **state)
{
    (void)state;
    const struct fx_jwt_options options = {
        .keys = {{.rsa = key, .kid = FX_STR("new")}, {.rsa = other_key, .kid = FX_STR("old")}},
        .key_count = 2,
    };
    struct fx_jwt *rotating = fx_jwt_create(&options);
    assert_non_null(rotating);
    static const struct {
        const char *header;
        bool is_other;
        fx_status wanted;
    } CASES[] = {
        {"{\"alg\":\"RS256\"}", false, FX_OK},
        {"{\"alg\":\"RS256\"}", true, FX_OK},
        {"{\"alg\":\"RS256\",\"kid\":\"new\"}", false, FX_OK},
        {"{\"alg\":\"RS256\",\"kid\":\"old\"}", true, FX_OK},
        {"{\"alg\":\"RS256\",\"kid\":\"old\"}", false, FX_BAD_TOKEN},
        {"{\"alg\":\"RS256\",\"kid\":\"new\"}", true, FX_BAD_TOKEN},
        {"{\"alg\":\"RS256\",\"kid\":\"else\"}", true, FX_OK},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        struct fx_buf token;
        fx_buf_init(&token, FX_JWT_SIZE_MAX);
        forge(CASES[index].is_other ? other_key : key,
              fx_str_of(CASES[index].header),
              FX_STR(PAYLOAD),
              &token);
        struct fx_jwt_claims claims;
        assert_int_equal(fx_jwt_verify(rotating, fx_buf_str(&token), NOW_S, &claims),
                         CASES[index].wanted);
        fx_buf_deinit(&token);
    }
    fx_jwt_destroy(rotating);
}

static void jwt_with_an_empty_kid_names_no_key(void **state)
{
    (void)state;
    const struct fx_jwt_options options = {.keys = {{.rsa = key}, {.rsa = other_key}},
                                           .key_count = 2};
    struct fx_jwt *nameless = fx_jwt_create(&options);
    assert_non_null(nameless);
    struct fx_buf token;
    fx_buf_init(&token, FX_JWT_SIZE_MAX);
    forge(other_key, FX_STR("{\"alg\":\"RS256\",\"kid\":\"\"}"), FX_STR(PAYLOAD), &token);
    struct fx_jwt_claims claims;
    assert_int_equal(fx_jwt_verify(nameless, fx_buf_str(&token), NOW_S, &claims), FX_OK);
    fx_buf_deinit(&token);
    fx_jwt_destroy(nameless);
}

static void jwt_signed_by_a_public_key_is_a_bad_parameter(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, FX_CRYPTO_PEM_SIZE_MAX);
    assert_int_equal(fx_crypto_rsa_save_public(key, &buf), FX_OK);
    struct fx_crypto_rsa *public_key = NULL;
    assert_int_equal(fx_crypto_rsa_load_public(fx_buf_str(&buf), &public_key), FX_OK);
    const struct fx_jwt_options options = {.keys = {{.rsa = public_key}}, .key_count = 1};
    struct fx_jwt *verifier = fx_jwt_create(&options);
    assert_non_null(verifier);
    const struct fx_jwt_claims claims = {.user_id = 1, .expires_at_s = NOW_S};
    fx_buf_clear(&buf);
    assert_int_equal(fx_jwt_sign(verifier, &claims, &buf), FX_BAD_PARAMETER);
    assert_int_equal(buf.size, 0);
    fx_jwt_destroy(verifier);
    fx_crypto_rsa_destroy(public_key);
    fx_buf_deinit(&buf);
}

/* ---- Cache ---- */

static void make_digest(uint8_t digest[FX_CRYPTO_SHA256_SIZE], uint8_t set, uint8_t tag)
{
    memset(digest, 0, FX_CRYPTO_SHA256_SIZE);
    digest[0] = set;
    digest[31] = tag;
}

static bool cache_has(struct fx_jwt_cache *cache, uint8_t set, uint8_t tag, int64_t now_s)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    make_digest(digest, set, tag);
    struct fx_jwt_claims claims = {0};
    const bool is_found = fx_jwt_cache_get(cache, digest, now_s, &claims);
    assert_int_equal(claims.user_id, is_found ? tag : 0);
    return is_found;
}

static void cache_add(struct fx_jwt_cache *cache, uint8_t set, uint8_t tag, int64_t valid_until_s)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    make_digest(digest, set, tag);
    const struct fx_jwt_claims claims = {.user_id = tag, .expires_at_s = valid_until_s};
    fx_jwt_cache_put(cache, digest, &claims, valid_until_s);
}

static void jwt_cache_full_set_drops_the_less_recently_used(void **state)
{
    (void)state;
    struct fx_jwt_cache *cache = fx_jwt_cache_create(8);
    assert_non_null(cache);
    assert_false(cache_has(cache, 1, 1, 5));
    cache_add(cache, 1, 1, 100);
    cache_add(cache, 1, 2, 100);
    cache_add(cache, 2, 9, 100);
    assert_true(cache_has(cache, 1, 1, 5)); /* 2 is the older one now */
    cache_add(cache, 1, 3, 100);
    assert_true(cache_has(cache, 1, 1, 5));
    assert_false(cache_has(cache, 1, 2, 5));
    assert_true(cache_has(cache, 1, 3, 5));
    assert_true(cache_has(cache, 2, 9, 5)); /* another set */
    cache_add(cache, 1, 3, 100);            /* again: takes no second place */
    assert_true(cache_has(cache, 1, 1, 5));
    fx_jwt_cache_clear(cache);
    assert_false(cache_has(cache, 1, 1, 5));
    assert_false(cache_has(cache, 2, 9, 5));
    fx_jwt_cache_destroy(cache);
    fx_jwt_cache_destroy(NULL);
}

static void jwt_cache_expired_entry_is_dropped(void **state)
{
    (void)state;
    struct fx_jwt_cache *cache = fx_jwt_cache_create(2);
    assert_non_null(cache);
    cache_add(cache, 0, 1, 100);
    assert_true(cache_has(cache, 0, 1, 99));
    assert_false(cache_has(cache, 0, 1, 100));
    assert_false(cache_has(cache, 0, 1, 99));
    fx_jwt_cache_destroy(cache);
}

static void jwt_verify_cached_knows_a_token_until_it_expires(void **state)
{
    (void)state;
    struct fx_jwt_cache *cache = fx_jwt_cache_create(16);
    assert_non_null(cache);
    struct fx_buf buf;
    fx_buf_init(&buf, FX_JWT_SIZE_MAX);
    forge(key, FX_STR(HEADER), FX_STR(PAYLOAD), &buf);
    const fx_str token = fx_buf_str(&buf);
    struct fx_jwt_claims claims = {0};
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_sha256(token, digest);
    assert_false(fx_jwt_cache_get(cache, digest, NOW_S, &claims));
    assert_int_equal(fx_jwt_verify_cached(jwt, cache, token, NOW_S, &claims), FX_OK);
    assert_true(fx_jwt_cache_get(cache, digest, NOW_S + 129, &claims)); /* skew included */
    for (int64_t now_s = NOW_S; now_s < NOW_S + 130; now_s++) {
        memset(&claims, 0, sizeof claims);
        assert_int_equal(fx_jwt_verify_cached(jwt, cache, token, now_s, &claims), FX_OK);
        assert_int_equal(claims.user_id, 7);
    }
    assert_int_equal(fx_jwt_verify_cached(jwt, cache, token, NOW_S + 130, &claims),
                     FX_TOKEN_EXPIRED);
    assert_false(fx_jwt_cache_get(cache, digest, NOW_S, &claims));
    buf.data[buf.size - 5] = buf.data[buf.size - 5] == 'A' ? 'B' : 'A';
    assert_int_equal(fx_jwt_verify_cached(jwt, cache, token, NOW_S, &claims), FX_BAD_TOKEN);
    fx_crypto_sha256(token, digest);
    assert_false(fx_jwt_cache_get(cache, digest, NOW_S, &claims));
    fx_buf_deinit(&buf);
    fx_jwt_cache_destroy(cache);
}

/* What the memo says is what SHA-256 would say: it neither makes a token valid nor keeps it so. */
static void jwt_recall_with_a_memo_is_as_without(void **state)
{
    (void)state;
    static const char LARGER[FX_JWT_MEMO_SIZE_MAX + 1] = "x";
    struct fx_jwt_memo memo = {0};
    struct fx_jwt_cache *cache = fx_jwt_cache_create(16);
    struct fx_jwt_claims claims = {0};
    struct fx_buf buf;
    assert_non_null(cache);
    fx_buf_init(&buf, FX_JWT_SIZE_MAX);
    forge(key, FX_STR(HEADER), FX_STR(PAYLOAD), &buf);
    const fx_str token = fx_buf_str(&buf);
    assert_true(token.size <= FX_JWT_MEMO_SIZE_MAX);
    for (int round = 0; round < 2; round++) { /* shown before it was verified, too */
        assert_false(fx_jwt_recall(jwt, cache, &memo, token, NOW_S, &claims));
    }
    assert_int_equal(fx_jwt_verify_cached(jwt, cache, token, NOW_S, &claims), FX_OK);
    for (int round = 0; round < 3; round++) {
        memset(&claims, 0, sizeof claims);
        assert_true(fx_jwt_recall(jwt, cache, &memo, token, NOW_S, &claims));
        assert_int_equal(claims.user_id, 7);
        assert_true(fx_jwt_recall(jwt, cache, NULL, token, NOW_S, &claims));
        assert_int_equal(memo.size, token.size);
    }
    for (size_t at = 0; at < token.size; at += 7) { /* the same size, one byte changed */
        buf.data[at] ^= 1;
        assert_false(fx_jwt_recall(jwt, cache, &memo, token, NOW_S, &claims));
        buf.data[at] ^= 1;
        assert_true(fx_jwt_recall(jwt, cache, &memo, token, NOW_S, &claims));
    }
    const fx_str shorter = {token.data, token.size - 1};
    assert_false(fx_jwt_recall(jwt, cache, &memo, shorter, NOW_S, &claims));
    assert_true(fx_jwt_recall(jwt, cache, &memo, token, NOW_S, &claims));
    const fx_str larger = {LARGER, sizeof LARGER};
    assert_false(fx_jwt_recall(jwt, cache, &memo, larger, NOW_S, &claims));
    assert_int_equal(memo.size, token.size); /* not kept */
    assert_true(fx_jwt_recall(jwt, cache, &memo, token, NOW_S + 129, &claims));
    assert_false(fx_jwt_recall(jwt, cache, &memo, token, NOW_S + 130, &claims)); /* over */
    fx_jwt_cache_clear(cache);
    assert_false(fx_jwt_recall(jwt, cache, &memo, token, NOW_S, &claims));
    fx_buf_deinit(&buf);
    fx_jwt_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jwt_sign_then_verify_roundtrips),
        cmocka_unit_test(jwt_with_other_issuer_audience_or_type_is_refused),
        cmocka_unit_test(jwt_with_good_but_unusual_header_is_taken),
        cmocka_unit_test(jwt_with_hostile_header_is_refused),
        cmocka_unit_test(jwt_with_hostile_claims_is_refused),
        cmocka_unit_test(jwt_at_the_edges_of_time_is_judged_with_skew),
        cmocka_unit_test(jwt_with_hostile_envelope_is_refused),
        cmocka_unit_test(jwt_with_any_byte_changed_is_refused),
        cmocka_unit_test(jwt_hmac_with_the_public_key_is_refused),
        cmocka_unit_test(jwt_of_maximal_size_is_taken_and_one_more_refused),
        cmocka_unit_test(jwt_with_two_keys_takes_both_and_obeys_kid),
        cmocka_unit_test(jwt_with_an_empty_kid_names_no_key),
        cmocka_unit_test(jwt_signed_by_a_public_key_is_a_bad_parameter),
        cmocka_unit_test(jwt_cache_full_set_drops_the_less_recently_used),
        cmocka_unit_test(jwt_cache_expired_entry_is_dropped),
        cmocka_unit_test(jwt_verify_cached_knows_a_token_until_it_expires),
        cmocka_unit_test(jwt_recall_with_a_memo_is_as_without),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

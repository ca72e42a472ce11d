#include "base/crypto.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fx_test.h"

static struct fx_crypto_rsa *key; /* made once: generating takes a while */

static int make_key(void **state)
{
    (void)state;
    key = fx_crypto_rsa_generate();
    return key != NULL ? 0 : -1;
}

static int drop_key(void **state)
{
    (void)state;
    fx_crypto_rsa_destroy(key);
    return 0;
}

static void assert_hex(const uint8_t *bytes, size_t size, const char *wanted)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 4096);
    fx_crypto_hex_encode(&buf, fx_crypto_str(bytes, size));
    assert_int_equal(buf.size, strlen(wanted));
    assert_memory_equal(buf.data, wanted, buf.size);
    fx_buf_deinit(&buf);
}

/* FIPS 180-4 examples. */
static void crypto_sha256_of_known_texts_is_as_published(void **state)
{
    (void)state;
    static const char *const WANTED[2] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };
    const fx_str texts[2] = {{NULL, 0}, FX_STR("abc")};
    struct fx_crypto_digest *digest = fx_crypto_digest_create();
    assert_non_null(digest);
    uint8_t bytes[FX_CRYPTO_SHA256_SIZE];
    for (int round = 0; round < 4; round++) {
        fx_crypto_sha256(texts[round % 2], bytes);
        assert_hex(bytes, sizeof bytes, WANTED[round % 2]);
        memset(bytes, 0, sizeof bytes);
        fx_crypto_digest_sha256(digest, texts[round % 2], bytes);
        assert_hex(bytes, sizeof bytes, WANTED[round % 2]);
    }
    fx_crypto_digest_destroy(digest);
    fx_crypto_digest_destroy(NULL);
}

/* RFC 6455 section 1.3: the handshake's accept key. */
static void crypto_sha1_and_base64_make_the_websocket_accept(void **state)
{
    (void)state;
    uint8_t bytes[FX_CRYPTO_SHA1_SIZE];
    fx_crypto_sha1(FX_STR("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), bytes);
    struct fx_buf buf;
    fx_buf_init(&buf, 64);
    fx_crypto_base64_encode(&buf, fx_crypto_str(bytes, sizeof bytes));
    assert_true(fx_str_is_equal(fx_buf_str(&buf), FX_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
    fx_buf_deinit(&buf);
}

static void check_hmac(fx_str text, size_t count_of_key, int byte_of_key, const char *wanted)
{
    char bytes[131];
    memset(bytes, byte_of_key, sizeof bytes);
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create((fx_str){bytes, count_of_key});
    assert_non_null(hmac);
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    for (int round = 0; round < 3; round++) { /* the prepared key must survive its use */
        memset(mac, 0, sizeof mac);
        fx_crypto_hmac_sign(hmac, text, mac);
        assert_hex(mac, sizeof mac, wanted);
    }
    fx_crypto_hmac_destroy(hmac);
}

/* RFC 4231 sections 4.2 (case 1), 4.3 (2), 4.7 (6), 4.8 (7). */
static void crypto_hmac_of_rfc_4231_is_as_published(void **state)
{
    (void)state;
    check_hmac(FX_STR("Hi There"),
               20,
               0x0b,
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hmac(FX_STR("Test Using Larger Than Block-Size Key - Hash Key First"),
               131,
               0xaa,
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    check_hmac(FX_STR("This is a test using a larger than block-size key and a larger than "
                      "block-size data. The key needs to be hashed before being used by the "
                      "HMAC algorithm."),
               131,
               0xaa,
               "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(FX_STR("Jefe"));
    assert_non_null(hmac);
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_hmac_sign(hmac, FX_STR("what do ya want for nothing?"), mac);
    assert_hex(mac, sizeof mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    fx_crypto_hmac_destroy(hmac);
}

/* VEC-01: a request as Binance's documents sign it. */
static void crypto_hmac_of_a_request_is_as_published(void **state)
{
    (void)state;
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(
        FX_STR("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"));
    assert_non_null(hmac);
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_hmac_sign(hmac,
                        FX_STR("symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&"
                               "price=0.1&recvWindow=5000&timestamp=1499827319559"),
                        mac);
    assert_hex(mac, sizeof mac, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
    fx_crypto_hmac_destroy(hmac);
}

static void crypto_hmac_of_empty_key_and_text_is_as_published(void **state)
{
    (void)state;
    check_hmac((fx_str){NULL, 0},
               0,
               0,
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    fx_crypto_hmac_destroy(NULL);
}

static void crypto_is_equal_compares_size_and_bytes(void **state)
{
    (void)state;
    assert_true(fx_crypto_is_equal(FX_STR("abc"), FX_STR("abc")));
    assert_true(fx_crypto_is_equal((fx_str){NULL, 0}, FX_STR("")));
    assert_false(fx_crypto_is_equal(FX_STR("abc"), FX_STR("abd")));
    assert_false(fx_crypto_is_equal(FX_STR("abc"), FX_STR("ab")));
}

static void crypto_random_fills_and_differs(void **state)
{
    (void)state;
    uint8_t first[32] = {0};
    uint8_t second[32] = {0};
    assert_int_equal(fx_crypto_random(first, sizeof first), FX_OK);
    assert_int_equal(fx_crypto_random(second, sizeof second), FX_OK);
    assert_memory_not_equal(first, second, sizeof first);
    fx_crypto_wipe(first, sizeof first);
    memset(second, 0, sizeof second);
    assert_memory_equal(first, second, sizeof first);
}

/* RFC 4648 section 10. */
static void crypto_base64_of_rfc_4648_is_as_published(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const PADDED[] = {
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    static const char *const BARE[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
    for (size_t index = 0; index < 7; index++) {
        struct fx_buf buf;
        fx_buf_init(&buf, 64);
        fx_crypto_base64_encode(&buf, fx_str_of(TEXTS[index]));
        assert_true(fx_str_is_equal(fx_buf_str(&buf), fx_str_of(PADDED[index])));
        fx_buf_clear(&buf);
        fx_crypto_base64url_encode(&buf, fx_str_of(TEXTS[index]));
        assert_true(fx_str_is_equal(fx_buf_str(&buf), fx_str_of(BARE[index])));
        uint8_t bytes[8];
        size_t size = 99;
        assert_int_equal(
            fx_crypto_base64url_decode(fx_str_of(BARE[index]), bytes, sizeof bytes, &size), FX_OK);
        assert_int_equal(size, strlen(TEXTS[index]));
        assert_memory_equal(bytes, TEXTS[index], size);
        fx_buf_deinit(&buf);
    }
}

static void crypto_base64_is_read_with_its_padding_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *bytes; /* NULL: refused */
    } ROWS[] = {{"", ""},
                {"Zg==", "f"},
                {"Zm8=", "fo"},
                {"Zm9v", "foo"},
                {"Zm9vYg==", "foob"},
                {"+/+/", "\xfb\xff\xbf"},
                {"Zg", NULL},
                {"Zg=", NULL},
                {"Zh==", NULL}, /* unused bits */
                {"Zm8==", NULL},
                {"====", NULL},
                {"=", NULL},
                {"Z===", NULL},
                {"-_-_", NULL},
                {"Zm9v\n", NULL},
                {"Zg==Zg==", NULL}};
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        uint8_t bytes[16];
        size_t size = 0;
        const fx_status status =
            fx_crypto_base64_decode(fx_str_of(ROWS[index].text), bytes, sizeof bytes, &size);
        assert_int_equal(status, ROWS[index].bytes == NULL ? FX_BAD_PARAMETER : FX_OK);
        if (status == FX_OK) {
            assert_int_equal(size, strlen(ROWS[index].bytes));
            assert_memory_equal(bytes, ROWS[index].bytes, size);
        }
    }
    uint8_t small[2];
    size_t size = 0;
    assert_int_equal(fx_crypto_base64_decode(FX_STR("Zm9v"), small, sizeof small, &size),
                     FX_BODY_TOO_LARGE);
    assert_int_equal(fx_crypto_base64_decode(FX_STR("Zm8="), small, sizeof small, &size), FX_OK);
}

static void crypto_base64url_of_every_byte_roundtrips(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t again[256];
    for (size_t index = 0; index < 256; index++) {
        bytes[index] = (uint8_t)index;
    }
    for (size_t size = 0; size <= 256; size++) {
        struct fx_buf buf;
        fx_buf_init(&buf, 512);
        fx_crypto_base64url_encode(&buf, fx_crypto_str(bytes, size));
        size_t size_again = 0;
        assert_int_equal(fx_crypto_base64url_decode(fx_buf_str(&buf), again, size, &size_again),
                         FX_OK);
        assert_int_equal(size_again, size);
        assert_memory_equal(again, bytes, size);
        if (size > 0) {
            assert_int_equal(
                fx_crypto_base64url_decode(fx_buf_str(&buf), again, size - 1, &size_again),
                FX_BODY_TOO_LARGE);
        }
        fx_buf_deinit(&buf);
    }
}

static void crypto_base64url_with_a_second_spelling_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"A",
                                        "AAAAA",
                                        "Z",
                                        "Zg==",
                                        "Zh",
                                        "Zm9",
                                        "Zm9vY",
                                        "Zm9=",
                                        "Zm+v",
                                        "Zm/v",
                                        "Zm 9",
                                        "Zm9\n",
                                        "Zm9v=",
                                        "Zg=",
                                        "Zm\xc3\xa9",
                                        "Zm9v Zm9v",
                                        "____Z/"};
    for (size_t index = 0; index < sizeof TEXTS / sizeof TEXTS[0]; index++) {
        uint8_t bytes[16];
        size_t size = 77;
        assert_int_equal(
            fx_crypto_base64url_decode(fx_str_of(TEXTS[index]), bytes, sizeof bytes, &size),
            FX_BAD_PARAMETER);
        assert_int_equal(size, 77);
    }
}

static void crypto_hex_of_either_case_decodes(void **state)
{
    (void)state;
    uint8_t bytes[3] = {0};
    assert_int_equal(fx_crypto_hex_decode(FX_STR("00fFA9"), bytes, 3), FX_OK);
    assert_hex(bytes, 3, "00ffa9");
    assert_int_equal(fx_crypto_hex_decode(FX_STR(""), bytes, 0), FX_OK);
    assert_int_equal(fx_crypto_hex_decode(FX_STR("00ff"), bytes, 3), FX_BAD_PARAMETER);
    assert_int_equal(fx_crypto_hex_decode(FX_STR("00ff0g"), bytes, 3), FX_BAD_PARAMETER);
    assert_int_equal(fx_crypto_hex_decode(FX_STR("00ff0a0"), bytes, 3), FX_BAD_PARAMETER);
    assert_hex(bytes, 3, "00ffa9");
}

static void crypto_rsa_sign_then_verify_roundtrips(void **state)
{
    (void)state;
    uint8_t bytes[FX_CRYPTO_RSA_SIZE_MAX];
    assert_true(fx_crypto_rsa_is_private(key));
    assert_int_equal(fx_crypto_rsa_size(key), 256);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(fx_crypto_rsa_sign(key, FX_STR("message"), bytes), FX_OK);
        const fx_str signature = fx_crypto_str(bytes, 256);
        assert_true(fx_crypto_rsa_is_signed(key, FX_STR("message"), signature));
        assert_false(fx_crypto_rsa_is_signed(key, FX_STR("massage"), signature));
        assert_false(fx_crypto_rsa_is_signed(key, FX_STR("message"), FX_STR("")));
        assert_false(fx_crypto_rsa_is_signed(key, FX_STR("message"), fx_crypto_str(bytes, 255)));
        bytes[255] ^= 1;
        assert_false(fx_crypto_rsa_is_signed(key, FX_STR("message"), signature));
    }
}

/** Replace each line end by the two characters that an environment variable has. */
static void escape_line_ends(fx_str text, struct fx_buf *target)
{
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] == '\n') {
            fx_buf_append(target, FX_STR("\\n"));
        } else {
            fx_buf_append_byte(target, text.data[index]);
        }
    }
}

static void crypto_rsa_saved_and_loaded_is_the_same_key(void **state)
{
    (void)state;
    struct fx_buf pem;
    struct fx_buf escaped;
    fx_buf_init(&pem, FX_CRYPTO_PEM_SIZE_MAX);
    fx_buf_init(&escaped, FX_CRYPTO_PEM_SIZE_MAX);
    struct fx_crypto_rsa *private_key = NULL;
    struct fx_crypto_rsa *public_key = NULL;
    assert_int_equal(fx_crypto_rsa_save_private(key, &pem), FX_OK);
    assert_true(fx_str_has_prefix(fx_buf_str(&pem), FX_STR("-----BEGIN PRIVATE KEY-----\n")));
    assert_int_equal(fx_crypto_rsa_load_private(fx_buf_str(&pem), &private_key), FX_OK);
    fx_buf_clear(&pem);
    assert_int_equal(fx_crypto_rsa_save_public(key, &pem), FX_OK);
    assert_true(fx_str_has_prefix(fx_buf_str(&pem), FX_STR("-----BEGIN PUBLIC KEY-----\n")));
    escape_line_ends(fx_buf_str(&pem), &escaped);
    assert_int_equal(fx_crypto_rsa_load_public(fx_buf_str(&escaped), &public_key), FX_OK);
    assert_false(fx_crypto_rsa_is_private(public_key));
    uint8_t bytes[FX_CRYPTO_RSA_SIZE_MAX];
    uint8_t modulus[FX_CRYPTO_RSA_SIZE_MAX];
    assert_int_equal(fx_crypto_rsa_sign(private_key, FX_STR("message"), bytes), FX_OK);
    assert_true(fx_crypto_rsa_is_signed(public_key, FX_STR("message"), fx_crypto_str(bytes, 256)));
    fx_crypto_rsa_modulus(key, bytes);
    fx_crypto_rsa_modulus(public_key, modulus);
    assert_memory_equal(bytes, modulus, 256);
    assert_true(modulus[0] >= 0x80);
    assert_int_equal(fx_crypto_rsa_sign(public_key, FX_STR("message"), bytes), FX_BAD_PARAMETER);
    assert_int_equal(fx_crypto_rsa_save_private(public_key, &pem), FX_BAD_PARAMETER);
    /* A public key is not a private one, and the other way round. */
    struct fx_crypto_rsa *none = NULL;
    assert_int_equal(fx_crypto_rsa_load_private(fx_buf_str(&escaped), &none), FX_BAD_FILE);
    assert_null(none);
    fx_crypto_rsa_destroy(private_key);
    fx_crypto_rsa_destroy(public_key);
    fx_crypto_rsa_destroy(NULL);
    fx_buf_deinit(&pem);
    fx_buf_deinit(&escaped);
}

/** Run a shell command and append what it prints. @return false where it fails. */
static bool run(const char *command, struct fx_buf *output)
{
    FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c): constant commands of this test
    if (pipe == NULL) {
        return false;
    }
    char bytes[4096];
    size_t size = 0;
    while ((size = fread(bytes, 1, sizeof bytes, pipe)) > 0) {
        fx_buf_append(output, (fx_str){bytes, size});
    }
    return pclose(pipe) == 0;
}

static void crypto_rsa_of_openssl_cli_verifies_here(void **state)
{
    (void)state;
    struct fx_buf output;
    fx_buf_init(&output, 65536);
    if (!run("openssl version 2>/dev/null", &output)) {
        fx_buf_deinit(&output);
        skip(); /* no openssl command on this machine */
    }
    char folder[] = "/tmp/fx_crypto_test_XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    fx_buf_clear(&output);
    assert_true(
        run("openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out k.pem "
            "2>/dev/null || openssl genpkey -algorithm RSA -pkeyopt "
            "rsa_keygen_bits:3072 -out k.pem 2>/dev/null; openssl pkey -in k.pem -pubout",
            &output));
    struct fx_crypto_rsa *public_key = NULL;
    assert_int_equal(fx_crypto_rsa_load_public(fx_buf_str(&output), &public_key), FX_OK);
    fx_buf_clear(&output);
    assert_true(run("printf message | openssl dgst -sha256 -sign k.pem", &output));
    assert_int_equal(output.size, 384);
    assert_true(fx_crypto_rsa_is_signed(public_key, FX_STR("message"), fx_buf_str(&output)));
    assert_false(fx_crypto_rsa_is_signed(public_key, FX_STR("message "), fx_buf_str(&output)));
    fx_buf_clear(&output);
    assert_true(run("printf message | openssl dgst -sha512 -sign k.pem", &output));
    assert_false(fx_crypto_rsa_is_signed(public_key, FX_STR("message"), fx_buf_str(&output)));
    fx_buf_clear(&output);
    assert_true(run(
        "printf message | openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sign k.pem", &output));
    assert_false(fx_crypto_rsa_is_signed(public_key, FX_STR("message"), fx_buf_str(&output)));
    /* The older PKCS#1 form of the same private key. */
    fx_buf_clear(&output);
    assert_true(run("openssl pkey -in k.pem -traditional", &output));
    struct fx_crypto_rsa *private_key = NULL;
    assert_int_equal(fx_crypto_rsa_load_private(fx_buf_str(&output), &private_key), FX_OK);
    assert_int_equal(fx_crypto_rsa_size(private_key), 384);
    fx_crypto_rsa_destroy(private_key);
    fx_crypto_rsa_destroy(public_key);
    /* Keys that must not get in: short, unusual exponent, another kind, encrypted. */
    static const char *const REFUSED[] = {
        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 2>/dev/null",
        ("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt "
         "rsa_keygen_pubexp:3 2>/dev/null"),
        "openssl genpkey -algorithm ED25519 2>/dev/null",
        "openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 2>/dev/null",
        "openssl pkey -in k.pem -aes128 -passout pass:secret",
    };
    for (size_t index = 0; index < sizeof REFUSED / sizeof REFUSED[0]; index++) {
        fx_buf_clear(&output);
        assert_true(run(REFUSED[index], &output));
        struct fx_crypto_rsa *none = NULL;
        assert_int_equal(fx_crypto_rsa_load_private(fx_buf_str(&output), &none), FX_BAD_FILE);
        assert_null(none);
    }
    assert_int_equal(unlink("k.pem"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
    fx_buf_deinit(&output);
}

static void crypto_rsa_of_garbage_is_bad_file(void **state)
{
    (void)state;
    struct fx_crypto_rsa *none = NULL;
    assert_int_equal(fx_crypto_rsa_load_public(FX_STR(""), &none), FX_BAD_FILE);
    assert_int_equal(fx_crypto_rsa_load_public(FX_STR("secret"), &none), FX_BAD_FILE);
    assert_int_equal(fx_crypto_rsa_load_private(FX_STR("-----BEGIN PRIVATE KEY-----\\nAAAA\\n"
                                                       "-----END PRIVATE KEY-----\\n"),
                                                &none),
                     FX_BAD_FILE);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crypto_sha256_of_known_texts_is_as_published),
        cmocka_unit_test(crypto_sha1_and_base64_make_the_websocket_accept),
        cmocka_unit_test(crypto_hmac_of_rfc_4231_is_as_published),
        cmocka_unit_test(crypto_hmac_of_a_request_is_as_published),
        cmocka_unit_test(crypto_hmac_of_empty_key_and_text_is_as_published),
        cmocka_unit_test(crypto_is_equal_compares_size_and_bytes),
        cmocka_unit_test(crypto_random_fills_and_differs),
        cmocka_unit_test(crypto_base64_of_rfc_4648_is_as_published),
        cmocka_unit_test(crypto_base64_is_read_with_its_padding_only),
        cmocka_unit_test(crypto_base64url_of_every_byte_roundtrips),
        cmocka_unit_test(crypto_base64url_with_a_second_spelling_is_refused),
        cmocka_unit_test(crypto_hex_of_either_case_decodes),
        cmocka_unit_test(crypto_rsa_sign_then_verify_roundtrips),
        cmocka_unit_test(crypto_rsa_saved_and_loaded_is_the_same_key),
        cmocka_unit_test(crypto_rsa_of_openssl_cli_verifies_here),
        cmocka_unit_test(crypto_rsa_of_garbage_is_bad_file),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}

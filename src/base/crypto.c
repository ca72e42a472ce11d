#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "base/panic.h"

struct fx_crypto_digest {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct fx_crypto_hmac {
    EVP_MAC_CTX *context;
};

struct fx_crypto_rsa {
    EVP_PKEY *key;
    EVP_PKEY_CTX *signer; /* NULL where the key is public */
    EVP_PKEY_CTX *verifier;
    struct fx_crypto_digest *digest;
    size_t size;
};

static const unsigned char *bytes_of(fx_str text)
{
    return (const unsigned char *)text.data;
}

fx_str fx_crypto_str(const void *bytes, size_t size)
{
    return (fx_str){bytes, size};
}

/* ---- Hashes ---- */

void fx_crypto_sha256(fx_str data, uint8_t digest_out[FX_CRYPTO_SHA256_SIZE])
{
    unsigned int size = 0;
    const int result = EVP_Digest(data.data, data.size, digest_out, &size, EVP_sha256(), NULL);
    FX_ASSERT(result == 1);
    FX_ASSERT(size == FX_CRYPTO_SHA256_SIZE);
}

void fx_crypto_sha1(fx_str data, uint8_t digest_out[FX_CRYPTO_SHA1_SIZE])
{
    unsigned int size = 0;
    const int result = EVP_Digest(data.data, data.size, digest_out, &size, EVP_sha1(), NULL);
    FX_ASSERT(result == 1);
    FX_ASSERT(size == FX_CRYPTO_SHA1_SIZE);
}

struct fx_crypto_digest *fx_crypto_digest_create(void)
{
    struct fx_crypto_digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL) {
        return NULL;
    }
    digest->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest->context = EVP_MD_CTX_new();
    if (digest->algorithm == NULL || digest->context == NULL ||
        EVP_DigestInit_ex2(digest->context, digest->algorithm, NULL) != 1) {
        fx_crypto_digest_destroy(digest);
        return NULL;
    }
    return digest;
}

void fx_crypto_digest_destroy(struct fx_crypto_digest *digest)
{
    if (digest == NULL) {
        return;
    }
    EVP_MD_CTX_free(digest->context);
    EVP_MD_free(digest->algorithm);
    free(digest);
}

void fx_crypto_digest_sha256(struct fx_crypto_digest *digest,
                             fx_str data,
                             uint8_t digest_out[FX_CRYPTO_SHA256_SIZE])
{
    unsigned int size = 0;
    int result = EVP_DigestInit_ex2(digest->context, NULL, NULL);
    FX_ASSERT(result == 1);
    result = EVP_DigestUpdate(digest->context, data.data, data.size);
    FX_ASSERT(result == 1);
    result = EVP_DigestFinal_ex(digest->context, digest_out, &size);
    FX_ASSERT(result == 1);
    FX_ASSERT(size == FX_CRYPTO_SHA256_SIZE);
}

struct fx_crypto_hmac *fx_crypto_hmac_create(fx_str key)
{
    struct fx_crypto_hmac *hmac = calloc(1, sizeof *hmac);
    if (hmac == NULL) {
        return NULL;
    }
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac->context = EVP_MAC_CTX_new(algorithm); /* holds a reference of its own */
    EVP_MAC_free(algorithm);
    char digest_name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
        OSSL_PARAM_construct_end(),
    };
    static const unsigned char NO_BYTES[1] = {0}; /* NULL would mean "the key of before" */
    const unsigned char *key_bytes = key.size > 0 ? bytes_of(key) : NO_BYTES;
    if (hmac->context == NULL ||
        EVP_MAC_init(hmac->context, key_bytes, key.size, parameters) != 1) {
        fx_crypto_hmac_destroy(hmac);
        return NULL;
    }
    return hmac;
}

void fx_crypto_hmac_destroy(struct fx_crypto_hmac *hmac)
{
    if (hmac == NULL) {
        return;
    }
    EVP_MAC_CTX_free(hmac->context);
    free(hmac);
}

void fx_crypto_hmac_sign(struct fx_crypto_hmac *hmac,
                         fx_str data,
                         uint8_t mac_out[FX_CRYPTO_SHA256_SIZE])
{
    size_t size = 0;
    int result = EVP_MAC_init(hmac->context, NULL, 0, NULL); /* the prepared key again */
    FX_ASSERT(result == 1);
    result = EVP_MAC_update(hmac->context, bytes_of(data), data.size);
    FX_ASSERT(result == 1);
    result = EVP_MAC_final(hmac->context, mac_out, &size, FX_CRYPTO_SHA256_SIZE);
    FX_ASSERT(result == 1);
    FX_ASSERT(size == FX_CRYPTO_SHA256_SIZE);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
bool fx_crypto_is_equal(fx_str left, fx_str right)
{
    return left.size == right.size &&
           (left.size == 0 || CRYPTO_memcmp(left.data, right.data, left.size) == 0);
}

fx_status fx_crypto_random(void *target, size_t size)
{
    enum { RUN_SIZE_MAX = 1 << 20 };
    unsigned char *bytes = target;
    while (size > 0) {
        const int run = size < RUN_SIZE_MAX ? (int)size : RUN_SIZE_MAX;
        if (RAND_bytes(bytes, run) != 1) {
            return FX_IO;
        }
        bytes += run;
        size -= (size_t)run;
    }
    return FX_OK;
}

void fx_crypto_wipe(void *target, size_t size)
{
    OPENSSL_cleanse(target, size);
}

/* ---- Text forms of bytes ---- */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char HEX[] = "0123456789abcdef";

/** Append groups of four characters; a last group of one or two bytes gives two or three. */
static void encode_base64(struct fx_buf *buf, fx_str bytes, const char *alphabet)
{
    const unsigned char *source = bytes_of(bytes);
    char *target = fx_buf_reserve(buf, (bytes.size + 2) / 3 * 4);
    if (target == NULL || bytes.size == 0) {
        return;
    }
    size_t size = 0;
    for (size_t index = 0; index < bytes.size; index += 3) {
        const size_t count = bytes.size - index < 3 ? bytes.size - index : 3;
        const uint32_t second = count > 1 ? source[index + 1] : 0;
        const uint32_t third = count > 2 ? source[index + 2] : 0;
        const uint32_t bits = (uint32_t)source[index] << 16 | second << 8 | third;
        for (size_t place = 0; place <= count; place++) {
            target[size++] = alphabet[bits >> (18 - 6 * place) & 63];
        }
    }
    fx_buf_add(buf, size);
}

void fx_crypto_base64url_encode(struct fx_buf *buf, fx_str bytes)
{
    encode_base64(buf, bytes, BASE64URL);
}

void fx_crypto_base64_encode(struct fx_buf *buf, fx_str bytes)
{
    encode_base64(buf, bytes, BASE64);
    for (size_t count = bytes.size; count % 3 != 0; count++) {
        fx_buf_append_byte(buf, '=');
    }
}

/** The six bits of a character; 64 for every other one. `last` are the alphabet's 62 and 63. */
static uint32_t sextet_of(char character, const char last[2])
{
    if (character >= 'A' && character <= 'Z') {
        return (uint32_t)(character - 'A');
    }
    if (character >= 'a' && character <= 'z') {
        return (uint32_t)(character - 'a') + 26;
    }
    if (character >= '0' && character <= '9') {
        return (uint32_t)(character - '0') + 52;
    }
    if (character == last[0]) {
        return 62;
    }
    return character == last[1] ? 63 : 64;
}

static fx_status decode_base64(
    fx_str text, const char last[2], uint8_t *target, size_t capacity, size_t *size_out)
{
    if (text.size % 4 == 1) {
        return FX_BAD_PARAMETER;
    }
    if (text.size / 4 * 3 + text.size % 4 * 3 / 4 > capacity) {
        return FX_BODY_TOO_LARGE;
    }
    uint32_t bits = 0;
    uint32_t bit_count = 0;
    size_t size = 0;
    for (size_t index = 0; index < text.size; index++) {
        const uint32_t sextet = sextet_of(text.data[index], last);
        if (sextet > 63) {
            return FX_BAD_PARAMETER;
        }
        bits = (bits << 6 | sextet) & 0xffff;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            target[size++] = (uint8_t)(bits >> bit_count & 0xff);
        }
    }
    if ((bits & ((1U << bit_count) - 1)) != 0) {
        return FX_BAD_PARAMETER; /* unused bits: a second text for the same bytes */
    }
    *size_out = size;
    return FX_OK;
}

fx_status fx_crypto_base64url_decode(fx_str text,
                                     uint8_t *target,
                                     size_t capacity,
                                     size_t *size_out)
{
    return decode_base64(text, "-_", target, capacity, size_out);
}

fx_status fx_crypto_base64_decode(fx_str text, uint8_t *target, size_t capacity, size_t *size_out)
{
    if (text.size % 4 != 0) {
        return FX_BAD_PARAMETER;
    }
    for (size_t count = 0; count < 2 && text.size > 0 && text.data[text.size - 1] == '='; count++) {
        text.size--;
    }
    return decode_base64(text, "+/", target, capacity, size_out);
}

void fx_crypto_hex_encode(struct fx_buf *buf, fx_str bytes)
{
    const unsigned char *source = bytes_of(bytes);
    char *target = fx_buf_reserve(buf, bytes.size * 2);
    if (target == NULL) {
        return;
    }
    for (size_t index = 0; index < bytes.size; index++) {
        target[2 * index] = HEX[source[index] >> 4];
        target[2 * index + 1] = HEX[source[index] & 15];
    }
    fx_buf_add(buf, bytes.size * 2);
}

/** The value of a hexadecimal digit; 16 for every other character. */
static uint32_t nibble_of(char character)
{
    if (character >= '0' && character <= '9') {
        return (uint32_t)(character - '0');
    }
    if (character >= 'a' && character <= 'f') {
        return (uint32_t)(character - 'a') + 10;
    }
    return character >= 'A' && character <= 'F' ? (uint32_t)(character - 'A') + 10 : 16;
}

fx_status fx_crypto_hex_decode(fx_str text, uint8_t *target, size_t size)
{
    if (text.size != size * 2) {
        return FX_BAD_PARAMETER;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (nibble_of(text.data[index]) > 15) {
            return FX_BAD_PARAMETER;
        }
    }
    for (size_t index = 0; index < size; index++) {
        target[index] =
            (uint8_t)(nibble_of(text.data[2 * index]) << 4 | nibble_of(text.data[2 * index + 1]));
    }
    return FX_OK;
}

/* ---- RSA ---- */

/** True for RSA keys of a size and an exponent that we take. */
static bool is_acceptable_key(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA") != 1) {
        return false;
    }
    const int bits = EVP_PKEY_get_bits(key);
    BIGNUM *exponent = NULL;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
        return false;
    }
    const bool is_usual = BN_is_word(exponent, FX_CRYPTO_RSA_EXPONENT) == 1;
    BN_free(exponent);
    return is_usual && bits >= FX_CRYPTO_RSA_BITS_MIN && bits <= FX_CRYPTO_RSA_BITS_MAX;
}

static bool prepare_context(EVP_PKEY_CTX *context, int (*init)(EVP_PKEY_CTX *))
{
    return context != NULL && init(context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1;
}

/** Wrap a key with its contexts. Takes `key`, also on failure. */
static struct fx_crypto_rsa *create_rsa(EVP_PKEY *key, bool is_private)
{
    struct fx_crypto_rsa *rsa = calloc(1, sizeof *rsa);
    if (rsa == NULL) {
        EVP_PKEY_free(key);
        return NULL;
    }
    rsa->key = key;
    rsa->size = (size_t)EVP_PKEY_get_size(key);
    rsa->digest = fx_crypto_digest_create();
    rsa->verifier = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is_ready = rsa->digest != NULL && prepare_context(rsa->verifier, EVP_PKEY_verify_init);
    if (is_private) {
        rsa->signer = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        is_ready = is_ready && prepare_context(rsa->signer, EVP_PKEY_sign_init);
    }
    if (!is_ready) {
        fx_crypto_rsa_destroy(rsa);
        return NULL;
    }
    return rsa;
}

void fx_crypto_rsa_destroy(struct fx_crypto_rsa *rsa)
{
    if (rsa == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(rsa->signer);
    EVP_PKEY_CTX_free(rsa->verifier);
    EVP_PKEY_free(rsa->key); /* wipes the private numbers */
    fx_crypto_digest_destroy(rsa->digest);
    free(rsa);
}

struct fx_crypto_rsa *fx_crypto_rsa_generate(void)
{
    EVP_PKEY *key = EVP_RSA_gen(FX_CRYPTO_RSA_BITS_MIN);
    if (key == NULL) {
        return NULL;
    }
    FX_ASSERT(is_acceptable_key(key));
    return create_rsa(key, true);
}

/** Copy PEM text, turning the two characters `\n` into a line end. @return the size of the copy. */
static size_t unescape_pem(fx_str pem, char *target)
{
    size_t size = 0;
    for (size_t index = 0; index < pem.size; index++) {
        if (pem.data[index] == '\\' && index + 1 < pem.size && pem.data[index + 1] == 'n') {
            target[size++] = '\n';
            index++;
        } else {
            target[size++] = pem.data[index];
        }
    }
    return size;
}

/** An encrypted key must fail, not ask the terminal. The signature is OpenSSL's. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters,readability-non-const-parameter): OpenSSL's
static int refuse_password(char *target, int size, int is_writing, void *context)
{
    (void)target;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static fx_status load_rsa(fx_str pem, bool is_private, struct fx_crypto_rsa **rsa_out)
{
    if (pem.size == 0 || pem.size > FX_CRYPTO_PEM_SIZE_MAX) {
        return FX_BAD_FILE;
    }
    char *text = malloc(pem.size);
    if (text == NULL) {
        return FX_NO_MEMORY;
    }
    const size_t size = unescape_pem(pem, text);
    BIO *bio = BIO_new_mem_buf(text, (int)size);
    EVP_PKEY *key = NULL;
    if (bio != NULL) {
        key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL)
                         : PEM_read_bio_PUBKEY(bio, NULL, refuse_password, NULL);
    }
    BIO_free(bio);
    fx_crypto_wipe(text, pem.size);
    free(text);
    ERR_clear_error();
    if (key == NULL) {
        return FX_BAD_FILE;
    }
    if (!is_acceptable_key(key)) {
        EVP_PKEY_free(key);
        return FX_BAD_FILE;
    }
    struct fx_crypto_rsa *rsa = create_rsa(key, is_private);
    if (rsa == NULL) {
        return FX_NO_MEMORY;
    }
    *rsa_out = rsa;
    return FX_OK;
}

fx_status fx_crypto_rsa_load_private(fx_str pem, struct fx_crypto_rsa **rsa_out)
{
    return load_rsa(pem, true, rsa_out);
}

fx_status fx_crypto_rsa_load_public(fx_str pem, struct fx_crypto_rsa **rsa_out)
{
    return load_rsa(pem, false, rsa_out);
}

static fx_status save_rsa(EVP_PKEY *key, bool is_private, struct fx_buf *pem_out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = FX_NO_MEMORY;
    const int result = is_private
                           ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                           : PEM_write_bio_PUBKEY(bio, key);
    if (result == 1) {
        char *text = NULL;
        const long size = BIO_get_mem_data(bio, &text);
        FX_ASSERT(size > 0 && text != NULL);
        fx_buf_append(pem_out, fx_crypto_str(text, (size_t)size));
        status = pem_out->is_overflow ? FX_NO_MEMORY : FX_OK;
    }
    BIO_free(bio); /* wipes its memory */
    return status;
}

fx_status fx_crypto_rsa_save_private(const struct fx_crypto_rsa *rsa, struct fx_buf *pem_out)
{
    return fx_crypto_rsa_is_private(rsa) ? save_rsa(rsa->key, true, pem_out) : FX_BAD_PARAMETER;
}

fx_status fx_crypto_rsa_save_public(const struct fx_crypto_rsa *rsa, struct fx_buf *pem_out)
{
    return save_rsa(rsa->key, false, pem_out);
}

bool fx_crypto_rsa_is_private(const struct fx_crypto_rsa *rsa)
{
    return rsa->signer != NULL;
}

size_t fx_crypto_rsa_size(const struct fx_crypto_rsa *rsa)
{
    return rsa->size;
}

void fx_crypto_rsa_modulus(const struct fx_crypto_rsa *rsa,
                           uint8_t modulus_out[FX_CRYPTO_RSA_SIZE_MAX])
{
    BIGNUM *modulus = NULL;
    int result = EVP_PKEY_get_bn_param(rsa->key, OSSL_PKEY_PARAM_RSA_N, &modulus);
    FX_ASSERT(result == 1);
    result = BN_bn2binpad(modulus, modulus_out, (int)rsa->size);
    FX_ASSERT(result == (int)rsa->size);
    BN_free(modulus);
}

fx_status fx_crypto_rsa_sign(struct fx_crypto_rsa *rsa,
                             fx_str data,
                             uint8_t signature_out[FX_CRYPTO_RSA_SIZE_MAX])
{
    if (!fx_crypto_rsa_is_private(rsa)) {
        return FX_BAD_PARAMETER;
    }
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_digest_sha256(rsa->digest, data, digest);
    uint8_t signature[FX_CRYPTO_RSA_SIZE_MAX];
    size_t size = sizeof signature;
    if (EVP_PKEY_sign(rsa->signer, signature, &size, digest, sizeof digest) != 1) {
        ERR_clear_error();
        return FX_INTERNAL;
    }
    FX_ASSERT(size == rsa->size);
    memcpy(signature_out, signature, size);
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): swapped, it never holds
bool fx_crypto_rsa_is_signed(struct fx_crypto_rsa *rsa, fx_str data, fx_str signature)
{
    if (signature.size != rsa->size) {
        return false;
    }
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_digest_sha256(rsa->digest, data, digest);
    const int result =
        EVP_PKEY_verify(rsa->verifier, bytes_of(signature), signature.size, digest, sizeof digest);
    if (result != 1) {
        ERR_clear_error(); /* a forgery is no error of ours */
    }
    return result == 1;
}

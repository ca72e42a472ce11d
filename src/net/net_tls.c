#include "net/net_tls.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/panic.h"

struct fx_net_tls {
    SSL_CTX *context;
};

struct fx_net_tls_session {
    SSL *ssl;
    BIO *in;  /* both belong to `ssl` */
    BIO *out; /* what is to be sent */
    bool is_failed;
};

static const char CIPHERS[] = "ECDHE+AESGCM:ECDHE+CHACHA20"; /* of TLS 1.2; 1.3 has no others */
static const uint8_t PROTOCOLS[] = "\x08http/1.1";

/* An encrypted key would ask the terminal for its passphrase: there is none. */
// NOLINTNEXTLINE(readability-non-const-parameter,bugprone-easily-swappable-parameters): OpenSSL's
static int no_passphrase(char *target, int size, int is_writing, void *unused)
{
    (void)target;
    (void)size;
    (void)is_writing;
    (void)unused;
    return 0;
}

static BIO *reader_of(fx_str text)
{
    return text.size == 0 || text.size > INT32_MAX ? NULL
                                                   : BIO_new_mem_buf(text.data, (int)text.size);
}

static bool use_chain(SSL_CTX *context, BIO *reader)
{
    X509 *certificate = PEM_read_bio_X509(reader, NULL, no_passphrase, NULL);
    bool is_good = certificate != NULL && SSL_CTX_use_certificate(context, certificate) == 1;
    X509_free(certificate);
    while (is_good &&
           (certificate = PEM_read_bio_X509(reader, NULL, no_passphrase, NULL)) != NULL) {
        is_good = SSL_CTX_add1_chain_cert(context, certificate) == 1;
        X509_free(certificate);
    }
    return is_good;
}

static bool use_files(SSL_CTX *context, fx_str certificate_pem, fx_str key_pem)
{
    BIO *certificate = reader_of(certificate_pem);
    BIO *key_reader = reader_of(key_pem);
    EVP_PKEY *key =
        key_reader == NULL ? NULL : PEM_read_bio_PrivateKey(key_reader, NULL, no_passphrase, NULL);
    const bool is_good = certificate != NULL && key != NULL && use_chain(context, certificate) &&
                         SSL_CTX_use_PrivateKey(context, key) == 1 &&
                         SSL_CTX_check_private_key(context) == 1;
    EVP_PKEY_free(key);
    BIO_free(key_reader);
    BIO_free(certificate);
    ERR_clear_error();
    return is_good;
}

/* Who offers protocols must offer ours; h2 alone would talk past us. */
static int choose_protocol(SSL *ssl,
                           const unsigned char **chosen_out,
                           unsigned char *size_out,
                           const unsigned char *offered,
                           unsigned int offered_size,
                           void *unused)
{
    unsigned char *chosen = NULL;
    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto(
            &chosen, size_out, PROTOCOLS, sizeof PROTOCOLS - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen_out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool set_rules(SSL_CTX *context)
{
    (void)SSL_CTX_set_options(context,
                              SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* 34 KiB less while it is idle */
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need none */
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, CIPHERS) == 1 &&
           SSL_CTX_set_num_tickets(context, 1) == 1;
}

fx_status fx_net_tls_create(
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a certificate and its key
    fx_str certificate_pem,
    fx_str key_pem,
    struct fx_net_tls **tls_out)
{
    struct fx_net_tls *tls = calloc(1, sizeof *tls);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || context == NULL || !set_rules(context)) {
        SSL_CTX_free(context);
        free(tls);
        return FX_NO_MEMORY;
    }
    tls->context = context;
    if (!use_files(context, certificate_pem, key_pem)) {
        fx_net_tls_destroy(tls);
        return FX_BAD_FILE;
    }
    *tls_out = tls;
    return FX_OK;
}

void fx_net_tls_destroy(struct fx_net_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->context);
        free(tls);
    }
}

void fx_net_tls_fingerprint(const struct fx_net_tls *tls,
                            char text_out[FX_NET_TLS_FINGERPRINT_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const X509 *certificate = SSL_CTX_get0_certificate(tls->context);
    FX_ASSERT(certificate != NULL);
    const int is_done = X509_digest(certificate, EVP_sha256(), digest, &size);
    FX_ASSERT(is_done == 1 && size * 3 == FX_NET_TLS_FINGERPRINT_SIZE);
    static const char DIGITS[] = "0123456789ABCDEF";
    for (unsigned index = 0; index < size; index++) {
        char *text = text_out + (size_t)index * 3;
        text[0] = DIGITS[digest[index] >> 4];
        text[1] = DIGITS[digest[index] & 15];
        text[2] = index + 1 < size ? ':' : '\0';
    }
}

int64_t fx_net_tls_end_unix_s(const struct fx_net_tls *tls)
{
    struct tm end;
    memset(&end, 0, sizeof end);
    const X509 *certificate = SSL_CTX_get0_certificate(tls->context);
    FX_ASSERT(certificate != NULL);
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
        return 0;
    }
    return (int64_t)timegm(&end);
}

struct fx_net_tls_session *fx_net_tls_session_create(struct fx_net_tls *tls)
{
    struct fx_net_tls_session *session = calloc(1, sizeof *session);
    SSL *ssl = SSL_new(tls->context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (session == NULL || ssl == NULL || in == NULL || out == NULL) {
        BIO_free(out);
        BIO_free(in);
        SSL_free(ssl);
        free(session);
        return NULL;
    }
    (void)BIO_set_mem_eof_return(in, -1); /* empty is "not yet", never the end */
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    session->ssl = ssl;
    session->in = in;
    session->out = out;
    return session;
}

void fx_net_tls_session_destroy(struct fx_net_tls_session *session)
{
    if (session != NULL) {
        SSL_free(session->ssl);
        free(session);
    }
}

bool fx_net_tls_session_take(struct fx_net_tls_session *session, fx_str cipher)
{
    FX_ASSERT(cipher.size <= INT32_MAX);
    if (BIO_ctrl_pending(session->in) + cipher.size > FX_NET_TLS_UNREAD_SIZE_MAX) {
        return false;
    }
    return BIO_write(session->in, cipher.data, (int)cipher.size) == (int)cipher.size;
}

fx_status fx_net_tls_session_read(struct fx_net_tls_session *session,
                                  char *target,
                                  size_t size,
                                  size_t *size_out)
{
    *size_out = 0;
    if (session->is_failed) {
        return FX_BAD_REQUEST;
    }
    ERR_clear_error();
    const int is_read = SSL_read_ex(session->ssl, target, size, size_out);
    if (is_read == 1) {
        return FX_OK;
    }
    const int error = SSL_get_error(session->ssl, is_read);
    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_WANT_READ:
        return FX_BUSY;
    case SSL_ERROR_ZERO_RETURN:
        return FX_NOT_FOUND;
    default:
        session->is_failed = true; /* OpenSSL forbids a further call, even the one that says bye */
        return FX_BAD_REQUEST;
    }
}

bool fx_net_tls_session_is_ready(const struct fx_net_tls_session *session)
{
    return !session->is_failed && SSL_is_init_finished(session->ssl) == 1;
}

bool fx_net_tls_session_write(struct fx_net_tls_session *session, fx_str plain)
{
    size_t written = 0;
    FX_ASSERT(plain.size > 0 && plain.size <= FX_NET_TLS_RECORD_SIZE_MAX);
    if (!fx_net_tls_session_is_ready(session)) {
        return false;
    }
    ERR_clear_error();
    const int is_written = SSL_write_ex(session->ssl, plain.data, plain.size, &written);
    ERR_clear_error();
    session->is_failed = is_written != 1;
    return is_written == 1 && written == plain.size; /* memory takes all or fails */
}

void fx_net_tls_session_end(struct fx_net_tls_session *session)
{
    if (fx_net_tls_session_is_ready(session)) {
        ERR_clear_error();
        (void)SSL_shutdown(session->ssl); /* the peer's own is not waited for */
        ERR_clear_error();
    }
}

void fx_net_tls_session_drain(struct fx_net_tls_session *session, struct fx_buf *cipher)
{
    char *data = NULL;
    const long size = BIO_get_mem_data(session->out, &data);
    if (size > 0) {
        fx_buf_append(cipher, (fx_str){data, (size_t)size});
        (void)BIO_reset(session->out);
    }
}

#include "net/net_tls_cert.h"

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { SERIAL_BITS = 127, X509_VERSION = 2 /* counted from 0: version 3 */ };

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const bool is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    const bool is_set = number != NULL &&
                        BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_set;
}

static bool set_head(X509 *certificate, const struct fx_net_tls_cert *wish, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    time_t begin = (time_t)wish->begin_unix_s;
    return X509_set_version(certificate, X509_VERSION) == 1 && set_serial(certificate) &&
           X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &begin) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), (int)wish->days, 0, &begin) != NULL &&
           X509_NAME_add_entry_by_txt(
               name, "CN", MBSTRING_UTF8, (const unsigned char *)wish->subject, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1;
}

/* It is its own authority: whoever trusts it trusts this one certificate. */
static bool set_extensions(X509 *certificate, const char *names)
{
    return add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_alt_name, names);
}

static bool append_pem(BIO *memory, struct fx_buf *pem)
{
    char *data = NULL;
    const long size = BIO_get_mem_data(memory, &data);
    if (size <= 0) {
        return false;
    }
    fx_buf_append(pem, (fx_str){data, (size_t)size});
    return !pem->is_overflow;
}

static fx_status save(X509 *certificate,
                      EVP_PKEY *key,
                      struct fx_buf *certificate_pem,
                      struct fx_buf *key_pem)
{
    BIO *open = BIO_new(BIO_s_mem());
    BIO *secret = BIO_new(BIO_s_secmem());
    const bool is_saved = open != NULL && secret != NULL &&
                          PEM_write_bio_X509(open, certificate) == 1 &&
                          PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                          append_pem(open, certificate_pem) && append_pem(secret, key_pem);
    BIO_free(secret);
    BIO_free(open);
    return is_saved ? FX_OK : FX_NO_MEMORY;
}

fx_status fx_net_tls_cert_make(const struct fx_net_tls_cert *wish,
                               struct fx_buf *certificate_pem,
                               struct fx_buf *key_pem)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    fx_status status = FX_NO_MEMORY;
    if (key != NULL && certificate != NULL && set_head(certificate, wish, key)) {
        status = set_extensions(certificate, wish->names) ? FX_OK : FX_BAD_PARAMETER;
    }
    if (status == FX_OK && X509_sign(certificate, key, EVP_sha256()) == 0) {
        status = FX_NO_MEMORY;
    }
    if (status == FX_OK) {
        status = save(certificate, key, certificate_pem, key_pem);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}

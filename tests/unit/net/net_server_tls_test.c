/* TLS on the server, with OpenSSL's client on the other side of real loopback sockets. */
#include "net/net_server_tls.h"

#include <fcntl.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "net/net_tls_cert.h"
#include "net_kit.h"

enum { TAG = 7, DAY_S = 86400 }; /* the tag of the kit's listener */

static struct fx_net_tls *make_tls(const char *subject)
{
    struct fx_net_tls *tls = NULL;
    struct fx_buf certificate;
    struct fx_buf key;
    fx_buf_init(&certificate, 1 << 16);
    fx_buf_init(&key, 1 << 16);
    const struct fx_net_tls_cert wish = {.names = "DNS:localhost,IP:127.0.0.1",
                                         .subject = subject,
                                         .begin_unix_s = fx_clock_wall_us() / 1000000 - DAY_S,
                                         .days = 30};
    assert_int_equal(fx_net_tls_cert_make(&wish, &certificate, &key), FX_OK);
    assert_int_equal(fx_net_tls_create(fx_buf_str(&certificate), fx_buf_str(&key), &tls), FX_OK);
    fx_buf_deinit(&certificate);
    fx_buf_deinit(&key);
    return tls;
}

static struct rig *rig_create_tls(const struct fx_net_server_config *config)
{
    struct rig *rig = rig_create(config);
    fx_net_server_tls_set(rig->server, TAG, make_tls("first"));
    return rig;
}

struct client {
    struct rig *rig;
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

static void client_init(struct client *client, struct rig *rig, int receive_size)
{
    client->rig = rig;
    client->context = SSL_CTX_new(TLS_client_method());
    client->ssl = SSL_new(client->context);
    client->fd = connect_to(rig, receive_size);
    assert_int_equal(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(SSL_set_fd(client->ssl, client->fd), 1);
    SSL_set_connect_state(client->ssl);
}

static void client_deinit(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    (void)close(client->fd);
}

/* Step until the handshake is over. @return true where it succeeded. */
static bool handshake(struct client *client)
{
    for (int round = 0; round < TURNS; round++) {
        const int done = SSL_do_handshake(client->ssl);
        if (done == 1) {
            return true;
        }
        const int error = SSL_get_error(client->ssl, done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            ERR_clear_error();
            return false;
        }
        turn(client->rig, 1);
    }
    return false;
}

static void client_open(struct client *client, struct rig *rig)
{
    client_init(client, rig, 0);
    assert_true(handshake(client));
}

static void say(struct client *client, fx_str text)
{
    size_t written = 0;
    for (int round = 0; round < TURNS; round++) {
        if (SSL_write_ex(client->ssl, text.data, text.size, &written) == 1) {
            assert_int_equal(written, text.size);
            return;
        }
        ERR_clear_error();
        turn(client->rig, 1);
    }
    fail();
}

/* Up to `size` bytes; *is_end_out where the server said close_notify. */
static size_t hear(struct client *client, char *target, size_t size, bool *is_end_out)
{
    size_t count = 0;
    *is_end_out = false;
    for (int round = 0; round < TURNS && count < size; round++) {
        size_t part = 0;
        turn(client->rig, 1);
        const int got = SSL_read_ex(client->ssl, target + count, size - count, &part);
        if (got == 1) {
            count += part;
            round = 0;
            continue;
        }
        const int error = SSL_get_error(client->ssl, got);
        ERR_clear_error();
        if (error != SSL_ERROR_WANT_READ) {
            *is_end_out = error == SSL_ERROR_ZERO_RETURN;
            return count;
        }
    }
    return count;
}

static void expect_heard(struct client *client, const char *expected)
{
    static char text[TEXT_SIZE];
    bool is_end = false;
    const size_t size = hear(client, text, sizeof text - 8, &is_end);
    memcpy(text + size, is_end ? "<end>" : "", is_end ? 6 : 1);
    assert_string_equal(text, expected);
}

static void net_server_tls_answers_and_says_the_end(void **state)
{
    (void)state;
    static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct rig *rig = rig_create_tls(&PLAIN);
    for (size_t index = 0; index < 2; index++) {
        struct client client;
        client_init(&client, rig, 0);
        assert_int_equal(SSL_set_max_proto_version(client.ssl, VERSIONS[index]), 1);
        assert_true(handshake(&client));
        assert_int_equal(SSL_version(client.ssl), VERSIONS[index]);
        say(&client, FX_STR(GET("/one")));
        expect_heard(&client, HELLO);
        say(&client, FX_STR(GET("/two") GET("/three")));
        expect_heard(&client, HELLO HELLO);
        say(&client, FX_STR("GET /four HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
        expect_heard(&client, HELLO_CLOSE "<end>");
        client_deinit(&client);
    }
    assert_int_equal(rig->request_count, 8);
    rig_destroy(rig);
}

static void net_server_tls_says_hsts_on_answers(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client client;
    fx_net_server_tls_hsts(rig->server, 3600);
    client_open(&client, rig);
    say(&client, FX_STR(GET("/")));
    expect_heard(&client,
                 OK_HEAD
                 "Content-Type: text/plain\r\n"
                 "Strict-Transport-Security: max-age=3600\r\nContent-Length: 5\r\n\r\nhello");
    client_deinit(&client);
    rig_destroy(rig);
}

/* Records that arrive byte by byte, and one that holds half a request. */
static void net_server_tls_does_not_depend_on_the_split(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client client;
    client_init(&client, rig, 0);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    SSL_set_bio(client.ssl, in, out);
    char bytes[4096];
    bool is_over = false;
    for (int round = 0; round < TURNS && !is_over; round++) {
        is_over = SSL_do_handshake(client.ssl) == 1;
        ERR_clear_error();
        char byte = 0;
        while (BIO_read(out, &byte, 1) == 1) {
            assert_int_equal(send(client.fd, &byte, 1, MSG_NOSIGNAL), 1);
            turn(rig, 2);
        }
        const ssize_t got = recv(client.fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) {
            assert_int_equal(BIO_write(in, bytes, (int)got), got);
        }
    }
    assert_true(is_over);
    static const char *const PARTS[] = {"GET /a HT", "TP/1.1\r\nHost: h\r\n\r", "\n" GET("/b")};
    for (size_t part = 0; part < 3; part++) {
        size_t written = 0;
        assert_int_equal(SSL_write_ex(client.ssl, PARTS[part], strlen(PARTS[part]), &written), 1);
        char byte = 0;
        while (BIO_read(out, &byte, 1) == 1) {
            assert_int_equal(send(client.fd, &byte, 1, MSG_NOSIGNAL), 1);
            turn(rig, 2);
        }
    }
    assert_string_equal(rig->paths, "/a/b");
    client_deinit(&client);
    rig_destroy(rig);
}

/* Much more than the kernel takes at once, to a client that reads late: nothing is lost, and the
 * queue is not encrypted ahead of it. */
static void net_server_tls_large_answers_wait_for_the_reader(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20, HEAD_MAX = 1024 };
    const struct fx_net_server_config config = {.connections_max = 10, .body_size_max = SIZE};
    struct rig *rig = rig_create_tls(&config);
    struct client client;
    client_init(&client, rig, 4096);
    assert_true(handshake(&client));
    char *body = malloc(SIZE + HEAD_MAX);
    assert_non_null(body);
    const int head = snprintf(
        body, HEAD_MAX, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", SIZE);
    for (size_t index = 0; index < SIZE; index++) {
        body[(size_t)head + index] = (char)('a' + index * 7 % 26);
    }
    size_t sent = 0;
    while (sent < (size_t)head + SIZE) {
        const size_t left = (size_t)head + SIZE - sent;
        const fx_str part = {body + sent, left < 100000 ? left : 100000};
        say(&client, part);
        sent += part.size;
    }
    turn(rig, 200);
    char *answer_text = malloc(SIZE + HEAD_MAX);
    assert_non_null(answer_text);
    bool is_end = false;
    const size_t size = hear(&client, answer_text, SIZE + HEAD_MAX, &is_end);
    assert_true(size > SIZE);
    assert_memory_equal(answer_text + size - SIZE, body + head, SIZE);
    say(&client, FX_STR(GET("/")));
    expect_heard(&client, HELLO);
    free(body);
    free(answer_text);
    client_deinit(&client);
    rig_destroy(rig);
}

/* The last answer is on its way, and its reader does not read but talk: what it says is dropped and
 * not kept, and does not cost it the answer. */
static void net_server_tls_what_follows_the_last_answer_is_dropped(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20, MORE = 4 << 20, PART = 100000 };
    const struct fx_net_server_config config = {.connections_max = 10, .body_size_max = SIZE};
    struct rig *rig = rig_create_tls(&config);
    struct client client;
    client_init(&client, rig, 4096);
    assert_true(handshake(&client));
    char *bytes = malloc(SIZE);
    char *answer_text = malloc(SIZE + TEXT_SIZE);
    assert_true(bytes != NULL && answer_text != NULL);
    memset(bytes, 'x', SIZE);
    say(&client,
        FX_STR("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
               "Content-Length: 3145728\r\n\r\n"));
    for (size_t sent = 0; sent < SIZE; sent += PART) {
        say(&client, (fx_str){bytes, SIZE - sent < PART ? SIZE - sent : PART});
    }
    turn(rig, 50);
    assert_int_equal(rig->request_count, 1);
    for (size_t sent = 0; sent < MORE; sent += PART) {
        say(&client, (fx_str){bytes, PART});
    }
    turn(rig, 50);
    bool is_end = false;
    assert_true(hear(&client, answer_text, SIZE + TEXT_SIZE, &is_end) > SIZE);
    assert_true(is_end);
    free(bytes);
    free(answer_text);
    client_deinit(&client);
    turn(rig, 50);
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.connections, 0);
    rig_destroy(rig);
}

static void net_server_tls_session_keeps_so_much_unread_and_no_more(void **state)
{
    (void)state;
    struct fx_net_tls *tls = make_tls("first");
    struct fx_net_tls_session *session = fx_net_tls_session_create(tls);
    char bytes[FX_NET_TLS_RECORD_SIZE_MAX];
    memset(bytes, 'x', sizeof bytes);
    assert_non_null(session);
    for (size_t size = 0; size < FX_NET_TLS_UNREAD_SIZE_MAX; size += sizeof bytes) {
        assert_true(fx_net_tls_session_take(session, (fx_str){bytes, sizeof bytes}));
    }
    assert_false(fx_net_tls_session_take(session, FX_STR("x")));
    fx_net_tls_session_destroy(session);
    fx_net_tls_destroy(tls);
}

static void net_server_tls_pipelined_input_is_bounded_and_complete(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client client;
    client_open(&client, rig);
    say(&client, FX_STR(GET("/later"))); /* everything behind it has to wait */
    turn(rig, 20);
    struct fx_buf all;
    fx_buf_init(&all, 1 << 20);
    for (int index = 0; index < COUNT; index++) {
        fx_buf_append(&all, FX_STR(GET("/x")));
    }
    (void)SSL_set_mode(client.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    size_t sent = 0;
    size_t part = 0;
    while (sent < all.size &&
           SSL_write_ex(client.ssl, all.data + sent, all.size - sent, &part) == 1) {
        sent += part;
        turn(rig, 2);
    }
    ERR_clear_error();
    assert_int_equal(rig->request_count, 1);
    answer(rig, rig->later[0], "hello");
    while (sent < all.size) {
        if (SSL_write_ex(client.ssl, all.data + sent, all.size - sent, &part) == 1) {
            sent += part;
        }
        ERR_clear_error();
        turn(rig, 2);
        char text[4096];
        (void)SSL_read_ex(client.ssl, text, sizeof text, &part);
        ERR_clear_error();
    }
    for (int round = 0; round < TURNS && rig->request_count < COUNT + 1; round++) {
        char text[4096];
        (void)SSL_read_ex(client.ssl, text, sizeof text, &part);
        ERR_clear_error();
        turn(rig, 1);
    }
    assert_int_equal(rig->request_count, COUNT + 1);
    fx_buf_deinit(&all);
    client_deinit(&client);
    rig_destroy(rig);
}

static void net_server_tls_websocket_echoes(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client client;
    client_open(&client, rig);
    say(&client, FX_STR(UPGRADE));
    expect_heard(&client, SWITCHED);
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 16);
    const struct fx_net_websocket_frame frame = {.opcode = FX_NET_WEBSOCKET_OPCODE_TEXT,
                                                 .payload = FX_STR("hi"),
                                                 .is_masked = true,
                                                 .mask = 0x01020304};
    fx_net_websocket_write(&buf, &frame);
    say(&client, fx_buf_str(&buf));
    expect_heard(&client, "\x81\x02hi");
    fx_net_server_close_websocket(rig->server, rig->socket, 1000, (fx_str){0});
    expect_heard(&client, "\x88\x02\x03\xe8");
    fx_buf_deinit(&buf);
    client_deinit(&client);
    turn(rig, 50);
    assert_int_equal(rig->close_count, 1);
    rig_destroy(rig);
}

static void net_server_tls_garbage_is_refused_and_others_live(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client good;
    client_open(&good, rig);
    static const struct {
        const char *bytes;
        size_t size;
    } CASES[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27}, /* plain HTTP on the TLS port */
        {"\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff", 10},
        {"\x17\x03\x03\x00\x02xx", 7},           /* data before the handshake */
        {"\x16\x03\x01\xff\xff\x01\x00\x00", 8}, /* a record that is too long */
        {"\x15\x03\x01\x00\x02\x02\x28", 7},     /* an alert at once */
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        const int fd = connect_to(rig, 0);
        assert_int_equal(send(fd, CASES[index].bytes, CASES[index].size, MSG_NOSIGNAL),
                         (ssize_t)CASES[index].size);
        char text[1024];
        bool is_end = false;
        (void)pull(rig, fd, text, sizeof text, &is_end);
        assert_true(is_end);
        (void)close(fd);
        say(&good, FX_STR(GET("/")));
        expect_heard(&good, HELLO);
    }
    /* Garbage after a good handshake. */
    struct client bad;
    client_open(&bad, rig);
    assert_int_equal(send(bad.fd, "\x17\x03\x03\x00\x13nonsense of 19 byte", 24, MSG_NOSIGNAL), 24);
    char text[64];
    bool is_end = true;
    assert_int_equal(hear(&bad, text, sizeof text, &is_end), 0);
    assert_false(is_end); /* an alert, no close_notify */
    client_deinit(&bad);
    /* A handshake cut in two. */
    struct client half;
    client_init(&half, rig, 0);
    (void)SSL_do_handshake(half.ssl);
    ERR_clear_error();
    turn(rig, 20);
    client_deinit(&half);
    say(&good, FX_STR(GET("/")));
    expect_heard(&good, HELLO);
    client_deinit(&good);
    turn(rig, 50);
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.connections, 0);
    rig_destroy(rig);
}

static void net_server_tls_slow_handshake_and_silence_end_in_time(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    const int silent = connect_to(rig, 0);
    struct client half;
    client_init(&half, rig, 0);
    (void)SSL_do_handshake(half.ssl); /* the first flight goes out; the answer is not read */
    ERR_clear_error();
    pass_time(rig, 4999);
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.connections, 2);
    pass_time(rig, 1);
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.connections, 0);
    assert_int_equal(stats.expired, 2);
    client_deinit(&half);
    (void)close(silent);
    /* The time for the first head begins when the handshake is over. */
    struct client client;
    client_init(&client, rig, 0);
    turn(rig, 20);
    rig->now_ms += 4000;
    assert_true(handshake(&client));
    turn(rig, 20);
    pass_time(rig, 4999);
    say(&client, FX_STR(GET("/")));
    expect_heard(&client, HELLO);
    client_deinit(&client);
    rig_destroy(rig);
}

static void net_server_tls_old_versions_and_renegotiation_are_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client old;
    client_init(&old, rig, 0);
    SSL_set_security_level(old.ssl, 0);
    assert_int_equal(SSL_set_min_proto_version(old.ssl, TLS1_VERSION), 1);
    assert_int_equal(SSL_set_max_proto_version(old.ssl, TLS1_1_VERSION), 1);
    assert_false(handshake(&old));
    client_deinit(&old);
    struct client weak;
    client_init(&weak, rig, 0);
    assert_int_equal(SSL_set_max_proto_version(weak.ssl, TLS1_2_VERSION), 1);
    assert_int_equal(SSL_set_cipher_list(weak.ssl, "ECDHE-ECDSA-AES256-SHA"), 1); /* CBC */
    assert_false(handshake(&weak));
    client_deinit(&weak);
    struct client other;
    client_init(&other, rig, 0);
    assert_int_equal(SSL_set_alpn_protos(other.ssl, (const uint8_t *)"\x02h2", 3), 0);
    assert_false(handshake(&other));
    client_deinit(&other);
    struct client again;
    client_init(&again, rig, 0);
    assert_int_equal(SSL_set_max_proto_version(again.ssl, TLS1_2_VERSION), 1);
    assert_int_equal(SSL_set_alpn_protos(again.ssl, (const uint8_t *)"\x02h2\x08http/1.1", 12), 0);
    assert_true(handshake(&again));
    say(&again, FX_STR(GET("/")));
    expect_heard(&again, HELLO);
    (void)SSL_renegotiate(again.ssl);
    (void)handshake(&again);
    for (int round = 0; round < 50; round++) {
        turn(rig, 1);
        char text[64];
        size_t size = 0;
        (void)SSL_read_ex(again.ssl, text, sizeof text, &size);
        ERR_clear_error();
    }
    assert_false(SSL_is_init_finished(again.ssl) == 1 && SSL_num_renegotiations(again.ssl) > 1);
    client_deinit(&again);
    rig_destroy(rig);
}

static void subject_of(const struct client *client, char target[64])
{
    X509 *certificate = SSL_get1_peer_certificate(client->ssl);
    assert_non_null(certificate);
    assert_true(X509_NAME_get_text_by_NID(
                    X509_get_subject_name(certificate), NID_commonName, target, 64) > 0);
    X509_free(certificate);
}

static void net_server_tls_new_certificate_is_for_new_connections(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    char subject[64];
    struct client before;
    struct client after;
    client_open(&before, rig);
    subject_of(&before, subject);
    assert_string_equal(subject, "first");
    fx_net_server_tls_set(rig->server, TAG, make_tls("second"));
    client_open(&after, rig);
    subject_of(&after, subject);
    assert_string_equal(subject, "second");
    say(&before, FX_STR(GET("/")));
    expect_heard(&before, HELLO);
    say(&after, FX_STR(GET("/")));
    expect_heard(&after, HELLO);
    client_deinit(&before);
    client_deinit(&after);
    rig_destroy(rig);
}

static void net_server_tls_client_that_said_the_end_gets_its_answer(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client client;
    client_open(&client, rig);
    say(&client, FX_STR(GET("/later")));
    (void)SSL_shutdown(client.ssl);
    turn(rig, 50);
    assert_int_equal(rig->hangup_count, 1);
    answer(rig, rig->later[0], "hello");
    expect_heard(&client, HELLO "<end>");
    client_deinit(&client);
    rig_destroy(rig);
}

static void net_server_tls_stop_says_the_end(void **state)
{
    (void)state;
    struct rig *rig = rig_create_tls(&PLAIN);
    struct client client;
    client_open(&client, rig);
    say(&client, FX_STR(GET("/")));
    expect_heard(&client, HELLO);
    fx_net_server_stop(rig->server);
    expect_heard(&client, "<end>");
    client_deinit(&client);
    fx_net_server_run(rig->server);
    rig_destroy(rig);
}

static void net_server_tls_wrong_files_are_told_apart(void **state)
{
    (void)state;
    struct fx_buf certificate[2];
    struct fx_buf key[2];
    struct fx_net_tls *tls = NULL;
    struct fx_net_tls_cert wish = {
        .names = "DNS:a", .subject = "a", .begin_unix_s = 1700000000, .days = 10};
    for (int index = 0; index < 2; index++) {
        fx_buf_init(&certificate[index], 1 << 16);
        fx_buf_init(&key[index], 1 << 16);
        assert_int_equal(fx_net_tls_cert_make(&wish, &certificate[index], &key[index]), FX_OK);
    }
    assert_int_equal(fx_net_tls_create(fx_buf_str(&certificate[0]), fx_buf_str(&key[1]), &tls),
                     FX_BAD_FILE);
    assert_int_equal(fx_net_tls_create(FX_STR("nonsense"), fx_buf_str(&key[0]), &tls), FX_BAD_FILE);
    assert_int_equal(fx_net_tls_create((fx_str){0}, (fx_str){0}, &tls), FX_BAD_FILE);
    assert_int_equal(fx_net_tls_create(fx_buf_str(&certificate[0]), FX_STR(""), &tls), FX_BAD_FILE);
    assert_null(tls);
    assert_int_equal(fx_net_tls_create(fx_buf_str(&certificate[1]), fx_buf_str(&key[1]), &tls),
                     FX_OK);
    assert_int_equal(fx_net_tls_end_unix_s(tls), 1700000000 + 10 * DAY_S);
    char text[FX_NET_TLS_FINGERPRINT_SIZE];
    fx_net_tls_fingerprint(tls, text);
    assert_int_equal(strlen(text), 95);
    assert_int_equal(strspn(text, "0123456789ABCDEF:"), 95);
    fx_net_tls_destroy(tls);
    wish.names = "NONSENSE";
    assert_int_equal(fx_net_tls_cert_make(&wish, &certificate[0], &key[0]), FX_BAD_PARAMETER);
    for (int index = 0; index < 2; index++) {
        fx_buf_deinit(&certificate[index]);
        fx_buf_deinit(&key[index]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_server_tls_answers_and_says_the_end),
        cmocka_unit_test(net_server_tls_says_hsts_on_answers),
        cmocka_unit_test(net_server_tls_does_not_depend_on_the_split),
        cmocka_unit_test(net_server_tls_large_answers_wait_for_the_reader),
        cmocka_unit_test(net_server_tls_what_follows_the_last_answer_is_dropped),
        cmocka_unit_test(net_server_tls_session_keeps_so_much_unread_and_no_more),
        cmocka_unit_test(net_server_tls_pipelined_input_is_bounded_and_complete),
        cmocka_unit_test(net_server_tls_websocket_echoes),
        cmocka_unit_test(net_server_tls_garbage_is_refused_and_others_live),
        cmocka_unit_test(net_server_tls_slow_handshake_and_silence_end_in_time),
        cmocka_unit_test(net_server_tls_old_versions_and_renegotiation_are_refused),
        cmocka_unit_test(net_server_tls_new_certificate_is_for_new_connections),
        cmocka_unit_test(net_server_tls_client_that_said_the_end_gets_its_answer),
        cmocka_unit_test(net_server_tls_stop_says_the_end),
        cmocka_unit_test(net_server_tls_wrong_files_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

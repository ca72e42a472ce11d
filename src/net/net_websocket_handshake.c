#include "net/net_websocket_handshake.h"

#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"

enum { KEY_RANDOM_SIZE = 16 };

fx_str fx_net_websocket_handshake_version_header(void)
{
    return FX_STR("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
}

static uint32_t count_of(const struct fx_net_http_request *request, fx_str name)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < request->header_count; index++) {
        count += fx_str_is_equal_nocase(request->headers[index].name, name) ? 1 : 0;
    }
    return count;
}

static bool is_base64(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';
}

/* 16 bytes in base64: 22 characters, of which the last has four unused bits, and "==". */
static bool is_key(fx_str key)
{
    if (key.size != FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE || key.data[22] != '=' ||
        key.data[23] != '=') {
        return false;
    }
    for (size_t index = 0; index < 22; index++) {
        if (!is_base64(key.data[index])) {
            return false;
        }
    }
    return key.data[21] == 'A' || key.data[21] == 'Q' || key.data[21] == 'g' || key.data[21] == 'w';
}

fx_status fx_net_websocket_handshake_check(const struct fx_net_http_request *request)
{
    const fx_str version = FX_STR("Sec-WebSocket-Version");
    const fx_str key = FX_STR("Sec-WebSocket-Key");
    if (!request->is_upgrade || count_of(request, version) != 1 ||
        !fx_str_is_equal(fx_net_http_value(request, version), FX_STR("13"))) {
        return FX_UPGRADE_REQUIRED;
    }
    if (count_of(request, key) != 1 || !is_key(fx_net_http_value(request, key))) {
        return FX_BAD_REQUEST;
    }
    return FX_OK;
}

void fx_net_websocket_handshake_accept(fx_str key,
                                       char accept_out[FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE])
{
    static const char MAGIC[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE + sizeof MAGIC - 1];
    uint8_t digest[FX_CRYPTO_SHA1_SIZE];
    struct fx_buf buf;
    FX_ASSERT(key.size == FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE);
    memcpy(text, key.data, key.size);
    memcpy(text + key.size, MAGIC, sizeof MAGIC - 1);
    fx_crypto_sha1((fx_str){text, sizeof text}, digest);
    fx_buf_init(&buf, 64);
    fx_crypto_base64_encode(&buf, fx_crypto_str(digest, sizeof digest));
    FX_ASSERT(buf.size == FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE);
    memcpy(accept_out, buf.data, FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE);
    fx_buf_deinit(&buf);
}

void fx_net_websocket_handshake_write(struct fx_buf *buf,
                                      const struct fx_net_http_request *request,
                                      fx_str protocol)
{
    char accept[FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE];
    fx_net_websocket_handshake_accept(fx_net_http_value(request, FX_STR("Sec-WebSocket-Key")),
                                      accept);
    fx_buf_append(buf,
                  FX_STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: "));
    fx_buf_append(buf, (fx_str){accept, sizeof accept});
    if (protocol.size > 0) {
        fx_buf_append(buf, FX_STR("\r\nSec-WebSocket-Protocol: "));
        fx_buf_append(buf, protocol);
    }
    fx_buf_append(buf, FX_STR("\r\n\r\n"));
}

void fx_net_websocket_handshake_key(const uint8_t random[16],
                                    char key_out[FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE])
{
    struct fx_buf buf;
    fx_buf_init(&buf, 64);
    fx_crypto_base64_encode(&buf, fx_crypto_str(random, KEY_RANDOM_SIZE));
    FX_ASSERT(buf.size == FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE);
    memcpy(key_out, buf.data, FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE);
    fx_buf_deinit(&buf);
}

void fx_net_websocket_handshake_write_request(
    struct fx_buf *buf,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in the order of the bytes
    fx_str target,
    fx_str host,
    fx_str key,
    fx_str headers)
{
    fx_buf_append(buf, FX_STR("GET "));
    fx_buf_append(buf, target);
    fx_buf_append(buf, FX_STR(" HTTP/1.1\r\nHost: "));
    fx_buf_append(buf, host);
    fx_buf_append(buf,
                  FX_STR("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "));
    fx_buf_append(buf, key);
    fx_buf_append(buf, FX_STR("\r\n"));
    fx_buf_append(buf, headers);
    fx_buf_append(buf, FX_STR("\r\n"));
}

fx_status fx_net_websocket_handshake_check_answer(const struct fx_net_http_client *answer,
                                                  fx_str key)
{
    char accept[FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE];
    fx_str given = {0};
    fx_str upgrade = {0};
    fx_net_websocket_handshake_accept(key, accept);
    const bool is_good = answer->state == FX_NET_HTTP_STATE_DONE && answer->code == 101 &&
                         fx_net_http_client_find(answer, FX_STR("Upgrade"), &upgrade) &&
                         fx_net_http_has_token(upgrade, FX_STR("websocket")) &&
                         fx_net_http_client_find(answer, FX_STR("Sec-WebSocket-Accept"), &given) &&
                         fx_str_is_equal(given, (fx_str){accept, sizeof accept});
    return is_good ? FX_OK : FX_BAD_REQUEST;
}

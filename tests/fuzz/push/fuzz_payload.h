/**
 * @file fuzz_payload.h
 * What both fuzz targets of payloads do. Thread: the fuzzer's.
 */
#ifndef FX_TESTS_FUZZ_PUSH_FUZZ_PAYLOAD_H
#define FX_TESTS_FUZZ_PUSH_FUZZ_PAYLOAD_H

#include <stdint.h>
#include <string.h>

#include "base/panic.h"
#include "net/net_utf8.h"
#include "push/push_payload.h"

enum { FUZZ_PAYLOAD_SIZE_MAX = 1 << 22 };

/* Read `body`, write what was good, read that again: the same packets, and then the same bytes. */
static inline void fuzz_payload(enum fx_push_payload_form form, fx_str body)
{
    struct fx_push_payload payload;
    struct fx_push_payload_packet packet;
    struct fx_buf scratch;
    struct fx_buf written;
    fx_status status = FX_OK;
    uint32_t count = 0;
    fx_buf_init(&scratch, FUZZ_PAYLOAD_SIZE_MAX);
    fx_buf_init(&written, FUZZ_PAYLOAD_SIZE_MAX);
    fx_push_payload_init(&payload, form, body, &scratch);
    while ((status = fx_push_payload_next(&payload, &packet)) == FX_OK) {
        FX_ASSERT(packet.is_binary ||
                  (packet.bytes.size > 0 && fx_net_utf8_is_valid(packet.bytes)));
        const bool is_writable = form == FX_PUSH_PAYLOAD_FORM_4 || !packet.is_binary ||
                                 (packet.bytes.size > 0 && (uint8_t)packet.bytes.data[0] <= 6);
        if (!is_writable) {
            break; /* octets may carry what no session takes */
        }
        fx_push_payload_append(&written, form, &packet, count == 0);
        count++;
    }
    FX_ASSERT(status == FX_OK || status == FX_NOT_FOUND || status == FX_BAD_REQUEST);
    FX_ASSERT(!written.is_overflow);
    if (status == FX_NOT_FOUND && form != FX_PUSH_PAYLOAD_FORM_3_BINARY) {
        FX_ASSERT(fx_str_is_equal(fx_buf_str(&written), body)); /* one spelling only */
    }
    fx_push_payload_init(&payload, form, fx_buf_str(&written), &scratch);
    while (count > 0) {
        FX_ASSERT(fx_push_payload_next(&payload, &packet) == FX_OK);
        count--;
    }
    FX_ASSERT(payload.rest.size == 0);
    fx_buf_deinit(&scratch);
    fx_buf_deinit(&written);
}

#endif

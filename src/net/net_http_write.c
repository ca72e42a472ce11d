#include "net/net_http_write.h"

#include <string.h>

#include "base/panic.h"
#include "net/net_http_int.h"

static const struct {
    int status;
    const char *reason;
} REASONS[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *fx_net_http_write_reason(int status)
{
    for (size_t index = 0; index < sizeof REASONS / sizeof REASONS[0]; index++) {
        if (REASONS[index].status == status) {
            return REASONS[index].reason;
        }
    }
    return "Status";
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): name and value
static void append_pair(struct fx_buf *buf, fx_str name, fx_str value)
{
    fx_buf_append(buf, name);
    fx_buf_append(buf, value);
    fx_buf_append(buf, FX_STR("\r\n"));
}

static void append_status_line(struct fx_buf *buf, int status)
{
    if (status == 200) { /* nearly always */
        fx_buf_append(buf, FX_STR("HTTP/1.1 200 OK\r\n"));
        return;
    }
    fx_buf_append(buf, FX_STR("HTTP/1.1 "));
    fx_buf_append_u64(buf, (uint64_t)status);
    fx_buf_append_byte(buf, ' ');
    fx_buf_append(buf, fx_str_of(fx_net_http_write_reason(status)));
    fx_buf_append(buf, FX_STR("\r\n"));
}

void fx_net_http_write_response(struct fx_buf *buf, const struct fx_net_http_response *response)
{
    FX_ASSERT(response->status >= 100 && response->status <= 599);
    append_status_line(buf, response->status);
    if (response->date.size > 0) {
        append_pair(buf, FX_STR("Date: "), response->date);
    }
    if (response->is_close) {
        fx_buf_append(buf, FX_STR("Connection: close\r\n"));
    } else if (response->is_keep_alive) {
        fx_buf_append(buf, FX_STR("Connection: keep-alive\r\n"));
    }
    if (response->content_type.size > 0) {
        append_pair(buf, FX_STR("Content-Type: "), response->content_type);
    }
    fx_buf_append(buf, response->headers);
    fx_buf_append(buf, response->more_headers);
    /* 1xx, 204 and 304 have no body by definition: RFC 9110, section 8.6. */
    const bool is_bodiless = response->status < 200 || response->status == 204;
    if (!is_bodiless && response->status != 304) {
        fx_buf_append(buf, FX_STR("Content-Length: "));
        fx_buf_append_u64(buf, response->body.size);
        fx_buf_append(buf, FX_STR("\r\n"));
    }
    fx_buf_append(buf, FX_STR("\r\n"));
    if (!is_bodiless && response->status != 304 && !response->is_head_only) {
        fx_buf_append(buf, response->body);
    }
}

static bool has_body_by_method(fx_str method)
{
    return fx_str_is_equal(method, FX_STR("POST")) || fx_str_is_equal(method, FX_STR("PUT")) ||
           fx_str_is_equal(method, FX_STR("PATCH"));
}

void fx_net_http_write_request(struct fx_buf *buf, const struct fx_net_http_write_request *request)
{
    FX_ASSERT(request->method.size > 0 && request->target.size > 0);
    fx_buf_append(buf, request->method);
    fx_buf_append_byte(buf, ' ');
    fx_buf_append(buf, request->target);
    fx_buf_append(buf, FX_STR(" HTTP/1.1\r\n"));
    append_pair(buf, FX_STR("Host: "), request->host);
    if (request->is_close) {
        fx_buf_append(buf, FX_STR("Connection: close\r\n"));
    }
    if (request->content_type.size > 0) {
        append_pair(buf, FX_STR("Content-Type: "), request->content_type);
    }
    fx_buf_append(buf, request->headers);
    if (request->body.size > 0 || has_body_by_method(request->method)) {
        fx_buf_append(buf, FX_STR("Content-Length: "));
        fx_buf_append_u64(buf, request->body.size);
        fx_buf_append(buf, FX_STR("\r\n"));
    }
    fx_buf_append(buf, FX_STR("\r\n"));
    fx_buf_append(buf, request->body);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): name and value
bool fx_net_http_write_header(struct fx_buf *buf, fx_str name, fx_str value)
{
    if (name.size == 0 || !fx_net_http_head_is(name, FX_NET_HTTP_CLASS_TOKEN) ||
        !fx_net_http_head_is_value(value)) {
        return false;
    }
    fx_buf_append(buf, name);
    fx_buf_append(buf, FX_STR(": "));
    fx_buf_append(buf, value);
    fx_buf_append(buf, FX_STR("\r\n"));
    return true;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): count and value
static void put_digits(char *target, uint32_t count, int64_t value)
{
    for (uint32_t index = count; index > 0; index--) {
        target[index - 1] = (char)('0' + (char)(value % 10));
        value /= 10;
    }
}

void fx_net_http_write_date(int64_t unix_s, char date_out[FX_NET_HTTP_WRITE_DATE_SIZE])
{
    static const char DAYS[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char MONTHS[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    FX_ASSERT(unix_s >= 0 && unix_s <= INT64_C(253402300799));
    const int64_t day = unix_s / 86400;
    const int64_t second = unix_s % 86400;
    /* Years begin in March here, so that the leap day is the last one. Eras have 400 years. */
    const int64_t shifted = day + 719468;
    const int64_t era = shifted / 146097;
    const int64_t era_day = shifted % 146097;
    const int64_t year_of_era =
        (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    const int64_t year_day = era_day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month = (5 * year_day + 2) / 153;
    const int64_t month_day = year_day - (153 * month + 2) / 5 + 1;
    const int64_t year = era * 400 + year_of_era + (month >= 10 ? 1 : 0);
    memcpy(date_out, "Thu, 01 Jan 1970 00:00:00 GMT", FX_NET_HTTP_WRITE_DATE_SIZE);
    memcpy(date_out, DAYS + 3 * (day % 7), 3);
    put_digits(date_out + 5, 2, month_day);
    memcpy(date_out + 8, MONTHS + 3 * month, 3);
    put_digits(date_out + 12, 4, year);
    put_digits(date_out + 17, 2, second / 3600);
    put_digits(date_out + 20, 2, second / 60 % 60);
    put_digits(date_out + 23, 2, second % 60);
}

void fx_net_http_write_escaped(struct fx_buf *buf, fx_str text)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t index = 0; index < text.size; index++) {
        const uint8_t byte = (uint8_t)text.data[index];
        const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (is_letter || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
            byte == '_' || byte == '~') {
            fx_buf_append_byte(buf, (char)byte);
        } else {
            const char escape[3] = {'%', HEX[byte >> 4], HEX[byte & 15]};
            fx_buf_append(buf, (fx_str){escape, sizeof escape});
        }
    }
}

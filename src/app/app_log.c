#include "app/app_log.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

enum { MODE = 0640 };

fx_status fx_app_log_open(const struct fx_config *config)
{
    if (fx_config_str(config, "log-file").size == 0) {
        return FX_OK;
    }
    const char *path = fx_config_text(config, "log-file");
    const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, MODE);
    if (file < 0) {
        FX_LOG(FX_LOG_ERROR,
               "log",
               "the log file cannot be opened",
               fx_log_text("variable", "FUTURE_LOG_FILE"),
               fx_log_text("file", path));
        return FX_BAD_SETTING;
    }
    const bool is_changed =
        dup2(file, STDERR_FILENO) == STDERR_FILENO; /* at once, for all threads */
    (void)close(file);
    return is_changed ? FX_OK : FX_IO;
}

/* The value of the answer's x-request-id; empty where it has none. */
static fx_str request_id(fx_str headers)
{
    static const fx_str NAME = {"x-request-id: ", 14};
    size_t at = 0;
    while (at < headers.size) {
        const size_t end = fx_str_find(headers, '\r', at);
        const fx_str line = fx_str_slice(headers, at, end == SIZE_MAX ? SIZE_MAX : end - at);
        if (fx_str_has_prefix(line, NAME)) {
            return fx_str_slice(line, NAME.size, SIZE_MAX);
        }
        at = end == SIZE_MAX ? headers.size : end + 2;
    }
    return (fx_str){0};
}

void fx_app_log_answer(const struct fx_net_server_answer *answer)
{
    const fx_str none = {NULL, 0};
    const struct fx_net_http_request *request = answer->request;
    FX_LOG(FX_LOG_INFO,
           "access",
           request == NULL ? "refused" : "request",
           fx_log_str("req_id", request_id(answer->headers)),
           fx_log_u64("user_id", answer->note),
           fx_log_str("peer", answer->peer),
           fx_log_str("method", request == NULL ? none : request->method_text),
           fx_log_str("path", request == NULL ? none : request->path),
           fx_log_i64("status", answer->status),
           fx_log_u64("size_bytes", answer->body_size),
           fx_log_i64("dur_us", answer->duration_us),
           fx_log_u64("listener", answer->listener_tag));
}

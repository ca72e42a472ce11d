#include "app/app_replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app_replay_rest.h"
#include "base/clock.h"

enum {
    FILE_SIZE_MAX = 1 << 30,
    CREDENTIALS_SIZE_MAX = 64 * 1024,
    CHUNK_SIZE = 64 * 1024,
    PROGRESS_US = 100000,
    US_PER_S = 1000000,
    US_PER_MS = 1000,
    WINDOW = 32
};

static const char DEFAULT_SYMBOL[] = "ESH4";

/* ---- files ------------------------------------------------------------------------------------
 */

/* Append a whole file. @return false with a message on stderr. */
static bool read_file(const char *path, struct fx_buf *text)
{
    FILE *file = fopen(path, "rb");
    bool is_read = file != NULL;
    while (is_read) {
        char *target = fx_buf_reserve(text, CHUNK_SIZE);
        is_read = target != NULL;
        const size_t size = is_read ? fread(target, 1, CHUNK_SIZE, file) : 0;
        fx_buf_add(text, size);
        if (size == 0) {
            is_read = is_read && ferror(file) == 0;
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!is_read) {
        (void)fprintf(stderr, "future: replay: %s cannot be read\n", path);
    }
    return is_read;
}

static bool write_file(const char *path, fx_str text)
{
    FILE *file = fopen(path, "wb");
    bool is_written = file != NULL && fwrite(text.data, 1, text.size, file) == text.size;
    if (file != NULL && fclose(file) != 0) {
        is_written = false;
    }
    if (!is_written) {
        (void)fprintf(stderr, "future: replay: %s cannot be written\n", path);
    }
    return is_written;
}

static bool write_fills(const char *path, const struct fx_app_replay_fill fills[], uint32_t count)
{
    struct fx_buf text;
    if (path == NULL) {
        return true;
    }
    fx_buf_init(&text, FILE_SIZE_MAX);
    fx_app_replay_engine_format(fills, count, &text);
    const bool is_written = !text.is_overflow && write_file(path, fx_buf_str(&text));
    fx_buf_deinit(&text);
    if (is_written) {
        (void)printf("fills written to %s\n", path);
    }
    return is_written;
}

/* ---- progress ---------------------------------------------------------------------------------
 */

struct meter {
    int64_t start_us;
    int64_t shown_us;
    bool is_shown; /* stderr is a terminal */
};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a count and a time
static int64_t per_second(uint64_t count, int64_t elapsed_us)
{
    return (int64_t)(count * US_PER_S / (uint64_t)(elapsed_us > 0 ? elapsed_us : 1));
}

static void meter_begin(struct meter *meter)
{
    meter->start_us = fx_clock_monotonic_us();
    meter->shown_us = meter->start_us;
    meter->is_shown = isatty(STDERR_FILENO) == 1;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the callback's shape
static void meter_show(void *self, uint32_t done, uint32_t count)
{
    struct meter *meter = self;
    const int64_t now_us = fx_clock_monotonic_us();
    if (!meter->is_shown || now_us - meter->shown_us < PROGRESS_US) {
        return;
    }
    meter->shown_us = now_us;
    (void)fprintf(stderr,
                  "\r\033[K%" PRIu64 " %% of %" PRIu32 " commands, %" PRId64 "/s",
                  (uint64_t)done * 100 / count,
                  count,
                  per_second(done, now_us - meter->start_us));
}

static void meter_end(const struct meter *meter)
{
    if (meter->is_shown && meter->shown_us != meter->start_us) {
        (void)fprintf(stderr, "\r\033[K");
    }
}

static void print_ms(const char *before, int64_t elapsed_us, const char *after)
{
    (void)printf("%s%" PRId64 ".%03" PRId64 " ms%s",
                 before,
                 elapsed_us / US_PER_MS,
                 elapsed_us % US_PER_MS,
                 after);
}

/* ---- the two ways -----------------------------------------------------------------------------
 */

static void print_summary(const struct fx_app_replay_file *file,
                          const struct fx_app_replay_result *result,
                          int64_t elapsed_us)
{
    (void)printf("engine: %" PRIu32 " commands", file->count);
    print_ms(" in ", elapsed_us, "");
    (void)printf(", %" PRId64 " commands/s\n", per_second(file->count, elapsed_us));
    (void)printf("engine: %" PRIu32 " fills, %" PRId64 " lots, state hash %016" PRIx64 "\n",
                 result->fill_count,
                 result->lots,
                 result->hash);
    if (result->ended + result->unknown > 0) {
        (void)printf("engine: %" PRIu32 " commands for ended orders, %" PRIu32
                     " for orders that the recording never made\n",
                     result->ended,
                     result->unknown);
    }
}

static void print_fill(
    const char *who,
    const struct fx_app_replay_fill fills[],
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an array and its size
    uint32_t count,
    uint32_t index)
{
    if (index >= count) {
        (void)fprintf(stderr, "  %s: no such fill\n", who);
        return;
    }
    (void)fprintf(stderr,
                  "  %s: seq %" PRIu64 ", maker order %" PRIu64 ", %" PRId64 " ticks, %" PRId64
                  " lots\n",
                  who,
                  fills[index].sequence,
                  fills[index].maker_order_id,
                  fills[index].price_ticks,
                  fills[index].lots);
}

/* Line by line. @return an exit code. */
static int compare(const struct fx_app_replay_result *expected,
                   const struct fx_app_replay_rest_report *report)
{
    const uint32_t less =
        expected->fill_count < report->fill_count ? expected->fill_count : report->fill_count;
    uint32_t same = 0;
    while (same < less && expected->fills[same].sequence == report->fills[same].sequence &&
           expected->fills[same].maker_order_id == report->fills[same].maker_order_id &&
           expected->fills[same].price_ticks == report->fills[same].price_ticks &&
           expected->fills[same].lots == report->fills[same].lots) {
        same++;
    }
    if (same == expected->fill_count && same == report->fill_count) {
        (void)printf("server: OK, its %" PRIu32 " fills are those of the engine alone\n", same);
        return FX_APP_EXIT_OK;
    }
    (void)fprintf(stderr,
                  "future: replay: the fills differ: fill %" PRIu32 " of %" PRIu32
                  " (the server has %" PRIu32 ")\n",
                  same + 1,
                  expected->fill_count,
                  report->fill_count);
    print_fill("expected", expected->fills, expected->fill_count, same);
    print_fill("server", report->fills, report->fill_count, same);
    return FX_APP_EXIT_FAILURE;
}

static int finish_rest(const struct fx_app_replay_options *options,
                       const struct fx_app_replay_result *plan,
                       const struct fx_app_replay_rest_report *report)
{
    (void)printf("server: %" PRIu32 " requests", report->sent);
    print_ms(" in ", report->elapsed_us, "");
    (void)printf(", %" PRId64 " orders/s", per_second(report->sent, report->elapsed_us));
    print_ms(", answer p50 ", report->p50_us, "");
    print_ms(", p99 ", report->p99_us, "");
    (void)printf(" with up to %d in flight\n", (int)WINDOW);
    const int code = compare(plan, report);
    return write_fills(options->fills_out, report->fills, report->fill_count) ? code
                                                                              : FX_APP_EXIT_FAILURE;
}

static int exit_of(fx_status status)
{
    if (status == FX_IO || status == FX_TIMEOUT) {
        return FX_APP_EXIT_UNAVAILABLE;
    }
    if (status == FX_BAD_FILE) {
        return FX_APP_EXIT_DATA;
    }
    return status == FX_BAD_PARAMETER ? FX_APP_EXIT_USAGE : FX_APP_EXIT_FAILURE;
}

static int run_rest(const struct fx_app_replay_options *options,
                    const struct fx_app_replay_file *file,
                    const struct fx_app_replay_result *plan,
                    struct fx_app_replay_session *session)
{
    struct fx_buf credentials;
    struct meter meter;
    struct fx_app_replay_rest_report report = {0};
    fx_buf_init(&credentials, CREDENTIALS_SIZE_MAX + CHUNK_SIZE);
    if (options->credentials == NULL || !read_file(options->credentials, &credentials)) {
        (void)fprintf(stderr,
                      "future: replay: --url needs the accounts of the server: "
                      "--credentials FILE, or --data DIR of a demo server\n");
        fx_buf_deinit(&credentials);
        return FX_APP_EXIT_DATA;
    }
    fx_status status =
        fx_app_replay_session_open(session, fx_str_of(options->url), fx_buf_str(&credentials));
    fx_buf_deinit(&credentials);
    if (status == FX_OK) {
        const char *symbol = options->symbol == NULL ? DEFAULT_SYMBOL : options->symbol;
        const struct fx_app_replay_rest_options rest = {.session = session,
                                                        .symbol = fx_str_of(symbol),
                                                        .file = file,
                                                        .plan = plan,
                                                        .progress = meter_show,
                                                        .self = &meter,
                                                        .window = WINDOW};
        meter_begin(&meter);
        status = fx_app_replay_rest_run(&rest, &report);
        meter_end(&meter);
    }
    if (status != FX_OK) {
        (void)fprintf(stderr, "future: replay: %s\n", fx_app_replay_session_error(session));
        return exit_of(status);
    }
    const int code = finish_rest(options, plan, &report);
    fx_app_replay_rest_deinit(&report);
    return code;
}

static int run_file(const struct fx_app_replay_options *options,
                    const struct fx_app_replay_file *file)
{
    struct fx_app_replay_file_error error = {0, NULL};
    struct fx_app_replay_result result;
    struct meter meter;
    meter_begin(&meter);
    const fx_status status = fx_app_replay_engine_run(file, meter_show, &meter, &result, &error);
    const int64_t elapsed_us = fx_clock_monotonic_us() - meter.start_us;
    meter_end(&meter);
    if (status == FX_BAD_FILE) {
        (void)fprintf(
            stderr, "future: %s:%" PRIu32 ": %s\n", options->file, error.line, error.text);
        return FX_APP_EXIT_DATA;
    }
    if (status != FX_OK) {
        (void)fprintf(stderr, "future: replay: %s\n", fx_status_text(status));
        return FX_APP_EXIT_FAILURE;
    }
    print_summary(file, &result, elapsed_us);
    int code = FX_APP_EXIT_OK;
    struct fx_app_replay_session *session = NULL;
    if (options->url == NULL) {
        code = write_fills(options->fills_out, result.fills, result.fill_count)
                   ? FX_APP_EXIT_OK
                   : FX_APP_EXIT_FAILURE;
    } else if (fx_app_replay_session_create(&session) == FX_OK) {
        code = run_rest(options, file, &result, session);
    } else {
        code = FX_APP_EXIT_FAILURE;
    }
    fx_app_replay_session_close(session);
    fx_app_replay_engine_deinit(&result);
    return code;
}

int fx_app_replay_run(const struct fx_app_replay_options *options)
{
    struct fx_app_replay_file file = {NULL, 0};
    struct fx_app_replay_file_error error = {0, NULL};
    struct fx_buf text;
    if (options->file == NULL) {
        (void)fprintf(stderr, "future: replay: which file?\n");
        return FX_APP_EXIT_USAGE;
    }
    fx_buf_init(&text, FILE_SIZE_MAX);
    if (!read_file(options->file, &text)) {
        fx_buf_deinit(&text);
        return FX_APP_EXIT_DATA;
    }
    const fx_status status = fx_app_replay_file_parse(fx_buf_str(&text), &file, &error);
    fx_buf_deinit(&text);
    if (status == FX_BAD_FILE) {
        (void)fprintf(
            stderr, "future: %s:%" PRIu32 ": %s\n", options->file, error.line, error.text);
        return FX_APP_EXIT_DATA;
    }
    if (status != FX_OK) {
        (void)fprintf(stderr, "future: replay: %s\n", fx_status_text(status));
        return FX_APP_EXIT_FAILURE;
    }
    const int code = run_file(options, &file);
    fx_app_replay_file_deinit(&file);
    return code;
}

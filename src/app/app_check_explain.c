#include "app/app_check_explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/order.h"
#include "model/term.h"
#include "wire/wire_risk.h"

/* What the question is about, as a dump of the state says it. */
struct subject {
    uint64_t account_id;
    uint32_t instrument;
    bool is_found;
    struct fx_event_account account;
    struct fx_instrument definition;
};

enum { NAME_SIZE = 32, JSON_SIZE_MAX = 1 << 16 };

/* Symbols and assets are texts of 23 characters at most, without a NUL at the end. */
static const char *text_of(fx_str name, char text_out[NAME_SIZE])
{
    (void)snprintf(text_out, NAME_SIZE, "%.*s", (int)name.size, name.data);
    return text_out;
}

static void find(const struct fx_engine *engine, struct fx_events *events, struct subject *subject)
{
    struct fx_engine_dump dump;
    bool is_more = true;
    memset(&dump, 0, sizeof dump);
    while (is_more) {
        is_more = fx_engine_dump(engine, &dump, events);
        for (uint32_t index = 0; index < events->count; index++) {
            const struct fx_event *event = &events->items[index];
            if (event->kind == FX_EVENT_INSTRUMENT &&
                event->u.instrument.instrument_id == subject->instrument) {
                subject->definition = event->u.instrument;
            } else if (event->kind == FX_EVENT_ACCOUNT &&
                       event->u.account.account_id == subject->account_id) {
                subject->account = event->u.account;
                subject->is_found = true;
            }
        }
    }
}

/* @return false, said why, where there is nothing to ask about. */
static bool choose(const struct fx_app_options *options,
                   const struct fx_engine *engine,
                   struct fx_events *events,
                   struct subject *subject)
{
    const char *symbol = fx_config_text(options->config, "symbol");
    memset(subject, 0, sizeof *subject);
    subject->account_id = (uint64_t)fx_config_int(options->config, "account");
    subject->instrument = fx_engine_find_instrument(engine, fx_str_of(symbol));
    if (subject->instrument == UINT32_MAX) {
        (void)fprintf(stderr, "future: check: there is no symbol %s\n", symbol);
        return false;
    }
    find(engine, events, subject);
    if (!subject->is_found) {
        (void)fprintf(
            stderr, "future: check: there is no account %" PRIu64 "\n", subject->account_id);
        return false;
    }
    if (memcmp(&subject->account.asset,
               &subject->definition.settle,
               sizeof subject->account.asset) != 0) {
        char own[NAME_SIZE], settle[NAME_SIZE];
        (void)fprintf(stderr,
                      "future: check: account %" PRIu64 " is of %s, %s settles in %s\n",
                      subject->account_id,
                      text_of(fx_ids_asset_str(&subject->account.asset), own),
                      symbol,
                      text_of(fx_ids_asset_str(&subject->definition.settle), settle));
        return false;
    }
    return true;
}

static void print_text(const struct fx_wire_risk_explanation *explanation, uint64_t sequence)
{
    const struct fx_instrument *instrument = explanation->instrument;
    char symbol[NAME_SIZE], asset[NAME_SIZE];
    (void)printf("account %" PRIu64 " of user %" PRIu64 " on %s, in %s, after command %" PRIu64
                 "\n",
                 explanation->account_id,
                 explanation->user_id,
                 text_of(fx_ids_symbol_str(&instrument->symbol), symbol),
                 text_of(fx_ids_asset_str(&instrument->settle), asset),
                 sequence);
    for (uint32_t term = 0; term < FX_TERM_COUNT; term++) {
        char value[FX_DEC_TEXT_SIZE_MAX];
        (void)fx_dec_format(explanation->terms[term], value);
        (void)printf("%-22s %24s  %s\n",
                     fx_term_name((enum fx_term)term),
                     value,
                     fx_term_formula((enum fx_term)term));
    }
}

static int print_json(const struct fx_wire_risk_explanation *explanation)
{
    struct fx_buf buf;
    fx_buf_init(&buf, JSON_SIZE_MAX);
    fx_wire_risk_explanation(&buf, explanation);
    const bool is_whole = !buf.is_overflow;
    if (is_whole) {
        (void)printf("%.*s\n", (int)buf.size, buf.data);
    }
    fx_buf_deinit(&buf);
    return is_whole ? FX_APP_EXIT_OK : FX_APP_EXIT_FAILURE;
}

int fx_app_check_explain_run(const struct fx_app_options *options,
                             struct fx_engine *engine,
                             struct fx_events *events)
{
    struct subject subject;
    fx_i128 terms[FX_TERM_COUNT] = {0};
    if (!choose(options, engine, events, &subject)) {
        return FX_APP_EXIT_USAGE;
    }
    const char *side = fx_config_text(options->config, "position-side");
    struct fx_command question;
    memset(&question, 0, sizeof question);
    question.kind = FX_COMMAND_EXPLAIN;
    question.instrument = subject.instrument;
    question.user_id = subject.account.user_id;
    question.u.explain.position_side = (uint32_t)fx_order_position_side_of(fx_str_of(side));
    const bool is_hedge = (subject.account.flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
    if (question.u.explain.position_side == 0 ||
        is_hedge == (question.u.explain.position_side == FX_POSITION_SIDE_BOTH)) {
        (void)fprintf(stderr,
                      "future: check: account %" PRIu64 " has %s: --position-side %s\n",
                      subject.account_id,
                      is_hedge ? "a long and a short position" : "one position on a symbol",
                      is_hedge ? "LONG or SHORT" : "BOTH");
        return FX_APP_EXIT_USAGE;
    }
    fx_engine_ask(engine, &question, events);
    for (uint32_t index = 0; index < events->count; index++) {
        if (events->items[index].kind == FX_EVENT_TERM) {
            terms[events->items[index].u.term.term] = events->items[index].u.term.value;
        }
    }
    const struct fx_wire_risk_explanation explanation = {.user_id = subject.account.user_id,
                                                         .account_id = subject.account_id,
                                                         .instrument = &subject.definition,
                                                         .terms = terms};
    if (fx_config_bool(options->config, "json")) {
        return print_json(&explanation);
    }
    print_text(&explanation, fx_engine_sequence(engine));
    return FX_APP_EXIT_OK;
}

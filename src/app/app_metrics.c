#include "app/app_metrics.h"

#include <stdlib.h>

#include "app/app_metrics_int.h"

struct fx_app_metrics *fx_app_metrics_create(void)
{
    return calloc(1, sizeof(struct fx_app_metrics));
}

void fx_app_metrics_destroy(struct fx_app_metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    for (uint32_t index = 0; index < FX_APP_METRICS_ROUTES_MAX; index++) {
        free(metrics->routes[index]);
    }
    for (uint32_t index = 0; index < FX_INSTRUMENTS_MAX; index++) {
        free(metrics->symbols[index]);
    }
    free(metrics);
}

/* Paths come from strangers: they are told apart by a few prefixes only. */
static uint32_t route_of(const struct fx_net_server_answer *answer)
{
    static const struct {
        fx_str prefix;
        uint32_t route;
    } PREFIXES[] = {{{"/socket.io", 10}, FX_APP_METRICS_ROUTE_SOCKETIO},
                    {{"/ws/stream", 10}, FX_APP_METRICS_ROUTE_STREAM},
                    {{"/health", 7}, FX_APP_METRICS_ROUTE_OPERATOR},
                    {{"/metrics", 8}, FX_APP_METRICS_ROUTE_OPERATOR},
                    {{"/version", 8}, FX_APP_METRICS_ROUTE_OPERATOR},
                    {{"/api/", 5}, FX_APP_METRICS_ROUTE_UNKNOWN}};
    if (answer->request == NULL) {
        return FX_APP_METRICS_ROUTE_NONE;
    }
    if (answer->label > 0) {
        const uint32_t route = FX_APP_METRICS_ROUTE_API + answer->label;
        return route < FX_APP_METRICS_ROUTES_MAX ? route : FX_APP_METRICS_ROUTE_UNKNOWN;
    }
    for (size_t index = 0; index < sizeof PREFIXES / sizeof PREFIXES[0]; index++) {
        if (fx_str_has_prefix(answer->request->path, PREFIXES[index].prefix)) {
            return PREFIXES[index].route;
        }
    }
    return FX_APP_METRICS_ROUTE_PAGE;
}

void fx_app_metrics_on_answer(struct fx_app_metrics *metrics,
                              const struct fx_net_server_answer *answer)
{
    const uint32_t index = route_of(answer);
    const uint32_t code = (uint32_t)(answer->status - FX_APP_METRICS_CODE_MIN);
    if (metrics->routes[index] == NULL) {
        metrics->routes[index] = calloc(1, sizeof(struct fx_app_metrics_route_counts));
    }
    struct fx_app_metrics_route_counts *route = metrics->routes[index];
    if (route == NULL || code >= FX_APP_METRICS_CODES) {
        return; /* without memory there are other worries */
    }
    route->codes[code]++;
    fx_metric_histogram_add(&route->times, answer->duration_us);
}

static struct fx_app_metrics_symbol *symbol_of(struct fx_app_metrics *metrics, uint32_t instrument)
{
    if (instrument >= FX_INSTRUMENTS_MAX) {
        return NULL;
    }
    if (metrics->symbols[instrument] == NULL) {
        metrics->symbols[instrument] = calloc(1, sizeof(struct fx_app_metrics_symbol));
    }
    return metrics->symbols[instrument];
}

/* An order is counted once, by the first row that its command gives: created now, with an id above
 * all that were counted. */
static void count_order(struct fx_app_metrics *metrics, const struct fx_event *event)
{
    const struct fx_event_order *order = &event->u.order;
    struct fx_app_metrics_symbol *symbol = symbol_of(metrics, order->instrument);
    if (order->order_id <= metrics->last_order_id || symbol == NULL ||
        order->created_us != event->time_us || order->type >= FX_APP_METRICS_TYPES ||
        order->side > 2 || order->status >= FX_APP_METRICS_STATES) {
        return;
    }
    metrics->last_order_id = order->order_id;
    symbol->orders[order->type][order->side][order->status]++;
}

static void count_trade(struct fx_app_metrics *metrics, const struct fx_event_trade *trade)
{
    struct fx_app_metrics_symbol *symbol = symbol_of(metrics, trade->instrument);
    if (symbol != NULL) {
        symbol->trades++;
        if (!fx_dec_add(symbol->traded, trade->value, &symbol->traded)) {
            symbol->traded = 0; /* a counter may begin again */
        }
    }
    metrics->liquidations += trade->note == FX_TRADE_NOTE_LIQUIDATION ||
                             trade->note == FX_TRADE_NOTE_INSURANCE_LIQUIDATION;
    metrics->deleverages += trade->note == FX_TRADE_NOTE_AUTO_DELEVERAGE;
}

void fx_app_metrics_on_event(struct fx_app_metrics *metrics, const struct fx_event *event)
{
    switch (event->kind) {
    case FX_EVENT_RESULT: {
        const uint32_t reason = (uint32_t)event->u.result.reject.status;
        metrics->commands++;
        if (reason < FX_APP_METRICS_REASONS &&
            event->u.result.command_kind == FX_COMMAND_PLACE_ORDER) {
            metrics->rejects[reason]++;
        }
        return;
    }
    case FX_EVENT_ORDER:
        count_order(metrics, event);
        return;
    case FX_EVENT_SETTLEMENT:
        metrics->settlements += event->u.settlement.phase == FX_SETTLEMENT_PHASE_DONE ? 1 : 0;
        return;
    case FX_EVENT_TRADE:
        count_trade(metrics, &event->u.trade);
        return;
    default:
        return;
    }
}

void fx_app_metrics_tick(struct fx_app_metrics *metrics, const struct fx_worker_feed *feed)
{
    metrics->has_audit = fx_worker_feed_audit(feed, &metrics->audit) || metrics->has_audit;
}

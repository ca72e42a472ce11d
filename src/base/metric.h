/**
 * @file metric.h
 * Figures in the text format of Prometheus (version 0.0.4), and a histogram that costs nothing.
 *
 * Names: one prefix, base units (_seconds, _bytes), counters end in _total. The order: for each
 * name fx_metric_head() once, then its samples. Labels are made with fx_metric_label() into a
 * buffer of the caller's. Thread: any, but as fx_metric_histogram_add() says.
 */
#ifndef FX_BASE_METRIC_H
#define FX_BASE_METRIC_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/dec.h"
#include "base/str.h"

enum { FX_METRIC_BOUNDS_COUNT = 22 };

/** How often something took how long: from 1 us to 10 s, in steps 1, 2, 5. Zeroed to begin. */
struct fx_metric_histogram {
    atomic_uint_fast64_t counts[FX_METRIC_BOUNDS_COUNT + 1]; /* the last one: longer than all */
    atomic_uint_fast64_t sum_ns;
};

/** Count one duration; below 0 is 0. Thread: one per histogram; readers see a moment's value. */
void fx_metric_histogram_add(struct fx_metric_histogram *histogram, int64_t duration_us);

/** The same for what takes less than a microsecond. */
void fx_metric_histogram_add_ns(struct fx_metric_histogram *histogram, int64_t duration_ns);

/** `# HELP` and `# TYPE`; type is "counter", "gauge" or "histogram"; help is one line. */
void fx_metric_head(struct fx_buf *buf, const char *name, const char *type, const char *help);

/** Append name="value", with a comma before it where one is due; the value is escaped. */
void fx_metric_label(struct fx_buf *labels, const char *name, fx_str value);

/** One sample; `labels` may be empty. */
void fx_metric_u64(struct fx_buf *buf, const char *name, fx_str labels, uint64_t value);
void fx_metric_dec(struct fx_buf *buf, const char *name, fx_str labels, fx_i128 units);

/** Microseconds as seconds. */
void fx_metric_us(struct fx_buf *buf, const char *name, fx_str labels, int64_t duration_us);

/** The buckets, _sum and _count of a histogram, in seconds. */
void fx_metric_histogram(struct fx_buf *buf,
                         const char *name,
                         fx_str labels,
                         const struct fx_metric_histogram *histogram);

#endif

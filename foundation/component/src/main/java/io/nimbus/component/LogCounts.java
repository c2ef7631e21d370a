package io.nimbus.component;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts log lines by level, for {@code /varz}; named in logback.xml. */
public final class LogCounts extends AppenderBase<ILoggingEvent> {
    private static final Map<String, LongAdder> COUNTS = new ConcurrentHashMap<>();

    @Override
    protected void append(ILoggingEvent event) {
        COUNTS.computeIfAbsent(
                        event.getLevel().levelStr.toLowerCase(java.util.Locale.ROOT),
                        l -> new LongAdder())
                .increment();
    }

    static Map<String, Long> counts() {
        var counts = new TreeMap<String, Long>();
        COUNTS.forEach((level, count) -> counts.put(level, count.sum()));
        return counts;
    }
}

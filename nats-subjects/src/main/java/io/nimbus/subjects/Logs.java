package io.nimbus.subjects;

import io.nimbus.subjects.log.EnvelopeBatch;

/**
 * Log lines on the bus. The body is a loggregator v2 EnvelopeBatch of at most {@link
 * #MAX_ENVELOPES} envelopes or {@link #MAX_BYTES}, all of one app (or component).
 */
public final class Logs {
    public static final int MAX_ENVELOPES = 100;
    public static final int MAX_BYTES = 64 * 1024;

    /** Every app's lines, for the one who stores them. */
    public static final Subject<EnvelopeBatch> ALL_APPS =
            new Subject<>("log.app.*", EnvelopeBatch.class);

    /** Every component's lines. */
    public static final Subject<EnvelopeBatch> ALL_PLATFORM =
            new Subject<>("log.platform.*", EnvelopeBatch.class);

    /**
     * The tag by which clients tell who wrote a line; {@code cf push} prints only {@link #STAGING}
     * lines.
     */
    public static final String SOURCE_TYPE = "source_type";

    public static final String APP = "APP/PROC/WEB";
    public static final String STAGING = "STG";
    public static final String API = "API";
    public static final String ROUTER = "RTR";
    public static final String CELL = "CELL";
    public static final String HEALTH = "HEALTH";

    private Logs() {}

    public static Subject<EnvelopeBatch> app(String guid) {
        return new Subject<>("log.app." + Subject.token(guid), EnvelopeBatch.class);
    }

    public static Subject<EnvelopeBatch> platform(String component) {
        return new Subject<>("log.platform." + Subject.token(component), EnvelopeBatch.class);
    }
}

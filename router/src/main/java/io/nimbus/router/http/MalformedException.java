package io.nimbus.router.http;

/** What came is not HTTP/1 as this router reads it. Cheap: attackers cause many of these. */
public final class MalformedException extends Exception {
    private final HeadFault fault;

    MalformedException(HeadFault fault, String what) {
        super(what, null, false, false);
        this.fault = fault;
    }

    MalformedException(String what) {
        this(HeadFault.MALFORMED, what);
    }

    /** For a reader that finds fault with what a head means. */
    public static MalformedException of(String what) {
        return new MalformedException(what);
    }

    public static MalformedException tooLarge(String what) {
        return new MalformedException(HeadFault.TOO_LARGE, what);
    }

    public HeadFault fault() {
        return fault;
    }
}

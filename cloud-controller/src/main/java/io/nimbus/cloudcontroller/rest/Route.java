package io.nimbus.cloudcontroller.rest;

/**
 * A method, a path and who answers.
 *
 * @param path with {@code :name} for one part and, at the end, {@code *name} for all the rest
 */
public record Route(String method, String path, Login login, Handler handler) {
    /** Answers a request, or throws an error of the catalogue. */
    public interface Handler {
        ApiResponse handle(ApiRequest request) throws Exception;
    }

    /** What the caller must show. */
    public enum Login {
        /** Nothing; a valid token is noticed. */
        NONE,
        /** Nothing, but a token that is shown must be valid. */
        OPTIONAL,
        TOKEN,
        /** A token, for some minutes after its end, too: an upload may outlast it. */
        TOKEN_WITH_GRACE,
        /** Basic: the stagers' and DEAs' user. */
        STAGING,
        /** Basic: the health manager's user. */
        BULK,
        /** Basic: the platform's own. */
        INTERNAL
    }

    public static Route get(String path, Handler handler) {
        return new Route("GET", path, Login.TOKEN, handler);
    }

    public static Route post(String path, Handler handler) {
        return new Route("POST", path, Login.TOKEN, handler);
    }

    public static Route put(String path, Handler handler) {
        return new Route("PUT", path, Login.TOKEN, handler);
    }

    public static Route patch(String path, Handler handler) {
        return new Route("PATCH", path, Login.TOKEN, handler);
    }

    public static Route delete(String path, Handler handler) {
        return new Route("DELETE", path, Login.TOKEN, handler);
    }

    public Route with(Login other) {
        return new Route(method, path, other, handler);
    }
}

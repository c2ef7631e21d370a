package io.nimbus.router.metrics;

/** Counters; their names on the metrics page are these in lower case. */
public enum Count {
    TOTAL_REQUESTS("Requests whose head was understood"),
    ROUTED_APP_REQUESTS("Requests to instances on DEAs"),
    REJECTED_REQUESTS("Requests without a route or host, or for an instance that is not there"),
    MALFORMED_REQUESTS("Connections ended because what they sent was not HTTP"),
    BAD_GATEWAYS("Answers 502, 503, 525 and 526 because endpoints failed"),
    RESPONSES("Answers"),
    RESPONSES_2XX("Answers of 2xx"),
    RESPONSES_3XX("Answers of 3xx"),
    RESPONSES_4XX("Answers of 4xx"),
    RESPONSES_5XX("Answers of 5xx"),
    RESPONSES_XXX("Other answers"),
    RESPONSES_ROUTE_SERVICES("Answers of route services"),
    RESPONSES_ROUTE_SERVICES_2XX("Answers of 2xx of route services"),
    RESPONSES_ROUTE_SERVICES_3XX("Answers of 3xx of route services"),
    RESPONSES_ROUTE_SERVICES_4XX("Answers of 4xx of route services"),
    RESPONSES_ROUTE_SERVICES_5XX("Answers of 5xx of route services"),
    RESPONSES_ROUTE_SERVICES_XXX("Other answers of route services"),
    WEBSOCKET_UPGRADES("Connections that became tunnels"),
    WEBSOCKET_FAILURES("Upgrades that failed"),
    BACKEND_EXHAUSTED_CONNS("Requests refused because every endpoint was at its limit"),
    BACKEND_INVALID_ID("Endpoints that showed the certificate of somebody else"),
    BACKEND_INVALID_TLS_CERT("Endpoints whose certificate is not trusted"),
    BACKEND_TLS_HANDSHAKE_FAILED("TLS handshakes with endpoints that failed"),
    BACKEND_DIALS("Connections made to endpoints"),
    BACKEND_DIAL_FAILURES("Connections to endpoints that could not be made"),
    BACKEND_REUSES("Requests sent on a connection that was there already"),
    BACKEND_MARKS("Endpoints passed over for a while because they failed"),
    BACKEND_EJECTIONS("Endpoints removed because they are not what they say"),
    RETRIES("Further attempts after the first"),
    RESOURCE_EXHAUSTIONS("Times that this host had no descriptor or port left"),
    CLIENTS_ACCEPTED("Connections of clients"),
    CLIENTS_EVICTED("Idle connections closed to make room for others"),
    CLIENTS_GONE("Clients that left before their answer was complete"),
    SLOW_HEADS("Connections closed because a head did not come in time"),
    EMPTY_CONTENT_LENGTH_HEADER("Requests refused for an empty Content-Length"),
    TLS_HANDSHAKE_FAILURES("TLS handshakes of clients that failed"),
    ACCESS_LOG_DROPPED("Access log lines that the disk or the bus could not take in time"),
    CLIENT_BYTES("Bytes of bodies received from clients"),
    BACKEND_BYTES("Bytes of bodies received from endpoints");

    private final String meaning;

    Count(String meaning) {
        this.meaning = meaning;
    }

    public String meaning() {
        return meaning;
    }
}

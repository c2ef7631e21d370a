package io.nimbus.bus;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValue;
import io.nats.client.api.KeyValueConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A bucket of JetStream; made when a call finds it missing. */
final class NatsBucket implements KeyValueBucket {
    private static final int WRONG_LAST_SEQUENCE = 10071;
    private static final int STREAM_NOT_FOUND = 10059;

    private final BucketSpec spec;
    private final Supplier<Connection> connection;
    private @Nullable KeyValue bucket;

    NatsBucket(BucketSpec spec, Supplier<Connection> connection) {
        this.spec = spec;
        this.connection = connection;
    }

    private interface Call<T> {
        T on(KeyValue bucket) throws IOException, JetStreamApiException, InterruptedException;
    }

    private <T> T call(Call<T> call) {
        try {
            return call.on(bucket());
        } catch (JetStreamApiException e) {
            if (e.getApiErrorCode() == WRONG_LAST_SEQUENCE) {
                throw new Conflict();
            }
            forget();
            throw new BusUnavailableException("bucket " + spec.name() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new BusUnavailableException("bucket " + spec.name() + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BusUnavailableException("interrupted", e);
        }
    }

    private synchronized void forget() {
        bucket = null;
    }

    private synchronized KeyValue bucket() throws IOException, JetStreamApiException {
        var on = connection.get();
        var known = bucket;
        if (known != null) {
            return known;
        }
        var management = on.keyValueManagement();
        try {
            management.getStatus(spec.name());
        } catch (JetStreamApiException e) {
            if (e.getApiErrorCode() != STREAM_NOT_FOUND) {
                throw e;
            }
            var wanted = KeyValueConfiguration.builder().name(spec.name());
            if (!spec.ttl().equals(Duration.ZERO)) {
                wanted.ttl(spec.ttl());
            }
            management.create(wanted.build());
        }
        var found = on.keyValue(spec.name());
        bucket = found;
        return found;
    }

    /** Somebody else wrote first. */
    private static final class Conflict extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Override
    public Optional<Entry> get(String key) {
        return call(b ->
                Optional.ofNullable(b.get(key))
                        .map(e -> {
                            var value = e.getValue();
                            return new Entry(value == null ? new byte[0] : value, e.getRevision());
                        }));
    }

    @Override
    public long put(String key, byte[] value) {
        return call(b -> b.put(key, value));
    }

    @Override
    public OptionalLong create(String key, byte[] value) {
        try {
            return OptionalLong.of(call(b -> b.create(key, value)));
        } catch (Conflict e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public OptionalLong update(String key, byte[] value, long revision) {
        try {
            return OptionalLong.of(call(b -> b.update(key, value, revision)));
        } catch (Conflict e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public void delete(String key) {
        call(b -> {
            b.delete(key);
            return true;
        });
    }

    @Override
    public List<String> keys() {
        return call(b -> List.copyOf(b.keys()));
    }
}

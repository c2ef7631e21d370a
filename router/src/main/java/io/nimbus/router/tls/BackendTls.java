package io.nimbus.router.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.nimbus.router.policy.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** TLS as a client: to instances that offer it, and to route services. */
public final class BackendTls {
    /**
     * @param authorities PEM files beside the system's authorities
     * @param certificate our own towards backends that ask for one; null for none
     * @param skipValidation for route services only: any certificate will do
     */
    public record Config(
            List<Path> authorities,
            @Nullable Path certificate,
            @Nullable Path key,
            Duration handshake,
            boolean skipValidation) {
        public Config {
            authorities = List.copyOf(authorities);
        }
    }

    private final SslContext http1;
    private final SslContext http2;
    private final Duration handshake;

    /**
     * @throws IOException when a file cannot be read or does not hold what it should
     */
    public BackendTls(Config config) throws IOException {
        handshake = config.handshake();
        try {
            http1 = builder(config).build();
            http2 =
                    builder(config)
                            .applicationProtocolConfig(
                                    new ApplicationProtocolConfig(
                                            ApplicationProtocolConfig.Protocol.ALPN,
                                            ApplicationProtocolConfig.SelectorFailureBehavior
                                                    .NO_ADVERTISE,
                                            ApplicationProtocolConfig
                                                    .SelectedListenerFailureBehavior.ACCEPT,
                                            ApplicationProtocolNames.HTTP_2,
                                            ApplicationProtocolNames.HTTP_1_1))
                            .build();
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("TLS to backends: " + e.getMessage(), e);
        }
    }

    private static SslContextBuilder builder(Config config)
            throws GeneralSecurityException, IOException {
        var builder =
                SslContextBuilder.forClient()
                        .sslProvider(Provider.best())
                        // The trust manager checks the name itself, so that it can be told from an
                        // unknown authority.
                        .endpointIdentificationAlgorithm(null)
                        .protocols("TLSv1.3", "TLSv1.2");
        if (config.skipValidation()) {
            builder.trustManager(io.netty.handler.ssl.util.InsecureTrustManagerFactory.INSTANCE);
        } else {
            builder.trustManager(new PeerTrust(Pem.certificates(config.authorities()), true));
        }
        if (config.certificate() != null && config.key() != null) {
            builder.keyManager(config.certificate().toFile(), config.key().toFile());
        }
        return builder;
    }

    /**
     * @param name what the certificate must carry
     */
    public SslHandler handler(ByteBufAllocator memory, String name, int port, boolean offerHttp2) {
        var handler = (offerHttp2 ? http2 : http1).newHandler(memory, name, port);
        handler.setHandshakeTimeoutMillis(handshake.toMillis());
        return handler;
    }

    /** What a failed handshake was about. */
    public Failure classify(Throwable fault) {
        for (var cause = fault; cause != null; cause = cause.getCause()) {
            if (cause instanceof PeerFault peer) {
                return switch (peer.kind()) {
                    case NAME -> Failure.CERTIFICATE_NAME;
                    case UNTRUSTED -> Failure.CERTIFICATE_UNTRUSTED;
                };
            }
            if (cause instanceof NotSslRecordException) {
                return Failure.NOT_TLS;
            }
            var message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
            if (message.contains("certificate_required")
                    || message.contains("bad_certificate")
                    || message.contains("certificate required")
                    || message.contains("bad certificate")
                    || message.contains("unknown_ca")
                    || message.contains("unknown ca")) {
                return Failure.CLIENT_CERTIFICATE;
            }
            if (message.contains("wrong_version_number") || message.contains("http_request")) {
                return Failure.NOT_TLS;
            }
        }
        return Failure.HANDSHAKE;
    }
}

package io.nimbus.router.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TLS as a server: which certificate a client gets to see, by the name that it asks for. An exact
 * name comes before a wildcard, and the first certificate is for everybody else. Immutable; a
 * reload makes a new one.
 */
public final class ServerTls {
    /** A chain and its key, PEM files. */
    public record Certificate(Path chain, Path key) {}

    /** Whether clients show certificates. */
    public enum ClientCertificates {
        NONE,
        /** Checked if there is one. */
        REQUEST,
        REQUIRE
    }

    /**
     * A client's certificate from this issuer must have one of these subjects.
     *
     * @param issuer a distinguished name as RFC 2253 writes it
     */
    public record ClientRule(String issuer, List<String> subjects) {
        public ClientRule {
            subjects = List.copyOf(subjects);
        }
    }

    /**
     * @param versions {@code TLSv1.2} and the like
     * @param ciphers IANA or OpenSSL names; empty for the library's choice
     * @param clientAuthorities PEM files whose clients are known
     * @param systemAuthorities whether clients of the system's authorities are known, too
     */
    public record Config(
            List<Certificate> certificates,
            List<String> versions,
            List<String> ciphers,
            boolean http2,
            ClientCertificates clients,
            List<Path> clientAuthorities,
            boolean systemAuthorities,
            List<ClientRule> clientRules) {
        public Config {
            certificates = List.copyOf(certificates);
            versions = List.copyOf(versions);
            ciphers = List.copyOf(ciphers);
            clientAuthorities = List.copyOf(clientAuthorities);
            clientRules = List.copyOf(clientRules);
        }
    }

    private final SslContext first;
    private final Map<String, SslContext> exact = new HashMap<>();
    private final Map<String, SslContext> wildcards = new HashMap<>();
    private final boolean single;
    private final boolean asksClients;

    /**
     * @throws IOException when a file cannot be read or does not hold what it should
     */
    public ServerTls(Config config) throws IOException {
        if (config.certificates().isEmpty()) {
            throw new IOException("TLS needs a certificate");
        }
        SslContext lead = null;
        for (var certificate : config.certificates()) {
            try {
                var context = context(config, certificate);
                lead = lead == null ? context : lead;
                for (var name : names(certificate)) {
                    if (name.startsWith("*.")) {
                        wildcards.putIfAbsent(name.substring(2), context);
                    } else {
                        exact.putIfAbsent(name, context);
                    }
                }
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw new IOException(
                        "the certificate " + certificate.chain() + ": " + e.getMessage(), e);
            }
        }
        if (lead == null) {
            throw new IllegalStateException("there was a certificate");
        }
        first = lead;
        single = config.certificates().size() == 1;
        asksClients = config.clients() != ClientCertificates.NONE;
    }

    private static List<String> names(Certificate certificate)
            throws IOException, GeneralSecurityException {
        var chain = Pem.certificates(List.of(certificate.chain()));
        if (chain.isEmpty()) {
            throw new IOException("no certificate in " + certificate.chain());
        }
        return CertificateNames.dns(chain.get(0));
    }

    private static SslContext context(Config config, Certificate certificate)
            throws IOException, GeneralSecurityException {
        var builder =
                SslContextBuilder.forServer(
                                certificate.chain().toFile(), certificate.key().toFile())
                        .sslProvider(Provider.best())
                        .protocols(config.versions())
                        .clientAuth(
                                switch (config.clients()) {
                                    case NONE -> ClientAuth.NONE;
                                    case REQUEST -> ClientAuth.OPTIONAL;
                                    case REQUIRE -> ClientAuth.REQUIRE;
                                });
        if (!config.ciphers().isEmpty()) {
            builder.ciphers(config.ciphers());
        }
        if (config.clients() != ClientCertificates.NONE) {
            builder.trustManager(
                    new PeerTrust(
                            Pem.certificates(config.clientAuthorities()),
                            config.systemAuthorities(),
                            config.clientRules()));
        }
        if (config.http2()) {
            builder.applicationProtocolConfig(
                    new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1));
        }
        return builder.build();
    }

    /** Whether the client's wish makes no difference. */
    public boolean isSingle() {
        return single;
    }

    public SslContext first() {
        return first;
    }

    /** Whether clients may have certificates. */
    public boolean asksClients() {
        return asksClients;
    }

    /**
     * @param name as the client asks for it; null if it does not
     */
    public SslContext forName(@Nullable String name) {
        if (name == null) {
            return first;
        }
        var lower = name.toLowerCase(Locale.ROOT);
        var found = exact.get(lower);
        if (found == null) {
            int dot = lower.indexOf('.');
            found = dot < 0 ? null : wildcards.get(lower.substring(dot + 1));
        }
        return found == null ? first : found;
    }
}

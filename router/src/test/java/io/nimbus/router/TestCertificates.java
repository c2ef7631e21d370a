package io.nimbus.router;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.ExtendedKeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** An authority made for a test, and certificates that it signs. */
final class TestCertificates {
    private final X509Bundle authority;
    private final Path folder;
    private int count;

    TestCertificates(Path folder) {
        this.folder = folder;
        this.authority =
                make(
                        new CertificateBuilder()
                                .subject("CN=Test authority " + System.nanoTime())
                                .setIsCertificateAuthority(true),
                        null);
    }

    private static X509Bundle make(CertificateBuilder builder, @Nullable X509Bundle issuer) {
        try {
            var timed = builder.ecp256().notBefore(Instant.now().minus(Duration.ofDays(2)));
            return issuer == null ? timed.buildSelfSigned() : timed.buildIssuedBy(issuer);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    X509Bundle forNames(String... names) {
        return make(builder(names), authority);
    }

    X509Bundle expired(String name) {
        return make(builder(name).notAfter(Instant.now().minus(Duration.ofDays(1))), authority);
    }

    private static CertificateBuilder builder(String... names) {
        var builder =
                new CertificateBuilder()
                        .subject("CN=" + names[0])
                        .addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_SERVER_AUTH)
                        .addExtendedKeyUsage(ExtendedKeyUsage.PKIX_KP_CLIENT_AUTH);
        var sequence = new ByteArrayOutputStream();
        for (var name : names) {
            // As DER has it: the builder itself knows no wildcards.
            sequence.write(0x82);
            sequence.write(name.length());
            sequence.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        }
        var value = new ByteArrayOutputStream();
        value.write(0x30);
        value.write(sequence.size());
        value.writeBytes(sequence.toByteArray());
        return builder.addExtensionOctetString("2.5.29.17", false, value.toByteArray());
    }

    /** The authority's certificate as a PEM file. */
    Path authority() {
        return write("authority", authority.getCertificatePEM());
    }

    Path chain(X509Bundle bundle) {
        return write("chain", bundle.getCertificatePathPEM());
    }

    Path key(X509Bundle bundle) {
        return write("key", bundle.getPrivateKeyPEM());
    }

    private Path write(String name, String pem) {
        try {
            return Files.writeString(folder.resolve(name + count++ + ".pem"), pem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server socket that shows the certificate. */
    ServerSocket server(X509Bundle bundle, boolean wantsClients) {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(
                    bundle.toKeyManagerFactory().getKeyManagers(),
                    authority.toTrustManagerFactory().getTrustManagers(),
                    null);
            var server =
                    (SSLServerSocket)
                            context.getServerSocketFactory()
                                    .createServerSocket(0, 64, InetAddress.getLoopbackAddress());
            server.setNeedClientAuth(wantsClients);
            return server;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The subject of the certificate that a port shows. */
    String shown(int port) {
        try (var socket =
                (SSLSocket)
                        client(null)
                                .getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), port)) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** TLS for clients that trust the authority, and show the certificate if there is one. */
    SSLContext client(@Nullable X509Bundle own) {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(
                    own == null ? null : own.toKeyManagerFactory().getKeyManagers(),
                    authority.toTrustManagerFactory().getTrustManagers(),
                    null);
            return context;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

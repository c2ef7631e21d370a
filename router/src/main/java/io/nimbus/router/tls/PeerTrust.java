package io.nimbus.router.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts a server whose chain leads to a known authority and whose certificate carries the name
 * that the connection was made for; says which of the two it was that failed.
 */
final class PeerTrust extends X509ExtendedTrustManager {
    private static final Logger log = LoggerFactory.getLogger(PeerTrust.class);

    private final List<X509TrustManager> authorities;
    private final List<ServerTls.ClientRule> rules;

    /**
     * @param own authorities beside the system's
     */
    PeerTrust(List<X509Certificate> own, boolean system) throws GeneralSecurityException {
        this(own, system, List.of());
    }

    /**
     * @param rules which subjects clients of an issuer may have
     */
    PeerTrust(List<X509Certificate> own, boolean system, List<ServerTls.ClientRule> rules)
            throws GeneralSecurityException {
        this.rules = rules;
        var all = new ArrayList<X509TrustManager>();
        if (!own.isEmpty()) {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            try {
                store.load(null, null);
            } catch (java.io.IOException e) {
                throw new GeneralSecurityException("an empty key store cannot be made", e);
            }
            for (int i = 0; i < own.size(); i++) {
                store.setCertificateEntry("ca" + i, own.get(i));
            }
            all.add(manager(store));
        }
        if (system) {
            all.add(manager(null));
        }
        authorities = List.copyOf(all);
    }

    private static X509TrustManager manager(@Nullable KeyStore store)
            throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new GeneralSecurityException("no X.509 trust manager"));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkServerTrusted(chain, authType);
        var name = engine.getPeerHost();
        if (name == null || !CertificateNames.match(chain[0], name)) {
            throw new PeerFault(PeerFault.Kind.NAME, "the certificate is not for " + name);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        if (!isTrusted(manager -> manager.checkServerTrusted(chain, authType))) {
            throw new PeerFault(PeerFault.Kind.UNTRUSTED, "the certificate is not trusted");
        }
    }

    private interface Check {
        void by(X509TrustManager manager) throws CertificateException;
    }

    private boolean isTrusted(Check check) {
        for (var manager : authorities) {
            try {
                check.by(manager);
                return true;
            } catch (CertificateException e) {
                log.debug("not by this authority: {}", e.getMessage());
            }
        }
        return false;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        if (!isTrusted(manager -> manager.checkClientTrusted(chain, authType))) {
            throw new PeerFault(PeerFault.Kind.UNTRUSTED, "the certificate is not trusted");
        }
        var issuer = chain[0].getIssuerX500Principal().getName();
        var subject = chain[0].getSubjectX500Principal().getName();
        for (var rule : rules) {
            if (rule.issuer().equals(issuer) && !rule.subjects().contains(subject)) {
                throw new PeerFault(PeerFault.Kind.UNTRUSTED, subject + " is no client of ours");
            }
        }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.stream()
                .flatMap(manager -> Arrays.stream(manager.getAcceptedIssuers()))
                .toArray(X509Certificate[]::new);
    }
}

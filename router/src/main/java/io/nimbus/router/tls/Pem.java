package io.nimbus.router.tls;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Certificates in PEM files. */
final class Pem {
    private Pem() {}

    static List<X509Certificate> certificates(List<Path> files)
            throws IOException, CertificateException {
        var all = new ArrayList<X509Certificate>();
        var factory = CertificateFactory.getInstance("X.509");
        for (var file : files) {
            try (var in = new BufferedInputStream(Files.newInputStream(file))) {
                for (var certificate : factory.generateCertificates(in)) {
                    if (certificate instanceof X509Certificate x509) {
                        all.add(x509);
                    }
                }
            }
        }
        return all;
    }
}
